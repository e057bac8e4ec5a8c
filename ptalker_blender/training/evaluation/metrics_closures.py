"""The project's closure ruler on vertex sequences, whose sets have no phone labels: the true lips are the labels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from ..corpus.phones import SILENCE, PhoneSegment
from .closures import LONGEST_FALSE_SECONDS, ClosureScore, Stretch, closed_stretches, score_stretches

_CLOSED, _OPEN = "p", "ah"  # any bilabial and any vowel: the ruler asks for no more


def score_closures(
    predicted: ArrayLike,
    truth: ArrayLike,
    fps: float,
    rest: float,
    segments: Sequence[PhoneSegment] | None = None,
) -> ClosureScore:
    """Closure F1 of a predicted opening: against phone labels, or where there are none against the true opening.

    Closed and met are those of design section 8 (``closures``). Against the true opening, a closed stretch of it
    shorter than 0.4 s stands for a bilabial, a longer one and those at the clip's ends for a pause.

    Args:
        predicted: [T] opening, see ``metrics_vertices.gap``.
        truth: [T'].
        fps: of both.
        rest: opening of the neutral mesh.
        segments: phones of the clip, where known.
    """
    labels = tuple(segments) if segments is not None else labels_of(truth, fps, rest)
    return score_stretches(closed_stretches(predicted, fps, rest), labels)


def labels_of(truth: ArrayLike, fps: float, rest: float) -> tuple[PhoneSegment, ...]:
    """An opening as phones: short closed stretches are bilabials, long ones and those at the ends pauses."""
    stretches = closed_stretches(truth, fps, rest)
    end = np.asarray(truth).size / fps
    edges = [Stretch(0.0, 0.0), *stretches, Stretch(end, end)]
    segments: list[PhoneSegment] = []
    for before, after in pairwise(edges):
        if after.start > before.end:
            segments.append(PhoneSegment(_OPEN, before.end, after.start))
        if after.end > after.start:
            inside = after.start > 0 and after.end < end and after.seconds < LONGEST_FALSE_SECONDS
            segments.append(PhoneSegment(_CLOSED if inside else SILENCE, after.start, after.end))
    return tuple(segments)
