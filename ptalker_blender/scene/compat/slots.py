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


def push_down(datablock: bpy.types.ID, span: tuple[float, float]) -> Any:
    """Move the assigned Action to a new NLA track of its own, where it plays as before; the track.

    Args:
        datablock: with an Action, which is not changed.
        span: as for ``own_track``.
    """
    animation = datablock.animation_data
    action, slot = animation.action, getattr(animation, "action_slot", None)
    animation.action = None
    return own_track(datablock, action, slot, span)


def own_track(datablock: bpy.types.ID, action: bpy.types.Action, slot: Any, span: tuple[float, float]) -> Any:
    """A new NLA track on top that plays an Action of the artist's as it plays when it is assigned; the track.

    Args:
        datablock: what it moves.
        action: the artist's.
        slot: by which it plays; None for the one that is meant for the datablock, and before slots.
        span: first and last frame that will be seen. The strip covers them and the Action's own: it holds what lies
            outside, while an Action may go on there, by a Cycles modifier or extrapolation.
    """
    animation = datablock.animation_data or datablock.animation_data_create()
    track = animation.nla_tracks.new()
    track.name = action.name
    first, last = (float(frame) for frame in action.frame_range)
    first = min(first, float(span[0]))
    last = max(last, float(span[1]), first + 1.0)
    strip = track.strips.new(action.name, int(first), action)
    slot = slot if slot is not None else own_slot(action, datablock)
    if slot is not None:
        strip.action_slot = slot
    strip.use_sync_length = False  # else to leave its tweak mode would cut it
    # The strip's frames and the Action's must agree to the fraction, or the animation would move.
    strip.frame_end_raw, strip.frame_start_raw = last, first
    strip.action_frame_start, strip.action_frame_end = first, last
    strip.blend_type, strip.extrapolation = "REPLACE", "HOLD"
    return track
