"""Keys made ready to be solved for: their products once, then any number of motions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .box import BoxProblem, solve_box
from .motions import WantedMotion

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]
Ids = NDArray[np.intp]


@dataclass(frozen=True)
class PreparedKeys:
    """K keys over the n vertices that count.

    Attributes:
        counted: the numbers of these vertices [n]: weight above 0, and moved by the motion or by a key.
        flat: float64 [K, 3 n], the displacements.
        emphasis: float64 [n], weights of the vertices.
        gram: float64 [K, K], weighted products of the keys.
        low: float64 [K].
        high: float64 [K].
    """

    counted: Ids
    flat: Floats
    emphasis: Floats
    gram: Floats
    low: Floats
    high: Floats

    def weighed(self) -> Floats:
        """The rows [K, 3 n] with which a motion is multiplied."""
        return np.asarray(self.flat * np.repeat(self.emphasis, 3), np.float64)

    def products(self, motion: WantedMotion) -> Floats:
        """Weighted products of a motion with the keys, [T, K]."""
        return motion.products(self.weighed(), self.counted)

    def solve(
        self, products: Floats, smoothness: float, ridge: float, tolerance: float, max_iterations: int
    ) -> tuple[Floats, int, bool]:
        """Weights [T, K], iterations, and whether they converged; see :class:`ptalker_blender.rig.solve.Options`."""
        size = np.sqrt(np.diag(self.gram))
        moving = np.flatnonzero(size > 0)
        # A key that moves nothing rests as near to 0 as its range allows.
        weights = np.tile(np.clip(0.0, self.low, self.high), (len(products), 1))
        if not len(moving) or not len(products):
            return weights, 0, True
        size = size[moving, None]
        problem = BoxProblem(
            self.gram[np.ix_(moving, moving)] / size / size.T,
            (products[:, moving] / size.T).T,
            self.low[moving, None] * size,
            self.high[moving, None] * size,
            smoothness,
            ridge,
        )
        result = solve_box(problem, tolerance, max_iterations)
        # Scaled back and forth, a bound may be passed by a rounding error.
        weights[:, moving] = (result.values / size).T
        return np.clip(weights, self.low, self.high), result.iterations, result.converged


def prepare(keys: Array, motion: WantedMotion, ranges: Array | None, vertex_weights: Array | None) -> PreparedKeys:
    """Check ``keys`` [K, V, 3], ``ranges`` and ``vertex_weights`` against a motion; ValueError where they do not."""
    keys = np.asarray(keys)
    _check(keys.ndim == 3 and keys.shape[1:] == (motion.n_vertices, 3), f"keys of shape {keys.shape}")
    _check(bool(np.isfinite(keys).all()), "keys must be finite")
    low, high = _bounds(ranges, len(keys))
    emphasis = _emphasis(vertex_weights, motion.n_vertices)
    counted = np.flatnonzero((emphasis > 0) & (keys.any(axis=(0, 2)) | motion.moved()))
    flat = keys[:, counted].reshape(len(keys), 3 * len(counted)).astype(np.float64)
    gram = (flat * np.repeat(emphasis[counted], 3)) @ flat.T
    return PreparedKeys(counted, flat, emphasis[counted], gram, low, high)


def _bounds(ranges: Array | None, n_keys: int) -> tuple[Floats, Floats]:
    if ranges is None:
        return np.full(n_keys, -np.inf), np.full(n_keys, np.inf)
    pairs = np.asarray(ranges, np.float64)
    _check(pairs.shape == (n_keys, 2), f"ranges of shape {pairs.shape} for {n_keys} keys")
    low, high = pairs[:, 0].copy(), pairs[:, 1].copy()
    # NaN fails every comparison.
    _check(bool(((low <= high) & (low < np.inf) & (high > -np.inf)).all()), "ranges must be low <= high")
    return low, high


def _emphasis(vertex_weights: Array | None, n_vertices: int) -> Floats:
    if vertex_weights is None:
        return np.ones(n_vertices)
    emphasis = np.asarray(vertex_weights, np.float64)
    _check(emphasis.shape == (n_vertices,), f"vertex weights of shape {emphasis.shape} for {n_vertices} vertices")
    _check(bool((np.isfinite(emphasis) & (emphasis >= 0)).all()), "vertex weights must be finite, 0 or above")
    return emphasis


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
