"""Which way a mesh of FLAME's vertices faces in its own data: importers and artists leave it in any axes."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .flame_file import N_VERTICES
from .flame_landmarks import flame_landmarks, flame_regions

Floats = NDArray[np.float64]


def flame_axes(points: NDArray[np.floating[Any]]) -> Floats:
    """The turn by right angles [3, 3] that brings a head at rest nearest to FLAME's axes: ``points @ turn.T``.

    Up is from chin to eyes, front from ears to nose. Only whole axes are turned, so a head keeps the tilt it has, as
    one identity of FLAME differs from another, and its numbers stay exact. A mirrored head stays mirrored.

    Args:
        points: [5023, 3] in FLAME's order, in any unit.

    Raises:
        UserError: the landmarks are not laid out as a face's.
        ValueError: another shape.
    """
    if points.shape != (N_VERTICES, 3):
        raise ValueError(f"vertices of shape {points.shape}")
    own, marks, regions = np.asarray(points, np.float64), flame_landmarks(), flame_regions()
    eyes = np.concatenate([marks["pupil_left"], marks["pupil_right"]])
    up = own[eyes].mean(axis=0) - own[marks["chin"]].mean(axis=0)
    front = own[marks["nose_tip"]].mean(axis=0) - own[regions["ears"]].mean(axis=0)
    left = np.cross(up, front)
    lengths = np.linalg.norm([up, front], axis=1)
    if not np.isfinite(own).all() or not np.linalg.norm(left) > 0.5 * lengths.prod() > 0:
        raise UserError(
            "the mesh has FLAME's connectivity but not a face's shape",
            "the vertices where a face has them",
            "reset the shape of the mesh, or choose another",
        )
    left /= np.linalg.norm(left)
    up /= lengths[0]
    found = np.stack([left, up, np.cross(left, up)])
    return max(_whole_axes(), key=lambda turn: float(np.sum(turn * found)))


def _whole_axes() -> list[Floats]:
    """The 24 rotations that permute the axes."""
    signed = [
        np.diag(signs) @ np.eye(3)[list(order)]
        for order in permutations(range(3))
        for signs in product((1.0, -1.0), repeat=3)
    ]
    return [turn for turn in signed if np.linalg.det(turn) > 0]
