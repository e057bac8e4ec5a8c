"""The performance: the clip whose manner is borrowed."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path

from ..audio.clip import AudioClip
from ..errors import UserError
from ..motion.files import read_motion
from ..motion.motion import Motion
from .code import StyleCode, read_stored

MIN_SECONDS = 1.0  # less holds no manner to speak of
_RANGE = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)?\s*:\s*(\d+(?:\.\d*)?|\.\d+)?\s*")


@dataclass(frozen=True)
class Performance:
    """A motion to take the manner from.

    Attributes:
        motion: at its own rate.
        name: for messages and provenance.
        audio: its own sound, where there is any.
        identity: the performer in the network's table, by the library's name; empty for any file of the artist's own,
            whatever it is called.
        code: what some network drew from all of it; that network takes it as it is, any other reads the motion.
    """

    motion: Motion
    name: str = ""
    audio: AudioClip | None = None
    identity: str = ""
    code: StyleCode | None = None


def load_performance(
    path: Path | str,
    start: float | None = None,
    end: float | None = None,
    flame: Path | str | None = None,
    fps: float | None = None,
) -> Performance:
    """Read a performance, or a part of it, from a motion file; its name is the file's.

    Args:
        path: a Live Link Face CSV, a motion npz, or FLAME parameters.
        start: first second wanted; None is the beginning.
        end: last second wanted; None is the end.
        flame: as in ``motion.files.read_motion``.
        fps: as there.

    Raises:
        UserError: what ``motion.files.read_motion`` refuses, a range outside the motion, or less than 1 s.
    """
    file = Path(path)
    performance = Performance(cut(read_motion(file, flame, fps), start, end, file.name), file.stem)
    if file.suffix.lower() != ".npz" or not (start is None and end is None):
        return performance  # a stored code is of the whole
    stored = read_stored(file)
    return replace(performance, identity=stored.identity or "", code=stored.code)


def cut(motion: Motion, start: float | None, end: float | None, name: str, shortest: float = MIN_SECONDS) -> Motion:
    """Return the frames from ``start`` up to ``end`` seconds; ``name`` is for the line the user sees.

    Raises:
        UserError: a range outside the motion, or less than ``shortest`` seconds.
    """
    first, last = 0.0 if start is None else start, motion.seconds if end is None else end
    if not (math.isfinite(first) and math.isfinite(last)) or first < 0 or first >= last:
        raise UserError(f"the range {first:g} to {last:g} s is not a range", "0 <= start < end, in seconds",
                        "correct the range")  # fmt: skip
    if last > motion.seconds + 1.0 / motion.fps:  # ranges are typed rounded; a frame's length is not worth a refusal
        raise UserError(f"{name} lasts {motion.seconds:.3f} s, too short for {first:g} s to {last:g} s",
                        "a range inside the performance", "end no later than the file")  # fmt: skip
    values = motion.values[round(first * motion.fps) : round(last * motion.fps)]
    if not len(values) or len(values) / motion.fps < shortest - 0.5 / motion.fps:
        raise UserError(f"{name} gives {len(values) / motion.fps:.2f} s of performance", f"at least {shortest:g} s",
                        "choose a longer clip or range")  # fmt: skip
    return Motion(values.copy(), motion.fps)


def parse_range(text: str) -> tuple[float | None, float | None]:
    """Return (start, end) in seconds of ``"A:B"``; either may be left out.

    Raises:
        UserError: anything else.
    """
    match = _RANGE.fullmatch(text)
    if match is None:
        raise UserError(f"the range '{text}' is not A:B", "two numbers of seconds, such as 1.5:4", "correct the range")
    start, end = (None if part is None else float(part) for part in match.groups())
    return start, end
