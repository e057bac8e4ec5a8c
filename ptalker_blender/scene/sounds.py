"""Sound datablocks as files that the worker can read: linked, relative, packed, or decoded by Blender itself."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import shutil
import sys
import wave
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..errors import UserError
from ..files import atomic_write

# What libsndfile reads, by suffix; anything else needs the ffmpeg program or Blender's own decoder.
PLAIN_SUFFIXES = frozenset(
    (".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64")
)


@dataclass(frozen=True)
class SoundFile:
    """A file the worker can read.

    Attributes:
        path: where it is.
        note: what the artist should know, or empty.
    """

    path: Path
    note: str = ""


def sound_path(sound: bpy.types.Sound) -> Path:
    """Where a sound says its file is; ``//`` stands for the folder of the .blend, or of the library it came from."""
    return Path(bpy.path.abspath(sound.filepath, library=sound.library))


def require_sound_file(sound: bpy.types.Sound) -> None:
    """Check that a sound is packed or its file is there; changes and reads nothing.

    Raises:
        UserError: it is not.
    """
    if sound.packed_file is not None:
        return
    path = sound_path(sound)
    if sound.filepath.startswith("//") and not path.is_absolute():
        raise UserError(
            f"sound '{sound.name}' lies beside a .blend that was never saved", "a place to look", "save the file first"
        )
    if not path.is_file():
        raise UserError(f"sound file {path} is missing", "the file of the strip", "relink it with File > External Data")


def sound_file(sound: bpy.types.Sound) -> SoundFile:
    """A file with what a sound plays, written to Blender's temporary folder where there is none that can be read.

    Raises:
        UserError: the file is missing.
    """
    require_sound_file(sound)
    if sound.packed_file is None:
        return readable_file(sound_path(sound))
    data = bytes(sound.packed_file.data)
    path = _temporary(hashlib.sha256(data).hexdigest(), Path(sound.filepath).suffix or ".wav")
    if not path.is_file():
        with atomic_write(path) as temporary:
            temporary.write_bytes(data)
    made = readable_file(path)
    return SoundFile(made.path, made.note or f"packed sound '{sound.name}' was read through a temporary file")


def found_again(path: Path, sound: str, source: Path) -> Path:
    """A recording that was read once: where it was, else from its sound or its own file, since temporary files go.

    Args:
        path: of the file that was read.
        sound: name of the sound it was of; counts only if that still has a file called like ``source``.
        source: the sound's own file as it was then.

    Returns:
        a file that can be read; ``path`` if nothing is left.

    Raises:
        UserError: as ``sound_file``.
    """
    if path.is_file():
        return path
    here = bpy.data.sounds.get(sound)
    if here is not None and sound_path(here).name == source.name and (here.packed_file or sound_path(here).is_file()):
        return sound_file(here).path
    return readable_file(source).path if source.is_file() else path


def readable_file(path: Path) -> SoundFile:
    """The file itself, or a WAV made of it by Blender's decoder where the worker would have none for it.

    That is so for video sound, M4A and the like on a machine without the ffmpeg program. What Blender cannot decode
    either is passed on as it is, for the worker to say what it misses.

    Args:
        path: an existing file.
    """
    if path.suffix.lower() in PLAIN_SUFFIXES or shutil.which("ffmpeg") is not None:
        return SoundFile(path)
    decoder = audaspace()
    if decoder is None:
        return SoundFile(path)
    state = path.stat()
    key = f"{path}\n{state.st_size}\n{state.st_mtime_ns}"
    decoded = _temporary(hashlib.sha256(key.encode()).hexdigest(), ".wav")
    if not decoded.is_file():
        try:
            _decode(decoder, path, decoded)
        except decoder.error:  # Blender does not know it either
            return SoundFile(path)
    return SoundFile(decoded, f"{path.name} was decoded by Blender")


def sound_seconds(sound: bpy.types.Sound) -> float:
    """Length of a sound, as Blender's own decoder tells it.

    Raises:
        UserError: the file is missing or unknown to Blender, or this Blender has no Python access to sound.
    """
    file = sound_file(sound).path
    state = file.stat()
    return _seconds(file, state.st_size, state.st_mtime_ns)


def audaspace() -> Any:
    """Blender's sound module; None in builds without it."""
    # The bpy wheels make it a built-in module only once bpy was imported, hence the look at sys.modules first.
    if "aud" not in sys.modules and importlib.util.find_spec("aud") is None:
        return None
    try:
        return importlib.import_module("aud")
    except ImportError:  # built against another numpy, as in Debian's 4.3
        return None


@lru_cache(maxsize=64)
def _seconds(file: Path, _size: int, _time: int) -> float:
    """Kept, since panels ask at every redraw."""
    decoder = audaspace()
    if decoder is None:
        raise UserError(
            "the speed of a retimed strip cannot be told in this build of Blender",
            "a strip at its own speed",
            "clear its retiming keys (Strip > Retiming > Reset)",
        )
    try:
        sound = decoder.Sound(str(file))
        rate, _ = sound.specs  # first, as in _decode
        return float(sound.length) / float(rate)
    except decoder.error as error:
        raise UserError(f"Blender cannot read {file.name} ({error})", "a sound file", "export it as wav") from error


def _decode(decoder: Any, source: Path, target: Path) -> None:
    """Write a WAV of 16 bit; audaspace's own writer gives up at the padded end of an AAC file (5.0)."""
    sound = decoder.Sound(str(source))
    rate, channels = sound.specs  # first: it raises for a file that is no sound, where data() would end Blender (5.0)
    samples = np.asarray(sound.data(), np.float32)
    with atomic_write(target) as temporary, wave.open(str(temporary), "wb") as file:
        file.setnchannels(round(channels))
        file.setsampwidth(2)
        file.setframerate(round(rate))
        file.writeframes(np.rint(samples.clip(-1.0, 1.0) * 32767.0).astype("<i2").tobytes())


def _temporary(digest: str, suffix: str) -> Path:
    return Path(bpy.app.tempdir) / f"ptalker_{digest[:16]}{suffix}"
