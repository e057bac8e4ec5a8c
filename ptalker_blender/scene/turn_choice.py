"""What a take's head motion turns: the head at its neck (as ``turning`` does), the whole object, or a bone of a rig.

The choice is a custom property of the mesh, so it goes with it into other files. In each case what is keyed is the
Empty alone; a bone follows it by a constraint, so that the animator's own keys on the bone stay and are added.
"""

from __future__ import annotations

from typing import Final

import bpy

from ..errors import UserError

NECK, OBJECT, BONE = "NECK", "OBJECT", "BONE"
BONE_MOTION: Final = "PTalker Head Motion"  # the constraint on the bone
_CHOICE, _NAME = "ptalker_turn", "ptalker_turn_bone"  # custom properties of the mesh
_FOLLOWS = "ptalker_turned_bone"  # another: the bone that turns until the next take does as was chosen


def turn_choice(obj: bpy.types.Object) -> str:
    """``NECK``, ``OBJECT`` or ``BONE``; the first where nothing was chosen."""
    choice = str(obj.get(_CHOICE, NECK))
    return choice if choice in (NECK, OBJECT, BONE) else NECK


def bone_name(obj: bpy.types.Object) -> str:
    """Name of the bone that was chosen; empty without one."""
    return str(obj.get(_NAME, ""))


def choose_turn(obj: bpy.types.Object, choice: str, bone: str = "") -> None:
    """Choose what the next take turns; what the present one turns goes on until then.

    Raises:
        ValueError: another choice.
    """
    if choice not in (NECK, OBJECT, BONE):
        raise ValueError(f"a head turns by {NECK}, {OBJECT} or {BONE}, not {choice!r}")
    if _FOLLOWS not in obj and bone_target(obj) is not None:
        obj[_FOLLOWS] = bone_name(obj)  # of a file made before this was noted
    obj[_CHOICE], obj[_NAME] = choice, bone


def armature_of(obj: bpy.types.Object) -> bpy.types.Object | None:
    """The armature that deforms a mesh, or above it; None without one."""
    for modifier in obj.modifiers:
        if modifier.type == "ARMATURE" and modifier.object is not None:
            return modifier.object
    above = obj.parent
    while above is not None and above.type != "ARMATURE":
        above = above.parent
    return above


def require_bone(obj: bpy.types.Object) -> bpy.types.PoseBone:
    """The bone that was chosen.

    Raises:
        UserError: no armature, no such bone, or one that may not be changed.
    """
    armature, name = armature_of(obj), bone_name(obj)
    if armature is None:
        raise UserError(f"no armature moves '{obj.name}'", "a rig with a head bone", "let the neck turn (Output)")
    bone = armature.pose.bones.get(name)
    if bone is None:
        found = f"'{armature.name}' has no bone '{name}'" if name else "no bone was chosen"
        raise UserError(found, f"a bone of '{armature.name}'", "choose the head bone under Output")
    if not armature.is_editable:
        raise UserError(f"'{armature.name}' is linked from another file", "a rig of this file", "override it")
    return bone


def bone_target(obj: bpy.types.Object) -> bpy.types.Object | None:
    """The Empty that a bone follows for this mesh, though another may be chosen by now; None if none does."""
    _, constraint = _following(obj)
    return constraint.target if constraint is not None else None


def turn_bone(obj: bpy.types.Object, target: bpy.types.Object) -> None:
    """Let the chosen bone follow an Empty, about the armature's axes: x left, z up, the face towards -y.

    The Empty's rotation comes before the bone's own, as a parent's would, so the bone may lie and be posed as it will.

    Raises:
        UserError: as ``require_bone``.
    """
    bone = require_bone(obj)
    if _following(obj)[0] != bone:
        release_bone(obj)
    obj[_FOLLOWS] = bone.name
    constraint = bone.constraints.get(BONE_MOTION) or bone.constraints.new("COPY_ROTATION")
    constraint.name = BONE_MOTION
    constraint.target = target
    constraint.target_space, constraint.owner_space = "WORLD", "POSE"
    constraint.mix_mode = "BEFORE"


def release_bone(obj: bpy.types.Object) -> None:
    """Let the bone that turned until now follow no more."""
    bone, constraint = _following(obj)
    if bone is not None and constraint is not None:
        bone.constraints.remove(constraint)
    if _FOLLOWS in obj:
        del obj[_FOLLOWS]


def _following(obj: bpy.types.Object) -> tuple[bpy.types.PoseBone | None, bpy.types.Constraint | None]:
    """The bone that turns now, and by what; files made before this was noted know the one that was chosen."""
    armature = armature_of(obj)
    name = str(obj.get(_FOLLOWS, bone_name(obj) if turn_choice(obj) == BONE else ""))
    pose = armature.pose if armature is not None else None  # a new armature has none before it was evaluated
    bone = pose.bones.get(name) if pose is not None else None
    return bone, bone.constraints.get(BONE_MOTION) if bone is not None else None
