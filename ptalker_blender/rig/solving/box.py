"""Quadratic problems within bounds, for all frames at once.

Minimised over U [K, T] within ``lower <= U <= upper``::

    1/2 sum_t u_t' R u_t  -  sum_t c_t' u_t  +  smoothness/2 |second difference of U in time|^2  +  ridge/2 |U|^2

by the alternating direction method of multipliers (S. Boyd et al., Foundations and Trends in Machine Learning 3(1),
2011, section 5.2) with over-relaxation. Its linear step is exact and cheap whatever the number of frames: eigenvectors
of R take the keys apart, the cosine transform the frames (:mod:`.spectrum`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .spectrum import SmoothInverse, roughness_gradient, smooth_inverse

Floats = NDArray[np.float64]

# By trial on mixtures of our head's keys: with 0.3 and 0.01 it takes three times the steps of 0.1 and 0.03. What
# lets one number do for other rigs is that R has ones on its diagonal.
_PENALTY = 0.1
_RELAXATION = 1.8
_CHECK_EVERY = 10
_FIRST_RIDGE = 0.01
_FIRST_TOLERANCE = 1e-4
_LEAST_SHIFT = 1e-7  # of the first guess, where keys that double each other leave R singular


@dataclass(frozen=True)
class BoxProblem:
    """See the module.

    Attributes:
        gram: float64 [K, K], R: positive semidefinite with ones on its diagonal.
        linear: float64 [K, T], the c_t as columns.
        lower: float64 [K, 1], -inf allowed.
        upper: float64 [K, 1], +inf allowed, nowhere below ``lower``.
        smoothness: 0 or above.
        ridge: 0 or above.
    """

    gram: Floats
    linear: Floats
    lower: Floats
    upper: Floats
    smoothness: float
    ridge: float

    def clip(self, values: Floats) -> Floats:
        """The nearest values within the bounds."""
        return np.clip(values, self.lower, self.upper)

    def violation(self, values: Floats) -> float:
        """How far values within the bounds are from the optimum: 0 exactly there.

        The largest step that the negative gradient can take inside the bounds, relative to the largest number around.
        """
        gradient = self.gram @ values + self.ridge * values - self.linear
        if self.smoothness:
            gradient += self.smoothness * roughness_gradient(values)
        step = np.abs(values - self.clip(values - gradient)).max(initial=0.0)
        scale = max(np.abs(self.linear).max(initial=0.0), np.abs(values).max(initial=0.0))
        return float(step / scale) if scale > 0 else 0.0


@dataclass(frozen=True)
class BoxResult:
    """``values`` [K, T] within the bounds; ``converged`` where the violation is at most the tolerance."""

    values: Floats
    iterations: int
    converged: bool


def solve_box(problem: BoxProblem, tolerance: float, max_iterations: int) -> BoxResult:
    """Solve to a violation of ``tolerance``; the same input gives the same output.

    ``iterations`` is 0 where the optimum without bounds lies within them.
    """
    energies, modes = np.linalg.eigh(problem.gram)
    energies = np.maximum(energies, 0)
    n_frames = problem.linear.shape[1]
    first = smooth_inverse(np.maximum(energies + problem.ridge, _LEAST_SHIFT), problem.smoothness, n_frames)
    values = problem.clip(_linear_step(modes, first, problem.linear))
    if problem.violation(values) <= tolerance:
        return BoxResult(values, 0, True)
    state = _State(values, np.zeros_like(values))
    # Keys that undo each other (jaw left and right) may all be up and nothing is seen of it; the ridge alone would take
    # thousands of steps to bring them down, the first guess having split their work between both.
    tame = replace(problem, ridge=max(problem.ridge, _FIRST_RIDGE))
    done = _iterate(tame, energies, modes, state, max(tolerance, _FIRST_TOLERANCE), max_iterations)
    done += _iterate(problem, energies, modes, state, tolerance, max_iterations - done)
    return BoxResult(state.values, done, problem.violation(state.values) <= tolerance)


@dataclass
class _State:
    """``values`` within the bounds, and the multipliers of the bounds divided by the penalty."""

    values: Floats
    pulls: Floats


def _iterate(
    problem: BoxProblem, energies: Floats, modes: Floats, state: _State, tolerance: float, max_iterations: int
) -> int:
    """Move the state to the optimum; how many iterations it took."""
    inverse = smooth_inverse(energies + problem.ridge + _PENALTY, problem.smoothness, problem.linear.shape[1])
    for iteration in range(1, max_iterations + 1):
        free = _linear_step(modes, inverse, problem.linear + _PENALTY * (state.values - state.pulls))
        state.pulls += _RELAXATION * free + (1 - _RELAXATION) * state.values
        state.values = problem.clip(state.pulls)
        state.pulls -= state.values
        if iteration % _CHECK_EVERY == 0 and problem.violation(state.values) <= tolerance:
            return iteration
    return max_iterations


def _linear_step(modes: Floats, inverse: SmoothInverse, right: Floats) -> Floats:
    return np.asarray(modes @ inverse(modes.T @ right), np.float64)
