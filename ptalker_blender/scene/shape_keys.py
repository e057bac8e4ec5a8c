"""Shape keys of a head: building them from arrays and finding which control each one answers to."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np
from numpy.typing import NDArray

from ..motion.controls import BLENDSHAPES
from .mapping import object_mapping, require_mapping

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
        key.points.foreach_set("co", rest + np.asarray(delta, np.float32).ravel())


def control_keys(obj: bpy.types.Object) -> dict[str, str]:
    """Which shape key answers to each blendshape control, by the object's mapping.

    Args:
        obj: any object; one without shape keys has no controls.

    Returns:
        shape key name by control name, in the order of ``BLENDSHAPES``; of several keys for one control the first.

    Raises:
        UserError: the mapping table on the object cannot be read.
    """
    rows = object_mapping(obj).table.rows
    found = {row.control: row.key for row in reversed(rows)}
    return {control: found[control] for control in BLENDSHAPES if control in found}


def require_controls(obj: bpy.types.Object) -> dict[str, str]:
    """``control_keys`` of a head that can be animated.

    Raises:
        UserError: what ``mapping.require_mapping`` refuses.
    """
    require_mapping(obj)
    return control_keys(obj)
