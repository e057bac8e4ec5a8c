"""What a decoder is: a file and a span of seconds in, a rate and blocks of samples out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Two times nearer than this are the same time: ranges are typed, and shown, to the millisecond.
TIME_TOLERANCE = 0.001


@dataclass(frozen=True)
class Span:
    """A part of a file, in seconds; ``end`` None is the end of the file."""

    start: float = 0.0
    end: float | None = None


@dataclass(frozen=True)
class Decoded:
    """Sound as it comes out of a file.

    Attributes:
        rate: samples per second.
        blocks: float32 [n, C] arrays that follow each other, covering the span asked for or,
            where the file ends earlier, less.
    """

    rate: int
    blocks: Iterator[NDArray[np.float32]]


class CannotDecode(Exception):  # noqa: N818 - a verdict of one decoder, not an error of ours
    """One decoder does not know the file; another may. The text says why, for the line the user sees."""


Decoder = Callable[[Path, Span], AbstractContextManager[Decoded]]
