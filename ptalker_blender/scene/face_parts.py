"""Which other objects belong to a head without keys, and what each is: eyes, teeth, tongue, brows, lashes.

A first guess for the artist to look at: by the names of object, mesh and materials, then by place and shape. What says
nothing keeps still.
"""

from __future__ import annotations

from collections.abc import Iterable

import bpy
import numpy as np
from numpy.typing import NDArray

from ..rig.face_parts import EYES, STILL, pieces, role_of_names
from .guide import MARK
from .mesh_arrays import rest_points, triangles

Floats = NDArray[np.float64]

AROUND = 0.02  # of the head's size: what sticks out of the head's box by this much is still in it
ROUND = 0.06  # largest scatter of an eyeball's vertices about a sphere, over its radius
EYE_SIZES = (0.01, 0.15)  # radius over the size of the head's box


def face_parts(head: bpy.types.Object, among: Iterable[bpy.types.Object]) -> list[tuple[bpy.types.Object, str]]:
    """Meshes that lie within the box around a head, with what they seem to be (``rig.face_parts.ROLES``), by name.

    Args:
        head: the face's object.
        among: objects to look through, such as those of the scene.
    """
    low, high = _box(head)
    margin = AROUND * float((high - low).max())
    found = []
    for obj in among:
        if obj == head or obj.type != "MESH" or MARK in obj or not len(obj.data.vertices):
            continue
        names = [obj.name, obj.data.name, *(slot.material.name for slot in obj.material_slots if slot.material)]
        role = role_of_names(names)
        start, end = _box(obj)
        centre = 0.5 * (start + end)
        if role is not None and ((centre > low - margin) & (centre < high + margin)).all():
            found.append((obj, role))
        elif ((start > low - margin) & (end < high + margin)).all():
            found.append((obj, EYES if _is_round(obj, float((high - low).max())) else STILL))
    return sorted(found, key=lambda item: item[0].name)


def _box(obj: bpy.types.Object) -> tuple[Floats, Floats]:
    """Lowest and highest corner in the world."""
    corners = np.array([obj.matrix_world @ _vector(corner) for corner in obj.bound_box], np.float64)
    return corners.min(axis=0), corners.max(axis=0)


def _vector(corner: Iterable[float]) -> object:
    from mathutils import Vector

    return Vector(tuple(corner))


def _is_round(obj: bpy.types.Object, size: float) -> bool:
    """Whether every larger piece of an object is a ball of an eye's size."""
    world = np.array(obj.matrix_world, np.float64)
    points = rest_points(obj) @ world[:3, :3].T + world[:3, 3]
    label = pieces(len(points), triangles(obj.data))
    sizes = np.bincount(label, minlength=len(points))
    large = [piece for piece in np.flatnonzero(sizes) if sizes[piece] >= 0.2 * sizes.max()]
    if len(large) > 8:
        return False
    return all(_is_ball(points[label == piece], size) for piece in large)


def _is_ball(points: Floats, size: float) -> bool:
    """Least-squares sphere; the cornea's bulge and the iris are few of an eye's vertices, so the median is asked."""
    if len(points) < 24:
        return False
    middle = points.mean(axis=0)
    system = np.hstack([2 * (points - middle), np.ones((len(points), 1))])
    solved = np.linalg.lstsq(system, np.sum((points - middle) ** 2, axis=1), rcond=None)[0]
    radius = float(np.sqrt(max(solved[3] + solved[:3] @ solved[:3], 0.0)))
    if not EYE_SIZES[0] * size < radius < EYE_SIZES[1] * size:
        return False
    away = np.linalg.norm(points - middle - solved[:3], axis=1)
    return bool(np.median(np.abs(away / radius - 1)) < ROUND)
