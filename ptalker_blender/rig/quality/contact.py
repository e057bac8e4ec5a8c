"""How deep points lie behind a surface, exactly.

The distance is that to the nearest point of the nearest triangle. The side is told by the angle-weighted pseudo-normal
of the feature (face, edge or vertex) that is nearest, which is right for every closed surface: J. A. Baerentzen and
H. Aanaes, "Signed distance computation using the angle weighted pseudonormal", IEEE TVCG 11(3), 2005. A patch is not
closed: where the nearest point is on its border, there is no side, and the point counts as outside.

That theorem wants a surface that does not cross itself, and posed lips may. So what the normal calls behind is
confirmed by the winding number of the patch closed with fans over its border loops (A. Jacobson, L. Kavan,
O. Sorkine-Hornung, "Robust inside-outside segmentation using generalized winding numbers", ACM TOG 32(4), 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Array = NDArray[np.float64]
Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]

_CANDIDATES = 12  # samples looked at for each point
_ZERO = 1e-9  # a barycentric coordinate below it is none


@dataclass(frozen=True)
class Patch:
    """A piece of surface, ready to be measured in many poses.

    Attributes:
        ids: vertex ids [N] of the head that the patch uses.
        faces: triangles [T, 3], indices into ``ids``, counter-clockwise from outside.
        across: [T, 3], the triangle on the other side of edge (k, k + 1), -1 at the border.
        border: bool [N], whether the vertex is on the patch's border.
        rim: [R, 2], the border's edges, directed as in their triangles.
        loop: [R], the number of the border loop that each edge of ``rim`` belongs to.
    """

    ids: Ids
    faces: Ids
    across: Ids
    border: Mask
    rim: Ids
    loop: Ids


def make_patch(triangles: Ids) -> Patch:
    """The patch of ``triangles`` [T, 3] (vertex ids of the head)."""
    ids, flat = np.unique(triangles, return_inverse=True)
    faces = flat.reshape(-1, 3).astype(np.int64)
    n, t = len(ids), len(faces)
    start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
    code, reverse = start * n + end, end * n + start
    order = np.argsort(code)
    place = np.minimum(np.searchsorted(code[order], reverse), max(3 * t - 1, 0))
    found = code[order][place] == reverse if t else np.zeros(0, bool)
    across = np.where(found, order[place] // 3, -1) if t else np.zeros(0, np.int64)
    border = np.zeros(n, bool)
    border[start[~found]] = border[end[~found]] = True
    rim = np.stack([start[~found], end[~found]], axis=1)
    joined = connected_components(coo_matrix((np.ones(len(rim)), (rim[:, 0], rim[:, 1])), shape=(n, n)), directed=False)
    loop = np.unique(joined[1][rim[:, 0]], return_inverse=True)[1]
    return Patch(ids.astype(np.int64), faces, across.reshape(-1, 3), border, rim, loop.astype(np.int64))


def depth(patch: Patch, points: Array, queries: Array, reach: float) -> Array:
    """How far each of ``queries`` lies behind the patch.

    Args:
        patch: the surface.
        points: [V, 3], every vertex of the posed head (``patch.ids`` index it).
        queries: [Q, 3], the points to test, in the same unit.
        reach: points farther than this from the surface count as outside.

    Returns:
        float64 [Q], 0 in front of the surface.
    """
    result = np.zeros(len(queries))
    if not len(patch.faces) or not len(queries):
        return result
    local = points[patch.ids]
    corners = local[patch.faces]
    low, high = local.min(axis=0) - reach, local.max(axis=0) + reach
    near = np.flatnonzero(((queries >= low) & (queries <= high)).all(axis=1))
    if not len(near):
        return result
    low, high = queries[near].min(axis=0) - reach, queries[near].max(axis=0) + reach
    close = np.flatnonzero(((corners.max(axis=1) >= low) & (corners.min(axis=1) <= high)).all(axis=1))
    if not len(close):
        return result
    centre = corners[close].mean(axis=1)
    samples = np.concatenate([centre[:, None], (corners[close] + centre[:, None]) / 2], axis=1).reshape(-1, 3)
    spread = float(np.linalg.norm(corners[close] - centre[:, None], axis=2).max())
    # Built once and asked once: sliding midpoints are made much faster than medians, and hardly slower to search.
    tree = cKDTree(samples, balanced_tree=False, compact_nodes=False)
    found, index = tree.query(queries[near], k=min(_CANDIDATES, len(samples)), distance_upper_bound=reach + spread)
    found, index = found.reshape(len(near), -1), index.reshape(len(near), -1)
    kept = np.isfinite(found[:, 0])
    near, index = near[kept], index[kept]
    if not len(near):
        return result
    # A missing neighbour repeats the first.
    face = close[np.where(index < len(samples), index, index[:, :1]) // 4]
    place = _closest(queries[near][:, None], corners[face])
    offset = queries[near][:, None] - np.einsum("qkc,qkcd->qkd", place, corners[face])
    squared = (offset**2).sum(axis=2)
    best = squared.argmin(axis=1)
    row = np.arange(len(near))
    distance, side = np.sqrt(squared[row, best]), offset[row, best]
    normal, on_border = _pseudo_normals(patch, corners, face[row, best], place[row, best])
    behind = np.flatnonzero(((side * normal).sum(axis=1) < 0) & ~on_border & (distance <= reach))
    behind = behind[winding(_closed(patch, local), queries[near[behind]]) > 0.5]
    result[near[behind]] = distance[behind]
    return result


def _closed(patch: Patch, local: Array) -> Array:
    """Triangles [T, 3, 3] of the patch and of fans from each border loop's middle."""
    if not len(patch.rim):
        return local[patch.faces]
    ends = local[patch.rim]
    count = np.bincount(patch.loop)
    middle = np.stack([np.bincount(patch.loop, ends[:, 0, axis]) for axis in range(3)], axis=1) / count[:, None]
    fans = np.stack([ends[:, 1], ends[:, 0], middle[patch.loop]], axis=1)
    return np.concatenate([local[patch.faces], fans])


