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


def all_strips(scene: bpy.types.Scene) -> Any:
    """Return the scene's strips, those inside meta strips too; an empty tuple when it has no sequencer."""
    editor = scene.sequence_editor
    return () if editor is None else getattr(editor, f"{strips_property(editor)}_all")


def sound_strip_type() -> Any:
    """The class of sound strips, called SoundSequence before 4.4."""
    return getattr(bpy.types, "SoundStrip", None) or bpy.types.SoundSequence


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


def tells_retiming(strip: Any) -> bool:
    """Whether Python sees the retiming keys of sound strips; before 4.4 it saw those of pictures only."""
    return hasattr(strip, "retiming_keys")


def retiming_frames(strip: Any) -> tuple[float, ...]:
    """Timeline frames of a strip's retiming keys; empty for a strip that plays at its own speed."""
    return tuple(float(key.timeline_frame) for key in strip.retiming_keys)


def played_frames(strip: Any) -> float:
    """Frames for which the whole content plays, retiming included and handles left out."""
    return float(strip.content_duration if hasattr(strip, "content_duration") else strip.frame_duration)


def hard_trims(strip: Any) -> float:
    """Frames of the source that are cut away for good, at both ends together, counted at the source's own speed."""
    if hasattr(strip, "content_trim_start"):
        return float(strip.content_trim_start + strip.content_trim_end)
    return float(strip.animation_offset_start + strip.animation_offset_end)


def hard_trim_start(strip: Any) -> float:
    """The part of ``hard_trims`` that is cut away at the start."""
    if hasattr(strip, "content_trim_start"):
        return float(strip.content_trim_start)
    return float(strip.animation_offset_start)


def keeps_pitch(strip: Any) -> bool:
    """Tell whether Blender keeps the voice's pitch when it plays a strip faster or slower (5.0 on, a setting)."""
    return bool(getattr(strip, "pitch_correction", False))


def metas_above(strip: Any) -> list[Any]:
    """The meta strips that a strip lies in, the innermost first."""
    found = []
    meta = strip.parent_meta()
    while meta is not None:
        found.append(meta)
        meta = meta.parent_meta()
    return found


def channel_muted(scene: bpy.types.Scene, strip: Any) -> bool:
    """Tell whether the channel that a strip lies in is switched off."""
    meta = strip.parent_meta()
    channels = (scene.sequence_editor if meta is None else meta).channels
    return bool(channels[strip.channel].mute)
