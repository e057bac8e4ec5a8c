"""Smooth fields over the skin: harmonic extension of what handles prescribe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .mesh import Mesh, neighbours, padded
from .measures import Array, Ids


def mirror(mesh: Mesh, deltas: Array) -> Array:
    """The mirror image of a displacement field [V, 3]."""
    out = np.empty_like(deltas)
    out[mesh.twins] = deltas * np.array([-1.0, 1.0, 1.0])
    return out


def symmetric(mesh: Mesh, deltas: Array) -> Array:
    """The field made exactly symmetric."""
    return 0.5 * (deltas + mirror(mesh, deltas))


def harmonic(mesh: Mesh, value: dict[int, float], free: Ids, sweeps: int = 3000) -> Array:
    """Scalar field [V]: ``value`` where prescribed, 0 elsewhere; ``free`` vertices average their neighbours."""
    field = np.zeros(len(mesh.vertices))
    field[list(value)] = list(value.values())
    ids = np.array([v for v in free if v not in value])
    table, weight = padded(neighbours(len(mesh.vertices), mesh.faces))
    table, weight = table[ids], weight[ids]
    for _ in range(sweeps):
        field[ids] = (field[table] * weight).sum(axis=1)
    return field


@dataclass(frozen=True)
class Extension:
    """Carries displacements of handle vertices into the skin round them, fading to nothing at the region's edge.

    ``influence`` [F, H] is the harmonic (discrete Laplace) solution for each handle; ``fade`` [F] its rounded total.
    """

    handles: Ids
    free: Ids
    influence: Array
    fade: Array

    def __call__(self, n_vertices: int, displacement: Array) -> Array:
        """Displacements [V, 3] from those of the handles [H, 3]."""
        out = np.zeros((n_vertices, 3))
        out[self.handles] = displacement
        out[self.free] = (self.influence @ displacement) * self.fade[:, None]
        return out


def extension(mesh: Mesh, handles: Ids, free: Ids, reach: float) -> Extension:
    """Solve the extension; ``reach`` > 1 widens the plateau near the handles."""
    free = np.setdiff1d(free, handles)
    position = np.full(len(mesh.vertices), -1)
    position[free] = np.arange(len(free))
    slot = np.full(len(mesh.vertices), -1)
    slot[handles] = np.arange(len(handles))
    laplace, source = np.eye(len(free)), np.zeros((len(free), len(handles)))
    adjacent = neighbours(len(mesh.vertices), mesh.faces)
    for row, v in enumerate(free):
        for w in adjacent[v]:
            if position[w] >= 0:
                laplace[row, position[w]] -= 1 / len(adjacent[v])
            elif slot[w] >= 0:
                source[row, slot[w]] += 1 / len(adjacent[v])
    influence = np.linalg.solve(laplace, source)
    total = influence.sum(axis=1)
    h = np.clip(total * reach, 0, 1)
    fade = h * h * (3 - 2 * h)
    return Extension(handles, free, influence / np.maximum(total, 1e-9)[:, None], fade)
