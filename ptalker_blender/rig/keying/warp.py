"""A smooth map of space that carries one face on to another, from points that correspond.

Radial basis functions with the kernel |r|, the biharmonic one of three dimensions (J. Carr et al., SIGGRAPH 2001),
plus an affine part: of all maps through the points the one that bends least. A ridge lets soft points miss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lu_factor, lu_solve
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Warp:
    """x -> affine(x) + sum_i weights_i |x - centres_i|.

    Attributes:
        centres: [N, 3].
        weights: [N, 3].
        affine: [4, 3]; rows 0..2 multiply x, row 3 is added.
    """

    centres: Floats
    weights: Floats
    affine: Floats

    def __call__(self, points: Floats) -> Floats:
        """Images [n, 3] of ``points`` [n, 3]."""
        out: Floats = points @ self.affine[:3] + self.affine[3] + cdist(points, self.centres) @ self.weights
        return out

    def jacobian(self, points: Floats, blur: float = 0.0) -> Floats:
        """[n, 3, 3]: how the map turns and stretches a small displacement, a matrix for its left.

        Args:
            points: [n, 3].
            blur: metres over which it is averaged: |r| has a crease at every centre, so beside centres that lie close
                the exact one jumps. The kernel is then the multiquadric (r^2 + blur^2)^(1/2).
        """
        away = points[:, None] - self.centres
        away /= np.maximum(np.sqrt(np.sum(away**2, axis=2, keepdims=True) + blur**2), 1e-9)
        gradient = np.einsum("nkj,ki->nij", away, self.weights)
        out: Floats = gradient + self.affine[:3].T
        return out


def fit_warp(source: Floats, target: Floats, softness: Floats | float = 0.0) -> Warp:
    """The smoothest map that takes ``source`` [N, 3] to ``target`` [N, 3].

    Args:
        source: points, no two alike.
        target: their images.
        softness: [N] or of all: metres a point may be missed by for each unit of its weight; 0 is met exactly.
    """
    n = len(source)
    kernel = -cdist(source, source)  # conditionally positive definite with this sign
    kernel[np.diag_indices(n)] += np.broadcast_to(softness, n)
    plane = np.hstack([source, np.ones((n, 1))])
    system = np.block([[kernel, plane], [plane.T, np.zeros((4, 4))]])
    solved = lu_solve(lu_factor(system), np.vstack([target, np.zeros((4, 3))]))
    return Warp(source, -solved[:n], solved[n:])


def rigid(source: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Rotation [3, 3] and shift [3] with target ~ source @ R.T + shift (W. Kabsch, Acta Cryst. A32, 1976)."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    u, _, vt = np.linalg.svd(a.T @ b)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation: Floats = (u @ flip @ vt).T
    return rotation, target.mean(axis=0) - rotation @ source.mean(axis=0)


def similarity(source: Floats, target: Floats) -> tuple[float, Floats, Floats]:
    """Scale, rotation [3, 3] and shift [3] with target ~ scale * source @ R.T + shift (S. Umeyama, PAMI 13, 1991)."""
    rotation, _ = rigid(source, target)
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    scale = float(np.sum(b * (a @ rotation.T)) / np.sum(a * a))
    return scale, rotation, target.mean(axis=0) - scale * rotation @ source.mean(axis=0)
