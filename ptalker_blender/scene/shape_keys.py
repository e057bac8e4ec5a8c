"""Shape keys of a head: building them from arrays and finding which control each one answers to."""

from __future__ import annotations

import re
from collections.abc import Sequence

import bpy
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..motion.controls import BLENDSHAPES

BASIS = "Basis"


def add_shape_keys(obj: bpy.types.Object, names: Sequence[str], deltas: NDArray[np.float32]) -> None:
    """Give a mesh object a Basis and one relative shape key per name.

    Args:
        obj: a mesh object without shape keys.
        names: K key names.
        deltas: [K, V, 3] float32, displacement at weight 1 in object space, metres.

    Raises:
        ValueError: the arrays do not fit the mesh, or it has shape keys already.
    """
    count = len(obj.data.vertices)
    if obj.data.shape_keys is not None:
        raise ValueError(f"{obj.name} already has shape keys")
    if deltas.shape != (len(names), count, 3):
        raise ValueError(f"key deltas must be [{len(names)}, {count}, 3], got {deltas.shape}")
    obj.shape_key_add(name=BASIS, from_mix=False)
    rest = np.empty(count * 3, np.float32)
    obj.data.vertices.foreach_get("co", rest)
    for name, delta in zip(names, deltas, strict=True):
        key = obj.shape_key_add(name=name, from_mix=False)
        key.value = 0.0  # Blender 5 makes new keys fully on
        key.data.foreach_set("co", rest + np.asarray(delta, np.float32).ravel())


def canonical(name: str) -> str:
    """Return a key name without case and separators, with a side suffix such as ``_L`` or ``.R`` spelled out."""
    sided = re.sub(r"[_.\- ]([lr])$", lambda match: "left" if match[1] == "l" else "right", name.lower())
    return re.sub(r"[_.\- ]", "", sided)


def control_keys(obj: bpy.types.Object) -> dict[str, str]:
    """Which shape key answers to each blendshape control.

    A key of exactly the control's name wins; otherwise the first whose ``canonical`` spelling is the same
    (``eyeBlink_L``, ``EyeBlinkLeft``, ``eye_blink_left`` are all ``eyeBlinkLeft``).

    Args:
        obj: a mesh object; one without shape keys has no controls.

    Returns:
        shape key name by control name, in the order of ``BLENDSHAPES``.
    """
    keys = obj.data.shape_keys if obj.type == "MESH" else None
    if keys is None:
        return {}
    names = [block.name for block in keys.key_blocks if block != keys.reference_key]
    spelled: dict[str, str] = {}
    for name in names:
        spelled.setdefault(canonical(name), name)
    exact = set(names)
    found = {control: control if control in exact else spelled.get(canonical(control)) for control in BLENDSHAPES}
    return {control: key for control, key in found.items() if key is not None}


def require_controls(obj: bpy.types.Object) -> dict[str, str]:
    """``control_keys`` of a head that can be animated.

    Raises:
        UserError: not a mesh, no relative shape keys, or none of the 52 by name.
    """
    expected = "a mesh with shape keys named after the ARKit blendshapes (jawOpen, mouthFunnel, ...)"
    advice = "add PTalker's head, or name the keys of this one"
    if obj.type != "MESH":
        raise UserError(f"object '{obj.name}' is of type {obj.type.lower()}", expected, advice)
    keys = obj.data.shape_keys
    if keys is None:
        raise UserError(f"mesh '{obj.name}' has no shape keys", expected, advice)
    if not keys.use_relative:
        raise UserError(f"the shape keys of '{obj.name}' are absolute", "relative shape keys", "turn on Relative")
    controls = control_keys(obj)
    if not controls:
        raise UserError(f"none of the {len(keys.key_blocks)} shape keys of '{obj.name}' is known", expected, advice)
    return controls
