"""Blinks: their shape, where a motion has them, and fewer or more of them. numpy only."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .controls import INDEX

CLOSING, CLOSED, OPENING = 0.08, 0.04, 0.17  # seconds
LIDS: Final = (INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"])
MOST: Final = 3.0  # times the motion's own rate
_SHUT: Final = 0.4  # lid closure above which the eye is on its way to a blink
_LONGEST_S: Final = 0.6  # what is shut for longer is no blink
_FLANK_S: Final = 0.3  # a lid needs no longer to close or to open
_APART_S: Final = 0.45  # between the beginnings of two blinks
_USUAL: Final = 15.0  # per minute, for a motion that has none


def blink_shape(since: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lid closure 0..1 at times in seconds since a blink began."""
    down = np.clip(since / CLOSING, 0, 1)
    up = 1 - np.clip((since - CLOSING - CLOSED) / OPENING, 0, 1)
    shape: NDArray[np.float64] = np.minimum(down, up * up * (3 - 2 * up))
    return shape


def find_blinks(values: NDArray[np.float32], fps: float) -> list[tuple[int, int]]:
    """First and last frame of each blink of controls [T, 55], lids at rest at both."""
    lids = values[:, LIDS].max(axis=1)
    shut = np.concatenate(([False], lids > _SHUT, [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(shut))
    reach = max(1, round(_FLANK_S * fps))
    found: list[tuple[int, int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - start > _LONGEST_S * fps:
            continue
        first, last = start, end - 1
        while first > max(0, start - reach) and lids[first - 1] < lids[first]:
            first -= 1
        while last < min(len(lids) - 1, end - 1 + reach) and lids[last + 1] < lids[last]:
            last += 1
        if found and first <= found[-1][1]:  # lids that do not open in between blink once
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def with_blink_rate(
    values: NDArray[np.float32], fps: float, rate: NDArray[np.float64], seed: int
) -> NDArray[np.float32]:
    """Blinks thinned or added; lids elsewhere, and all other channels, stay to the bit.

    A slider that is moved takes or adds one blink after the other and leaves the rest where they are.

    Args:
        values: float32 [T, 55].
        fps: frames per second.
        rate: [T] of the motion's own rate: 0 none, 1 as it is, up to ``MOST``.
        seed: which blinks go, and where others come; a whole number from 0.
    """
    blinks, result = find_blinks(values, fps), values.copy()
    rng_drop, rng_add = (np.random.default_rng(s) for s in np.random.SeedSequence((seed, 0xB11C)).spawn(2))
    staying = []
    for (first, last), luck in zip(blinks, rng_drop.random(len(blinks)).tolist(), strict=True):
        if luck < rate[(first + last) // 2]:
            staying.append(first)
            continue
        share = np.linspace(0.0, 1.0, last - first + 1)
        for lid in LIDS:
            result[first : last + 1, lid] = values[first, lid] + share * (values[last, lid] - values[first, lid])
    if rate.max(initial=0.0) > 1.0:
        _add(result, fps, rate, _candidates(len(values), fps, len(blinks), rng_add), staying)
    return result


def _candidates(frames: int, fps: float, own: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Where blinks may come, [N, 2]: second, and the luck with which they do; enough for the highest rate."""
    seconds = frames / fps
    per_second = own / seconds if own else _USUAL / 60.0
    count = int(np.ceil(seconds * per_second * (MOST - 1.0)))
    drawn = rng.random((count, 2))
    drawn[:, 0] = (np.arange(count) + drawn[:, 0]) / max(count, 1) * seconds
    return drawn


def _add(
    values: NDArray[np.float32],
    fps: float,
    rate: NDArray[np.float64],
    candidates: NDArray[np.float64],
    begun: list[int],
) -> None:
    """Put the lucky candidates, in place; the luckiest first, so that a higher rate keeps those of a lower one."""
    times = np.arange(len(values)) / fps
    begins = [first / fps for first in begun]
    for second, luck in candidates[np.argsort(candidates[:, 1], kind="stable")].tolist():
        middle = round(second * fps)
        if middle >= len(values) or luck >= (rate[middle] - 1.0) / (MOST - 1.0):
            continue
        begin = middle / fps - CLOSING - CLOSED / 2  # a frame falls where the lids are shut
        if begin < 0.0 or any(abs(begin - other) < _APART_S for other in begins):
            continue
        begins.append(begin)
        lids = blink_shape(times - begin)
        for lid in LIDS:
            values[:, lid] = np.maximum(values[:, lid], lids).astype(np.float32)
