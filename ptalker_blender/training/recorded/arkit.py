"""Folders of Live Link Face captures, with sound where it was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ...audio.clip import AudioClip
from ...audio.load import load_audio
from ...errors import UserError
from ...motion.livelink import read_livelink_csv
from ...motion.motion import Motion
from . import index
from .clips import RecordedClip, RecordedSet, cut, moving


def read_arkit(folder: Path, table: Path | None = None) -> RecordedSet:
    """Read every Live Link Face CSV below a folder; the sound of ``take.csv`` is ``take.wav`` beside it, if there.

    Controls keep the captures' own rates (60 frames a second from the app). Channels that stay within 0.001 of 0 in
    all takes count as not observed: a tongue that never shows, a head that was not recorded.

    Args:
        folder: of the captures.
        table: who performs and the splits (see :mod:`.index`); None: ``index.csv`` in the folder, if there.

    Raises:
        UserError: no captures, one that cannot be read, or a table that does not fit.
    """
    files = [file for file in sorted(folder.rglob("*.csv")) if file.name != index.NAME and file != table]
    if not files:
        raise UserError(f"no captures in {folder}", "Live Link Face CSV files, with .wav of the same names if recorded",
                        "name the folder they are in")  # fmt: skip
    entries, notes = index.chosen(folder, files, table)
    motions = {entry.name: read_livelink_csv(file) for file, entry in entries.items()}
    sounds = {entry.name: sound_beside(file) for file, entry in entries.items()}
    return from_motions("arkit", entries.values(), motions, sounds, notes)


def sound_beside(file: Path) -> AudioClip | None:
    """The sound of a motion's file: a .wav of its name, or None."""
    sound = file.with_suffix(".wav")
    return load_audio(sound) if sound.is_file() else None


def from_motions(
    name: str,
    entries: index.Entries,
    motions: Mapping[str, Motion],
    sounds: Mapping[str, AudioClip | None],
    notes: tuple[str, ...],
) -> RecordedSet:
    """A set of controls from motions and sounds by the entries' names, cut to what both cover."""
    clips = []
    for entry in sorted(entries, key=lambda entry: entry.name):
        motion = motions[entry.name]
        frames, audio = cut(len(motion.values), motion.fps, sounds[entry.name])
        values = motion.values[:frames]
        clips.append(RecordedClip(entry.name, entry.performer, entry.sentence, entry.split, audio, values, motion.fps))
    silent = sum(clip.audio is None for clip in clips)
    if silent:
        notes += (f"{silent} of {len(clips)} takes have no sound: they can teach a manner, not speech",)
    observed = moving([motion.values for motion in motions.values()])
    return RecordedSet(name, tuple(clips), observed, notes=notes)
