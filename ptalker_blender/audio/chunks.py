"""Does a WAV or AIFF file hold as much as its header promises?

libsndfile silently shortens a cut file, so an interrupted copy would be animated up to the cut and no further.
Layouts: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0" (RIFF); EBU Tech 3306 (RF64);
Apple, "Audio Interchange File Format 1.3" (AIFF).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

# Written by programs that stream and never return to fill the size in: not a promise.
_UNKNOWN_SIZES = (0, 0xFFFFFFFF, 0xFFFFFF00, 0x7FFFFFFF, 0x7FFFF000)
_HEAD = 12  # container name, size, form


def promised_and_present(path: Path) -> tuple[int, int] | None:
    """Return (bytes promised, bytes present) of the chunk with the samples; None when there is no promise to check."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
            return _find_samples(file, size, "<", b"data")
        if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
            return _find_samples(file, size, ">", b"SSND")
    return None


def _find_samples(file: BinaryIO, size: int, order: str, wanted: bytes) -> tuple[int, int] | None:
    long_size: int | None = None
    while len(chunk := file.read(8)) == 8:
        name, length = struct.unpack(f"{order}4sI", chunk)
        if name == wanted:
            if length == 0xFFFFFFFF and long_size is not None:
                length = long_size
            elif length in _UNKNOWN_SIZES:
                return None
            return length, max(size - file.tell(), 0)
        if name == b"ds64" and length >= 16:  # RF64: the sizes that do not fit 32 bits
            body = file.read(16)
            long_size = struct.unpack("<QQ", body)[1] if len(body) == 16 else None
            length -= 16
        file.seek(length + length % 2, 1)
    return None
