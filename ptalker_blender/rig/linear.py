"""Controls to geometry: keys are linear displacements, added; head angles turn the head about the neck, which bends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import INDEX, N_BLENDSHAPES, N_CONTROLS
from .head import Head

MIDDLE_PAIRS = 5  # lip or lid pairs, counted from the midline, over which a gap is averaged


def controls_to_vertices(
    head: Head, values: NDArray[np.floating[Any]], *, head_rotation: bool = True
) -> NDArray[np.float32]:
    """Vertices of ``head`` under ``values``.

    Args:
        head: its keys are matched to the controls by name; a key that is no control stays at rest.
        values: [T, 55] controls.
        head_rotation: whether the three head angles turn the head about ``neck_pivot``. A vertex with ``follow`` w
            goes the share w of the straight way from its place to its turned place, as Blender's node group does.

    Returns:
        float32 [T, V, 3], metres.

    Raises:
        ValueError: where ``values`` is not [T, 55].
    """
    vertices: NDArray[np.float32] = head.vertices + _displacements(head, values, slice(None))
    if not head_rotation:
        return vertices
    rotations = rotation_matrices(values[:, N_BLENDSHAPES:]).astype(np.float32)
    turned = np.einsum("tij,tvj->tvi", rotations, vertices - head.neck_pivot) + head.neck_pivot
    if head.follow is not None:
        turned = vertices + head.follow[:, None] * (turned - vertices)
    return np.asarray(turned, np.float32)


def rotation_matrices(angles: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """``Ry(yaw) @ Rx(pitch) @ Rz(roll)`` for angles [T, 3] (pitch, yaw, roll; radians), as [T, 3, 3]."""
    pitch, yaw, roll = np.asarray(angles, np.float64).T
    return _axis_rotation(yaw, 1) @ _axis_rotation(pitch, 0) @ _axis_rotation(roll, 2)


def mouth_opening(head: Head, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Inner-lip gap along the head's up axis, metres, float64 [T]; negative where the lips overlap.

    The mean over the middle five pairs of ``inner_lip_upper`` and ``inner_lip_lower``; head rotation plays no part.
    ``values`` is [T, 55].
    """
    return _gap(head, values, "inner_lip_upper", "inner_lip_lower")


def lid_gap(head: Head, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Gap between the lid margins along the up axis, metres, float64 [T, 2] (left, right); as :func:`mouth_opening`."""
    sides = [_gap(head, values, f"lid_upper_{side}", f"lid_lower_{side}") for side in ("left", "right")]
    return np.stack(sides, axis=1)


def _gap(head: Head, values: NDArray[np.floating[Any]], upper: str, lower: str) -> NDArray[np.float64]:
    pairs = np.stack([head.landmarks[upper], head.landmarks[lower]])
    first = max(0, (pairs.shape[1] - MIDDLE_PAIRS) // 2)
    middle = pairs[:, first : first + MIDDLE_PAIRS]
    heights = head.vertices[middle, 1].astype(np.float64) + _displacements(head, values, middle)[..., 1]
    return np.asarray((heights[:, 0] - heights[:, 1]).mean(axis=1), np.float64)


def _displacements(
    head: Head, values: NDArray[np.floating[Any]], ids: slice | NDArray[np.int32]
) -> NDArray[np.float32]:
    """Displacements [T, *ids, 3] of the vertices ``ids``."""
    if values.ndim != 2 or values.shape[1] != N_CONTROLS:
        raise ValueError(f"controls must be [T, {N_CONTROLS}], got {values.shape}")
    rows = [k for k, name in enumerate(head.key_names) if name in INDEX]
    columns = [INDEX[head.key_names[k]] for k in rows]
    weights = np.asarray(values, np.float32)[:, columns]
    return np.tensordot(weights, head.key_deltas[rows][:, ids], axes=1).astype(np.float32)


def _axis_rotation(angle: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Right-handed rotations [T, 3, 3] about a coordinate axis."""
    matrix = np.zeros((len(angle), 3, 3))
    j, k = (axis + 1) % 3, (axis + 2) % 3
    matrix[:, axis, axis] = 1
    matrix[:, j, j] = matrix[:, k, k] = np.cos(angle)
    matrix[:, k, j], matrix[:, j, k] = np.sin(angle), -np.sin(angle)
    return matrix
