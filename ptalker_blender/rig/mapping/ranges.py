"""How far a key's slider travels when its control goes from 0 to 1."""

from __future__ import annotations

import math
from dataclasses import dataclass

DEFAULT = (0.0, 1.0)


@dataclass(frozen=True)
class Travel:
    """A key's value is ``rest`` at rest, ``rest + full`` in full; ``full`` is negative where the range is inverse."""

    rest: float
    full: float


def travel(low: float, high: float, *, whole_range: bool = False) -> Travel | None:
    """Where a key with the slider range ``low..high`` rests and how far it goes.

    In Blender a key's value scales its shape and the range only bounds it, so 0 is at rest and 1 is the shape as it was
    made, whatever lies beyond: a range of 0..10 is room to exaggerate, not a scale. A range that ends before 1 ends
    where the artist wants the shape to end, one that is all negative is gone through downwards, and one that leaves
    0 out rests at the end nearest to 0. With ``whole_range`` a control of 1 goes to the far end of the slider instead.

    Returns:
        None for a slider that cannot move.

    Raises:
        ValueError: the bounds are not finite or not in order.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"a slider from {low} to {high}")
    rest = min(max(0.0, low), high)
    end = high if high > rest else low
    if not whole_range and abs(end) > 1 > abs(rest):
        end = math.copysign(1.0, end)
    return Travel(rest, end - rest) if end != rest else None
