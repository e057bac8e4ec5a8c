"""Keys on the wire: all curves end to end in two arrays, since a frame of ``protocol`` holds few arrays.

Standard library and numpy only: Blender imports this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import CONTROLS
from ..motion.reduce import KeyCurve
from .protocol import ProtocolError

ARRAYS = {"key_controls": np.int32, "key_counts": np.int32, "key_frames": np.float32, "key_values": np.float32}
TRACK_ARRAYS = {"track_counts": np.int32, "track_frames": np.float32, "track_values": np.float32}


def pack_keys(curves: Sequence[KeyCurve]) -> dict[str, NDArray[Any]]:
    """Arrays that stand for N curves: control numbers and key counts [N], frames and values [sum of counts]."""
    if not curves:
        return {}
    return {
        "key_controls": np.array([CONTROLS.index(curve.name) for curve in curves], np.int32),
        "key_counts": np.array([len(curve.frames) for curve in curves], np.int32),
        "key_frames": np.concatenate([curve.frames for curve in curves]),
        "key_values": np.concatenate([curve.values for curve in curves]),
    }


def unpack_keys(arrays: Mapping[str, NDArray[Any]]) -> tuple[KeyCurve, ...]:
    """Read the curves back; none where the arrays are absent.

    Raises:
        ProtocolError: the arrays do not fit each other, a control is unknown, or frames do not increase.
    """
    there = [name for name in ARRAYS if name in arrays]
    if not there:
        return ()
    if len(there) < len(ARRAYS) or any(arrays[n].dtype != kind or arrays[n].ndim != 1 for n, kind in ARRAYS.items()):
        raise ProtocolError(f"keys must be the one-dimensional arrays {', '.join(ARRAYS)}")
    controls, counts, frames, values = (arrays[name] for name in ARRAYS)
    _check_counts(len(controls), counts, frames, values)
    if ((controls < 0) | (controls >= len(CONTROLS))).any() or len(np.unique(controls)) != len(controls):
        raise ProtocolError("keys must be of different, known controls")
    return _curves([CONTROLS[control] for control in controls], counts, frames, values)


def pack_tracks(tracks: Sequence[Sequence[KeyCurve]]) -> dict[str, NDArray[Any]]:
    """Arrays that stand for the curves of all tracks, one after the other; their names travel beside them."""
    curves = [curve for track in tracks for curve in track]
    if not curves:
        return {}
    return {
        "track_counts": np.array([len(curve.frames) for curve in curves], np.int32),
        "track_frames": np.concatenate([curve.frames for curve in curves]),
        "track_values": np.concatenate([curve.values for curve in curves]),
    }


def unpack_tracks(
    names: Sequence[Sequence[str]], arrays: Mapping[str, NDArray[Any]]
) -> tuple[tuple[KeyCurve, ...], ...]:
    """Read tracks back.

    Args:
        names: of each track's curves.
        arrays: of ``pack_tracks``.

    Raises:
        ProtocolError: the arrays do not fit each other or the names, or frames do not increase.
    """
    flat = [name for track in names for name in track]
    if not flat and not any(name in arrays for name in TRACK_ARRAYS):
        return tuple(() for _ in names)
    if any(n not in arrays or arrays[n].dtype != kind or arrays[n].ndim != 1 for n, kind in TRACK_ARRAYS.items()):
        raise ProtocolError(f"tracks must be the one-dimensional arrays {', '.join(TRACK_ARRAYS)}")
    counts, frames, values = (arrays[name] for name in TRACK_ARRAYS)
    _check_counts(len(flat), counts, frames, values)
    if any(len(set(track)) != len(track) for track in names):
        raise ProtocolError("the curves of a track must be of different keys")
    curves = iter(_curves(flat, counts, frames, values))
    return tuple(tuple(next(curves) for _ in track) for track in names)


def _check_counts(
    curves: int, counts: NDArray[np.int32], frames: NDArray[np.float32], values: NDArray[np.float32]
) -> None:
    total = int(counts.sum(dtype=np.int64))
    if curves != len(counts) or (counts < 1).any() or not total == len(frames) == len(values):
        raise ProtocolError("the counts of the keys do not fit their arrays")


def _curves(
    names: Sequence[str], counts: NDArray[np.int32], frames: NDArray[np.float32], values: NDArray[np.float32]
) -> tuple[KeyCurve, ...]:
    ends = np.cumsum(counts, dtype=np.int64)
    return tuple(
        _curve(name, frames[end - n : end], values[end - n : end])
        for name, n, end in zip(names, counts, ends, strict=True)
    )


def _curve(name: str, frames: NDArray[np.float32], values: NDArray[np.float32]) -> KeyCurve:
    if not ((np.diff(frames) > 0).all() and np.isfinite(frames).all() and np.isfinite(values).all()):
        raise ProtocolError(f"keys of {name}: frames must increase, and all numbers be finite")
    return KeyCurve(name, frames, values)
