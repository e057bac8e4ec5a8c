"""Quadratic problems within bounds, for all frames at once.

Minimised over U [K, T] within ``lower <= U <= upper``::

    1/2 sum_t u_t' R u_t  -  sum_t c_t' u_t  +  smoothness/2 |second difference of U in time|^2  +  ridge/2 |U|^2

by the alternating direction method of multipliers (S. Boyd et al., Foundations and Trends in Machine Learning 3(1),
2011, section 5.2) with over-relaxation. Its linear step is exact and cheap whatever the number of frames: eigenvectors
of R take the keys apart, the cosine transform the frames (:mod:`.spectrum`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .spectrum import SmoothInverse, roughness_gradient, smooth_inverse

Floats = NDArray[np.float64]

# Both by trial on the default head's keys and mixtures of them: 0.3 and 0.01 take three times the steps. What makes
# one number do for all rigs is that R has ones on its diagonal.
_PENALTY = 0.1
_RELAXATION = 1.8
_CHECK_EVERY = 10
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
    energies = np.maximum(energies, 0) + problem.ridge
    n_frames = problem.linear.shape[1]
    first = smooth_inverse(np.maximum(energies, _LEAST_SHIFT), problem.smoothness, n_frames)
    values = problem.clip(_linear_step(modes, first, problem.linear))
    if problem.violation(values) <= tolerance:
        return BoxResult(values, 0, True)
    inverse = smooth_inverse(energies + _PENALTY, problem.smoothness, n_frames)
    pulls = np.zeros_like(values)  # the multipliers of the bounds, divided by the penalty
    for iteration in range(1, max_iterations + 1):
        free = _linear_step(modes, inverse, problem.linear + _PENALTY * (values - pulls))
        pulls += _RELAXATION * free + (1 - _RELAXATION) * values
        values = problem.clip(pulls)
        pulls -= values
        done = iteration % _CHECK_EVERY == 0 or iteration == max_iterations
        if done and problem.violation(values) <= tolerance:
            return BoxResult(values, iteration, True)
    return BoxResult(values, max_iterations, False)


def _linear_step(modes: Floats, inverse: SmoothInverse, right: Floats) -> Floats:
    return np.asarray(modes @ inverse(modes.T @ right), np.float64)
