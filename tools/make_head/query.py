"""Questions to a finished skin: its foremost point at x and y, and its point nearest to another.

Parts that lie on the skin (brows, ears, collar) ask these instead of repeating the cage's numbers. Closest point of a
triangle after C. Ericson, *Real-Time Collision Detection*, 2005, 5.1.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .measures import Array, Ids
from .mesh import Mesh

_CHUNK = 64  # rays tested against all triangles at once
_EDGE = 1e-9  # a ray through an edge must not slip between its two triangles
_OUTSIDE = ("skin", "lips")  # materials of what can be seen of a skin with its openings closed


@dataclass(frozen=True)
class Anchors:
    """Points of a surface given by its corners, so that a moved surface carries them.

    Attributes:
        ids: [n, 3] vertex ids.
        weights: [n, 3] barycentric, rows sum to 1.
    """

    ids: Ids
    weights: Array

    def of(self, values: Array) -> Array:
        """Values per vertex [V, C] at the anchors, [n, C]."""
        found: Array = (values[self.ids] * self.weights[:, :, None]).sum(axis=1)
        return found


def triangles(faces: Sequence[tuple[int, ...]]) -> Ids:
    """Polygons as fans of triangles, [T, 3]."""
    return np.array([(ids[0], ids[i], ids[i + 1]) for ids in faces for i in range(1, len(ids) - 1)], dtype=np.int64)


def outside(skin: Mesh) -> list[tuple[int, ...]]:
    """The polygons of a skin that face the world: not the backs of the lids nor the inside of the mouth."""
    return [ids for ids, name in zip(skin.faces, skin.materials, strict=True) if name in _OUTSIDE]


def vertex_normals(points: Array, faces: Sequence[tuple[int, ...]]) -> Array:
    """Unit normals [V, 3], averaged over the triangles by area; zero for vertices no polygon uses."""
    corners = triangles(faces)
    a, b, c = (points[corners[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for k in range(3):
        np.add.at(total, corners[:, k], across)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return np.divide(total, length, out=np.zeros_like(total), where=length > 0)


def front_point(points: Array, faces: Sequence[tuple[int, ...]], x: Array, y: Array) -> tuple[Array, Array]:
    """The foremost point of a surface (largest z) on the lines at ``x`` and ``y``.

    Args:
        points: [V, 3], millimetres.
        faces: polygons of vertex ids, counter-clockwise seen from outside.
        x: [n], millimetres.
        y: [n], millimetres.

    Returns:
        Points [n, 3] and unit normals [n, 3], interpolated from the vertices'.

    Raises:
        ValueError: a line misses the surface.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    corners = triangles(faces)
    held = [_foremost(points, corners, x[i : i + _CHUNK], y[i : i + _CHUNK]) for i in range(0, len(x), _CHUNK)]
    anchors = Anchors(np.concatenate([a.ids for a in held]), np.concatenate([a.weights for a in held]))
    return anchors.of(points), _unit(anchors.of(vertex_normals(points, faces)))


def nearest(skin: Mesh, points: Array) -> tuple[Array, Array]:
    """The points of the skin's outside nearest to ``points`` [n, 3], and the unit normals there; [n, 3] each."""
    anchors = anchor(skin, points)
    return anchors.of(skin.points()), _unit(anchors.of(vertex_normals(skin.points(), outside(skin))))


def height(skin: Mesh, points: Array) -> Array:
    """Distance [n] of ``points`` [n, 3] from the skin's outside, negative below it."""
    surface, normal = nearest(skin, points)
    away = points - surface
    side = np.where((away * normal).sum(axis=1) < 0, -1.0, 1.0)
    signed: Array = side * np.linalg.norm(away, axis=1)
    return signed


