"""All that Blender keeps of an F-curve's keys, as arrays: some are replaced, the others stay to the bit.

``fcurve.update``, without which Blender shows nothing of the change (no tag of the Action does, 4.2 to 5.0), would work
out the handles of keys anew that nobody asked to change; so all handles are free while it runs.
"""

from __future__ import annotations

from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

Keys = dict[str, NDArray[Any]]
_FLOATS: Final = {"co": 2, "handle_left": 2, "handle_right": 2, "amplitude": 1, "back": 1, "period": 1}
_HANDLES: Final = ("handle_left_type", "handle_right_type")
_PLAIN: Final = ("interpolation", "easing", "type")
_NUMBERS: Final = (*_HANDLES, *_PLAIN)
_FLAGS: Final = ("select_control_point", "select_left_handle", "select_right_handle")


def read_keys(fcurve: bpy.types.FCurve) -> Keys:
    """Every attribute of every key: [K] or, of places, [K, 2]."""
    count, keys = len(fcurve.keyframe_points), {}
    for name, width in _FLOATS.items():
        flat = np.empty(count * width, np.float32)
        fcurve.keyframe_points.foreach_get(name, flat)
        keys[name] = flat.reshape(count, width) if width > 1 else flat
    for names, kind in ((_NUMBERS, np.int32), (_FLAGS, np.bool_)):
        for name in names:
            keys[name] = np.empty(count, kind)
            fcurve.keyframe_points.foreach_get(name, keys[name])
    return keys


def write_keys(fcurve: bpy.types.FCurve, keys: Keys) -> None:
    """Replace all keys of an F-curve by those of ``read_keys``, in the order of their frames."""
    points = fcurve.keyframe_points
    if len(points) != len(keys["co"]):
        points.clear()
        points.add(len(keys["co"]))
    free = bpy.types.Keyframe.bl_rna.properties["handle_left_type"].enum_items["FREE"].value
    for name in _HANDLES:
        points.foreach_set(name, np.full(len(points), free, np.int32))
    for name in (*_PLAIN, *_FLAGS, *_FLOATS):
        points.foreach_set(name, np.ascontiguousarray(keys[name]).ravel())
    fcurve.update()
    for name in _HANDLES:
        points.foreach_set(name, np.ascontiguousarray(keys[name]))


def plain_keys(frames: NDArray[Any], values: NDArray[Any], interpolation: str) -> Keys:
    """New keys, not selected, with handles a third of a frame away, level."""
    count, items = len(frames), bpy.types.Keyframe.bl_rna.properties
    keys: Keys = {"co": np.stack([frames, values], axis=1).astype(np.float32).reshape(count, 2)}
    for name, side in (("handle_left", -1.0), ("handle_right", 1.0)):
        keys[name] = keys["co"] + np.array([side / 3.0, 0.0], np.float32)
    for name in ("amplitude", "back", "period"):
        keys[name] = np.full(count, items[name].default, np.float32)
    chosen = {"interpolation": interpolation, "type": "KEYFRAME", "easing": "AUTO"}
    for name in _NUMBERS:
        value = items[name].enum_items[chosen.get(name, "AUTO_CLAMPED")].value
        keys[name] = np.full(count, value, np.int32)
    for name in _FLAGS:
        keys[name] = np.zeros(count, np.bool_)
    return keys


def chosen(keys: Keys, which: NDArray[np.bool_]) -> Keys:
    """Those of the keys for which ``which`` [K] holds."""
    return {name: values[which] for name, values in keys.items()}


def merged(*parts: Keys) -> Keys:
    """Keys of several, in the order of their frames; of two on one frame the first given stays."""
    together = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    frames = together["co"][:, 0]
    order = np.argsort(frames, kind="stable")
    first = np.concatenate(([True], np.diff(frames[order]) > 0))
    return {name: values[order][first] for name, values in together.items()}


def marked(keys: Keys) -> NDArray[np.bool_]:
    """Which keys an artist marked as kept [K]: their type is Extreme, which the dope sheet draws pink."""
    extreme = bpy.types.Keyframe.bl_rna.properties["type"].enum_items["EXTREME"].value
    return np.asarray(keys["type"] == extreme)
