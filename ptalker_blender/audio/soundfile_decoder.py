"""WAV, FLAC, Ogg, MP3, Opus and the other formats of libsndfile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ..errors import UserError
from .chunks import promised_and_present
from .decoding import TIME_TOLERANCE, CannotDecode, Decoded, Span
from .mp3_header import length_is_a_guess

_BLOCK = 1 << 17
_UNKNOWN_LENGTH = 1 << 48  # libsndfile gives its largest number when a streamed FLAC leaves the length open
_SLACK = 0.1  # seconds a lossy file may fall short of its header: decoders differ about the padding at both ends
_LOSSY = ("MP3", "MPEG", "OGG")


@contextmanager
def decode_soundfile(path: Path, span: Span) -> Iterator[Decoded]:
    """Decode with libsndfile, seeking to the span.

    Raises:
        CannotDecode: not a format of libsndfile.
        UserError: truncated or damaged.
    """
    _refuse_cut_chunk(path)
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise CannotDecode(f"libsndfile: {error.error_string}") from error
    with file:
        if file.frames > _UNKNOWN_LENGTH:  # reading up to an end it does not know fails inside libsndfile
            raise CannotDecode("its header does not say how long it is")
        if file.format in ("MP3", "MPEG") and length_is_a_guess(path):
            raise CannotDecode("a variable-rate mp3 without a length header")
        yield Decoded(file.samplerate, _read(file, path, span))


def _refuse_cut_chunk(path: Path) -> None:
    sizes = promised_and_present(path)
    if sizes is not None and sizes[1] < sizes[0]:
        raise _truncated(path, f"its header promises {sizes[0]} bytes of sound and {sizes[1]} are there")


def _truncated(path: Path, what: str) -> UserError:
    return UserError(f"{path.name} is truncated: {what}", "a complete audio file", "copy or export it again")


def _read(file: soundfile.SoundFile, path: Path, span: Span) -> Iterator[NDArray[np.float32]]:
    rate, frames = file.samplerate, file.frames
    if frames and (span.start >= frames / rate or (span.end or 0.0) > frames / rate + TIME_TOLERANCE):
        last = "the end" if span.end is None else f"{span.end:g} s"
        found = f"{path.name} lasts {frames / rate:.3f} s, too short for {span.start:g} s to {last}"
        raise UserError(found, "a range inside the file", "end no later than the file")
    begin = round(span.start * rate)
    stop = frames if span.end is None else min(round(span.end * rate), frames)
    try:
        if begin:
            file.seek(begin)
        yield from _blocks(file, path, begin, stop, slack=_SLACK if file.format in _LOSSY else 0.0)
    except soundfile.LibsndfileError as error:
        found = f"{path.name} is damaged or truncated ({error.error_string})"
        raise UserError(found, "a complete audio file", "copy or export it again") from error


def _blocks(
    file: soundfile.SoundFile, path: Path, begin: int, stop: int, slack: float
) -> Iterator[NDArray[np.float32]]:
    position = begin
    while position < stop:
        block = file.read(min(_BLOCK, stop - position), dtype="float32", always_2d=True)
        if not len(block):
            here, promised = position / file.samplerate, stop / file.samplerate
            if here < promised - slack:
                raise _truncated(path, f"the sound stops at {here:.3f} s of {promised:.3f} s")
            return
        position += len(block)
        yield block