def anchor(skin: Mesh, points: Array) -> Anchors:
    """Where ``points`` [n, 3] are nearest to the skin's outside, as corners and weights that a moved skin carries."""
    vertices, corners = skin.points(), triangles(outside(skin))
    centre = vertices[corners].mean(axis=1)
    reach = np.linalg.norm(vertices[corners] - centre[:, None], axis=2).max()
    tree = cKDTree(centre)
    first, _ = tree.query(points)
    ids, weights = [], []
    for point, distance in zip(points, first, strict=True):
        # The nearest triangle's centre cannot be farther than this: one triangle is within ``distance`` already.
        near = np.array(tree.query_ball_point(point, distance + reach))
        found = _closest(point, *(vertices[corners[near, k]] for k in range(3)))
        spot = np.einsum("tk,tkc->tc", found, vertices[corners[near]])
        best = int(np.argmin(np.linalg.norm(spot - point, axis=1)))
        ids.append(corners[near[best]])
        weights.append(found[best])
    return Anchors(np.array(ids), np.array(weights))


def _foremost(points: Array, corners: Ids, x: Array, y: Array) -> Anchors:
    a, b, c = (points[corners[:, k]] for k in range(3))
    ab, ac = b - a, c - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    solid = np.abs(area) > 1e-12  # seen edge on, a triangle covers no line
    corners, a, ab, ac, area = corners[solid], a[solid], ab[solid], ac[solid], area[solid]
    dx, dy = x[:, None] - a[:, 0], y[:, None] - a[:, 1]
    v = (dx * ac[:, 1] - dy * ac[:, 0]) / area
    w = (dy * ab[:, 0] - dx * ab[:, 1]) / area
    hit = (v >= -_EDGE) & (w >= -_EDGE) & (v + w <= 1 + _EDGE)
    if not hit.any(axis=1).all():
        miss = int(np.argmin(hit.any(axis=1)))
        raise ValueError(f"No surface at x = {x[miss]:.1f}, y = {y[miss]:.1f} mm.")
    z = np.where(hit, a[:, 2] + v * ab[:, 2] + w * ac[:, 2], -np.inf)
    best = np.argmax(z, axis=1)
    row = np.arange(len(x))
    return Anchors(corners[best], np.stack([1 - v[row, best] - w[row, best], v[row, best], w[row, best]], axis=1))


def _closest(p: Array, a: Array, b: Array, c: Array) -> Array:
    """Barycentric weights [t, 3] of the points of triangles nearest to ``p``: the best of inside and three edges."""
    candidates = [_on_edge(p, a, b, (0, 1)), _on_edge(p, b, c, (1, 2)), _on_edge(p, c, a, (2, 0))]
    ab, ac, ap = b - a, c - a, p - a
    d00, d01, d11 = (ab * ab).sum(1), (ab * ac).sum(1), (ac * ac).sum(1)
    d20, d21 = (ap * ab).sum(1), (ap * ac).sum(1)
    scale = np.maximum(d00 * d11 - d01 * d01, 1e-18)
    v, w = (d11 * d20 - d01 * d21) / scale, (d00 * d21 - d01 * d20) / scale
    inside = (v >= 0) & (w >= 0) & (v + w <= 1)
    candidates.append(np.where(inside[:, None], np.stack([1 - v - w, v, w], 1), candidates[0]))
    table = np.stack(candidates)
    spot = table[..., :1] * a + table[..., 1:2] * b + table[..., 2:] * c
    best = np.argmin(np.linalg.norm(spot - p, axis=2), axis=0)
    chosen: Array = table[best, np.arange(len(a))]
    return chosen


def _on_edge(p: Array, a: Array, b: Array, at: tuple[int, int]) -> Array:
    along = b - a
    s = np.clip(((p - a) * along).sum(1) / np.maximum((along * along).sum(1), 1e-18), 0, 1)
    weights = np.zeros((len(a), 3))
    weights[:, at[0]], weights[:, at[1]] = 1 - s, s
    return weights


def _unit(vectors: Array) -> Array:
    scaled: Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled
