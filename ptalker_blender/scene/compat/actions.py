"""Actions and their F-curves across Blender 4.2 (no slots), 4.4-4.5 (slots, legacy proxy) and 5.0+ (slots only)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy


def assign_new_action(datablock: bpy.types.ID, name: str) -> tuple[bpy.types.Action, Any]:
    """Make an Action for one datablock and assign it, with a slot of its own where this Blender has slots.

    The datablock's previous Action is only unassigned; its curves are not read or written.

    Args:
        datablock: any animatable datablock, e.g. ``mesh.shape_keys``.
        name: name of the Action; Blender makes it unique.

    Returns:
        the Action, and the collection to which its F-curves are added by ``add_fcurve``.
    """
    action = bpy.data.actions.new(name)
    animation = datablock.animation_data or datablock.animation_data_create()
    if not hasattr(action, "slots"):
        # Before slots an Action is tied to one type of datablock; without this it could be assigned to the wrong one.
        action.id_root = datablock.id_type
        animation.action = action
        return action, action
    slot = action.slots.new(datablock.id_type, datablock.name)
    animation.action = action
    animation.action_slot = slot
    return action, _channelbag(action, slot)


def new_holder(action: bpy.types.Action, id_type: str, name: str) -> Any:
    """Let an Action that nothing plays yet animate datablocks of a type; what ``assign_new_action`` returns second.

    Args:
        action: without slots so far; it may be of another main database than the open file's.
        id_type: such as ``"KEY"``.
        name: of the slot, where this Blender has slots.
    """
    if not hasattr(action, "slots"):
        action.id_root = id_type
        return action
    return _channelbag(action, action.slots.new(id_type, name))


def assign_shared_action(datablocks: Sequence[bpy.types.ID], name: str) -> list[tuple[bpy.types.Action, Any]]:
    """Make one Action with a slot for each of several datablocks of one type; one Action each before slots.

    Returns:
        for each datablock what ``assign_new_action`` returns.
    """
    action, holder = assign_new_action(datablocks[0], name)
    made = [(action, holder)]
    for datablock in datablocks[1:]:
        if not hasattr(action, "slots"):
            made.append(assign_new_action(datablock, f"{name} {datablock.name}"))
            continue
        animation = datablock.animation_data or datablock.animation_data_create()
        slot = action.slots.new(datablock.id_type, datablock.name)
        animation.action = action
        animation.action_slot = slot
        made.append((action, _channelbag(action, slot)))
    return made


def _channelbag(action: bpy.types.Action, slot: Any) -> Any:
    """Return the channelbag of a slot, made if the Action is still empty."""
    from bpy_extras import anim_utils

    ensure = getattr(anim_utils, "action_ensure_channelbag_for_slot", None)
    if ensure is not None:
        return ensure(action, slot)
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def add_fcurve(holder: Any, data_path: str, index: int, group: str) -> bpy.types.FCurve:
    """Add one F-curve to what ``assign_new_action`` returned, in a channel group (made if new)."""
    curve = holder.fcurves.new(data_path, index=index)
    curve.group = holder.groups.get(group) or holder.groups.new(group)
    return curve


def fcurves(action: bpy.types.Action, datablock: bpy.types.ID) -> list[bpy.types.FCurve]:
    """Return the F-curves with which an Action animates this datablock; empty if it has none."""
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    from bpy_extras import anim_utils

    animation = datablock.animation_data
    slot = animation.action_slot if animation is not None and animation.action == action else None
    if slot is None:
        fitting = [one for one in action.slots if one.target_id_type == datablock.id_type]
        slot = fitting[0] if len(fitting) == 1 else None
    bag = anim_utils.action_get_channelbag_for_slot(action, slot) if slot is not None else None
    return list(bag.fcurves) if bag is not None else []


def holders(action: bpy.types.Action) -> list[Any]:
    """All that hold F-curves in an Action, one for each slot, as for ``add_fcurve``."""
    if not hasattr(action, "slots"):
        return [action]
    return [bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags]


def slot_handle(datablock: bpy.types.ID) -> int | None:
    """Number of the slot through which a datablock is animated; None before slots, or without an Action."""
    animation = datablock.animation_data
    slot = getattr(animation, "action_slot", None)
    return slot.handle if slot is not None else None


def holder_of(action: bpy.types.Action, handle: int | None) -> Any:
    """What holds the F-curves of one slot, as for ``add_fcurve``; None if the slot has gone or was emptied.

    Args:
        action: any.
        handle: of ``slot_handle``; None where the Action was made before slots, whose only slot is then meant.
    """
    if not hasattr(action, "slots"):
        return action
    from bpy_extras import anim_utils

    slot = _slot(action, handle)
    return anim_utils.action_get_channelbag_for_slot(action, slot) if slot is not None else None


def assign(datablock: bpy.types.ID, action: bpy.types.Action | None, handle: int | None = None) -> None:
    """Let an Action animate a datablock, through the slot of ``holder_of``; None takes the present one off."""
    animation = datablock.animation_data or datablock.animation_data_create()
    animation.action = action
    if action is not None and hasattr(action, "slots"):
        slot = _slot(action, handle)
        if slot is not None:
            animation.action_slot = slot


def _slot(action: bpy.types.Action, handle: int | None) -> Any:
    if handle is None:
        return action.slots[0] if len(action.slots) == 1 else None
    return next((slot for slot in action.slots if slot.handle == handle), None)
