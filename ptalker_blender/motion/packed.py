"""A motion in a few bytes, for a take that keeps what it was made from.

Values lie on a grid of 1/32767 (0.0012 mm at the lips of the default head for the jaw, whose key moves them most), so
two bytes hold one. Differences from frame to frame, their low and high bytes apart, are what zlib compresses best:
90 to 110 kB for a minute of speech at 24 or 30 frames per second, against 230 to 280 kB of the exact floats.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .controls import N_CONTROLS
from .motion import Motion

STEPS: Final = 32767  # per unit; shapes and head angles all lie within -1..1
FORMAT: Final = b"PTM1"
_HEADER: Final = struct.Struct("<4sIId")  # format, frames, controls, frames per second
_MOST: Final = 4_000_000  # frames: a day at 46 frames per second; more is damage


def on_grid(motion: Motion) -> Motion:
    """The nearest motion that ``pack_motion`` keeps to the bit; values beyond -1..1 are held at its ends."""
    return Motion(_values(_numbers(motion.values)), motion.fps)


def pack_motion(motion: Motion) -> bytes:
    """A motion [T, 55] as bytes; the same motion gives the same bytes.

    Raises:
        ValueError: values that are not finite.
    """
    if not np.isfinite(motion.values).all():
        raise ValueError("a motion with values that are not finite")
    numbers = _numbers(motion.values)
    steps = np.diff(numbers, axis=0, prepend=np.zeros((1, N_CONTROLS), np.uint16))  # wraps, as the sum does
    planes = np.ascontiguousarray(steps.T).astype("<u2").view(np.uint8).reshape(-1, 2)
    header = _HEADER.pack(FORMAT, len(numbers), N_CONTROLS, motion.fps)
    return header + zlib.compress(planes.T.tobytes(), 6)


def unpack_motion(data: bytes) -> Motion:
    """Read back what ``pack_motion`` wrote.

    Raises:
        UserError: damaged, or of a later version.
    """
    if len(data) < _HEADER.size:
        raise _refusal("is cut short")
    name, frames, controls, fps = _HEADER.unpack_from(data)
    if name != FORMAT:
        raise _refusal("is of another version")
    if controls != N_CONTROLS or frames > _MOST or not 0.0 < fps < 1e6:
        raise _refusal("is damaged")
    size = 2 * frames * controls
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data[_HEADER.size :], size + 1)  # no more than was announced
    except zlib.error as error:
        raise _refusal("is damaged") from error
    if len(plain) != size:
        raise _refusal("is damaged")
    planes = np.frombuffer(plain, np.uint8).reshape(2, -1).T
    steps = np.ascontiguousarray(planes).view("<u2").reshape(controls, frames)
    return Motion(_values(np.cumsum(steps, axis=1, dtype=np.uint16).T), fps)


def _numbers(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    steps: NDArray[np.int16] = np.rint(values.clip(-1.0, 1.0).astype(np.float64) * STEPS).astype(np.int16)
    return np.asarray(steps.view(np.uint16))


def _values(numbers: NDArray[np.uint16]) -> NDArray[np.float32]:
    signed = np.ascontiguousarray(numbers).view(np.int16)
    return np.asarray((signed / STEPS).astype(np.float32))


def _refusal(what: str) -> UserError:
    return UserError(f"the motion kept with the take {what}", "one that PTalker wrote", "bake the take again")
