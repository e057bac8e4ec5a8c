"""When the lips are to touch, each other (p, b, m) or the teeth (f, v): whole frames, with those before and after in
which they come together and part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .phones import PhoneSegment

# Share of a segment with the lips shut; a label of p or b holds the release and its breath too. Closure and release in
# TIMIT: p 69 and 44 ms, b 64 and 18 ms (Byrd, "54,000 American stops", 1993).
HELD_SHARE: Final[Mapping[str, float]] = {"p": 0.61, "b": 0.78, "m": 1.0, "f": 1.0, "v": 1.0}
BITES: Final = frozenset("fv")
_SHORTEST: Final = 2  # frames: one alone falls between two frames of a film
_SHOULDER: Final = 4  # frames (80 ms) to come together or part
_APART: Final = 3  # frames between two holds that are worth opening for


@dataclass(frozen=True)
class Hold:
    """Contact from frame ``first`` to ``last``; nothing is touched up to ``left`` and from ``right`` on.

    ``bite``: of lower lip and upper teeth, not of the lips.
    """

    first: int
    last: int
    left: int
    right: int
    bite: bool = False


def find_holds(phones: Sequence[PhoneSegment], fps: float, frames: int) -> tuple[Hold, ...]:
    """The holds of a line in order; two alike that leave no time between them are one, shoulders meet half way.

    Args:
        phones: in seconds, in order.
        fps: of the motion; frame k is at k / fps.
        frames: length of the motion.
    """
    holds: list[Hold] = []
    for segment in (s for s in phones if s.phone in HELD_SHARE):
        end = segment.start + HELD_SHARE[segment.phone] * (segment.end - segment.start)
        first, last = _whole_frames(segment.start, end, fps)
        bite = segment.phone in BITES
        before = holds[-1] if holds else None
        first, last = max(0 if before is None else before.last + 1, first), min(frames - 1, last)
        if last < first:
            continue
        if before is not None and before.bite == bite and first - before.last <= _APART:
            holds[-1] = replace(before, last=last, right=last + _SHOULDER)
        else:
            holds.append(Hold(first, last, first - _SHOULDER, last + _SHOULDER, bite))
    for k in range(len(holds) - 1):
        middle = (holds[k].last + holds[k + 1].first) // 2
        holds[k] = replace(holds[k], right=min(holds[k].right, middle))
        holds[k + 1] = replace(holds[k + 1], left=max(holds[k + 1].left, middle))
    return tuple(replace(h, left=max(0, h.left), right=min(frames - 1, h.right)) for h in holds)


def pulse(holds: Sequence[Hold], frames: int) -> NDArray[np.float64]:
    """1 at contact, 0 outside, eased over the shoulders [T]."""
    k = np.arange(frames)
    touch = np.zeros(frames)
    for hold in holds:
        rise = (k - hold.left) / max(1, hold.first - hold.left)
        fall = (hold.right - k) / max(1, hold.right - hold.last)
        touch = np.maximum(touch, ease(np.minimum(rise, fall)))
    return touch


def ease(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth step from 0 at 0 to 1 at 1."""
    inside = np.clip(x, 0.0, 1.0)
    return np.asarray(inside * inside * (3.0 - 2.0 * inside))


def _whole_frames(start: float, end: float, fps: float) -> tuple[int, int]:
    """Frames within a span, at least the shortest; what lacks is added before, since lips shut before the sound."""
    first, last = int(np.ceil(start * fps - 1e-6)), int(np.floor(end * fps + 1e-6))
    last = max(last, first)
    return min(first, last - _SHORTEST + 1), last
