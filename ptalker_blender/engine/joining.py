"""Several lines of one character as one motion: each line in its own frames, and between them a face that lives.

Between two lines the mouth closes, the mood goes slowly, and the eyes and the head go on as ``idle`` draws them, with
as many blinks as the lines have. Where lines overlap the later one takes over for as long as it lasts. numpy only:
Blender does this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..motion.blinks import LIDS, find_blinks
from ..motion.controls import BLENDSHAPES, CONTROLS, ENGINE_FPS, HEAD_ANGLES, INDEX
from ..motion.motion import Motion
from ..motion.packed import on_grid
from .idle import IdleRates, idle_motion

TAIL_S: Final = 0.8  # before the first line and after the last, in which the face comes from rest and goes to it
SLOW_S: Final = 1.2  # in which the head and what shows a mood do so between lines
MOUTH_S: Final = 0.3  # in which jaw, lips and tongue do
EYES_S: Final = 0.12  # in which eyes and lids do
TAKEOVER_S: Final = 0.15  # in which one line takes over from another that still goes on
_USUAL_BLINKS: Final = 15.0  # per minute, where the lines are too short to tell
_ENOUGH_S: Final = 8.0  # of lines, to tell how often one blinks
_GAZE_STEP: Final = 0.08  # rms of ``idle``'s eyes at size 1
_LIVELY: Final = 0.6  # size of the eyes' wandering at most: nobody darts about while they listen
_DRIFT: Final = 0.5  # size of the head's wandering

_MOODS: Final = ("brow", "cheek", "nose", "mouthSmile", "mouthFrown", "mouthDimple", "eyeSquint", "eyeWide")

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """A line that was performed.

    Attributes:
        start: whole scene frame of the motion's frame 0.
        motion: [T, 55] at the scene's rate.
    """

    start: int
    motion: Motion

    @property
    def end(self) -> int:
        """The scene frame after the last."""
        return self.start + len(self.motion.values)


@dataclass(frozen=True)
class Joined:
    """Lines in one motion.

    Attributes:
        start: whole scene frame of the motion's frame 0, a tail before the first line.
        motion: [T, 55] at the scene's rate, on the grid that takes keep.
        overlaps: pairs of pieces (their numbers as given, the earlier first) that speak at once.
    """

    start: int
    motion: Motion
    overlaps: tuple[tuple[int, int], ...]


def join_lines(pieces: Sequence[Piece], seed: int) -> Joined:
    """Join lines of one character. A frame that one line alone covers is that line's, to the bit.

    Args:
        pieces: at least one, all at one rate, in any order.
        seed: of what the face does between the lines.

    Raises:
        ValueError: no pieces, an empty one, or two rates.
    """
    rates = {piece.motion.fps for piece in pieces}
    if len(rates) != 1 or any(len(piece.motion.values) == 0 for piece in pieces):
        raise ValueError(f"lines to join must be some, at one rate, with frames; got {len(pieces)} at {sorted(rates)}")
    fps = rates.pop()
    order = sorted(range(len(pieces)), key=lambda number: (pieces[number].start, pieces[number].end))
    tail = max(1, round(TAIL_S * fps))
    first, last = pieces[order[0]].start - tail, max(piece.end for piece in pieces) + tail
    values = np.zeros((last - first, len(CONTROLS)), np.float32)
    covered = np.zeros(last - first, bool)
    for number in order:
        _paint(values, covered, pieces[number], first, max(1.0, TAKEOVER_S * fps))
    _live(values, covered, fps, seed, idle_rates([piece.motion for piece in pieces]))
    spans = [(pieces[number].start, pieces[number].end) for number in order]
    return Joined(first, on_grid(Motion(values, fps)), overlaps(spans, order))


def overlaps(spans: Sequence[tuple[float, float]], numbers: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Pairs of ``numbers`` whose spans (from, to; in order of their beginnings) have time in common."""
    found = []
    for later, (start, _) in enumerate(spans):
        found += [(numbers[one], numbers[later]) for one in range(later) if spans[one][1] > start]
    return tuple(found)


def heard_spans(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int, int], ...]:
    """What is seen of lines that ``join_lines`` joined: (first, last, number of the line), in order.

    Args:
        spans: first and last frame of each line.
    """
    cuts = sorted({first for first, _ in spans} | {last + 1 for _, last in spans})
    found: list[tuple[int, int, int]] = []
    for first, end in pairwise(cuts):
        there = [number for number, span in enumerate(spans) if span[0] <= first and end - 1 <= span[1]]
        if not there:
            continue
        top = max(there, key=lambda number: (spans[number], number))
        if found and found[-1][2] == top and found[-1][1] == first - 1:
            found[-1] = (found[-1][0], end - 1, top)
        else:
            found.append((first, end - 1, top))
    return tuple(found)


