"""A camera close on the face, and the brightness of small pictures."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ptalker_blender.scene.shape_keys import control_keys

MARGIN = 1.5  # of the picture around the part of the head that the controls move
EXPOSURE = 0.1  # stops
FOREHEAD = 0.13  # of a face's height by which the middle is raised: above the brows nothing moves, but it belongs to it
HALF_SENSOR = 18.0  # mm, of Blender's default 36 mm along the picture's longer side
MOVED = 0.3  # share of a key's largest displacement from which a vertex counts as moved


def brighten(scene: bpy.types.Scene) -> None:
    """Lift the picture as a whole: small pictures on a dark page look darker than they are."""
    scene.view_settings.exposure = EXPOSURE


def frame_faces(
    camera: bpy.types.Object, heads: Sequence[bpy.types.Object], aspect: float, margin: float = MARGIN
) -> None:
    """Move and zoom a camera that looks along +y so that the faces fill the picture, whatever necks the heads have.

    Args:
        camera: moved sideways and up only, and its lens changed.
        heads: with shape keys; a face is what they move.
        aspect: width over height of the pictures.
        margin: of the picture around the faces.
    """
    low, high = face_box(heads)
    width, _, height = (high - low) * margin
    distance = float(low[1] - camera.location.y)
    raised = FOREHEAD * (high[2] - low[2])
    camera.location.x, camera.location.z = (low[0] + high[0]) / 2, (low[2] + high[2]) / 2 + raised
    longer = max(width, height * aspect) if aspect >= 1 else max(height, width / aspect)
    camera.data.lens = HALF_SENSOR * distance / (float(longer) / 2)


def face_box(heads: Sequence[bpy.types.Object]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest corner [3] of the heads' faces at rest, in world space, for heads that stand upright."""
    corners = []
    for head in heads:
        points = face_points(head)
        corners += [head.matrix_world @ Vector(point) for point in (points.min(axis=0), points.max(axis=0))]
    world = np.array(corners, np.float64)
    return world.min(axis=0), world.max(axis=0)


def face_points(head: bpy.types.Object) -> NDArray[np.float32]:
    """Vertices [n, 3] at rest, in object space, that the controls' shape keys move most; all of them if none does."""
    blocks = head.data.shape_keys.key_blocks
    rest = _coordinates(head.data.shape_keys.reference_key)
    moved = np.zeros(len(rest), bool)
    for key in control_keys(head).values():
        distance = np.linalg.norm(_coordinates(blocks[key]) - rest, axis=1)
        moved |= distance > MOVED * max(float(distance.max()), 1e-9)
    return rest[moved] if moved.any() else rest


def _coordinates(key: bpy.types.ShapeKey) -> NDArray[np.float32]:
    flat = np.empty(3 * len(key.data), np.float32)
    key.data.foreach_get("co", flat)
    return flat.reshape(-1, 3)
