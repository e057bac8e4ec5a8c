"""Does a WAV file hold as much as its header promises?

libsndfile silently shortens a cut file, so an interrupted copy would be animated up to the cut and no further.
Layout: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0" (RIFF), and EBU Tech 3306 (RF64).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

# Written by programs that stream and never return to fill the size in: not a promise.
_UNKNOWN_SIZES = (0, 0xFFFFFFFF, 0xFFFFFF00, 0x7FFFFFFF, 0x7FFFF000)


def promised_and_present(path: Path) -> tuple[int, int] | None:
    """Return (bytes promised, bytes present) of the data chunk; None when there is no promise to check."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
            return None
        return _find_data(file, size)


def _find_data(file: BinaryIO, size: int) -> tuple[int, int] | None:
    long_size: int | None = None
    while len(chunk := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", chunk)
        if name == b"data":
            if length == 0xFFFFFFFF and long_size is not None:
                length = long_size
            elif length in _UNKNOWN_SIZES:
                return None
            return length, size - file.tell()
        if name == b"ds64" and length >= 16:
            body = file.read(16)
            long_size = struct.unpack("<QQ", body)[1] if len(body) == 16 else None
            length -= 16
        file.seek(length + length % 2, 1)
    return None
