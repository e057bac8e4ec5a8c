"""Mouth cues of rule-based tools (Rhubarb Lip Sync) as closed stretches, for the same ruler as our own curves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from .closures import Stretch

CLOSED_SHAPES = frozenset({"A", "X"})  # Rhubarb: A = lips pressed for p, b, m; X = idle, mouth shut


@dataclass(frozen=True)
class Cue:
    """One mouth shape and the time it is shown, seconds."""

    start: float
    end: float
    shape: str


def sequential(cues: Iterable[Cue]) -> tuple[Cue, ...]:
    """Cues in order, each ending where the next begins.

    The WebAssembly build of Rhubarb leaves a cue at full length where its animation rules put another into its
    tail; the later one is what is shown, since the original's timeline holds one shape at a time.
    """
    ordered = sorted(cues, key=lambda cue: (cue.start, cue.end))
    shown = [Cue(cue.start, min(cue.end, following.start), cue.shape) for cue, following in pairwise(ordered)]
    return tuple(cue for cue in (*shown, *ordered[-1:]) if cue.end > cue.start)


def cue_stretches(cues: Iterable[Cue], shapes: Collection[str] = CLOSED_SHAPES) -> tuple[Stretch, ...]:
    """Closed stretches of a cue list; adjoining closed cues are one stretch."""
    stretches: list[Stretch] = []
    for cue in sequential(cues):
        if cue.shape not in shapes:
            continue
        if stretches and cue.start <= stretches[-1].end + 1e-6:
            stretches[-1] = Stretch(stretches[-1].start, cue.end)
        else:
            stretches.append(Stretch(cue.start, cue.end))
    return tuple(stretches)
