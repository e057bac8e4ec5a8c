"""FLAME parameter tracks with sound: as our controls, or as vertices of the user's FLAME.

Which is sound for what: the shipped network speaks controls, and its losses are in millimetres on our head, so tracks
join it through the solver (:mod:`...rig.flame_controls`), and what 52 keys cannot follow is told in the set's notes. A
network with a vertex head is trained on the vertices themselves, which are exact; neck and global rotation are set to
zero as in Mimic's 3D-HDTF, since that head does not turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...files import atomic_write
from ...motion.motion import Motion
from ...motion.npz import read_motion_npz, write_motion_npz
from ...rig.flame_controls import controls_from_flame
from ...rig.flame_export import require_components
from ...rig.flame_file import N_VERTICES, FlameModel, read_flame
from ...rig.flame_motion import FlameKeys, flame_keys
from ...rig.flame_pose import pose_flame
from ...rig.flame_source import flame_path
from ...rig.flame_track import NECK, ROOT, FlameTrack
from ...rig.flame_tracks import read_flame_track
from . import index
from .arkit import from_motions, sound_beside
from .clips import RecordedClip, RecordedSet, cut

_SUFFIXES = (".npz", ".npy", ".pkl")
_SOLVER = b"controls 1"  # to be changed with the solver, so that no cache outlives it
_FRAMES = 128  # posed at once


@dataclass(frozen=True)
class PosedOffsets:
    """Vertex offsets of a FLAME track from its own identity at rest, posed when frames are asked for.

    Trackers fit the identity anew in every take; counted from the performer's mean, that error would pass for motion.

    Attributes:
        model: the user's FLAME.
        track: with neck and global rotation at zero.
        rest: float32 [5023, 3], the identity at rest, metres.
        frames: T, at most the track's.
    """

    model: FlameModel
    track: FlameTrack
    rest: NDArray[np.float32]
    frames: int

    @property
    def shape(self) -> tuple[int, ...]:
        """(T, 15069)."""
        return self.frames, 3 * N_VERTICES

    def __len__(self) -> int:
        return self.frames

    def __getitem__(self, frames: slice, /) -> NDArray[np.float32]:
        """Offsets float32 [n, 15069] of a slice, metres."""
        wanted = np.arange(self.frames)[frames]
        offsets = np.empty((len(wanted), 3 * N_VERTICES), np.float32)
        for first in range(0, len(wanted), _FRAMES):
            part = wanted[first : first + _FRAMES]
            posed = pose_flame(self.model, self.track.shape, self.track.expression[part], self.track.pose[part])
            offsets[first : first + _FRAMES] = (posed - self.rest).reshape(len(part), -1)
        return offsets

    def __array__(self, dtype: Any = None) -> NDArray[Any]:
        return self[:].astype(dtype or np.float32, copy=False)


def read_flame_set(
    folder: Path,
    flame: Path | None = None,
    vertices: bool = False,
    table: Path | None = None,
    cache: Path | None = None,
) -> RecordedSet:
    """Read every FLAME track below a folder; the sound of ``take.npz`` is ``take.wav`` beside it, if there.

    Args:
        folder: of the tracks, in any form :func:`...rig.flame_tracks.read_flame_track` knows.
        flame: the user's FLAME file; None: that of ``PTALKER_FLAME``.
        vertices: vertices in metres instead of controls.
        table: who performs and the splits (see :mod:`.index`); None: ``index.csv`` in the folder, if there.
        cache: an existing folder in which solved controls are kept between runs; None: they are solved anew (seconds
            per take).

    Raises:
        UserError: no tracks, no FLAME file, one that cannot be read, or tracks of another model.
    """
    files = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() in _SUFFIXES]
    if not files:
        raise UserError(f"no tracks in {folder}", "FLAME parameters as .npz, .npy or .pkl, with .wav of the same names",
                        "name the folder they are in")  # fmt: skip
    source = flame_path(flame, folder.name)
    model = read_flame(source)
    entries, notes = index.chosen(folder, files, table)
    tracks = {file: _own_components(read_flame_track(file), model) for file in entries}
    for file, track in tracks.items():
        notes += tuple(f"{file.name}: {note}" for note in track.notes)
    if vertices:
        return _vertex_set(model, entries, tracks, notes)
    if cache is not None and not cache.is_dir():
        raise UserError(f"{cache} is no folder", "an existing folder for solved controls", "create it first")
    solver = _Solver(model, hashlib.sha256(_SOLVER + source.read_bytes()).digest(), cache)
    motions, sounds = {}, {}
    for file, entry in entries.items():
        motions[entry.name], told = solver.controls(tracks[file])
        sounds[entry.name] = sound_beside(file)
        notes += tuple(f"{file.name}: {note}" for note in told)
    return from_motions("flame", entries.values(), motions, sounds, notes)


class _Solver:
    """Controls of tracks; keys are built once for each identity, solutions kept where a folder is given."""

    def __init__(self, model: FlameModel, source: bytes, cache: Path | None) -> None:
        self._model, self._source, self._cache = model, source, cache
        self._keys: dict[bytes, FlameKeys] = {}

    def controls(self, track: FlameTrack) -> tuple[Motion, tuple[str, ...]]:
        kept = self._cache / f"{self._hash(track)}.npz" if self._cache else None
        if kept is not None and kept.is_file():
            return read_motion_npz(kept), (f"solved before ({kept.name})",)
        identity = track.shape.tobytes()
        if identity not in self._keys:
            self._keys[identity] = flame_keys(self._model, track.shape)
        fit = controls_from_flame(track, self._model, self._keys[identity].deltas)
        if kept is not None:
            with atomic_write(kept) as temporary:
                write_motion_npz(fit.motion, temporary)
        missed = f"the keys miss {fit.residual.energy_percent:.0f} % of the motion, {fit.residual.rms_mm:.2f} mm rms"
        return fit.motion, (missed, *fit.notes, *(() if fit.converged else ("the solver did not converge",)))

    def _hash(self, track: FlameTrack) -> str:
        digest = hashlib.sha256(self._source)
        for array in (track.expression, track.pose, track.shape, np.float64(track.fps)):
            digest.update(repr(np.shape(array)).encode() + np.asarray(array).tobytes())
        return digest.hexdigest()[:32]


def _own_components(track: FlameTrack, model: FlameModel) -> FlameTrack:
    """The track with as many identity and expression components as the model has; more expression is refused."""
    require_components(model, track)
    return FlameTrack(
        track.expression[:, : model.expression_dirs.shape[2]], track.pose, track.shape[: model.shapedirs.shape[2]],
        track.fps, track.name, track.notes,
    )  # fmt: skip


def _vertex_set(
    model: FlameModel, entries: index.ByFile, tracks: dict[Path, FlameTrack], notes: tuple[str, ...]
) -> RecordedSet:
    templates = _templates(model, entries, tracks)
    clips = tuple(_vertex_clips(model, entries, tracks))
    turned = sum(bool(np.abs(track.pose[:, [ROOT, NECK]]).max() > 0) for track in tracks.values())
    notes += (f"head rotation was set to zero in {turned} takes",) if turned else ()
    everything = np.ones(3 * N_VERTICES, np.bool_)
    return RecordedSet("flame", clips, everything, templates, model.faces, notes)


def _vertex_clips(model: FlameModel, entries: index.ByFile, tracks: dict[Path, FlameTrack]) -> Iterator[RecordedClip]:
    for file, entry in sorted(entries.items(), key=lambda item: item[1].name):
        track = tracks[file]
        pose = track.pose.copy()
        pose[:, [ROOT, NECK]] = 0.0
        still = FlameTrack(track.expression, pose, track.shape, track.fps, track.name)
        frames, audio = cut(track.frames, track.fps, sound_beside(file))
        motion = PosedOffsets(model, still, pose_flame(model, track.shape), frames)
        yield RecordedClip(entry.name, entry.performer, entry.sentence, entry.split, audio, motion, track.fps)


def _templates(
    model: FlameModel, entries: index.ByFile, tracks: dict[Path, FlameTrack]
) -> dict[str, NDArray[np.float32]]:
    """A performer's identity at rest: the mean over the performer's takes, which trackers fit anew each time."""
    shapes: dict[str, list[NDArray[np.float32]]] = {}
    for file, entry in entries.items():
        full = np.zeros(model.shapedirs.shape[2], np.float32)
        full[: len(tracks[file].shape)] = tracks[file].shape
        shapes.setdefault(entry.performer, []).append(full)
    return {performer: pose_flame(model, np.mean(found, axis=0)) for performer, found in shapes.items()}
