"""The triangles of a mesh file, for graphs over a data set's own mesh; positions are not read.

PLY (G. Turk, "The PLY Polygon File Format", 1994) as text or binary, and Wavefront OBJ.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError

_EXPECTED, _ADVICE = "a mesh as .ply or .obj", "export the template again"
_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2",
    "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4", "float": "f4", "float32": "f4",
    "double": "f8", "float64": "f8",
}  # fmt: skip
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}

Element = tuple[str, int, list[tuple[str, ...]]]  # name, how many, properties


def read_faces(path: Path) -> tuple[int, NDArray[np.int32]]:
    """Number of vertices and triangles int32 [F, 3] of a mesh; polygons become fans of triangles.

    Raises:
        UserError: unreadable, neither PLY nor OBJ, damaged, or naming vertices that it does not have.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path.name} cannot be read ({error.strerror})", _EXPECTED, "check the path") from error
    try:
        count, polygons = _obj(data) if path.suffix.lower() == ".obj" else _ply(data)
    except (ValueError, IndexError, KeyError, OverflowError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} is no mesh ({error})"[:300], _EXPECTED, _ADVICE) from error
    fans = [(polygon[0], *pair) for polygon in polygons for pair in pairwise(polygon[1:])]
    faces = np.array(fans, np.int64).reshape(-1, 3)
    if len(faces) and not (faces.min() >= 0 and faces.max() < count):
        raise UserError(f"{path.name} has faces that name vertices it does not have", _EXPECTED, _ADVICE)
    return count, faces.astype(np.int32)


def _obj(data: bytes) -> tuple[int, list[tuple[int, ...]]]:
    count, polygons = 0, []
    for line in data.decode("utf-8", "replace").splitlines():
        kind, *words = line.split() or [""]
        count += kind == "v"
        if kind == "f":
            numbers = [int(word.partition("/")[0]) for word in words]
            polygons.append(tuple(n - 1 if n > 0 else count + n for n in numbers))
    if not count:
        raise ValueError("it has no vertices")
    return count, polygons


def _ply(data: bytes) -> tuple[int, list[tuple[int, ...]]]:
    end = data.find(b"end_header")
    if not data.startswith(b"ply") or end < 0:
        raise ValueError("it has no PLY header")
    start = data.index(b"\n", end) + 1
    lines = data[:end].decode("ascii").splitlines()
    order = _ORDERS[next(line.split()[1] for line in lines if line.startswith("format "))]
    elements = _elements(lines)
    read = _Words(data[start:].split()) if not order else _Bytes(data, start, order)
    count, polygons = 0, []
    for name, entries, properties in elements:
        if not 0 <= entries <= len(data):
            raise ValueError(f"it claims {entries} entries of {name}")
        count = entries if name == "vertex" else count
        for _ in range(entries):
            for kind, *types, label in properties:
                if kind != "list":
                    read.values(kind, 1)
                    continue
                values = read.values(types[1], int(read.values(types[0], 1)[0]))
                if name == "face" and label in ("vertex_indices", "vertex_index"):
                    polygons.append(tuple(int(value) for value in values))
    if not count:
        raise ValueError("it has no vertices")
    return count, polygons


def _elements(lines: list[str]) -> list[Element]:
    elements: list[Element] = []
    for line in lines:
        kind, *words = line.split() or [""]
        if kind == "element":
            elements.append((words[0], int(words[1]), []))
        elif kind == "property":
            if any(word not in _TYPES for word in (words[1:3] if words[0] == "list" else words[:1])):
                raise ValueError(f"it has the unknown property {line!r}")
            elements[-1][2].append(tuple(words))
    return elements


class _Words:
    """Values of a PLY as text."""

    def __init__(self, words: list[bytes]) -> None:
        self._words, self._at = words, 0

    def values(self, kind: str, count: int) -> list[Any]:
        first, self._at = self._at, self._at + count
        if count < 0 or self._at > len(self._words):
            raise ValueError("it ends early")
        convert = float if _TYPES[kind][0] == "f" else int
        return [convert(word) for word in self._words[first : self._at]]


class _Bytes:
    """Values of a binary PLY."""

    def __init__(self, data: bytes, start: int, order: str) -> None:
        self._data, self._at, self._order = data, start, order

    def values(self, kind: str, count: int) -> list[Any]:
        dtype = np.dtype(self._order + _TYPES[kind])
        first, self._at = self._at, self._at + count * dtype.itemsize
        if count < 0 or self._at > len(self._data):
            raise ValueError("it ends early")
        return list(np.frombuffer(self._data, dtype, count, first).tolist())
