"""Lips brought together by jaw and lips: how a smaller gap is shared out, and closures that are nearly there.

On the default head, whose inner-lip gap is linear in the controls (``rig.lips``); numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import INDEX
from .lips import LipRig

Curve = NDArray[np.float64]
LIP_OPENERS: Final = tuple(
    INDEX[f"mouth{part}{side}"] for part in ("LowerDown", "UpperUp") for side in ("Left", "Right")
)
_JAW, _CLOSE = INDEX["jawOpen"], INDEX["mouthClose"]
_JAW_SHARE: Final = 0.35  # of a closing, the jaw's; the lips do the rest (jaw-lip compensation as the teacher's)

# Of the line's opening. Under a quarter a mouth looks shut (the closure ruler draws its line there).
_SURE, _UNSURE = 0.27, 0.40  # dips below the first are closures, above the second none; in between partly
_HOLD_S, _SHOULDER_S = 0.020, 0.080  # to each side of a dip: shut, and on the way
_LEAST_OPENING_MM: Final = 0.5  # a line that opens less says nothing about closures
_RISE: Final = 0.15  # of the opening, by which the mouth is wider to each side of a dip, within the time below
_RISE_S: Final = 0.20


def narrowed(part: NDArray[np.float64], kept: Curve, wanted: Curve, rig: LipRig) -> NDArray[np.float64]:
    """Rows with a smaller gap: lip openers scaled by ``kept``, then the jaw's share, then the lips, then any jaw.

    Args:
        part: float64 [T, 52 or 55] controls, changed in place.
        kept: [T] share of the lip openers that stays.
        wanted: [T] gap in mm.
        rig: lips of the default head.
    """
    part[:, LIP_OPENERS] *= kept[:, None]
    need = np.maximum(rig.gap(part) - wanted, 0.0)
    jaw = np.minimum(part[:, _JAW], _JAW_SHARE * need / rig.jaw)
    part[:, _JAW] -= jaw
    need -= jaw * rig.jaw
    lips = np.minimum(1.0 - part[:, _CLOSE], need / rig.close)
    part[:, _CLOSE] += lips
    need -= lips * rig.close
    part[:, _JAW] -= np.minimum(part[:, _JAW], need / rig.jaw)
    return part


def nearly_closed(gap: Curve, rest: float, fps: float) -> list[tuple[int, float]]:
    """Dips of the gap that were meant as closures: their frame, and how sure that is (0..1).

    Args:
        gap: [T] in mm.
        rest: gap at rest, mm.
        fps: frames per second.
    """
    above = gap - rest
    opening = float(np.percentile(above, 95.0)) if len(gap) else 0.0
    if opening < _LEAST_OPENING_MM:
        return []
    found, reach = [], max(1, round(_RISE_S * fps))
    for first, last in _valleys(above):
        sure = float(np.clip((_UNSURE - above[first] / opening) / (_UNSURE - _SURE), 0.0, 1.0))
        left = above[max(0, first - reach) : first + 1].max()
        right = above[last : last + reach + 1].max()
        # A pause has no mouth opening after it; a closure has, on both sides.
        if sure > 0.0 and min(left, right) - above[first] >= _RISE * opening:
            found.append(((first + last) // 2, sure))
    return found


def assist_closures(values: NDArray[np.float32], fps: float, amount: float | Curve, rig: LipRig) -> NDArray[np.float32]:
    """Tighten the closures that a motion approaches: float32 [T, 55]; frames away from them stay to the bit.

    Args:
        values: float32 [T, 55].
        fps: frames per second.
        amount: 0 changes nothing, 1 shuts the lips wholly; one number or one per frame [T].
        rig: lips of the default head.
    """
    gap = rig.gap(values.astype(np.float64))
    dips = [(centre, centre, sure) for centre, sure in nearly_closed(gap, rig.rest, fps)]
    share = np.broadcast_to(np.asarray(amount, np.float64), gap.shape) * _pulses(dips, len(gap), fps)
    return _shut(values, share, rig)


def close_at(
    values: NDArray[np.float32], fps: float, spans: Sequence[tuple[int, int]], rig: LipRig
) -> NDArray[np.float32]:
    """Shut the lips in spans of frames (first, last), whatever they do there; frames away from them stay to the bit.

    Args:
        values: float32 [T, 55].
        fps: frames per second.
        spans: within the motion.
        rig: lips of the default head.
    """
    return _shut(values, _pulses([(first, last, 1.0) for first, last in spans], len(values), fps), rig)


def _shut(values: NDArray[np.float32], share: Curve, rig: LipRig) -> NDArray[np.float32]:
    exact = values.astype(np.float64)
    above = rig.gap(exact) - rig.rest
    touched = (share > 0.0) & (above > 0.0)
    if not touched.any():
        return values
    kept = (1.0 - share)[touched]
    wanted = rig.rest + above[touched] * kept
    result = values.copy()
    result[touched] = narrowed(exact[touched], kept, wanted, rig).astype(np.float32)
    return result


def _pulses(spans: Sequence[tuple[int, int, float]], frames: int, fps: float) -> Curve:
    """As sure as each span (first, last, sure) is inside, eased to 0 beside it, [frames]."""
    reach = int(np.ceil((_HOLD_S + _SHOULDER_S) * fps))
    pulses = np.zeros(frames + 2 * reach)
    for first, last, sure in spans:
        at = np.arange(first - reach, last + reach + 1)
        outside = np.maximum(np.maximum(first - at, at - last), 0)
        near = np.clip(1.0 - (outside / fps - _HOLD_S) / _SHOULDER_S, 0.0, 1.0)
        around = slice(first, last + 2 * reach + 1)
        pulses[around] = np.maximum(pulses[around], sure * near * near * (3.0 - 2.0 * near))
    return pulses[reach : reach + frames]


def _valleys(curve: Curve) -> list[tuple[int, int]]:
    """First and last frame of each local minimum; a flat one counts once, the ends of the curve not at all."""
    steps = np.diff(curve)
    at = np.flatnonzero(steps)  # what is flat in between belongs to the valley
    falls, rises = steps[at[:-1]] < 0.0, steps[at[1:]] > 0.0
    turns = np.flatnonzero(falls & rises)
    return list(zip((at[turns] + 1).tolist(), at[turns + 1].tolist(), strict=True))
