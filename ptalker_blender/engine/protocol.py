"""Framed messages between Blender and the worker: numbers and text only, never code.

A frame is a 4-byte little-endian length, a JSON header of that length, then the raw little-endian bytes of the arrays
the header lists, in its order::

    {"kind": "result", "fields": {"job": 3}, "arrays": [{"name": "values", "dtype": "<f4", "shape": [100, 55]}]}

Nothing here unpickles or evaluates, and every size is bounded before it is believed, so neither side can be made to run
code or to exhaust memory by what it reads. Standard library and numpy only: Blender imports this module.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MAX_HEADER_BYTES = 4 << 20
MAX_ARRAY_BYTES = 1 << 30  # an hour of motion is 40 MB
MAX_ARRAYS = 64
MAX_DIMENSIONS = 8
DTYPES = ("<f4", "<f8", "<i4", "<i8", "|u1")

_LENGTH = struct.Struct("<I")
_CHUNK = 1 << 20


class ProtocolError(Exception):
    """The stream does not hold a well-formed frame; it cannot be trusted any further."""


@dataclass(frozen=True)
class Message:
    """One frame.

    Attributes:
        kind: what the message is, e.g. ``"job"``.
        fields: JSON values by name; numbers are finite.
        arrays: named arrays, dtype one of ``DTYPES``.
    """

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """A message that was checked and can be written; its arrays must stay as they are until then.

    Attributes:
        head: length and header.
        arrays: what follows, C-ordered and little-endian.
    """

    head: bytes
    arrays: tuple[NDArray[Any], ...]


def frame_of(message: Message) -> Frame:
    """Check a message and make its header.

    Raises:
        ProtocolError: the message is outside the bounds or holds what JSON or ``DTYPES`` cannot.
    """
    arrays = {name: _little_endian(name, array) for name, array in message.arrays.items()}
    listed = [{"name": name, "dtype": array.dtype.str, "shape": list(array.shape)} for name, array in arrays.items()]
    try:
        text = json.dumps({"kind": message.kind, "fields": dict(message.fields), "arrays": listed}, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"fields cannot be sent: {error}") from error
    # ASCII escapes also carry the lone surrogates of undecodable file names.
    header = text.encode("ascii")
    if len(header) > MAX_HEADER_BYTES:
        raise ProtocolError(f"header of {len(header)} bytes; at most {MAX_HEADER_BYTES}")
    _layout(listed)
    return Frame(_LENGTH.pack(len(header)) + header, tuple(arrays.values()))


def write_frame(stream: BinaryIO, frame: Frame) -> None:
    """Write one frame and flush it.

    Raises:
        OSError: the stream is closed at the other end.
    """
    stream.write(frame.head)
    for array in frame.arrays:
        stream.write(array.tobytes())
    stream.flush()


def write_message(stream: BinaryIO, message: Message) -> None:
    """Write a message as one frame and flush it.

    Raises:
        ProtocolError: as ``frame_of``; nothing was written.
        OSError: as ``write_frame``.
    """
    write_frame(stream, frame_of(message))


def read_message(stream: BinaryIO) -> Message | None:
    """Read one frame; None when the stream ended cleanly before it.

    Raises:
        ProtocolError: truncated, malformed or outside the bounds.
    """
    prefix = _read_up_to(stream, _LENGTH.size)
    if not prefix:
        return None
    if len(prefix) < _LENGTH.size:
        raise ProtocolError("stream ended inside a length")
    (length,) = _LENGTH.unpack(prefix)
    if length > MAX_HEADER_BYTES:
        raise ProtocolError(f"header of {length} bytes; at most {MAX_HEADER_BYTES}")
    kind, fields, listed = _parse_header(_read_exactly(stream, length))
    arrays = {}
    for name, dtype, shape in _layout(listed):
        data = _read_exactly(stream, math.prod(shape) * dtype.itemsize)
        # A bytearray underneath keeps the array writable; astype is a no-op on little-endian machines.
        arrays[name] = np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
    return Message(kind, fields, arrays)


def _little_endian(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Put the array in C order with a dtype of ``DTYPES``."""
    dtype = array.dtype.newbyteorder("<")
    if dtype.str not in DTYPES:
        raise ProtocolError(f"array {name!r} has dtype {array.dtype}; one of {', '.join(DTYPES)}")
    return np.asarray(array, dtype=dtype, order="C")


def _parse_header(data: bytearray) -> tuple[str, dict[str, Any], list[Any]]:
    try:
        header = json.loads(data.decode("ascii"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"header is not JSON: {error}") from error
    if not isinstance(header, dict) or set(header) != {"kind", "fields", "arrays"}:
        raise ProtocolError("header must hold exactly kind, fields and arrays")
    kind, fields, listed = header["kind"], header["fields"], header["arrays"]
    if not (isinstance(kind, str) and isinstance(fields, dict) and isinstance(listed, list)):
        raise ProtocolError("kind must be text, fields an object, arrays a list")
    return kind, fields, listed


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _layout(listed: list[Any]) -> list[tuple[str, np.dtype[Any], tuple[int, ...]]]:
    """Name, dtype and shape of each listed array, every bound checked before a byte is allocated."""
    if len(listed) > MAX_ARRAYS:
        raise ProtocolError(f"{len(listed)} arrays; at most {MAX_ARRAYS}")
    layout = [_entry(item) for item in listed]
    if len({name for name, _, _ in layout}) != len(layout):
        raise ProtocolError("two arrays of one name")
    # Empty axes count as one here, so that no stride of an empty array can overflow either.
    total = sum(dtype.itemsize * math.prod(max(size, 1) for size in shape) for _, dtype, shape in layout)
    if total > MAX_ARRAY_BYTES:
        raise ProtocolError(f"arrays of {total} bytes; at most {MAX_ARRAY_BYTES}")
    return layout


def _entry(item: Any) -> tuple[str, np.dtype[Any], tuple[int, ...]]:
    if not isinstance(item, dict) or set(item) != {"name", "dtype", "shape"}:
        raise ProtocolError("an array must have exactly name, dtype and shape")
    name, dtype, shape = item["name"], item["dtype"], item["shape"]
    if not isinstance(name, str) or dtype not in DTYPES:
        raise ProtocolError(f"array {name!r} of dtype {dtype!r}; one of {', '.join(DTYPES)}")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        raise ProtocolError(f"array {name!r}: shape must be a list of at most {MAX_DIMENSIONS} sizes")
    if not all(type(size) is int and 0 <= size <= MAX_ARRAY_BYTES for size in shape):
        raise ProtocolError(f"array {name!r}: sizes must be whole numbers from 0 to {MAX_ARRAY_BYTES}")
    return name, np.dtype(dtype), tuple(shape)


def _read_up_to(stream: BinaryIO, count: int) -> bytearray:
    """``count`` bytes, or fewer at the end of the stream; grown in chunks so that a false length allocates little."""
    data = bytearray()
    while len(data) < count:
        part = stream.read(min(count - len(data), _CHUNK))
        if not part:
            break
        data += part
    return data


def _read_exactly(stream: BinaryIO, count: int) -> bytearray:
    data = _read_up_to(stream, count)
    if len(data) < count:
        raise ProtocolError(f"stream ended after {len(data)} of {count} bytes")
    return data
