"""What the buttons of the pre-flight do: each takes one thing out of the way, and says what it did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..errors import UserError
from .compat.slots import assign_own_slot, push_down
from .key_blocks import shape_keys
from .mapping import object_mapping
from .strips import make_heard
from .turning import head_turner


def unmute_keys(obj: bpy.types.Object) -> str:
    """Turn on the muted keys that speak; others stay as they are.

    Raises:
        UserError: as all here that take an object: no shape keys, or linked ones.
    """
    keys = _editable_keys(obj)
    muted = [keys.key_blocks[name] for name in object_mapping(obj).table.keys if keys.key_blocks[name].mute]
    for block in muted:
        block.mute = False
    return f"Turned on {'1 key' if len(muted) == 1 else f'{len(muted)} keys'} of '{obj.name}'"


def show_all_keys(obj: bpy.types.Object) -> str:
    """Turn off the pin that shows one key alone."""
    _editable_keys(obj)
    obj.show_only_shape_key = False
    return f"'{obj.name}' shows all its keys again"


def make_keys_relative(obj: bpy.types.Object) -> str:
    """Let each key add its own shape."""
    _editable_keys(obj).use_relative = True
    return f"The keys of '{obj.name}' are relative now"


def leave_tweak_mode(obj: bpy.types.Object) -> str:
    """Leave the NLA's tweak mode."""
    animation = _editable_keys(obj).animation_data
    if animation is not None:
        animation.use_tweak_mode = False
    return f"Left tweak mode on '{obj.name}'"


def play_all_tracks(obj: bpy.types.Object) -> str:
    """Let the NLA of a mesh's keys, and of the Empty that turns it, play every track that is not muted."""
    for datablock in (_editable_keys(obj), head_turner(obj)):
        animation = datablock.animation_data if datablock is not None and datablock.is_editable else None
        for track in animation.nla_tracks if animation is not None else ():
            track.is_solo = False
        if animation is not None:
            animation.use_nla = True
    return f"The NLA of '{obj.name}' plays all its tracks"


def push_down_action(obj: bpy.types.Object) -> str:
    """Move the assigned Action to an NLA track, under which a take plays."""
    keys = _editable_keys(obj)
    animation = keys.animation_data
    if animation is None or animation.action is None:
        raise UserError(f"the keys of '{obj.name}' have no Action", "one that is assigned", "nothing needs to be done")
    if animation.use_tweak_mode:
        raise UserError(f"the keys of '{obj.name}' are in tweak mode", "the NLA left alone", "leave tweak mode first")
    return f"Moved '{animation.action.name}' to the NLA track '{push_down(keys, _span(obj)).name}'"


def assign_slot(obj: bpy.types.Object) -> str:
    """Give the keys their own slot of the Action that is assigned."""
    keys = _editable_keys(obj)
    if keys.animation_data is None or keys.animation_data.action is None:
        raise UserError(f"the keys of '{obj.name}' have no Action", "one that is assigned", "nothing needs to be done")
    slot = assign_own_slot(keys)
    if not slot:
        name = keys.animation_data.action.name
        found = f"Action '{name}' has no slot for the keys of '{obj.name}', or several"
        raise UserError(found, "a slot of their name", "choose one in the Action Editor, or unassign the Action")
    return f"'{obj.name}' plays the slot '{slot}'"


def unmute_strip(strip: Any) -> str:
    """Let a strip be heard: mutes of the strip, of metas round it and of their channels, and a volume of 0."""
    make_heard(strip)
    return f"'{strip.name}' is heard"


def relink_sound(strip: Any, path: Path) -> str:
    """Give a strip's sound another file.

    Raises:
        UserError: there is no such file, or the sound is linked from another .blend.
    """
    if strip.sound is None or not strip.sound.is_editable:
        raise UserError(f"the sound of '{strip.name}' is linked", "a sound of this file", "relink it in its own file")
    if not path.is_file():
        raise UserError(f"no sound file at {path}", "an audio file", "choose another")
    strip.sound.filepath = str(path)
    return f"'{strip.name}' plays {path.name}"


def match_rate(scene: bpy.types.Scene, other: bpy.types.Scene) -> str:
    """Let a scene play as fast as another."""
    scene.render.fps, scene.render.fps_base = other.render.fps, other.render.fps_base
    return f"'{scene.name}' plays as fast as '{other.name}'"


def play_in_sync(scene: bpy.types.Scene) -> str:
    """Let playback drop frames to stay with the sound, and let scrubbing be heard."""
    scene.sync_mode, scene.use_audio_scrub = "AUDIO_SYNC", True
    return f"'{scene.name}' keeps in time with its sound"


def _span(obj: bpy.types.Object) -> tuple[float, float]:
    """First and last frame that the scenes of an object play."""
    frames = [frame for scene in obj.users_scene for frame in (scene.frame_start, scene.frame_end)]
    return (min(frames), max(frames)) if frames else (0.0, 0.0)


def _editable_keys(obj: bpy.types.Object) -> bpy.types.Key:
    keys = shape_keys(obj)
    if keys is None:
        raise UserError(f"'{obj.name}' has no shape keys", "a mesh with shape keys", "choose another mesh")
    if not keys.is_editable or not obj.is_editable:
        raise UserError(
            f"'{obj.name}' is linked from another file", "an object of this file", "make a library override of it"
        )
    return keys
