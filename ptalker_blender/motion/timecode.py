"""When each row of a face capture was taken, and at what rate.

Live Link Face writes HH:MM:SS:FF.mmm, where FF counts ticks (60 a second on every phone seen, also when it records at
30) and mmm is the fraction of a tick. Rows are missing wherever the phone dropped a frame, so the row number is not
the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

LIVE_LINK_TICKS = 60
_TICK_RATES = (60, 24, 25, 30, 48, 50, 100, 120, 240)  # 60 first: it wins ties
_RATES = tuple(float(Fraction(n, d)) for n, d in (
    (24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (48000, 1001), (48, 1), (50, 1), (60000, 1001), (60, 1),
    (100, 1), (120000, 1001), (120, 1)))  # fmt: skip
_NEAR = 4e-4  # a phone's clock, and three decimals of a tick, are nearer than that; 29.97 and 30 are 1e-3 apart
_LONGEST_GAP = 10.0  # seconds without rows: two recordings in one file, not dropped frames
_TIMECODE = re.compile(r"\s*(\d{1,2}):(\d{1,2}):(\d{1,2})[:;](\d{1,3}(?:\.\d*)?)\s*")
_DAY = 86_400


@dataclass(frozen=True)
class Timing:
    """Where the rows lie on a regular grid.

    Attributes:
        rows: int [N] rows that are used; repeats are left out.
        frames: int [N] frame number of each, from 0, increasing; gaps are dropped frames.
        fps: frames per second of the grid.
    """

    rows: NDArray[np.intp]
    frames: NDArray[np.intp]
    fps: float


def from_timecodes(texts: list[str], name: str) -> Timing:
    """Timing of ``texts`` like 13:13:04:31.652; ``name`` is the file's, for the line the user sees.

    Raises:
        UserError: not such a time, going backwards, a gap of more than 10 s, or fewer than two rows.
    """
    matches = [_TIMECODE.fullmatch(text) for text in texts]
    for text, match in zip(texts, matches, strict=True):
        if match is None:
            raise _refusal(name, f"has the timecode '{text[:40]}'")
    parts = np.array([match.groups() for match in matches if match], np.float64).reshape(-1, 4)
    seconds = parts[:, :3] @ np.array([3600.0, 60.0, 1.0])
    seconds += _DAY * np.cumsum(np.diff(seconds, prepend=seconds[:1]) < -_DAY / 2)  # past midnight
    return from_seconds(seconds + parts[:, 3] / _tick_rate(seconds, parts[:, 3]), name)


def from_seconds(seconds: NDArray[np.float64], name: str) -> Timing:
    """Timing of rows at ``seconds`` [N]; raises as ``from_timecodes``."""
    if len(seconds) and (np.diff(seconds) < 0).any():
        raise _refusal(name, f"goes back in time after row {int(np.argmax(np.diff(seconds) < 0)) + 1}")
    rows = np.flatnonzero(np.diff(seconds, prepend=-np.inf) > 0)
    if len(rows) < 2:
        raise _refusal(name, f"has {len(rows)} frame(s)")
    times = seconds[rows]
    steps = np.diff(times)
    if steps.max() > _LONGEST_GAP:
        raise _refusal(name, f"has a gap of {steps.max():.1f} s after row {int(np.argmax(steps)) + 1}")
    frames = np.concatenate([[0], np.cumsum(np.maximum(np.rint(steps / np.median(steps)), 1))]).astype(np.intp)
    return Timing(rows, frames, _standard_rate(float(frames[-1] / (times[-1] - times[0]))))


def _tick_rate(seconds: NDArray[np.float64], ticks: NDArray[np.float64]) -> int:
    """Return the tick rate with which steps across a full second are like the others."""
    possible = [rate for rate in _TICK_RATES if rate > ticks.max(initial=0.0)] or [_TICK_RATES[-1]]
    across = np.diff(seconds) > 0
    if not across.any() or across.all():
        return possible[0]
    usual = np.median(np.diff(ticks)[~across])
    misfit = [abs(float(np.median((np.diff(seconds) * rate + np.diff(ticks))[across])) - usual) for rate in possible]
    return possible[int(np.argmin(misfit))]


def _standard_rate(rate: float) -> float:
    nearest = min(_RATES, key=lambda standard: abs(rate / standard - 1.0))
    return nearest if abs(rate / nearest - 1.0) < _NEAR else rate


def write_timecodes(frames: int, fps: float) -> list[str]:
    """Return the timecodes of ``frames`` frames from 00:00:00:00.000 on, in ticks of 1/60 s."""
    texts = []
    for frame in range(frames):
        # In thousandths of a tick and whole numbers, so that no rounding makes a tick 60.000.
        second, thousandth = divmod(
            round(Fraction(frame * LIVE_LINK_TICKS * 1000) / Fraction(fps)), LIVE_LINK_TICKS * 1000
        )
        minutes, hours = second // 60 % 60, second // 3600 % 24
        tick, fraction = divmod(thousandth, 1000)
        texts.append(f"{hours:02d}:{minutes:02d}:{second % 60:02d}:{tick:02d}.{fraction:03d}")
    return texts


def _refusal(name: str, what: str) -> UserError:
    return UserError(f"{name} {what}", "one recording with times HH:MM:SS:FF.mmm that go forward",
                     "export the take again from Live Link Face")  # fmt: skip
