"""Slots of Actions (Blender 4.4 on) as questions a pre-flight asks; before slots every answer is that all is well."""

from __future__ import annotations

from typing import Any

import bpy


def has_slots(action: bpy.types.Action) -> bool:
    """Whether this Blender's Actions have slots."""
    return hasattr(action, "slots")


def own_slot(action: bpy.types.Action, datablock: bpy.types.ID) -> Any:
    """The slot of an Action that is meant for a datablock: by its name, else the only one of its type; else None."""
    if not has_slots(action):
        return None
    fitting = [slot for slot in action.slots if slot.target_id_type in (datablock.id_type, "UNSPECIFIED")]
    named = [slot for slot in fitting if slot.name_display == datablock.name]
    if named:
        return named[0]
    return fitting[0] if len(fitting) == 1 else None


def slot_problem(datablock: bpy.types.ID) -> str:
    """Say what is wrong with the slot of the Action that is assigned; empty if nothing is, or nothing is assigned."""
    animation = datablock.animation_data
    action = animation.action if animation is not None else None
    if action is None or not has_slots(action):
        return ""
    slot, own = animation.action_slot, own_slot(action, datablock)
    if slot is None:
        return f"Action '{action.name}' is assigned without a slot, so it moves nothing"
    if own is not None and own != slot and own.name_display == datablock.name:
        return f"Action '{action.name}' plays the slot '{slot.name_display}', not that of '{datablock.name}'"
    return ""


def assign_own_slot(datablock: bpy.types.ID) -> str:
    """Give a datablock its slot of the assigned Action; the slot's name, empty if the Action has none for it."""
    animation = datablock.animation_data
    slot = own_slot(animation.action, datablock)
    if slot is None:
        return ""
    animation.action_slot = slot
    return str(slot.name_display)


def push_down(datablock: bpy.types.ID) -> Any:
    """Move the assigned Action to a new NLA track of its own, where it plays as before; the track.

    The Action itself is not changed. The strip extends over all frames, as an assigned Action does.
    """
    animation = datablock.animation_data
    action, slot = animation.action, getattr(animation, "action_slot", None)
    track = animation.nla_tracks.new()
    track.name = action.name
    # The strip's first frame and the Action's must agree to the fraction, or the animation would move.
    strip = track.strips.new(action.name, int(action.frame_range[0]), action)
    strip.frame_start_ui = action.frame_range[0]
    strip.extrapolation = "HOLD"
    if slot is not None:
        strip.action_slot = slot
    animation.action = None
    return track
