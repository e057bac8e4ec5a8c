"""Can the length that libsndfile gives for an MP3 be believed?

Without a Xing, Info or VBRI header, libsndfile takes the length from the first frame's bit rate and stops there: a
minute of variable-rate speech came out as 24 s. Frame layout: ISO/IEC 11172-3, 2.4.1.3 and 13818-3.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_KBPS_V1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_V2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_LOOKED_AT = 200  # frames, about five seconds


def length_is_a_guess(path: Path) -> bool:
    """Return True for a Layer III stream of varying bit rate that has no length header."""
    with path.open("rb") as file:
        _skip_id3(file)
        first = file.read(256)
        if any(tag in first for tag in (b"Xing", b"Info", b"VBRI")):
            return False
        file.seek(-len(first), 1)
        return len(_bit_rates(file)) > 1


def _skip_id3(file: BinaryIO) -> None:
    head = file.read(10)
    if len(head) == 10 and head[:3] == b"ID3":
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        file.seek(10 + size + (10 if head[5] & 0x10 else 0))
    else:
        file.seek(0)


def _bit_rates(file: BinaryIO) -> set[int]:
    found: set[int] = set()
    for _ in range(_LOOKED_AT):
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:  # sync and Layer III
            break
        version, rate_index, kbps_index = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 4
        if version == 1 or rate_index == 3 or kbps_index in (0, 15):
            break
        kbps = (_KBPS_V1 if version == 3 else _KBPS_V2)[kbps_index]
        found.add(kbps)
        length = (144_000 if version == 3 else 72_000) * kbps // _RATES[version][rate_index] + (head[2] >> 1 & 1)
        file.seek(length - 4, 1)
    return found
