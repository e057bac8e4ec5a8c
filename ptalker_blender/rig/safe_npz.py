"""Reads npz and npy files whose arrays may hold objects, executing nothing.

``np.savez(path, **model)`` boxes what is no array (sparse matrices, dictionaries) as arrays of objects, which are
pickles inside the archive; those go through :mod:`.safe_pickle`. Format: numpy.lib.format of the NumPy manual.
"""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from ..errors import UserError
from .safe_pickle import loads
from .safe_pickle_values import Limits, ObjectArray

_EXPECTED, _ADVICE = "an npz of arrays", "save the model again with numpy.savez"
_BROKEN = (ValueError, SyntaxError, TypeError, EOFError, OSError, NotImplementedError, RuntimeError, OverflowError)


def read_npz(path: Path | str, limits: Limits | None = None) -> dict[str, Any]:
    """Every array of the archive by name, as :func:`.safe_pickle.loads` gives values.

    Raises:
        UserError: missing, damaged, an entry that is no array or holds what a pickle may not, or all of it unpacked
            larger than the limits.
    """
    limits, name, arrays = limits or Limits(), Path(path).name, {}
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(".npy")]
            if sum(entry.file_size for entry in entries) > limits.file_bytes:
                raise UserError(f"{name} unpacks to more than {limits.file_bytes:,} bytes", _EXPECTED, _ADVICE)
            for entry in entries:
                # What an entry declares is not taken on trust: no more than that is unpacked.
                with archive.open(entry) as file:
                    raw = file.read(entry.file_size)
                arrays[entry.filename.removesuffix(".npy")] = read_npy(raw, f"{name}/{entry.filename}", limits)
    except (*_BROKEN, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{name} cannot be read ({error})"[:300], _EXPECTED, _ADVICE) from error
    if not arrays:
        raise UserError(f"{name} holds no arrays", _EXPECTED, _ADVICE)
    return arrays


def read_npy(raw: bytes, name: str, limits: Limits | None = None) -> Any:
    """One array from the bytes of an npy file, as :func:`read_npz`.

    Raises:
        UserError: as :func:`read_npz`.
    """
    file = io.BytesIO(raw)
    try:
        shape, fortran, dtype = _header(file)
    except _BROKEN as error:
        raise UserError(f"{name} is no array ({error})"[:300], _EXPECTED, _ADVICE) from error
    body = raw[file.tell() :]
    if dtype.hasobject:
        value = loads(body, name, limits)
        return value.items[0] if isinstance(value, ObjectArray) and value.shape == () else value
    if dtype.kind not in "biufcSU" or len(body) != math.prod(shape) * dtype.itemsize:
        raise UserError(f"{name} has {len(body):,} bytes for {shape} of {dtype}"[:300], _EXPECTED, _ADVICE)
    flat = np.frombuffer(body, dtype) if body else np.zeros(0, dtype)
    try:
        return flat.reshape(shape, order="F" if fortran else "C")
    except ValueError as error:  # empty, and of a shape beyond every memory
        raise UserError(f"{name} has the shape {shape}"[:300], _EXPECTED, _ADVICE) from error


def _header(file: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, Fortran order and type, as the file claims them; the read position is then that of the data."""
    version = npy.read_magic(file)  # type: ignore[no-untyped-call]
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of the format")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(file)  # type: ignore[no-untyped-call]
    return tuple(int(n) for n in shape), bool(fortran), dtype
