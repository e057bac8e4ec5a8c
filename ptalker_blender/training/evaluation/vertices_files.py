"""Recorded and predicted vertex sequences, paired by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import AudioClip
from ...audio.load import load_audio
from ...errors import UserError
from ...motion.npz import read_npz
from ..recorded.clips import SPLITS, RecordedSet
from ..recorded.frames import open_vertices
from ..recorded.read import KINDS

_SUFFIXES = (".npy", ".npz")
_CONDITION = "_condition_"  # FaceFormer and its successors: SEQUENCE_condition_PERFORMER.npy, once per identity
_SHORTER = 0.2  # share by which a prediction may be shorter or longer than the truth

Vertices = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Pair:
    """One prediction and its truth, cut to the shorter.

    Attributes:
        name: of the prediction.
        predicted: [T, V, 3] absolute.
        truth: the same.
        fps: of both.
        rest: [V, 3] neutral mesh, if known.
        audio: the voice, if known.
    """

    name: str
    predicted: Vertices
    truth: Vertices
    fps: float
    rest: NDArray[np.float32] | None
    audio: AudioClip | None


def named_set(truth: str) -> tuple[str, Path] | None:
    """Kind and folder of ``biwi:FOLDER`` and the like; None for a plain folder."""
    kind, colon, folder = truth.partition(":")
    return (kind, Path(folder)) if colon and kind in KINDS else None


def set_pairs(found: RecordedSet, split: str, predicted: Path) -> Iterator[Pair]:
    """Every prediction of a split's clips.

    Raises:
        UserError: no clips in the split, no meshes in the set, a clip without prediction, or lengths that differ.
    """
    clips = found.of(split)
    if not clips or found.templates is None:
        have = ", ".join(name for name in SPLITS if found.of(name)) if found.templates else "controls only"
        raise UserError(f"{found.name} has no vertex clips in {split!r} ({have})", "a split of a vertex set", "--split")
    for clip in clips:
        rest = found.templates[clip.performer]
        truth = rest + clip.motion[:].reshape(-1, *rest.shape)
        for file in predictions(predicted, clip.name):
            vertices, _ = read_sequence(file)
            yield _pair(file.stem, vertices, truth, clip.fps, rest, clip.audio)


def folder_pairs(
    truth: Path, predicted: Path, templates: Mapping[str, NDArray[np.float32]] | None, fps: float | None
) -> Iterator[Pair]:
    """Every prediction of the sequences in a folder; sound is ``NAME.wav`` beside the truth, if there.

    Args:
        truth: a folder of .npy and .npz.
        predicted: the same of predictions.
        templates: neutral mesh by performer: the one whose name begins the sequence's, or the only one.
        fps: of all; None: that in the .npz of each.

    Raises:
        UserError: nothing there, a sequence without prediction, no rate, or shapes and lengths that differ.
    """
    files = [file for file in sorted(truth.glob("*")) if file.suffix in _SUFFIXES and file.stem != "templates"]
    if not files:
        raise UserError(f"no sequences in {truth}", "vertex sequences as .npy or .npz", "check --truth")
    for file in files:
        vertices, rate = read_sequence(file)
        if (rate := fps or rate) is None:
            raise UserError(f"{file.name} names no frame rate", "frames per second", "give --fps")
        sound = file.with_suffix(".wav")
        audio = load_audio(sound) if sound.is_file() else None
        rest = None if templates is None else _template(file.stem, templates)
        for prediction in predictions(predicted, file.stem):
            yield _pair(prediction.stem, read_sequence(prediction)[0], vertices, rate, rest, audio)


def read_sequence(path: Path) -> tuple[Vertices, float | None]:
    """Vertices [T, V, 3] of an .npy, or of an .npz under ``vertices`` with its ``fps``, if any.

    Raises:
        UserError: unreadable, of another shape, or holding numbers that are not finite.
    """
    if path.suffix == ".npz":
        fields = read_npz(path, {"vertices", "fps"})
        stored: NDArray[Any] = fields.get("vertices", np.zeros(0))
        fps = float(fields["fps"].ravel()[0]) if "fps" in fields and fields["fps"].dtype.kind in "fiu" else None
        if stored.dtype.kind != "f" or stored.ndim != 3 or stored.shape[2] != 3 or not stored.size:
            raise UserError(f"{path.name} has no vertices [T, V, 3]", "an npz with vertices and fps", "see --vertices")
    else:
        stored, fps = open_vertices(path), None
    vertices = np.asarray(stored, np.float32 if stored.dtype.itemsize < 4 else stored.dtype)
    vertices = vertices.reshape(len(vertices), -1, 3)
    if not np.isfinite(vertices).all() or (fps is not None and not fps > 0):
        raise UserError(f"{path.name} holds NaN or infinite values, or no frame rate", "finite numbers", "leave it out")
    return vertices, fps


def predictions(folder: Path, name: str) -> Sequence[Path]:
    """The predictions of one sequence: NAME.npy, NAME.npz, and NAME_condition_PERFORMER of released code.

    Raises:
        UserError: there is none, or both kinds, of which no one could say what is measured.
    """
    plain = [folder / f"{name}{suffix}" for suffix in _SUFFIXES if (folder / f"{name}{suffix}").is_file()]
    conditioned = [file for file in sorted(folder.glob("*")) if file.stem.startswith(f"{name}{_CONDITION}")]
    conditioned = [file for file in conditioned if file.suffix in _SUFFIXES]
    if len(plain) > 1 or (plain and conditioned):
        raise UserError(f"{len(plain) + len(conditioned)} predictions of {name}", "one, or one per condition",
                        f"remove what is not to be measured from {folder}")  # fmt: skip
    if not plain and not conditioned:
        raise UserError(f"no prediction of {name} in {folder}", f"{name}.npy, .npz or {name}{_CONDITION}*.npy",
                        "predict every sequence, or leave its truth out")  # fmt: skip
    return plain or conditioned


def _pair(
    name: str,
    predicted: Vertices,
    truth: Vertices,
    fps: float,
    rest: NDArray[np.float32] | None,
    audio: AudioClip | None,
) -> Pair:
    if predicted.shape[1:] != truth.shape[1:]:
        raise UserError(f"{name} has {predicted.shape[1]:,} vertices, its truth {truth.shape[1]:,}", "one mesh",
                        "predict on the mesh of the recording")  # fmt: skip
    frames = min(len(predicted), len(truth))
    if abs(len(predicted) - len(truth)) > max(2, _SHORTER * len(truth)):
        raise UserError(f"{name} has {len(predicted)} frames, its truth {len(truth)}", "one length within a fifth",
                        "check that both have the same frame rate")  # fmt: skip
    return Pair(name, predicted[:frames], truth[:frames], fps, rest, audio)


def _template(name: str, templates: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    fitting = [performer for performer in templates if name.startswith(performer)]
    if fitting:
        return templates[max(fitting, key=len)]
    if len(templates) == 1:
        return next(iter(templates.values()))
    raise UserError(f"no template for {name}", f"one of {', '.join(sorted(templates))[:200]} at the start of the name",
                    "name sequences PERFORMER_SENTENCE")  # fmt: skip
