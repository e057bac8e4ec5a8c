"""Agreement of two curves in time: Pearson's r at zero lag, and where its best lag lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Agreement:
    """How well one curve follows another.

    Attributes:
        r: Pearson correlation at zero lag.
        best_r: the correlation at the best lag (peak of the parabola).
        best_lag_ms: positive when the prediction is later than the reference.
    """

    r: float
    best_r: float
    best_lag_ms: float


def pearson(a: ArrayLike, b: ArrayLike) -> float:
    """Pearson's correlation of two curves of equal length [T]; 0 where one of them is constant."""
    x, y = _pair(a, b)
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale > 0 else 0.0


def agreement(prediction: ArrayLike, reference: ArrayLike, fps: float, span_seconds: float = 0.2) -> Agreement:
    """Correlate a prediction with its reference over lags of +-``span_seconds``.

    The correlation is taken anew on the overlapping part at every whole-frame lag; a parabola through the highest value
    and its two neighbours gives the lag between frames (no interpolation at the ends of the span).

    Args:
        prediction: [T].
        reference: [T], same length and rate.
        fps: frames per second.
        span_seconds: half-width of the search.

    Raises:
        ValueError: when the curves differ in length or are shorter than twice the search.
    """
    x, y = _pair(prediction, reference)
    span = round(span_seconds * fps)
    if len(x) <= 2 * span + 1:
        raise ValueError(f"{len(x)} frames are too few to search lags of +-{span} frames")
    lags = np.arange(-span, span + 1)
    values = np.array([_lagged(x, y, int(lag)) for lag in lags])
    # Among equals (a constant curve correlates 0 everywhere) the lag nearest to none.
    top = max(range(len(values)), key=lambda i: (values[i], -abs(i - span)))
    position, height = _parabola_peak(values, top)
    return Agreement(r=float(values[span]), best_r=height, best_lag_ms=1000.0 * (position - span) / fps)


def _lagged(x: NDArray[np.float64], y: NDArray[np.float64], lag: int) -> float:
    """Correlation of x[t + lag] with y[t]."""
    return pearson(x[lag:], y[: len(y) - lag]) if lag >= 0 else pearson(x[:lag], y[-lag:])


def _parabola_peak(values: NDArray[np.float64], top: int) -> tuple[float, float]:
    if top in (0, len(values) - 1):
        return float(top), float(values[top])
    before, at, after = (float(v) for v in values[top - 1 : top + 2])
    curvature = before - 2.0 * at + after
    if curvature == 0.0:
        return float(top), at
    offset = 0.5 * (before - after) / curvature
    return top + offset, at - 0.25 * (before - after) * offset


def _pair(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1 or not x.size:
        raise ValueError(f"two curves of one length are needed, got shapes {x.shape} and {y.shape}")
    return x, y
