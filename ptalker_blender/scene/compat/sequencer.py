"""The sequencer across versions: ``sequences`` (4.2), ``strips`` (4.4+), and the strip time names of 5.1."""

from __future__ import annotations

from typing import Any

import bpy

from ...errors import UserError


def strips(scene: bpy.types.Scene, create: bool = False) -> Any:
    """Return the scene's top-level strips, or an empty tuple when it has no sequencer and ``create`` is false."""
    editor = scene.sequence_editor
    if editor is None:
        if not create:
            return ()
        editor = scene.sequence_editor_create()
    return getattr(editor, strips_property(editor))


def strips_property(editor: Any) -> str:
    """Name of the property that holds a sequencer's top-level strips."""
    return "strips" if hasattr(editor, "strips") else "sequences"


def sequencer_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """Return the scene whose sequencer the artist edits: from 5.0 it may differ from the one in the 3D view."""
    return getattr(context, "sequencer_scene", None) or context.scene


def new_sound_strip(scene: bpy.types.Scene, name: str, path: str, channel: int, frame: int) -> Any:
    """Add a sound strip.

    Raises:
        UserError: this Blender was built without sound (the 4.2 Python module), or cannot read the file.
    """
    try:
        return strips(scene, create=True).new_sound(name, path, channel, frame)
    except RuntimeError as error:
        raise UserError(
            f"the sound strip for {name} could not be made ({' '.join(str(error).split())})",
            "a sound file and a Blender built with sound",
            "use a WAV file, or another build of Blender",
        ) from error


def visible_range(strip: Any) -> tuple[float, float]:
    """First frame a strip is seen or heard at, and the frame after its last."""
    if hasattr(strip, "left_handle"):
        return float(strip.left_handle), float(strip.right_handle)
    return float(strip.frame_final_start), float(strip.frame_final_end)


def source_start(strip: Any) -> float:
    """Frame on which the first sample of the source would fall, however the strip is trimmed."""
    if hasattr(strip, "content_start"):
        return float(strip.content_start) - float(strip.content_trim_start)
    return float(strip.frame_start) - float(strip.animation_offset_start)


def sound_offset(strip: Any) -> float:
    """Seconds by which the sound is moved against its strip; 4.2 has no such setting."""
    return float(getattr(strip, "sound_offset", 0.0))


def cuts_end(strip: Any) -> bool:
    """Tell whether the strip ends before its source does."""
    if hasattr(strip, "right_handle_offset"):
        return bool(strip.right_handle_offset > 0 or strip.content_trim_end > 0)
    return bool(strip.frame_offset_end > 0 or strip.animation_offset_end > 0)


def is_retimed(strip: Any) -> bool:
    """Tell whether the strip plays its source faster or slower somewhere."""
    return len(strip.retiming_keys) > 0