def winding(triangles: Array, queries: Array) -> Array:
    """Winding number [Q] of ``triangles`` [T, 3, 3] about each point; 1 inside a closed surface, 0 outside.

    Solid angles by A. van Oosterom and J. Strackee, IEEE Trans. Biomed. Eng. 30(2), 1983.
    """
    result = np.zeros(len(queries))
    for first in range(0, len(queries), 64):
        part = queries[first : first + 64]
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = (
            (triangles[:, k][None] - part[:, None]).transpose(2, 0, 1) for k in range(3)
        )
        a, b, c = (np.sqrt(x * x + y * y + z * z) for x, y, z in ((ax, ay, az), (bx, by, bz), (cx, cy, cz)))
        volume = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
        rest = (
            a * b * c
            + (ax * bx + ay * by + az * bz) * c
            + (bx * cx + by * cy + bz * cz) * a
            + (cx * ax + cy * ay + cz * az) * b
        )
        result[first : first + 64] = np.arctan2(volume, rest).sum(axis=1) / (2 * np.pi)
    return result


def _closest(p: Array, triangle: Array) -> Array:
    """Barycentric coordinates [..., 3] of the point of ``triangle`` [..., 3, 3] nearest to ``p`` [..., 3].

    C. Ericson, *Real-Time Collision Detection*, section 5.1.5.
    """
    a, b, c = triangle[..., 0, :], triangle[..., 1, :], triangle[..., 2, :]
    ab, ac = b - a, c - a
    d1, d2 = _dot(ab, p - a), _dot(ac, p - a)
    d3, d4 = _dot(ab, p - b), _dot(ac, p - b)
    d5, d6 = _dot(ab, p - c), _dot(ac, p - c)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    zero, one = np.zeros_like(d1), np.ones_like(d1)
    on_ab, on_ac = _share(d1, d1 - d3), _share(d2, d2 - d6)
    on_bc = _share(d4 - d3, (d4 - d3) + (d5 - d6))
    total = np.asarray(va + vb + vc, np.float64)
    v, w = _share(vb, total), _share(vc, total)
    regions = [
        (d1 <= 0) & (d2 <= 0), (d3 >= 0) & (d4 <= d3), (vc <= 0) & (d1 >= 0) & (d3 <= 0), (d6 >= 0) & (d5 <= d6),
        (vb <= 0) & (d2 >= 0) & (d6 <= 0), (va <= 0) & (d4 - d3 >= 0) & (d5 - d6 >= 0),
    ]  # fmt: skip
    return np.stack(
        [
            np.select(regions, [one, zero, 1 - on_ab, zero, 1 - on_ac, zero], 1 - v - w),
            np.select(regions, [zero, one, on_ab, zero, zero, 1 - on_bc], v),
            np.select(regions, [zero, zero, zero, one, on_ac, on_bc], w),
        ],
        axis=-1,
    )


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(np.einsum("...i,...i->...", a, b), np.float64)


