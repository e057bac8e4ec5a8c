"""Distances along and to a triangle mesh: adjacency, geodesics by edges, normals, closest points, Laplacian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

SLIVER = 1e-12  # square of the sine at a corner: less is a line
NEAREST_TRIANGLES = 12  # by their centres; enough where triangles are not much longer than wide


def edge_pairs(triangles: Ids) -> tuple[Ids, Ids]:
    """Ends [3F] of the triangles' sides, in their direction: first corner to second of all triangles, then the next."""
    start, end = triangles.T.ravel(), np.roll(triangles, -1, axis=1).T.ravel()
    return start, end


def edge_lengths(points: Floats, triangles: Ids) -> csr_matrix:
    """Symmetric [V, V] matrix of the lengths of all edges."""
    a, b = edge_pairs(triangles)
    n = len(points)
    low, high = np.divmod(np.unique(np.minimum(a, b) * n + np.maximum(a, b)), n)
    length = np.linalg.norm(points[low] - points[high], axis=1)
    # Two vertices on one spot are still joined: a stored zero would be no edge.
    one_way = csr_matrix((np.maximum(length, 1e-9), (low, high)), shape=(n, n))
    return one_way + one_way.T


def geodesic(lengths: csr_matrix, sources: Ids, limit: float = np.inf) -> Floats:
    """Distance [V] along edges from the nearest of ``sources``; infinite beyond ``limit`` and on other pieces."""
    found: Floats = dijkstra(lengths, indices=np.asarray(sources), min_only=True, limit=limit)
    return found


def vertex_normals(points: Floats, triangles: Ids) -> Floats:
    """Unit normals [V, 3], weighted by area; zero for vertices without a triangle."""
    cross = np.cross(
        points[triangles[:, 1]] - points[triangles[:, 0]], points[triangles[:, 2]] - points[triangles[:, 0]]
    )
    normals = np.zeros_like(points)
    for corner in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(triangles[:, corner], cross[:, axis], len(points))
    unit: Floats = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-15)
    return unit


@dataclass(frozen=True)
class Contact:
    """Where points come closest to a mesh.

    Attributes:
        corners: [n, 3] vertex ids of the triangle.
        shares: [n, 3] barycentric coordinates.
        distance: [n] metres.
    """

    corners: Ids
    shares: Floats
    distance: Floats

    def read(self, values: Floats) -> Floats:
        """Interpolate vertex ``values`` [V, ...]; [n, ...]."""
        return np.asarray(np.einsum("nk,nk...->n...", self.shares, values[self.corners]), np.float64)


def closest(points: Floats, triangles: Ids, queries: Floats) -> Contact:
    """Closest points of a mesh, among the triangles whose centres are nearest."""
    tree = cKDTree(points[triangles].mean(axis=1))
    count = min(NEAREST_TRIANGLES, len(triangles))
    near = tree.query(queries, k=count)[1].reshape(len(queries), count)
    shares = barycentric(points[triangles[near]], queries[:, None])
    place = np.einsum("nkc,nkcd->nkd", shares, points[triangles[near]])
    distance = np.linalg.norm(place - queries[:, None], axis=2)
    best = distance.argmin(axis=1)
    row = np.arange(len(queries))
    return Contact(triangles[near[row, best]], shares[row, best], distance[row, best])


def barycentric(corners: Floats, points: Floats) -> Floats:
    """Coordinates [..., 3] of the point of each triangle [..., 3, 3] closest to ``points`` [..., 3].

    C. Ericson, Real-Time Collision Detection, 2005, section 5.1.5, as a choice between the face and its three edges.
    """
    a, b, c = (corners[..., k, :] for k in range(3))
    ab, ac, ap = b - a, c - a, points - a
    d11, d12, d22 = (np.sum(u * v, -1) for u, v in ((ab, ab), (ab, ac), (ac, ac)))
    p1, p2 = np.sum(ap * ab, -1), np.sum(ap * ac, -1)
    area = np.maximum(d11 * d22 - d12**2, 1e-30)
    flat = d11 * d22 - d12**2 <= SLIVER * d11 * d22
    v, w = (d22 * p1 - d12 * p2) / area, (d11 * p2 - d12 * p1) / area
    inside = (v >= 0) & (w >= 0) & (v + w <= 1) & ~flat
    face = np.stack([1 - v - w, v, w], axis=-1)
    edges = []
    for start, end, at, to in ((a, b, 0, 1), (b, c, 1, 2), (c, a, 2, 0)):
        along = end - start
        t = np.clip(np.sum((points - start) * along, -1) / np.maximum(np.sum(along**2, -1), 1e-30), 0, 1)
        edge = np.zeros_like(face)
        edge[..., at], edge[..., to] = 1 - t, t
        gap = np.linalg.norm(start + t[..., None] * along - points, axis=-1)
        edges.append((gap, edge))
    gaps = np.stack([gap for gap, _ in edges])
    choice = gaps.argmin(axis=0)
    on_edge = np.take_along_axis(np.stack([e for _, e in edges]), choice[None, ..., None], axis=0)[0]
    return np.where(inside[..., None], face, on_edge)


def laplacian(points: Floats, triangles: Ids) -> tuple[csr_matrix, Floats]:
    """Cotangent stiffness [V, V] (positive semi-definite) and vertex areas [V], m^2 (U. Pinkall, K. Polthier 1993).

    Cotangents are kept positive and bounded: slivers must not make the operator indefinite.
    """
    n, rows, cols, values = len(points), [], [], []
    corners = points[triangles]
    cross = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    for k in range(3):
        i, j = triangles[:, (k + 1) % 3], triangles[:, (k + 2) % 3]
        u, v = corners[:, (k + 1) % 3] - corners[:, k], corners[:, (k + 2) % 3] - corners[:, k]
        cotangent = np.clip(np.sum(u * v, axis=1) / np.maximum(cross, 1e-30), 0.02, 20.0) / 2
        rows += [i, j]
        cols += [j, i]
        values += [cotangent, cotangent]
    weights = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))), shape=(n, n)).tocsr()
    stiffness = diags(np.asarray(weights.sum(axis=1)).ravel()) - weights
    area = np.bincount(triangles.ravel(), np.repeat(cross / 6, 3), n)
    # A vertex without area would have an infinite Laplacian; a thousandth of the mean makes it follow its neighbours.
    return stiffness.tocsr(), np.maximum(area, 1e-3 * max(float(area.mean()), 1e-18))
