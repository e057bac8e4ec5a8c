"""Motion refined by phones in time: p, b and m really close, f and v meet the teeth, nothing else shuts in speech.

All on the default head, whose inner-lip gap is linear in the controls (``rig.lips``), in millimetres. Only controls of
jaw and lips change, and only near the sounds concerned; the rest stays as it was to the bit. Refining what is refined
changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import BLENDSHAPES, INDEX
from ..motion.motion import Motion
from ..rig.closing import narrowed
from ..rig.lips import LipRig
from .holds import Hold, ease, find_holds, pulse
from .phones import SILENCE, PhoneSegment
from .shift import shifted, shifts

Curve = NDArray[np.float64]
MOUTH: Final = tuple(i for i, name in enumerate(BLENDSHAPES) if name.startswith(("jaw", "mouth", "tongue")))
_PRESSES: Final = (INDEX["mouthPressLeft"], INDEX["mouthPressRight"])
_JAW, _CLOSE, _ROLL = INDEX["jawOpen"], INDEX["mouthClose"], INDEX["mouthRollLower"]
_UPPER: Final = (INDEX["mouthUpperUpLeft"], INDEX["mouthUpperUpRight"])

_PRESS: Final = 0.15
_BITE_ROLL, _BITE_LIFT = 0.45, 0.20  # lower lip in, upper lip off the teeth
_STEEPEST_MM: Final = 7.0  # of gap per frame at 50 Hz; the library's performances reach 5.7
_NEGLIGIBLE_MM: Final = 1e-3
# Shares of the line's opening above rest (its 95th percentile outside closures). Under the first a mouth looks shut
# (the closure ruler draws the line at 0.25); what looks shut where the text has no p, b or m is opened to the others.
_LOOKS_SHUT, _OPEN_VOWEL, _OPEN_CONSONANT = 0.27, 0.36, 0.30
_BITE, _WIDE_BITE = 0.31, 0.40  # an f or v wider than the second is brought to the first
_NEARLY_SHUT: Final = 0.35  # a closure of the motion that may be a p, b or m out of place
_PAUSE_RAMP_S: Final = 0.05
_VOWELS: Final = frozenset(["aa", "ae", "ah", "ao", "aw", "ay", "eh", "er", "ey", "ih", "iy", "ow", "oy", "uh", "uw"])


def refine(motion: Motion, phones: Sequence[PhoneSegment], rig: LipRig) -> Motion:
    """Refine a line.

    Args:
        motion: at 50 Hz, frame k at k / fps.
        phones: of the line, in seconds and in order, pauses as silence; outside them nothing changes.
        rig: lips of the default head.
    """
    frames = len(motion.values)
    speech = [p for p in phones if p.phone != SILENCE]
    if not frames or not speech:
        return motion
    values = motion.values.astype(np.float64)
    holds = find_holds(phones, motion.fps, frames)
    opening = _opening(rig.gap(values), holds, rig.rest)

    closed = rig.gap(values) <= rig.rest + _NEARLY_SHUT * opening
    values[:, MOUTH] = shifted(values[:, MOUTH], shifts(closed, holds, motion.fps))
    touch, bite = (pulse([h for h in holds if h.bite == kind], frames) for kind in (False, True))
    _press(values, touch, bite)

    gap = rig.gap(values)
    lowest = np.maximum(gap, _lowest(gap, phones, holds, opening, rig.rest, motion.fps))
    wanted = np.minimum(lowest, _highest(lowest, holds, rig.rest, opening))
    _meet(values, gap, wanted, bite > 0, rig)
    return Motion(values.astype(np.float32), motion.fps)


def _opening(gap: Curve, holds: Sequence[Hold], rest: float) -> float:
    """The line's opening above rest, of the frames that no hold changes, so that it is the same the next time."""
    free = np.ones(len(gap), np.bool_)
    for hold in holds:
        free[hold.left : hold.right + 1] = False
    return max(0.0, float(np.percentile(gap[free], 95.0)) - rest) if free.any() else 0.0


def _press(values: NDArray[np.float64], touch: Curve, bite: Curve) -> None:
    """The lips' own part, in place: pressed at contact, lower lip under the upper teeth for f and v."""
    for channels, amount in ((_PRESSES, _PRESS * touch), ((_ROLL,), _BITE_ROLL * bite), (_UPPER, _BITE_LIFT * bite)):
        for channel in channels:
            values[:, channel] = np.maximum(values[:, channel], amount)