def idle_rates(motions: Sequence[Motion]) -> IdleRates:
    """How lively a character is between lines, by what it does in them: blinks per minute, size of gaze."""
    seconds = sum(motion.seconds for motion in motions)
    blinks = sum(len(find_blinks(motion.values, motion.fps)) for motion in motions)
    rate = 60.0 * blinks / seconds if seconds >= _ENOUGH_S else _USUAL_BLINKS
    looks = [INDEX[name] for name in BLENDSHAPES if name.startswith("eyeLook")]
    spread = np.concatenate([motion.values[:, looks].max(axis=1) for motion in motions]).std()
    return IdleRates(rate, float(min(_LIVELY, spread / _GAZE_STEP)), _DRIFT)


def _paint(values: Values, covered: NDArray[np.bool_], piece: Piece, first: int, blend: float) -> None:
    """Put a line in its frames, over those before it; it comes in, and goes again, where another goes on."""
    where = slice(piece.start - first, piece.end - first)
    under, count = covered[where].copy(), len(piece.motion.values)
    share, at = np.ones(count), np.arange(count)
    if under[0]:
        shared = int(np.argmin(under)) or count  # frames until the other ends, or this one
        share = np.minimum(share, _rise((at + 1) / min(blend, shared + 1)))
    if under[-1] and covered[where.stop]:
        share = np.minimum(share, _rise((count - at) / min(blend, count)))
    mixed = values[where] + share[:, None] * (piece.motion.values - values[where])
    values[where] = np.where(under[:, None] & (share < 1.0)[:, None], mixed, piece.motion.values)
    covered[where] = True


def _live(values: Values, covered: NDArray[np.bool_], fps: float, seed: int, rates: IdleRates) -> None:
    """Fill the frames without a line: from the line before to idle life, and from that to the line after.

    In a short gap the face goes from line to line, and towards idle life only as far as time allows: a smile stays.
    """
    count = len(values)
    idle = _idle(count, fps, seed, rates)
    edges = np.flatnonzero(np.diff(covered.astype(np.int8), prepend=1, append=1))
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        _drop_cut_blinks(idle[start:end], round(EYES_S * fps))
        since, until = np.arange(1, end - start + 1)[:, None] / fps, np.arange(end - start, 0, -1)[:, None] / fps
        if start == 0:
            values[:end] = _tail(idle[:end], values[end], until, since - 1.0 / fps)
        elif end == count:
            values[start:] = _tail(idle[start:], values[start - 1], since, until - 1.0 / fps)
        else:
            bridge = values[start - 1] + _rise(since / (since + until)) * (values[end] - values[start - 1])
            share = _rise(np.minimum(since, until) / _settling())
            values[start:end] = bridge + share * (idle[start:end] - bridge)


def _tail(idle: Values, line: Values, since: NDArray[np.float64], left: NDArray[np.float64]) -> Values:
    """From a line's pose [55] to rest, or back: seconds [n, 1] since the line, and those left to the take's end."""
    settle = np.minimum(_settling(), float(since.max()))
    alive = idle * _rise(left / settle)
    return np.asarray(alive + (1.0 - _rise(since / settle)) * (line - alive), np.float32)


def _drop_cut_blinks(idle: Values, margin: int) -> None:
    """Take out, in place, blinks that begin or end within ``margin`` frames of the ends: half a blink is a twitch."""
    shut = np.concatenate(([False], idle[:, LIDS].max(axis=1) > 0.0, [False]))
    edges = np.flatnonzero(np.diff(shut.astype(np.int8)))
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if first < margin or end > len(idle) - margin:
            idle[first:end, LIDS] = 0.0


def _idle(frames: int, fps: float, seed: int, rates: IdleRates) -> Values:
    """Idle life at the scene's rate: the frame of the engine's that is nearest."""
    wanted = np.rint(np.arange(frames) * ENGINE_FPS / fps).astype(np.intp)
    engine = idle_motion(int(wanted[-1]) + 1, rates, seed)
    return np.asarray(engine[wanted])


def _settling() -> NDArray[np.float64]:
    """Seconds [55] in which each control goes to rest."""
    turns = np.array([name in HEAD_ANGLES or name.startswith(_MOODS) for name in CONTROLS])
    eyes = np.array([name.startswith("eye") for name in CONTROLS])
    return np.asarray(np.where(turns, SLOW_S, np.where(eyes, EYES_S, MOUTH_S)))


def _rise(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth step from 0 at 0 to 1 at 1."""
    inside = np.clip(x, 0.0, 1.0)
    return np.asarray(inside * inside * (3.0 - 2.0 * inside))
