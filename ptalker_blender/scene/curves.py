"""Keys of one F-curve, read and written in bulk (``keyframe_insert`` is quadratic in the number of keys)."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=16)  # asked for each of the curves of a take
def _number(attribute: str, name: str) -> int:
    return int(bpy.types.Keyframe.bl_rna.properties[attribute].enum_items[name].value)


def key_points(fcurve: bpy.types.FCurve) -> NDArray[np.float32]:
    """Frame and value of every key [K, 2]."""
    points = np.empty((len(fcurve.keyframe_points), 2), np.float32)
    fcurve.keyframe_points.foreach_get("co", points.ravel())
    return points


def set_keys(
    fcurve: bpy.types.FCurve, frames: NDArray[Any], values: NDArray[Any], interpolation: str = "LINEAR"
) -> None:
    """Replace all keys of an F-curve.

    Args:
        fcurve: of an Action of ours.
        frames: [K] increasing.
        values: [K].
        interpolation: Blender's name for what happens between two keys.
    """
    count, points = len(frames), fcurve.keyframe_points
    if len(points) != count:
        points.clear()
        points.add(count)
    points.foreach_set("co", _interleaved(frames, values))
    points.foreach_set("interpolation", np.full(count, _number("interpolation", interpolation), np.int32))
    points.foreach_set("type", np.full(count, _number("type", "KEYFRAME"), np.int32))
    fcurve.update()


def move_keys(fcurve: bpy.types.FCurve, frames: NDArray[Any], values: NDArray[Any]) -> bool:
    """Give the keys of an F-curve other values, as fast as Blender can; False if it has another number of keys.

    Handles, which only matter where an artist makes the keys smooth, are left for ``set_keys``.
    """
    points = fcurve.keyframe_points
    if len(points) != len(frames):
        return False
    points.foreach_set("co", _interleaved(frames, values))
    return True


def fingerprint(fcurve: bpy.types.FCurve) -> str:
    """Tells whether an artist changed the keys: their frames, values, interpolation and kind."""
    kinds = np.empty((2, len(fcurve.keyframe_points)), np.int32)
    for row, attribute in zip(kinds, ("interpolation", "type"), strict=True):
        fcurve.keyframe_points.foreach_get(attribute, row)
    return _digest(key_points(fcurve).ravel(), kinds)


def written_fingerprint(frames: NDArray[Any], values: NDArray[Any], interpolation: str = "LINEAR") -> str:
    """The ``fingerprint`` of what ``set_keys`` writes, without reading it back: a drag has no time for that."""
    numbers = _number("interpolation", interpolation), _number("type", "KEYFRAME")
    return _digest(_interleaved(frames, values), np.repeat(np.array(numbers, np.int32), len(frames)))


def _digest(points: NDArray[np.float32], kinds: NDArray[np.int32]) -> str:
    return f"{zlib.crc32(kinds.tobytes(), zlib.crc32(points.tobytes())):08x}"


def _interleaved(frames: NDArray[Any], values: NDArray[Any]) -> NDArray[np.float32]:
    points = np.empty((len(frames), 2), np.float32)
    points[:, 0], points[:, 1] = frames, values
    return points.ravel()
