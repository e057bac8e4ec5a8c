"""Sound strips of the sequencer: what part of which file is heard at which frame, and adding one in sync."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..errors import UserError
from .compat import actions, sequencer
from .sounds import SoundFile, audaspace, readable_file, sound_file, sound_path, sound_seconds
from .timing import effective_fps

CHANNELS = 128  # all that Blender has
_SAME_SPEED = 1e-3
_ROUNDING = 2.0  # frames


@dataclass(frozen=True)
class StripTimes:
    """Where a strip lies, in scene frames.

    Attributes:
        visible_start, visible_end: first frame of the strip and the frame after its last, meta strips included.
        source_start: frame on which sample 0 of the sound falls, sound offset included; may lie before or after
            ``visible_start``, and between frames.
        cuts_end: whether the strip ends before its sound does.
        speed: seconds of the sound that one second plays.
    """

    visible_start: float
    visible_end: float
    source_start: float
    cuts_end: bool
    speed: float = 1.0


@dataclass(frozen=True)
class HeardPart:
    """What a strip plays of its sound, whatever file that is in.

    Attributes:
        start_s: seconds into the sound of the first sample heard.
        end_s: seconds into the sound after the last sample heard; None: its end.
        frame: scene frame of that first sample; between frames where the sound starts between them.
        speed: seconds of the sound that one second plays.
        keep_pitch: whether the voice keeps its pitch at that speed.
    """

    start_s: float
    end_s: float | None
    frame: float
    speed: float = 1.0
    keep_pitch: bool = False


@dataclass(frozen=True)
class StripAudio:
    """The part of a sound file that a strip plays.

    Attributes:
        path: a file the worker can read; the sound's own, unless that is packed or of a kind it cannot read.
        start_s: seconds into the file of the first sample heard.
        end_s: seconds into the file after the last sample heard; None: the file's end.
        visible_start_frame: scene frame of that first sample; between frames where the sound starts between them.
        note: what the artist should know (packed sound written to a temporary file), or empty.
        speed: as in ``HeardPart``.
        keep_pitch: as in ``HeardPart``.
        source: the sound's own file, which may be another than ``path``.
        name: what the line is called.
        sound: name of the sound, where it is one of the file's; or empty.
    """

    path: Path
    start_s: float
    end_s: float | None
    visible_start_frame: float
    note: str = ""
    speed: float = 1.0
    keep_pitch: bool = False
    source: Path = Path()
    name: str = ""
    sound: str = ""


def audible_part(times: StripTimes, fps: float) -> tuple[float, float | None, float]:
    """Seconds (start, end or None) of the source that are heard, and the scene frame at which hearing starts.

    Args:
        times: where the strip lies.
        fps: effective rate of the scene.

    Raises:
        UserError: nothing of the sound is heard.
    """
    first = max(times.visible_start, times.source_start)
    if first >= times.visible_end:
        raise UserError("a sound strip with nothing of its sound left", "a strip that is heard", "extend its handles")
    per_frame = times.speed / fps
    end = (times.visible_end - times.source_start) * per_frame if times.cuts_end else None
    return (first - times.source_start) * per_frame, end, first


def read_strip(strip: Any) -> StripAudio:
    """Find out what a sound strip plays, and where that can be read.

    Volume and mutes are those of the mix, not of the performance: they are passed over (see ``why_silent``).

    Args:
        strip: a sound strip of any supported Blender version, perhaps inside meta strips.

    Raises:
        UserError: as ``heard_part``, or the sound's file is missing or cannot be read.
    """
    heard = heard_part(strip)
    file = sound_file(strip.sound)
    return StripAudio(
        file.path,
        heard.start_s,
        heard.end_s,
        heard.frame,
        file.note,
        heard.speed,
        heard.keep_pitch,
        sound_path(strip.sound),
        Path(strip.name).stem,
        strip.sound.name,
    )


def read_file(path: Path, frame: float) -> StripAudio:
    """The whole of a sound file, heard from ``frame`` on; a missing one is the worker's to refuse."""
    file = readable_file(path) if path.is_file() else SoundFile(path)
    return StripAudio(file.path, 0.0, None, float(frame), file.note, source=path, name=path.stem)


