"""Meshes as artists have them, made fit for measuring: what cannot be mended is refused in words.

Faces without extent in their indices and faces given twice are left out, faces wound against their neighbours are
turned, and pieces that are inside out are turned as a whole. Vertices keep their numbers, so keys fit the mesh as it
was. Edges of three faces and more, loose vertices and faces without area need no mending: nothing here divides by them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from ...errors import UserError
from .surface import edge_pairs

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

INSIDE_OUT = -0.02  # signed volume over the volume were every face to look outwards


def sound_triangles(vertices: NDArray[np.floating[Any]], triangles: NDArray[np.integer[Any]]) -> Ids:
    """The faces [F', 3] of a mesh to work with, counter-clockwise from outside.

    Args:
        vertices: [V, 3]; those of no face may be anything.
        triangles: [F, 3].

    Raises:
        UserError: no faces, faces of vertices that are not there, vertices that are no numbers.
    """
    faces: Ids = np.asarray(triangles, np.int64)
    points = np.asarray(vertices, np.float64)
    if not len(faces):
        raise UserError("the mesh has no faces", "a head's surface", "choose the head's mesh")
    if faces.min() < 0 or faces.max() >= len(points):
        raise UserError("the mesh has faces of vertices that it lacks", "a whole mesh", "re-import the mesh")
    bad = int((~np.isfinite(points[np.unique(faces)])).any(axis=1).sum())
    if bad:
        raise UserError(f"{bad} vertices of the mesh are no numbers", "finite positions", "restore or delete them")
    return _outwards(points, _wound_alike(points, _each_once(faces)))


def coincident(vertices: Floats, ids: Ids) -> int:
    """How many of the vertices ``ids`` lie exactly where another one of them does."""
    return len(ids) - len(np.unique(vertices[ids], axis=0))


def _each_once(triangles: Ids) -> Ids:
    a, b, c = triangles.T
    whole = triangles[(a != b) & (b != c) & (c != a)]
    first = np.unique(np.sort(whole, axis=1), axis=0, return_index=True)[1]
    each: Ids = whole[np.sort(first)]
    return each


def _wound_alike(points: Floats, triangles: Ids) -> Ids:
    """Turn faces so that those sharing an edge of just two run along it in opposite ways; the lesser area is turned.

    Every face stands twice in a graph, as it is and turned; edges join the two that go together. Where both of one
    face fall into the same component the surface has but one side, and stays as it is.
    """
    n, count = len(points), len(triangles)
    first, second, alike = _neighbours(n, triangles)
    other = np.where(alike, first + count, first)
    a, b = np.concatenate([other, (other + count) % (2 * count)]), np.concatenate([second, second + count])
    label = connected_components(csr_matrix((np.ones(len(a)), (a, b)), shape=(2 * count,) * 2), directed=False)[1]
    here, turned = label[:count], label[count:]
    flip = here > turned
    patch = np.minimum(here, turned)
    corners = points[triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    lesser = 2 * np.bincount(patch, area * flip) > np.bincount(patch, area)
    flip = np.where(here == turned, False, flip ^ lesser[patch])
    return np.where(flip[:, None], triangles[:, ::-1], triangles)


def _neighbours(n: int, triangles: Ids) -> tuple[Ids, Ids, NDArray[np.bool_]]:
    """Faces on both sides of each edge of just two, [E] each, and whether both run along it the same way."""
    a, b = edge_pairs(triangles)
    order = np.argsort(np.minimum(a, b) * n + np.maximum(a, b), kind="stable")
    key = (np.minimum(a, b) * n + np.maximum(a, b))[order]
    start = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    pair = start[np.diff(np.r_[start, len(key)]) == 2]
    one, two = order[pair], order[pair + 1]
    return one % len(triangles), two % len(triangles), (a < b)[one] == (a < b)[two]


def _outwards(points: Floats, triangles: Ids) -> Ids:
    """Turn connected pieces whose volume about their middle is negative."""
    a, b = edge_pairs(triangles)
    n = len(points)
    piece = connected_components(csr_matrix((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)[1]
    of = piece[triangles[:, 0]]
    corners = points[triangles]
    sums = np.stack([np.bincount(of, corners.mean(axis=1)[:, k]) for k in range(3)], axis=1)
    middle = sums / np.maximum(np.bincount(of), 1)[:, None]
    corners = corners - middle[of, None]
    volume = np.sum(corners[:, 0] * np.cross(corners[:, 1], corners[:, 2]), axis=1)
    inside_out = np.bincount(of, volume) < INSIDE_OUT * np.bincount(of, np.abs(volume))
    return np.where(inside_out[of, None], triangles[:, ::-1], triangles)
