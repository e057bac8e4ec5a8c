"""Which moments of a line to show: one per column, on the phones a mouth is judged by."""

from __future__ import annotations

from collections.abc import Sequence

from ptalker_blender.training.corpus.phones import PhoneSegment

# What a viewer looks at first: does the mouth close, does the lip reach the teeth, does it round, does it open.
_INTEREST = (
    (("p", "b", "m"), 4.0),
    (("f", "v"), 3.5),
    (("uw", "ow", "w", "ao", "oy", "uh"), 3.0),
    (("aa", "aw", "ay", "ae", "iy"), 2.5),
    (("th", "dh", "sh", "ch"), 2.0),
    (("sil",), 0.1),
)
INTEREST = {phone: weight for phones, weight in _INTEREST for phone in phones}
NEARNESS = 1.5  # interest lost by a moment at the edge of its column
REPETITION = 1.2  # interest lost by showing the phone of the column before again


def choose_moments(start: float, end: float, segments: Sequence[PhoneSegment], count: int) -> list[float]:
    """Choose one moment, in seconds, in each of ``count`` equal columns of start..end, in order.

    Without segments these are the columns' middles; with them, the middle of the column's most telling phone.

    Raises:
        ValueError: an empty range or no columns.
    """
    if end <= start or count < 1:
        raise ValueError(f"{count} moments between {start} and {end} s")
    width = (end - start) / count
    moments: list[float] = []
    shown = ""
    for k in range(count):
        centre = start + (k + 0.5) * width
        inside = [s for s in segments if abs((s.start + s.end) / 2 - centre) <= width / 2]
        if not inside:
            moments.append(centre)
            continue
        best = max(inside, key=lambda s: _score(s, centre, width, shown))
        shown = best.phone
        moments.append((best.start + best.end) / 2)
    return moments


def _score(segment: PhoneSegment, centre: float, width: float, shown: str) -> float:
    offset = abs((segment.start + segment.end) / 2 - centre) / (width / 2)
    return INTEREST.get(segment.phone, 1.0) - NEARNESS * offset - REPETITION * (segment.phone == shown)
