"""What a careful eye would say of a take: do the lips meet where they should, does it tremble, how far does it move.

Measured on the default head's lips (``rig.lips``), in millimetres, whatever head the take is on. numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from .blinks import LIDS
from .controls import HEAD_ANGLES, INDEX
from .motion import Motion

if TYPE_CHECKING:
    from ..rig.lips import LipRig

Span = tuple[int, int]
LOOKS_SHUT: Final = 0.25  # of the line's opening, under which a mouth looks shut: the closure ruler's line
_SPEAKING: Final = 0.05  # of the opening, above which the mouth is at work
_LONGEST_S: Final = 0.30  # what is shut for longer is a pause
_BURST: Final = 0.5  # of the opening, by which a single frame is wider than both its neighbours
_TURN: Final = np.radians(5.0)  # of the head from one frame to the next, at 24 frames per second
_ASLEEP_S: Final = 1.0  # with shut eyes
_NEARLY_SHUT_LIDS: Final = 0.7


@dataclass(frozen=True)
class Suspect:
    """A place worth a look: frame of the motion, from 0, and what is odd there."""

    frame: int
    reason: str


@dataclass(frozen=True)
class Judgement:
    """A take in numbers.

    Attributes:
        seconds: its length.
        closures: stretches in which the lips look shut, pauses left out.
        expected: p, b and m of what is said; None where they are not known.
        met: those of them at which the lips look shut.
        missed: spans of frames where they should and do not; without a text where they nearly do.
        jitter: mm, of the lips from one frame to the next, when the mouth is at work.
        opening: mm above rest, 95th percentile.
        brows: largest movement of a brow, of its range.
        turn: degrees between the 5th and the 95th percentile of the head's largest angle.
        suspects: in order.
        heard: of those expected, how many are as the network hears the sound, since the text is not known.
    """

    seconds: float
    closures: int
    expected: int | None
    met: int | None
    missed: tuple[Span, ...]
    jitter: float
    opening: float
    brows: float
    turn: float
    suspects: tuple[Suspect, ...]
    heard: int = 0


def judge(motion: Motion, rig: LipRig, holds: Sequence[Span] | None = None, heard: int = 0) -> Judgement:
    """Judge a take.

    Args:
        motion: [T, 55] as it is seen, at any rate.
        rig: lips of the default head.
        holds: first and last frame of each p, b and m; None where they are not known.
        heard: how many of them are as heard and not from a text.
    """
    above = rig.gap(motion.values) - rig.rest
    opening = max(0.0, float(np.percentile(above, 95.0))) if len(above) else 0.0
    shut = above <= LOOKS_SHUT * opening
    missed = _missed(above, opening, holds) if holds is not None else _nearly(above, rig.rest, motion.fps, opening)
    met = None if holds is None else len(holds) - len(missed)
    suspects = [Suspect((first + last) // 2, "Lips Stay Open") for first, last in missed]
    suspects += [Suspect(k, "Mouth Bursts Open") for k in _bursts(above, opening)]
    suspects += _odd_head(motion) + _odd_lids(motion)
    angles = motion.values[:, [INDEX[name] for name in HEAD_ANGLES]]
    brows = motion.values[:, [INDEX[n] for n in ("browInnerUp", "browDownLeft", "browDownRight")]]
    return Judgement(
        seconds=motion.seconds,
        closures=_closures(shut, motion.fps) if opening > 0.0 else 0,
        expected=None if holds is None else len(holds),
        met=met,
        missed=missed,
        jitter=_jitter(above, opening),
        opening=opening,
        brows=float(np.ptp(brows, axis=0).max()) if len(brows) else 0.0,
        turn=float(np.degrees(np.diff(np.percentile(angles, (5, 95), axis=0), axis=0).max())) if len(angles) else 0.0,
        suspects=tuple(sorted(suspects, key=lambda one: one.frame)),
        heard=heard,
    )


def _missed(above: NDArray[np.float64], opening: float, holds: Sequence[Span]) -> tuple[Span, ...]:
    """Holds at which the lips do not look shut, a frame early or late allowed."""
    return tuple(
        (first, last)
        for first, last in holds
        if above[max(0, first - 1) : last + 2].min(initial=np.inf) > LOOKS_SHUT * opening
    )


def _nearly(above: NDArray[np.float64], rest: float, fps: float, opening: float) -> tuple[Span, ...]:
    from ..rig.closing import nearly_closed  # rig builds on motion

    dips = nearly_closed(above + rest, rest, fps)
    return tuple((k, k) for k, _ in dips if above[k] > LOOKS_SHUT * opening)


def _closures(shut: NDArray[np.bool_], fps: float) -> int:
    lengths = [last - first + 1 for first, last in _runs(shut) if first > 0 and last < len(shut) - 1]
    return sum(length <= _LONGEST_S * fps for length in lengths)


def _residual(above: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each frame but the ends is off the middle of its neighbours."""
    return above[1:-1] - 0.5 * (above[:-2] + above[2:])


def _jitter(above: NDArray[np.float64], opening: float) -> float:
    """1.4826 times the median deviation: that of normal noise, and events do not count."""
    working = above[1:-1] > _SPEAKING * opening
    if not working.any():
        return 0.0
    return float(1.4826 * np.median(np.abs(_residual(above)[working])))


def _bursts(above: NDArray[np.float64], opening: float) -> list[int]:
    if opening <= 0.0 or len(above) < 3:
        return []
    higher = np.minimum(above[1:-1] - above[:-2], above[1:-1] - above[2:])
    return [int(k) + 1 for k in np.flatnonzero(higher > _BURST * opening)]


def _odd_head(motion: Motion) -> list[Suspect]:
    angles = motion.values[:, [INDEX[name] for name in HEAD_ANGLES]].astype(np.float64)
    steps = np.abs(np.diff(angles, axis=0)).max(axis=1, initial=0.0)
    return [Suspect(int(k) + 1, "Head Jumps") for k in np.flatnonzero(steps > _TURN * 24.0 / motion.fps)]


def _odd_lids(motion: Motion) -> list[Suspect]:
    shut = motion.values[:, LIDS].min(axis=1) > _NEARLY_SHUT_LIDS
    return [Suspect(a, "Eyes Stay Shut") for a, b in _runs(shut) if b - a + 1 > _ASLEEP_S * motion.fps]


def _runs(where: NDArray[np.bool_]) -> list[Span]:
    """First and last frame of each stretch."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], where, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), (edges[1::2] - 1).tolist(), strict=True))
