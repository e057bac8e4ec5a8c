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
    total = int(counts.sum(dtype=np.int64))
    if len(controls) != len(counts) or (counts < 1).any() or not total == len(frames) == len(values):
        raise ProtocolError("the counts of the keys do not fit their arrays")
    if ((controls < 0) | (controls >= len(CONTROLS))).any() or len(np.unique(controls)) != len(controls):
        raise ProtocolError("keys must be of different, known controls")
    ends = np.cumsum(counts, dtype=np.int64)
    curves = (
        _curve(int(c), frames[end - n : end], values[end - n : end])
        for c, n, end in zip(controls, counts, ends, strict=True)
    )
    return tuple(curves)


def _curve(control: int, frames: NDArray[np.float32], values: NDArray[np.float32]) -> KeyCurve:
    if not ((np.diff(frames) > 0).all() and np.isfinite(frames).all() and np.isfinite(values).all()):
        raise ProtocolError(f"keys of {CONTROLS[control]}: frames must increase, and all numbers be finite")
    return KeyCurve(CONTROLS[control], frames, values)
