"""Where the eyes look: eyeLook controls and the rotation of FLAME's eye joints.

A full control turns an eye by a fixed angle: that by which the head's own eyeLook keys turn its eyeballs, where they
do, else the default head's. In between, angle is proportional to the control.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import INDEX
from .flame_landmarks import flame_regions
from .flame_rotations import angle_matrices, matrix_angles, rotation_vectors
from .solving.rigid import fit_similarity

Floats = NDArray[np.floating[Any]]

# Degrees at a full control of the default head: across, up, down.
ACROSS, UP, DOWN = (float(angle) for angle in np.radians((30.0, 25.0, 30.0)))
# Control, axis of (pitch, yaw, roll), sign of the angle: positive pitch looks down, positive yaw to the left.
LOOKS: dict[str, tuple[tuple[str, int, float], ...]] = {
    "left": (
        ("eyeLookDownLeft", 0, DOWN), ("eyeLookUpLeft", 0, -UP), ("eyeLookOutLeft", 1, ACROSS),
        ("eyeLookInLeft", 1, -ACROSS),
    ),
    "right": (
        ("eyeLookDownRight", 0, DOWN), ("eyeLookUpRight", 0, -UP), ("eyeLookInRight", 1, ACROSS),
        ("eyeLookOutRight", 1, -ACROSS),
    ),
}  # fmt: skip
LOOK_CONTROLS: tuple[str, ...] = tuple(name for side in LOOKS.values() for name, _, _ in side)
_LEAST_ANGLE = np.radians(2.0)  # an eyeball that turns by less is not turned by its key


def full_angles(rest: Floats, key_deltas: Floats) -> dict[str, float]:
    """Signed angle in radians of each eyeLook control at weight 1, about x for up and down, about y across.

    Args:
        rest: [5023, 3] vertices.
        key_deltas: [52, 5023, 3], displacements at weight 1 in the order of ``BLENDSHAPES``.
    """
    angles: dict[str, float] = {}
    for side, looks in LOOKS.items():
        ball = flame_regions()[f"eyeball_{side}"]
        for name, axis, usual in looks:
            turned = rest[ball] + key_deltas[INDEX[name], ball]
            # The similarity leads from the turned ball back to the rest.
            found = float(matrix_angles(fit_similarity(turned[None], rest[ball], scaled=False).rotation[0].T)[axis])
            angles[name] = found if found * usual > 0 and abs(found) > _LEAST_ANGLE else usual
    return angles


def eyes_from_controls(values: Floats, angles: dict[str, float]) -> NDArray[np.float64]:
    """Rotation vectors [T, 2, 3] (left, right) of controls [T, 55]."""
    turned = np.zeros((len(values), 2, 3))
    for eye, looks in enumerate(LOOKS.values()):
        for name, axis, _ in looks:
            turned[:, eye, axis] += angles[name] * np.asarray(values, np.float64)[:, INDEX[name]]
    return rotation_vectors(angle_matrices(turned))


def controls_from_eyes(matrices: Floats, angles: dict[str, float]) -> dict[str, NDArray[np.float64]]:
    """The eyeLook controls [T], 0..1, of the eyes' rotations [T, 2, 3, 3]; the inverse of :func:`eyes_from_controls`
    where at most one of each opposite pair is on.
    """
    turned = matrix_angles(matrices)
    return {
        name: np.clip(turned[:, eye, axis] / angles[name], 0.0, 1.0)
        for eye, looks in enumerate(LOOKS.values())
        for name, axis, _ in looks
    }
