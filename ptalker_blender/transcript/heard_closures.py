"""p, b and m as the network's own ear hears them, for a line of which nobody knows the text. numpy only.

The speech encoder was trained to tell phones (training stage 1), and its posteriors say when lips meet in what is said,
whether or not the motion's do. What they agree with aligned texts is in docs/decisions.d/transcript.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .phones import PhoneSegment

LIPS_MEET: Final = ("p", "b", "m")
_SURE: Final = 0.3  # of their posteriors together, somewhere in a closure
_BEGUN: Final = 0.1  # as long as it lasts; where one ends and another begins is not told, nor need it be
_FRAMES: Final = 3  # at least: less is no closure at 50 Hz (20 ms a frame; real ones last 60 ms and more)


def closures_heard(
    posteriors: NDArray[np.floating[Any]], names: Sequence[str], fps: float, late: int = 0
) -> tuple[PhoneSegment, ...]:
    """When lips meet.

    Args:
        posteriors: [T, K] of the phones, each row sums to 1.
        names: of the K phones.
        fps: rate of the rows.
        late: rows by which they come after the sound.

    Returns:
        closures in time, seconds into the line, each with the likeliest of p, b and m.
    """
    each = posteriors[:, [list(names).index(phone) for phone in LIPS_MEET]]
    together = each.sum(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], together >= _BEGUN, [False])).astype(np.int8)))
    found = []
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - first >= _FRAMES and together[first:end].max() >= _SURE:
            phone = LIPS_MEET[int(each[first:end].sum(axis=0).argmax())]
            found.append(PhoneSegment(phone, max(0.0, (first - late) / fps), max(0.0, (end - late) / fps)))
    return tuple(found)
