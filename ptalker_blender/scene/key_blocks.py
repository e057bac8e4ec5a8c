"""What a mesh object says about its shape keys: names, sliders, drivers, and what keeps them from moving."""

from __future__ import annotations

import bpy
import numpy as np

from ..errors import UserError

EXPECTED = "a mesh with shape keys for the face (ARKit, VRM, visemes, ...)"


def value_path(key_name: str) -> str:
    """Return the data path of a shape key's value, whatever characters its name holds."""
    return f'key_blocks["{bpy.utils.escape_identifier(key_name)}"].value'


def shape_keys(obj: bpy.types.Object) -> bpy.types.Key | None:
    """Return the shape keys of a mesh object; None for other objects and where there are none."""
    keys: bpy.types.Key | None = obj.data.shape_keys if obj.type == "MESH" else None
    return keys


def key_ranges(obj: bpy.types.Object) -> dict[str, tuple[float, float]]:
    """Slider minimum and maximum of every key but the reference key, in order; empty without keys."""
    keys = shape_keys(obj)
    if keys is None:
        return {}
    return {
        block.name: (block.slider_min, block.slider_max) for block in keys.key_blocks if block != keys.reference_key
    }


def driven_keys(obj: bpy.types.Object) -> frozenset[str]:
    """Names of the keys that a driver runs, which would overrule F-curves; a muted driver runs nothing."""
    keys = shape_keys(obj)
    if keys is None or keys.animation_data is None:
        return frozenset()
    paths = {driver.data_path for driver in keys.animation_data.drivers if not driver.mute}
    return frozenset(name for name in key_ranges(obj) if value_path(name) in paths)


def require_keys(obj: bpy.types.Object) -> bpy.types.Key:
    """Shape keys of an object that a take can be written to.

    Raises:
        UserError: not a mesh; no keys or absolute ones; linked from another file; only one key is shown (pinned); the
            animation is in the NLA's tweak mode.
    """
    advice = "choose the face's mesh, or add PTalker's head"
    if obj.type != "MESH":
        raise UserError(f"object '{obj.name}' is of type {obj.type.lower()}", EXPECTED, advice)
    keys = shape_keys(obj)
    if keys is None:
        build = "build them (Build Face Keys on a FLAME mesh, else Head Without Keys)"
        raise UserError(f"mesh '{obj.name}' has no shape keys", EXPECTED, f"{build}, or {advice}")
    if not keys.use_relative:
        raise UserError(f"the shape keys of '{obj.name}' are absolute", "relative shape keys", "turn on Relative")
    if not keys.is_editable:
        raise _linked(obj)
    if obj.show_only_shape_key:
        raise UserError(
            f"'{obj.name}' shows only one shape key (it is pinned), so nothing would move",
            "all keys to be shown",
            "turn off the pin beside its list of shape keys (Solo Active Shape Key)",
        )
    if keys.animation_data is not None and keys.animation_data.use_tweak_mode:
        raise UserError(
            f"the shape keys of '{obj.name}' are in tweak mode", "the NLA left alone", "leave tweak mode (Tab)"
        )
    return keys


def _linked(obj: bpy.types.Object) -> UserError:
    if obj.override_library is not None:
        return UserError(
            f"'{obj.name}' is a library override, but its mesh with the shape keys is still linked",
            "shape keys that this file may animate",
            "override the mesh too (Outliner, right-click on the mesh data: Library Override, Make)",
        )
    return UserError(
        f"'{obj.name}' is linked from another file, which owns its shape keys",
        "shape keys that this file may animate",
        "make a library override of the object and of its mesh, or make both local (Object > Relations)",
    )


def can_move(obj: bpy.types.Object, key_name: str) -> bool:
    """Whether a change of the key's value would be seen: it is not muted, and it moves some vertex."""
    block = obj.data.shape_keys.key_blocks[key_name]
    if block.mute or block.relative_key == block:
        return False
    shape, rest = (_coordinates(one) for one in (block, block.relative_key))
    return bool(np.abs(shape - rest).max(initial=0.0) > 0.0)


def rest_value(obj: bpy.types.Object, key_name: str) -> float:
    """The value of a key at rest: 0, or the end of its slider nearest to it."""
    block = obj.data.shape_keys.key_blocks[key_name]
    return float(min(max(0.0, block.slider_min), block.slider_max))


def _coordinates(block: bpy.types.ShapeKey) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    values = np.empty(len(block.data) * 3, np.float32)
    block.points.foreach_get("co", values)  # a hundred times as fast as its data
    return values
