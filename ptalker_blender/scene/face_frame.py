"""From Blender's space to that in which faces are keyed: y up, facing +z, x to the character's left; and back.

A head's mesh may be turned by its object (as importers of y-up files do) or the head may be turned in the scene as it
is placed. Which of them a turn is cannot be known; turns by right angles are taken for the first, what is left over for
the second: "up" is the world's, rounded to the object's own axes. The world is otherwise taken as seen, scales applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product

import bpy
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

Floats = NDArray[np.float64]

# Rows: the character's left, up and front, for a head that looks that way with z up.
_LOOKING: dict[str, list[list[int]]] = {
    "-Y": [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
    "+Y": [[-1, 0, 0], [0, 0, 1], [0, 1, 0]],
    "+X": [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
    "-X": [[0, -1, 0], [0, 0, 1], [-1, 0, 0]],
}


@dataclass(frozen=True, eq=False)
class FaceFrame:
    """canonical = (world - origin) @ rotation.T; lengths are the scene's.

    Attributes:
        rotation: [3, 3], determinant 1.
        origin: [3] the head object's place.
    """

    rotation: Floats
    origin: Floats

    def matrix(self, obj: bpy.types.Object) -> tuple[Floats, Floats]:
        """Linear part [3, 3] and shift [3] with canonical = own @ linear.T + shift, for an object's mesh.

        Raises:
            UserError: the object has a scale of zero.
        """
        world = np.array(obj.matrix_world, np.float64)
        linear = self.rotation @ world[:3, :3]
        size = max(float(np.abs(linear).max()), 1e-12)
        if not np.isfinite(world).all() or abs(np.linalg.det(linear)) < 1e-9 * size**3:
            raise UserError(
                f"'{obj.name}' has a scale of zero", "an object that can be seen", "reset its scale (Alt+S)"
            )
        return linear, self.rotation @ (world[:3, 3] - self.origin)


def face_frame(head: bpy.types.Object, faces: str) -> FaceFrame:
    """The frame of a head.

    Args:
        head: its object.
        faces: of ``rig.guide.FACINGS``.
    """
    world = np.array(head.matrix_world, np.float64)
    u, _, vt = np.linalg.svd(world[:3, :3])
    turned = u @ vt  # the nearest rotation; a reflection too where the scale is negative
    upright = max(_right_angles(), key=lambda turn: float(np.sum(turn * turned)))
    rotation = np.array(_LOOKING[faces], np.float64) @ upright @ turned.T
    return FaceFrame(rotation, world[:3, 3])


def _right_angles() -> list[Floats]:
    """The 48 matrices that permute and flip axes."""
    flips = [np.array(signs)[:, None] for signs in product((1.0, -1.0), repeat=3)]
    return [np.eye(3)[list(order)] * flip for order in permutations(range(3)) for flip in flips]
