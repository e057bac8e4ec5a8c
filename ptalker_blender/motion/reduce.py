"""Fewer keys, with a promise: no frame moves by more than the tolerance.

The kept keys are a subset of the frames, with their own values, so a key is always a pose that was there. From each
key the longest straight segment is taken whose end is a frame and which passes within the tolerance of every frame
between. The slopes that do so form a cone that only narrows with each frame passed (the tolerance-cone scan of J.
Sklansky and V. Gonzalez, "Fast polygonal approximation of digitized curves", Pattern Recognition 12, 1980), so one
pass decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .controls import CONTROLS
from .motion import Motion


@dataclass(frozen=True)
class KeyCurve:
    """The keys of one channel, linear in between.

    Attributes:
        name: the control.
        frames: float32 [K] frame numbers, from 0, increasing.
        values: float32 [K].
    """

    name: str
    frames: NDArray[np.float32]
    values: NDArray[np.float32]


def reduce_keys(
    motion: Motion, tolerance: Mapping[str, float] | float, progress: Callable[[float], None] | None = None
) -> tuple[KeyCurve, ...]:
    """Keep as few keys as linear interpolation within ``tolerance`` allows, always the first and the last.

    Args:
        motion: [T, 55].
        tolerance: largest error at any frame, in the channel's unit; one number, or one for every control by name.
        progress: called before each control with the part done (0..1); may raise to cancel.

    Returns:
        One curve for each control, in their order. Interpolated in double precision, each is within its tolerance of
        ``motion`` at every frame.

    Raises:
        ValueError: when a tolerance is missing, negative or not a number.
    """
    return reduce_channels({name: motion.values[:, i] for i, name in enumerate(CONTROLS)}, tolerance, progress)


def reduce_channels(
    channels: Mapping[str, NDArray[np.float32]],
    tolerance: Mapping[str, float] | float,
    progress: Callable[[float], None] | None = None,
) -> tuple[KeyCurve, ...]:
    """``reduce_keys`` of any channels, such as the keys of a head.

    Args:
        channels: float32 [T] by name.
        tolerance: as there.
        progress: as there.

    Raises:
        ValueError: as there.
    """
    bounds = {name: _bound(name, tolerance) for name in channels}
    curves = []
    for i, (name, values) in enumerate(channels.items()):
        if progress is not None:
            progress(i / len(channels))
        curves.append(_reduce(name, values, bounds[name]))
    return tuple(curves)


def _bound(name: str, tolerance: Mapping[str, float] | float) -> float:
    value = tolerance.get(name, float("nan")) if isinstance(tolerance, Mapping) else tolerance
    if not value >= 0:
        raise ValueError(f"tolerance of {name} must be 0 or more, got {value}")
    return float(value)


def _reduce(name: str, values: NDArray[np.float32], tolerance: float) -> KeyCurve:
    if len(values) > 2 and np.ptp(values) == 0:  # most channels of most takes; spares the scan
        kept = [0, len(values) - 1]
    else:
        # A hair less than asked, so that rounding in whoever interpolates cannot pass the bound.
        kept = _scan(values.astype(np.float64).tolist(), tolerance * (1.0 - 1e-9))
    return KeyCurve(name, np.array(kept, np.float32), values[kept].astype(np.float32))


def _scan(values: list[float], tolerance: float) -> list[int]:
    """Return the indices kept. Plain floats: a Python loop over a list is several times faster than over an array."""
    last = len(values) - 1
    kept = [0] if values else []
    while kept and kept[-1] < last:
        kept.append(_farthest(values, kept[-1], last, tolerance))
    return kept


def _farthest(values: list[float], start: int, last: int, tolerance: float) -> int:
    """Return the farthest frame that a segment from ``start`` may end at."""
    base, low, high, reach = values[start], -float("inf"), float("inf"), start + 1
    for frame in range(start + 1, last + 1):
        run, rise = frame - start, values[frame] - base
        if low <= rise / run <= high:
            reach = frame
        least, most = (rise - tolerance) / run, (rise + tolerance) / run
        if least > low:  # not min and max: two calls of functions would be half the time of the loop
            low = least
        if most < high:
            high = most
        if low > high:
            break
    return reach
