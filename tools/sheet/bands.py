"""Splitting a line into bands short enough to be read side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from ptalker_blender.training.corpus.phones import PhoneSegment

from .drawing import Band
from .moments import choose_moments


def split_bands(seconds: float, segments: Sequence[PhoneSegment], longest: float, pictures: int) -> tuple[Band, ...]:
    """Split 0..seconds into the fewest equal bands of at most ``longest`` seconds, each with its moments.

    Raises:
        ValueError: no length or no pictures.
    """
    if longest <= 0.0:
        raise ValueError(f"bands of {longest} s")
    count = max(1, ceil(seconds / longest - 1e-9))
    edges = [seconds * k / count for k in range(count + 1)]
    return tuple(
        Band(start, end, tuple(choose_moments(start, end, segments, pictures))) for start, end in pairwise(edges)
    )
