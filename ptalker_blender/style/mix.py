"""Mixing styles: a manner between those of several performances."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from .performance import Performance


@dataclass(frozen=True)
class StyleMix:
    """A manner between those of several performances: the mean of their style codes, weighted by shares.

    Attributes:
        parts: performances with their shares, which are positive and need not sum to 1.

    Raises:
        ValueError: no parts, or a share that is not a positive number.
    """

    parts: tuple[tuple[Performance, float], ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a mix needs at least one performance")
        for performance, share in self.parts:
            if not (math.isfinite(share) and share > 0):
                raise ValueError(f"the share of '{performance.name}' must be a positive number, got {share}")

    def normalised(self) -> Iterator[tuple[Performance, float]]:
        """The parts, with shares that sum to 1."""
        total = math.fsum(share for _, share in self.parts)
        return ((performance, share / total) for performance, share in self.parts)


Style: TypeAlias = Performance | StyleMix  # whatever the engine takes a manner from


def mix_two(first: Performance, second: Performance, share: float) -> Style:
    """Return the manner between two: ``share`` is the second's, 0 gives the first alone and 1 the second.

    Raises:
        ValueError: a share outside 0..1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"the second's share must be from 0 to 1, got {share}")
    if share in (0.0, 1.0):
        return second if share else first
    return StyleMix(((first, 1.0 - share), (second, share)))


def parts_of(style: Style) -> Iterator[tuple[Performance, float]]:
    """Performances with shares that sum to 1, of a mix or of one performance."""
    return style.normalised() if isinstance(style, StyleMix) else iter(((style, 1.0),))