def heard_part(strip: Any) -> HeardPart:
    """Find out what a sound strip plays; reads no file, unless the strip is retimed.

    Raises:
        UserError: not a sound strip, no sound, played at a speed that changes, or nothing is heard.
    """
    if strip.type == "SCENE" and strip.scene is not None:
        raise UserError(
            f"scene strip '{strip.name}' plays the mix of '{strip.scene.name}'",
            "a sound strip",
            "bake in that scene, or add its recording here",
        )
    if strip.type != "SOUND" or strip.sound is None:
        raise UserError(f"strip '{strip.name}' has no sound", "a sound strip", "select one in the sequencer")
    fps, speed = effective_fps(strip.id_data), strip_speed(strip)
    start, end = sequencer.visible_range(strip)
    cuts_end = sequencer.cuts_end(strip)
    for meta in sequencer.metas_above(strip):
        meta_start, meta_end = sequencer.visible_range(meta)
        cuts_end = cuts_end or meta_end < end
        start, end = max(start, meta_start), min(end, meta_end)
    # Hard trims are counted in frames of the source, which pass at the strip's speed.
    trimmed = sequencer.hard_trim_start(strip)
    origin = sequencer.source_start(strip) + trimmed - trimmed / speed + sequencer.sound_offset(strip) * fps
    heard = audible_part(StripTimes(start, end, origin, cuts_end, speed), fps)
    return HeardPart(*heard, speed, speed != 1.0 and sequencer.keeps_pitch(strip))


def strip_speed(strip: Any) -> float:
    """Seconds of its sound that a strip plays in one second.

    Two retiming keys are the ends of a strip that plays at one speed. Python is told on which frames keys are, but not
    which part of the sound they hold, so the speed follows from the sound's length, and more keys cannot be read.

    Raises:
        UserError: the speed changes within the strip, or the sound's length cannot be told.
    """
    if not sequencer.tells_retiming(strip):
        _require_own_length(strip)
        return 1.0
    keys = sequencer.retiming_frames(strip)
    if not keys:
        return 1.0
    if len(keys) != 2:
        raise UserError(
            f"strip '{strip.name}' is retimed with {len(keys)} keys, so its speed changes",
            "a strip that plays at one speed",
            "clear its retiming keys (Strip > Retiming > Reset), or render it to a file of its own",
        )
    span, whole = keys[1] - keys[0], _own_frames(strip)
    # Before 5.0 the last key is on the content's last frame, since then after it.
    speed = (whole - (sequencer.played_frames(strip) - span)) / span
    return 1.0 if abs(speed - 1.0) < _SAME_SPEED else speed


def _own_frames(strip: Any) -> float:
    """Frames for which a strip's sound plays at its own speed, without what is cut away for good."""
    seconds = sound_seconds(strip.sound)
    return max(1.0, round(seconds * effective_fps(strip.id_data))) - sequencer.hard_trims(strip)


def _require_own_length(strip: Any) -> None:
    """Refuse a retimed strip where only its length betrays it; where not even the sound's length is known, let it be.

    Raises:
        UserError: the strip's content is not as long as its sound.
    """
    if audaspace() is None:
        return
    if abs(_own_frames(strip) - sequencer.played_frames(strip)) > _ROUNDING:
        raise UserError(
            f"strip '{strip.name}' is not as long as its sound, so it seems to be retimed",
            "a strip at its own speed (Blender 4.4 and newer take others too)",
            "clear its retiming keys (Strip > Retiming > Reset), or reload its sound",
        )


def why_silent(strip: Any, metas: Sequence[Any] | None = None) -> str:
    """Say why a strip is not heard in the mix, in a phrase; empty if it is. ``metas`` are those above it, if known."""
    around = sequencer.metas_above(strip) if metas is None else metas
    if strip.mute:
        return f"Strip '{strip.name}' is muted"
    if strip.volume == 0.0:
        return f"Strip '{strip.name}' has volume 0"
    muted = [meta.name for meta in around if meta.mute]
    if muted:
        return f"Meta strip '{muted[0]}' around '{strip.name}' is muted"
    if any(sequencer.channel_muted(strip.id_data, one) for one in (strip, *around)):
        return f"The channel of strip '{strip.name}' is muted"
    return ""


def animates_volume(strip: Any) -> bool:
    """Whether the volume of a strip changes over time."""
    animation = strip.id_data.animation_data
    if animation is None:
        return False
    path, action = strip.path_from_id("volume"), animation.action
    holder = actions.holder_of(action, actions.slot_handle(strip.id_data)) if action is not None else None
    curves = (animation.drivers, *((holder.fcurves,) if holder is not None else ()))
    return any(found.find(path) is not None for found in curves)


