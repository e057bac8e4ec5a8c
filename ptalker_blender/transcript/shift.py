"""Timing: a closure that the motion already has, but a little early or late, is moved to where its sound is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .holds import Hold, ease

LONGEST_S: Final = 0.060  # what is further away is another closure, or none
_SOUGHT_S: Final = 0.100  # how far from the hold the centre of its closure may lie
_LONGEST_CLOSURE_S: Final = 0.30  # the centre of a pause says nothing
_SHOULDER: Final = 7  # frames over which a shift comes and goes
_STEEPEST: Final = 0.8  # change of the shift per frame; at 1 time would stand still


def shifts(closed: NDArray[np.bool_], holds: Sequence[Hold], fps: float) -> NDArray[np.float64]:
    """By how many frames the motion at each frame is to come later (negative: earlier), [T], 0 away from the holds.

    A hold that is shut throughout needs no shift, so shifting again changes nothing.

    Args:
        closed: [T] where the mouth is shut, more or less.
        holds: where it should be, see ``find_holds``.
        fps: frames per second.
    """
    runs = _runs(closed)
    moved = np.zeros(len(closed))
    for k, hold in enumerate(holds):
        wanted = 0.0 if hold.bite else _wanted(hold, runs, holds, closed, fps)
        if wanted == 0.0:
            continue
        before = hold.first - (holds[k - 1].last if k else -_SHOULDER)
        after = (holds[k + 1].first if k + 1 < len(holds) else len(closed) + _SHOULDER) - hold.last
        left, right = min(_SHOULDER, before // 2), min(_SHOULDER, after // 2)
        most = _STEEPEST * min(left, right) / 1.5
        frames = np.arange(len(closed))
        rise = (frames - (hold.first - left)) / max(1, left)
        fall = ((hold.last + right) - frames) / max(1, right)
        moved += np.clip(wanted, -most, most) * ease(np.minimum(rise, fall))
    return moved


def shifted(values: NDArray[np.float64], moved: NDArray[np.float64]) -> NDArray[np.float64]:
    """Channels [T, C] shifted by ``shifts``; frames without shift stay as they are to the bit."""
    frames = np.arange(len(values), dtype=np.float64)
    at = np.clip(frames - moved, 0, len(values) - 1)
    low = np.minimum(np.floor(at).astype(np.int64), max(0, len(values) - 2))
    share = (at - low)[:, None]
    mixed = (1.0 - share) * values[low] + share * values[np.minimum(low + 1, len(values) - 1)]
    return np.where((moved != 0.0)[:, None], mixed, values)


def _wanted(
    hold: Hold, runs: Sequence[tuple[int, int]], holds: Sequence[Hold], closed: NDArray[np.bool_], fps: float
) -> float:
    """Frames from the nearest closure of a hold to it; 0 when none belongs to it or it is there."""
    if closed[hold.first : hold.last + 1].all():
        return 0.0
    centre = (hold.first + hold.last) / 2.0
    others = [h for h in holds if h is not hold]
    near = [
        centre - (a + b) / 2.0
        for a, b in runs
        if (b - a) / fps <= _LONGEST_CLOSURE_S
        and abs(centre - (a + b) / 2.0) <= _SOUGHT_S * fps
        and not any(a <= other.last and b >= other.first for other in others)
    ]
    nearest = min(near, key=abs, default=0.0)
    return nearest if abs(nearest) <= LONGEST_S * fps else 0.0


def _runs(closed: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last frame of each stretch."""
    edges = np.diff(np.concatenate(([False], closed, [False])).astype(np.int8))
    return list(zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True))
