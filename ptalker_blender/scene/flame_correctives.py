"""FLAME's pose correctives as shape keys that drivers run.

The articulated model adds displacements linear in the entries of (R - 1) of four joints (section 4 of the FLAME paper,
see ``rig.flame_file``). A driver has the bone's quaternion for its variables and one entry of (R - 1) for its
expression. The expressions use + - * alone: Blender computes those itself, without Python, so the head moves in files
whose scripts are not trusted too.
"""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ..rig.flame_file import JOINTS
from .shape_keys import BASIS

CORRECTIVE = "pose_"  # beginning of the keys' names; the joint, row and column of the entry follow

# Entries of R - 1 in the unit quaternion (w, x, y, z), row by row.
_ENTRIES = (
    "-2*(y*y+z*z)", "2*(x*y-w*z)", "2*(x*z+w*y)",
    "2*(x*y+w*z)", "-2*(x*x+z*z)", "2*(y*z-w*x)",
    "2*(x*z-w*y)", "2*(y*z+w*x)", "-2*(x*x+y*y)",
)  # fmt: skip
_RANGE = 2.0  # no entry of R - 1 is beyond it


def add_correctives(obj: bpy.types.Object, armature: bpy.types.Object, deltas: NDArray[np.float32]) -> None:
    """Add a driven shape key for each corrective.

    Args:
        obj: the mesh, with its Basis.
        armature: has the bones ``JOINTS``.
        deltas: float32 [36, V, 3], displacement for each entry of (R - 1) of neck, jaw, left and right eye, in the
            mesh's space; those that are zero everywhere get no key.
    """
    rest = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.shape_keys.key_blocks[BASIS].data.foreach_get("co", rest)
    for number, delta in enumerate(deltas):
        if not delta.any():
            continue
        joint, entry = JOINTS[1 + number // len(_ENTRIES)], number % len(_ENTRIES)
        key = obj.shape_key_add(name=f"{CORRECTIVE}{joint}_{entry // 3}{entry % 3}", from_mix=False)
        key.value = 0.0
        key.slider_min, key.slider_max = -_RANGE, _RANGE
        key.data.foreach_set("co", rest + delta.ravel())
        _drive(key, armature, joint, _ENTRIES[entry])


def _drive(key: bpy.types.ShapeKey, armature: bpy.types.Object, bone: str, expression: str) -> None:
    driver = key.driver_add("value").driver
    driver.type = "SCRIPTED"
    for name in sorted(set(expression) & set("wxyz")):
        variable = driver.variables.new()
        variable.name, variable.type = name, "TRANSFORMS"
        target = variable.targets[0]
        target.id, target.bone_target = armature, bone
        target.transform_type, target.rotation_mode = f"ROT_{name.upper()}", "QUATERNION"
        target.transform_space = "LOCAL_SPACE"
    driver.expression = expression