def sounding_scene(scene: bpy.types.Scene) -> tuple[str, bpy.types.Scene] | None:
    """A scene strip that plays another scene's sound strips, by its name, and that scene; None if there is none."""
    for strip in sequencer.all_strips(scene):
        if strip.type == "SCENE" and strip.scene not in (None, scene) and has_sound(strip.scene):
            return str(strip.name), strip.scene
    return None


def make_heard(strip: Any) -> None:
    """Undo what ``why_silent`` names."""
    scene, around = strip.id_data, sequencer.metas_above(strip)
    if strip.volume == 0.0:
        strip.volume = 1.0
    for one in (strip, *around):
        one.mute = False
        if sequencer.channel_muted(scene, one):
            meta = one.parent_meta()
            (scene.sequence_editor if meta is None else meta).channels[one.channel].mute = False


def sound_strips(scene: bpy.types.Scene) -> list[Any]:
    """List the scene's sound strips, those in meta strips too, from the lowest channel up, earlier ones first."""
    found = [strip for strip in sequencer.all_strips(scene) if strip.type == "SOUND"]
    return sorted(found, key=_place)


def _place(strip: Any) -> tuple[int, float]:
    """What orders strips: from the lowest channel up, earlier ones first."""
    return strip.channel, sequencer.visible_range(strip)[0]


def has_sound(scene: bpy.types.Scene) -> bool:
    """Tell whether the scene has a sound strip; cheap enough for every redraw of a panel."""
    return any(strip.type == "SOUND" for strip in sequencer.all_strips(scene))


def active_sound(scene: bpy.types.Scene) -> Any:
    """The sequencer's active strip if it has sound, else its first selected sound strip, else None."""
    editor = scene.sequence_editor
    if editor is None:
        return None
    active = editor.active_strip
    if active is not None and active.type == "SOUND":
        return active
    selected = (strip for strip in sequencer.all_strips(scene) if strip.type == "SOUND" and strip.select)
    return min(selected, key=_place, default=None)


def find_strip(scene: bpy.types.Scene, name: str) -> Any:
    """Return the strip of that name; without a name the only sound strip there is, else the active or selected one.

    Raises:
        UserError: no such strip, none at all, or several and none of them active or selected.
    """
    if name:
        found = sequencer.all_strips(scene)
        if not found or name not in found:
            raise UserError(f"no strip '{name}' in scene '{scene.name}'", "a sound strip", "choose another")
        return found[name]
    there = sound_strips(scene)
    chosen = there[0] if len(there) == 1 else active_sound(scene)
    if chosen is None:
        raise UserError(f"{len(there)} sound strips in scene '{scene.name}'", "one, or a choice", "choose the strip")
    return chosen


def is_there(scene: bpy.types.Scene, path: Path, frame: int) -> bool:
    """Tell whether a sound strip already plays this file from this frame, so that a second bake adds no echo."""
    return any(
        strip.sound is not None and sound_path(strip.sound) == path and sequencer.source_start(strip) == frame
        for strip in sound_strips(scene)
    )


def add_sound_strip(scene: bpy.types.Scene, path: Path, frame: int, channel: int | None = None) -> Any:
    """Add a sound strip whose first sample falls on ``frame``.

    Args:
        scene: where to add it; its sequencer is made if it has none.
        path: sound file Blender can read.
        frame: scene frame.
        channel: 1..128; by default the lowest in which nothing overlaps the strip.

    Raises:
        UserError: the file is missing, or this Blender cannot play it.
    """
    if not path.is_file():
        raise UserError(f"no sound file at {path}", "an audio file", "check the path")
    taken = {strip.name: (strip.channel, sequencer.visible_range(strip)) for strip in sequencer.strips(scene)}
    top = max((used for used, _ in taken.values()), default=0)
    if channel is None and top >= CHANNELS:
        raise UserError(f"all {CHANNELS} sequencer channels are in use", "a free channel", "remove a strip")
    # The strip's length is known only once it is there, so it starts above everything and comes down to its place.
    strip = sequencer.new_sound_strip(scene, path.stem, str(path), channel or top + 1, frame)
    if channel is None:
        start, end = sequencer.visible_range(strip)
        crowded = {used for used, (other, its_end) in taken.values() if other < end and start < its_end}
        strip.channel = next(free for free in range(1, CHANNELS + 1) if free not in crowded)
    return strip
