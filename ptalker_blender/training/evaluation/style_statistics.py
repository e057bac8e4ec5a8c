"""Intervals and tests of the style figures: bootstrap over performers and lines, and a paired permutation test."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

DRAWS = 1000
LEVEL = 0.95
Z = 1.959964  # of the normal distribution, two-sided 95 %


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval.

    Attributes:
        value: the figure on all the material.
        low, high: its interval; nan where there is none (a single unit).
    """

    value: float
    low: float
    high: float


def bootstrap(sizes: Sequence[int], statistic: Callable[..., float], seed: int = 0, draws: int = DRAWS) -> Estimate:
    """Percentile bootstrap (Efron and Tibshirani 1993) over one or more kinds of units at once.

    Units are what was drawn independently: performers, sentences, speakers; never frames or clips of one performer.

    Args:
        sizes: number of units of each kind.
        statistic: takes one index array per kind, of that kind's size, and returns the figure of that resample.
        seed: of the resampling.
        draws: resamples. A resample whose figure is undefined (nan) is left out.
    """
    value = statistic(*(np.arange(size) for size in sizes))
    if min(sizes) < 2:
        return Estimate(value, math.nan, math.nan)
    rng = np.random.default_rng((seed, 0xB007))
    drawn = np.array([statistic(*(rng.integers(size, size=size) for size in sizes)) for _ in range(draws)])
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return Estimate(value, math.nan, math.nan)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def mean_estimate(by_unit: NDArray[np.float64], seed: int = 0) -> Estimate:
    """Mean of one number per unit [N] with its bootstrap interval."""
    values = np.asarray(by_unit, np.float64)
    return bootstrap([len(values)], lambda chosen: float(values[chosen].mean()), seed)


def share_estimate(by_unit: NDArray[np.float64], seed: int = 0) -> Estimate:
    """Mean of a share 0..1 per unit [N]; its interval is never narrower than Wilson's for N trials.

    When every unit scores 1 the bootstrap has nothing to vary and would claim certainty.
    """
    boot = mean_estimate(by_unit, seed)
    low, high = wilson(boot.value, len(by_unit))
    if math.isnan(boot.low):
        return Estimate(boot.value, low, high)
    return Estimate(boot.value, min(low, boot.low), max(high, boot.high))


def wilson(share: float, trials: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a proportion (E. B. Wilson 1927)."""
    scale = 1 + Z**2 / trials
    centre = (share + Z**2 / (2 * trials)) / scale
    half = Z / scale * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def sign_flip_p(differences: NDArray[np.float64], seed: int = 0, draws: int = 10_000) -> float:
    """Two-sided p of the paired permutation test: the differences [N] are as likely of either sign.

    All 2^N sign patterns are counted where there are no more than ``draws``, else drawn. One difference per
    independent unit.
    """
    values = np.asarray(differences, np.float64)
    observed = abs(values.mean())
    if 2 ** len(values) <= draws:
        patterns = np.arange(2 ** len(values))[:, None] >> np.arange(len(values)) & 1
        means = np.abs((2.0 * patterns - 1.0) @ values) / len(values)
        return float((means >= observed - 1e-12).mean())
    rng = np.random.default_rng((seed, 0xF11B))
    signs = 2.0 * rng.integers(2, size=(draws, len(values))) - 1.0
    means = np.abs(signs @ values) / len(values)
    return float((1 + (means >= observed - 1e-12).sum()) / (1 + draws))
