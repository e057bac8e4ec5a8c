"""Sound strips of the sequencer: what part of which file is heard at which frame, and adding one in sync."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..errors import UserError
from ..files import atomic_write
from .compat import sequencer
from .timing import effective_fps

CHANNELS = 128  # all that Blender has


@dataclass(frozen=True)
class StripTimes:
    """Where a strip lies, in scene frames.

    Attributes:
        visible_start, visible_end: first frame of the strip and the frame after its last.
        source_start: frame on which sample 0 of the sound falls, sound offset included; may lie before or after
            ``visible_start``, and between frames.
        cuts_end: whether the strip ends before its sound does.
    """

    visible_start: float
    visible_end: float
    source_start: float
    cuts_end: bool


@dataclass(frozen=True)
class StripAudio:
    """The part of a sound file that a strip plays.

    Attributes:
        path: sound file.
        start_s: seconds into the file of the first sample heard.
        end_s: seconds into the file after the last sample heard; None: the file's end.
        visible_start_frame: scene frame of that first sample; between frames where the sound starts between them.
        note: what the artist should know (packed sound written to a temporary file), or empty.
    """

    path: Path
    start_s: float
    end_s: float | None
    visible_start_frame: float
    note: str = ""


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
    end = (times.visible_end - times.source_start) / fps if times.cuts_end else None
    return (first - times.source_start) / fps, end, first


def read_strip(strip: Any) -> StripAudio:
    """Find out what a sound strip plays.

    Args:
        strip: a sound strip of any supported Blender version.

    Raises:
        UserError: not a sound strip, no sound, retimed, nothing heard, or its file is missing.
    """
    if strip.type != "SOUND" or strip.sound is None:
        raise UserError(f"strip '{strip.name}' has no sound", "a sound strip", "select one in the sequencer")
    if sequencer.is_retimed(strip):
        raise UserError(f"strip '{strip.name}' is retimed", "a strip at its own speed", "clear its retiming keys")
    fps = effective_fps(strip.id_data)
    visible_start, visible_end = sequencer.visible_range(strip)
    origin = sequencer.source_start(strip) + sequencer.sound_offset(strip) * fps
    times = StripTimes(visible_start, visible_end, origin, sequencer.cuts_end(strip))
    start, end, frame = audible_part(times, fps)
    path, note = _sound_file(strip.sound)
    return StripAudio(path, start, end, frame, note)


def sound_strips(scene: bpy.types.Scene) -> list[Any]:
    """List the scene's sound strips from the lowest channel up, earlier ones first."""
    found = [strip for strip in sequencer.strips(scene) if strip.type == "SOUND"]
    return sorted(found, key=lambda strip: (strip.channel, sequencer.visible_range(strip)[0]))


def has_sound(scene: bpy.types.Scene) -> bool:
    """Tell whether the scene has a sound strip; cheap enough for every redraw of a panel."""
    return any(strip.type == "SOUND" for strip in sequencer.strips(scene))


def find_strip(scene: bpy.types.Scene, name: str) -> Any:
    """Return the strip of that name, or the only sound strip there is when the name is empty.

    Raises:
        UserError: no such strip, none at all, or several to choose from.
    """
    if name:
        found = sequencer.strips(scene)
        if not found or name not in found:
            raise UserError(f"no strip '{name}' in scene '{scene.name}'", "a sound strip", "choose another")
        return found[name]
    there = sound_strips(scene)
    if len(there) != 1:
        raise UserError(f"{len(there)} sound strips in scene '{scene.name}'", "one, or a choice", "choose the strip")
    return there[0]


def is_there(scene: bpy.types.Scene, path: Path, frame: int) -> bool:
    """Tell whether a sound strip already plays this file from this frame, so that a second bake adds no echo."""
    return any(
        strip.sound is not None
        and Path(bpy.path.abspath(strip.sound.filepath, library=strip.sound.library)) == path
        and sequencer.source_start(strip) == frame
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


def _sound_file(sound: bpy.types.Sound) -> tuple[Path, str]:
    """File of a sound, packed or not, and a note if it had to be written first."""
    if sound.packed_file is not None:
        data = bytes(sound.packed_file.data)
        suffix = Path(sound.filepath).suffix or ".wav"
        path = Path(bpy.app.tempdir) / f"ptalker_{hashlib.sha256(data).hexdigest()[:16]}{suffix}"
        if not path.is_file():
            with atomic_write(path) as temporary:
                temporary.write_bytes(data)
        return path, f"packed sound '{sound.name}' was read through a temporary file"
    path = Path(bpy.path.abspath(sound.filepath, library=sound.library))
    if not path.is_file():
        raise UserError(f"sound file {path} is missing", "the file of the strip", "relink it with File > External Data")
    return path, ""