def _lowest(
    gap: Curve, phones: Sequence[PhoneSegment], holds: Sequence[Hold], opening: float, rest: float, fps: float
) -> Curve:
    """Gap [T] under which the mouth must not go: of false closures only, -inf elsewhere."""
    frames = len(gap)
    times = np.arange(frames) / fps
    share = np.zeros(frames)
    for phone in (p for p in phones if p.phone != SILENCE):
        inside = (times >= phone.start) & (times < phone.end)
        share[inside] = _OPEN_VOWEL if phone.phone in _VOWELS else _OPEN_CONSONANT
    free = ease(_from_pauses(times, phones) / _PAUSE_RAMP_S)
    level = rest + share * free * opening
    suspect = (gap < rest + _LOOKS_SHUT * opening) & (free == 1.0) & (share > 0)
    for hold in (h for h in holds if not h.bite):
        suspect[hold.left : hold.right + 1] = False
    lowest = np.full(frames, -np.inf)
    below = np.concatenate(([False], (gap < level) & (share > 0), [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(below))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if suspect[start:end].any():
            lowest[start:end] = level[start:end]
    return lowest


def _from_pauses(times: Curve, phones: Sequence[PhoneSegment]) -> Curve:
    """Seconds [T] from the nearest pause, or from the ends of the speech; 0 within."""
    speech = [p for p in phones if p.phone != SILENCE]
    distance = np.minimum(times - speech[0].start, speech[-1].end - times)
    for before, after in pairwise(speech):
        if after.start > before.end:
            distance = np.minimum(distance, np.maximum(before.end - times, times - after.end))
            distance = np.where((times >= before.end) & (times <= after.start), 0.0, distance)
    return np.maximum(distance, 0.0)


def _highest(gap: Curve, holds: Sequence[Hold], rest: float, opening: float) -> Curve:
    """Gap [T] above which the mouth must not go: at the holds, easing to the gap at their edges; inf elsewhere.

    Edges are not changed, so a second time the same comes out. Where holds are close and the mouth wide open between
    them, the edge itself comes down as far as a mouth can move in that time.
    """
    frames = len(gap)
    highest = np.full(frames, np.inf)
    levels = [(hold, _level(hold, gap, rest, opening)) for hold in holds]
    flanks = [
        (edge, contact, held)
        for hold, held in levels
        for edge, contact in ((hold.left, hold.first), (hold.right, hold.last))
        if held is not None
    ]
    at_edge: dict[int, float] = {}
    for edge, contact, level in flanks:
        reach = level + _STEEPEST_MM * abs(edge - contact) / 1.5  # the eased flank is 1.5 times as steep in its middle
        at_edge[edge] = min(float(gap[edge]), reach, at_edge.get(edge, np.inf))
    for edge, contact, level in flanks:
        k = np.arange(min(edge, contact), max(edge, contact) + 1)
        far = np.abs(k - edge) / max(1, abs(edge - contact))
        curve = level + max(0.0, at_edge[edge] - level) * (1.0 - ease(far))
        highest[k] = np.minimum(highest[k], curve)
    for hold, held in levels:
        if held is not None:
            inside = slice(hold.first, hold.last + 1)
            highest[inside] = np.minimum(highest[inside], held)
    return highest


def _level(hold: Hold, gap: Curve, rest: float, opening: float) -> float | None:
    """Gap at a hold: none for the lips; for the teeth no wider than they reach, and None where it is not."""
    if not hold.bite:
        return rest
    if opening == 0.0:
        return None
    wide = float(gap[hold.first : hold.last + 1].max()) > rest + _WIDE_BITE * opening
    return rest + _BITE * opening if wide else None


def _meet(values: NDArray[np.float64], gap: Curve, wanted: Curve, biting: NDArray[np.bool_], rig: LipRig) -> None:
    """Change jaw and lips, in place, so that the gap is as wanted; an upper lip that is lifted to bite stays so."""
    closing = gap - wanted > _NEGLIGIBLE_MM
    if closing.any():
        kept = np.maximum(wanted - rig.rest, 0.0) / np.maximum(gap - rig.rest, _NEGLIGIBLE_MM)
        kept[biting] = 1.0
        values[closing] = narrowed(values[closing], kept[closing], wanted[closing], rig)
    opening = wanted - gap > _NEGLIGIBLE_MM
    if opening.any():
        need = (wanted - gap)[opening]
        undone = np.minimum(values[opening, _CLOSE], need / rig.close)
        values[opening, _CLOSE] -= undone
        values[opening, _JAW] = np.minimum(1.0, values[opening, _JAW] + (need - undone * rig.close) / rig.jaw)
