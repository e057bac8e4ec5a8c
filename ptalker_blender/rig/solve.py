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

from .solving.motions import MixedKeys, Offsets, WantedMotion
from .solving.prepared import prepare
from .solving.residual import measure

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
    motion.check()
    rig = prepare(keys, motion, ranges, vertex_weights)
    weights, iterations, converged = rig.solve(
        rig.products(motion), options.smoothness, options.ridge, options.tolerance, options.max_iterations
    )
    # In float32, which leaves some 1e-7 of a displacement.
    single, flat = weights.astype(np.float32), rig.flat.astype(np.float32)
    missed = measure(motion, rig.counted, lambda frames: single[frames] @ flat)
    return Solution(weights, missed.rms_mm, missed.worst_mm, missed.energy_percent, iterations, converged)
