"""Smooth fields over the skin: what handles prescribe, carried into their surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from .measures import Array, Ids
from .mesh import Mesh


def mirror(mesh: Mesh, deltas: Array) -> Array:
    """The mirror image of a displacement field [V, 3]."""
    out = np.empty_like(deltas)
    out[mesh.twins] = deltas * np.array([-1.0, 1.0, 1.0])
    return out


def symmetric(mesh: Mesh, deltas: Array) -> Array:
    """The field made exactly symmetric."""
    return 0.5 * (deltas + mirror(mesh, deltas))


def laplacian(mesh: Mesh) -> sparse.csr_matrix:
    """[V, V]: a vertex less the mean of its neighbours, each weighted by one over the edge's length."""
    edges = {(min(a, b), max(a, b)) for ids in mesh.faces for a, b in zip(ids, (*ids[1:], ids[0]), strict=True)}
    a, b = np.array(sorted(edges)).T
    points = mesh.points()
    weight = 1.0 / np.maximum(np.linalg.norm(points[a] - points[b], axis=1), 0.05)
    n = len(points)
    around = sparse.coo_matrix((np.r_[weight, weight], (np.r_[a, b], np.r_[b, a])), shape=(n, n)).tocsr()
    total = np.maximum(np.asarray(around.sum(axis=1)).ravel(), 1e-12)
    return sparse.identity(n, format="csr") - sparse.diags(1 / total) @ around


def harmonic(mesh: Mesh, value: dict[int, float], free: Ids) -> Array:
    """Scalar field [V]: ``value`` where prescribed, 0 elsewhere; ``free`` vertices are the mean of their neighbours."""
    field = np.zeros(len(mesh.vertices))
    field[list(value)] = list(value.values())
    free = np.setdiff1d(free, np.fromiter(value, int))
    matrix = laplacian(mesh)[free]
    field[free] = splu(matrix[:, free].tocsc()).solve(-(matrix @ field))
    return field


@dataclass(frozen=True)
class Extension:
    """Carries displacements of handle vertices into a region as a thin plate would: smooth at handles and border.

    The plate minimises the squared Laplacian of the displacement over region and handles, and rests outside
    (M. Botsch, L. Kobbelt, "An intuitive framework for real-time freeform modeling", SIGGRAPH 2004).
    """

    handles: Ids
    free: Ids
    pull: sparse.csr_matrix
    factor: Any

    def __call__(self, n_vertices: int, displacement: Array) -> Array:
        """Displacements [V, 3] from those of the handles [H, 3]."""
        out = np.zeros((n_vertices, 3))
        out[self.handles] = displacement
        out[self.free] = self.factor.solve(-(self.pull @ displacement))
        return out


def extension(mesh: Mesh, handles: Ids, free: Ids) -> Extension:
    """Factorise the plate's equations once, for many displacements of the same handles."""
    free = np.setdiff1d(free, handles)
    rows = laplacian(mesh)[np.union1d(free, handles)]
    inside, at_handles = rows[:, free], rows[:, handles]
    return Extension(handles, free, (inside.T @ at_handles).tocsr(), splu((inside.T @ inside).tocsc()))
