"""Fixed windows over a clip of any length, cross-faded at their seams.

Windows lie on a fixed grid from the clip's start. Each covers `CONTEXT` frames before and after the `HOP` frames it
answers for, so what a frame hears never depends on how long the clip is: audio appended later changes at most the last
HOP + CONTEXT + FADE // 2 frames, which is within the OVERLAP of two windows. Cost grows linearly and memory does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

CONTEXT = 50  # frames either side: 1 s
HOP = 45  # frames a window answers for: 0.9 s
FADE = 5  # frames over which two windows are cross-faded, centred on the seam
FRAMES = CONTEXT + HOP + CONTEXT  # 145 frames, 2.9 s
OVERLAP = FRAMES - HOP  # 100 frames, 2 s


def window_starts(frames: int) -> range:
    """First frame of each window (the first ones are negative: silence before the clip)."""
    return range(-CONTEXT, max(1, frames) - CONTEXT, HOP)


def slice_padded(samples: NDArray[np.float32], start: int, length: int) -> NDArray[np.float32]:
    """samples[start : start + length] with zeros outside the clip."""
    out = np.zeros(length, np.float32)
    first, last = max(0, start), min(len(samples), start + length)
    if last > first:
        out[first - start : last - start] = samples[first:last]
    return out


def fade_weights() -> NDArray[np.float32]:
    """Weight of each frame of a window [FRAMES]: 1 where it answers alone, a ramp at both seams, 0 in the context."""
    ramp = np.arange(1, FADE + 1, dtype=np.float32) / (FADE + 1)
    weights = np.zeros(FRAMES, np.float32)
    half = FADE // 2
    weights[CONTEXT - half : CONTEXT + HOP + half + 1] = 1.0
    weights[CONTEXT - half : CONTEXT - half + FADE] = ramp
    weights[CONTEXT + HOP - half : CONTEXT + HOP - half + FADE] = ramp[::-1]
    return weights


def blend(windows: Iterable[NDArray[np.float32]], frames: int) -> NDArray[np.float32]:
    """Cross-fade window outputs [FRAMES, C], in the order of `window_starts`, into [frames, C]."""
    weights = fade_weights()[:, None]
    total: NDArray[np.float32] | None = None
    share = np.zeros((frames, 1), np.float32)
    for start, values in zip(window_starts(frames), windows, strict=True):
        if total is None:
            total = np.zeros((frames, values.shape[1]), np.float32)
        first, last = max(0, start), min(frames, start + FRAMES)
        inside = slice(first - start, last - start)
        total[first:last] += values[inside] * weights[inside]
        share[first:last] += weights[inside]
    if total is None:
        raise ValueError("no windows")
    return total / share


def batches(starts: range, size: int) -> Iterator[list[int]]:
    """Consecutive groups of at most `size` window starts."""
    for first in range(0, len(starts), size):
        yield list(starts[first : first + size])