def _share(a: Array, b: Array) -> Array:
    """``a / b``, 0 where b vanishes (triangles without area)."""
    return np.asarray(np.divide(a, b, out=np.zeros_like(a), where=np.abs(b) > 1e-30), np.float64)


def _pseudo_normals(patch: Patch, corners: Array, face: Ids, place: Array) -> tuple[Array, Mask]:
    """Normal [Q, 3] of the feature at barycentric ``place`` of ``face``, and whether it is on the border."""
    normals = face_normals(corners)
    vertex = _vertex_normals(patch, corners, normals)
    present = place > _ZERO
    count = present.sum(axis=1)
    corner = patch.faces[face, place.argmax(axis=1)]
    edge = (place.argmin(axis=1) + 1) % 3  # the edge opposite the absent corner
    other = patch.across[face, edge]
    both = normals[face] + np.where((other >= 0)[:, None], normals[np.maximum(other, 0)], 0.0)
    normal = np.where((count == 1)[:, None], vertex[corner], np.where((count == 2)[:, None], both, normals[face]))
    return normal, ((count == 1) & patch.border[corner]) | ((count == 2) & (other < 0))


def face_normals(corners: Array) -> Array:
    """Unit normals [T, 3] of triangles [T, 3, 3]; zero for those without area."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    return np.asarray(normal / np.where(length > 0, length, 1), np.float64)


def _vertex_normals(patch: Patch, corners: Array, normals: Array) -> Array:
    result = np.zeros((len(patch.ids), 3))
    for k in range(3):
        u, v = corners[:, (k + 1) % 3] - corners[:, k], corners[:, (k + 2) % 3] - corners[:, k]
        scale = np.linalg.norm(u, axis=1) * np.linalg.norm(v, axis=1)
        angle = np.arccos(np.clip(_share(_dot(u, v), scale), -1, 1))
        for axis in range(3):
            result[:, axis] += np.bincount(patch.faces[:, k], angle * normals[:, axis], len(patch.ids))
    return result


def radial_height(patch: Patch, points: Array, centre: Array, directions: Array) -> Array:
    """Distance from ``centre`` to the outermost crossing of each ray with the patch.

    Args:
        patch: the surface.
        points: [V, 3], every vertex of the posed head.
        centre: [3].
        directions: unit vectors [D, 3].

    Returns:
        float64 [D], nan where the ray meets nothing.
    """
    result = np.full(len(directions), np.nan)
    if not len(patch.faces) or not len(directions):
        return result
    corners = points[patch.ids][patch.faces] - centre
    middle = corners.mean(axis=1)
    samples = np.concatenate([middle[:, None], (corners + middle[:, None]) / 2], axis=1).reshape(-1, 3)
    samples /= np.maximum(np.linalg.norm(samples, axis=1, keepdims=True), 1e-12)
    k = min(2 * _CANDIDATES, len(samples))
    face = (
        cKDTree(samples, balanced_tree=False, compact_nodes=False)
        .query(directions, k=k)[1]
        .reshape(len(directions), -1)
        // 4
    )
    a, b, c = np.moveaxis(corners, 1, 0)
    volume = _dot(a, np.cross(b, c))
    # The rows of the inverse of [a b c], not yet divided by the volume
    rows = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=1)
    share = (
        np.einsum("dkij,dj->dki", rows[face], directions)
        / np.where(np.abs(volume) > 1e-12, volume, np.inf)[face][..., None]
    )
    total = share.sum(axis=2)
    hit = (share >= -1e-9 * np.abs(total)[..., None]).all(axis=2) & (total > 0)
    height = np.where(hit, 1 / np.where(hit, total, 1), -np.inf).max(axis=1)
    return np.where(np.isfinite(height), height, np.nan)
