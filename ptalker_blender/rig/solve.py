"""Weights of shape keys from the motion of the vertices: bounded least squares, smooth in time.

For keys d_k (displacements of V vertices at weight 1) and the wanted displacements x_t, minimised over the weights w
within their ranges::

    sum_t |sum_k w_tk d_k - x_t|_M^2  +  sum_k |d_k|_M^2 (smoothness |second difference of w_k|^2 + ridge |w_k|^2)

M weighs the vertices. Smoothness and ridge are relative to what a key moves, so that neither units, nor the scale of
the head, nor a key's own size (0..1 shapes beside components of unit variance) changes their meaning. The ridge decides
where keys can replace each other: shared evenly, nothing runs away.

Only the keys' products are needed (K x K, once); a minute of motion is solved as one problem. numpy alone: Blender's
Python has no scipy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .solving.box import BoxProblem, solve_box
from .solving.motions import MixedKeys, Offsets, WantedMotion
from .solving.residual import Residual, measure

__all__ = ["DEFAULT", "Options", "Solution", "solve_controls", "solve_motion", "solve_offsets"]

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Options:
    """How to solve.

    Attributes:
        smoothness: weight of the squared second difference per frame, see the module. The default tames keys that
            could take turns and leaves speech alone (0.8 % of the amplitude at 10 Hz and 50 frames a second, for a
            key unlike all others).
        ridge: weight of the squared weights.
        tolerance: distance from the optimum at which to stop, relative (``BoxProblem.violation``).
        max_iterations: after which the solution is given as it is, not ``converged``.
    """

    smoothness: float = 0.004
    ridge: float = 1e-4
    tolerance: float = 1e-6
    max_iterations: int = 2000

    def __post_init__(self) -> None:
        if not (0 <= self.smoothness < np.inf and 0 <= self.ridge < np.inf):
            raise ValueError(f"smoothness and ridge must be 0 or above, got {self.smoothness} and {self.ridge}")
        if not (self.tolerance > 0 and self.max_iterations > 0):
            raise ValueError("tolerance and max_iterations must be above 0")


DEFAULT = Options()


@dataclass(frozen=True)
class Solution:
    """Weights and what they miss. All counted vertices (weight above 0) count the same in what is measured.

    Attributes:
        weights: float64 [T, K], within the ranges.
        residual_mm: root mean square over frames and vertices that the motion or the keys move, millimetres.
        worst_mm: largest distance of a vertex in a frame, millimetres.
        unexplained_percent: energy (sum of squared displacements) of the residual in that of the motion; 0 where both
            are 0, infinite where ranges without 0 move a motion that is still.
        iterations: of the bounded solver, 0 where no bound was met.
        converged: whether the optimum was reached within the tolerance.
    """

    weights: Floats
    residual_mm: float
    worst_mm: float
    unexplained_percent: float
    iterations: int
    converged: bool


def solve_offsets(
    keys: Array,
    offsets: Array,
    ranges: Array | None = None,
    vertex_weights: Array | None = None,
    options: Options = DEFAULT,
) -> Solution:
    """Weights that move the vertices by ``offsets``.

    Args:
        keys: [K, V, 3] displacements at weight 1, metres.
        offsets: [T, V, 3] displacements from rest, metres, head motion removed (:mod:`.solving.rigid`).
        ranges: [K, 2] lowest and highest weight, infinite allowed; None for no bounds.
        vertex_weights: [V], 0 or above: how much the squared error of a vertex counts; None for all the same.
        options: see :class:`Options`.

    Raises:
        ValueError: shapes that do not fit, numbers that are not finite, empty ranges, negative weights.
    """
    return solve_motion(keys, Offsets(np.asarray(offsets)), ranges, vertex_weights, options)


def solve_controls(
    keys: Array,
    source_keys: Array,
    controls: Array,
    ranges: Array | None = None,
    vertex_weights: Array | None = None,
    options: Options = DEFAULT,
) -> Solution:
    """Weights of ``keys`` that move the vertices as ``controls`` [T, C] move them through ``source_keys`` [C, V, 3].

    The same as :func:`solve_offsets` of the product, without making it. The other arguments are the same.
    """
    return solve_motion(keys, MixedKeys(np.asarray(source_keys), np.asarray(controls)), ranges, vertex_weights, options)


def solve_motion(
    keys: Array, motion: WantedMotion, ranges: Array | None, vertex_weights: Array | None, options: Options
) -> Solution:
    """As :func:`solve_offsets`, for a motion given in either way."""
    keys = np.asarray(keys)
    motion.check()
    _check(keys.ndim == 3 and keys.shape[1:] == (motion.n_vertices, 3), f"keys of shape {keys.shape}")
    _check(bool(np.isfinite(keys).all()), "keys must be finite")
    low, high = _bounds(ranges, len(keys))
    emphasis = _emphasis(vertex_weights, motion.n_vertices)
    counted = np.flatnonzero((emphasis > 0) & (keys.any(axis=(0, 2)) | motion.moved()))
    flat = keys[:, counted].reshape(len(keys), 3 * len(counted)).astype(np.float64)
    weights, iterations, converged = _weights(flat, motion, counted, emphasis, (low, high), options)
    missed: Residual = measure(flat, weights, motion, counted)
    return Solution(weights, missed.rms_mm, missed.worst_mm, missed.energy_percent, iterations, converged)


def _weights(
    flat: Floats,
    motion: WantedMotion,
    counted: NDArray[np.intp],
    emphasis: Floats,
    bounds: tuple[Floats, Floats],
    options: Options,
) -> tuple[Floats, int, bool]:
    """[T, K], iterations, converged."""
    weighed = flat * np.repeat(emphasis[counted], 3)
    gram = weighed @ flat.T
    size = np.sqrt(np.diag(gram))
    moving = np.flatnonzero(size > 0)
    # A key that moves nothing rests as near to 0 as its range allows.
    weights = np.tile(np.clip(0.0, *bounds), (motion.n_frames, 1))
    if not len(moving) or not motion.n_frames:
        return weights, 0, True
    size = size[moving, None]
    problem = BoxProblem(
        gram[np.ix_(moving, moving)] / size / size.T,
        (motion.products(weighed, counted)[:, moving] / size.T).T,
        bounds[0][moving, None] * size,
        bounds[1][moving, None] * size,
        options.smoothness,
        options.ridge,
    )
    result = solve_box(problem, options.tolerance, options.max_iterations)
    # Scaled back and forth, a bound may be passed by a rounding error.
    weights[:, moving] = (result.values / size).T
    return np.clip(weights, *bounds), result.iterations, result.converged


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


def _check(condition: bool | np.bool_, message: str) -> None:
    if not condition:
        raise ValueError(message)
