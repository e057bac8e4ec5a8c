"""A mesh of the scene as arrays: at rest, without modifiers."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray


def rest_points(obj: bpy.types.Object) -> NDArray[np.float64]:
    """Vertices [V, 3] of a mesh object in its own space: of its reference key if it has shape keys."""
    keys = obj.data.shape_keys
    source = keys.reference_key.data if keys is not None else obj.data.vertices
    points = np.empty(3 * len(source), np.float32)
    source.foreach_get("co", points)
    return points.reshape(-1, 3).astype(np.float64)


def triangles(mesh: bpy.types.Mesh) -> NDArray[np.int64]:
    """Triangles [F, 3] of a mesh's polygons, without those that name a vertex twice."""
    mesh.calc_loop_triangles()
    found = np.empty(3 * len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("vertices", found)
    corners = found.reshape(-1, 3).astype(np.int64)
    a, b, c = corners.T
    return np.asarray(corners[(a != b) & (b != c) & (c != a)], np.int64)


def triangle_materials(mesh: bpy.types.Mesh) -> NDArray[np.int64]:
    """Material slot [F] of each of ``triangles``."""
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    corners, polygons, slots = (
        np.empty(3 * count, np.int32),
        np.empty(count, np.int32),
        np.empty(len(mesh.polygons), np.int32),
    )
    mesh.loop_triangles.foreach_get("vertices", corners)
    mesh.loop_triangles.foreach_get("polygon_index", polygons)
    mesh.polygons.foreach_get("material_index", slots)
    a, b, c = corners.reshape(-1, 3).T
    return np.asarray(slots[polygons[(a != b) & (b != c) & (c != a)]], np.int64)
