"""VOCASET and BIWI as the speech-animation papers lay them out: vertices_npy/*.npy, wav/*.wav, templates.pkl.

Layout and splits are those of FaceFormer's released loader, which CodeTalker, Mimic and PTalker use unchanged:

* VOCASET (D. Cudeiro et al., CVPR 2019): 5,023 vertices of FLAME in metres; 60 frames a second of which every other is
  taken; 8 performers for training (sentences 1-40), 2 for validation and 2 for test (sentences 21-40).
* BIWI, the emotional half of B3D(AC)2 (G. Fanelli et al., IEEE Trans. Multimedia 2010): 23,370 vertices at 25 frames a
  second; performers F2 F3 F4 M3 M4 M5 for training (e01-e32), validation (e33-e36) and Test-A (e37-e40); the other
  eight for Test-B (e37-e40).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio.load import load_audio
from ...errors import UserError
from ...rig.safe_npz import read_npz
from ...rig.safe_pickle import read_pickle
from .clips import RecordedClip, RecordedSet, cut
from .faces import read_faces
from .frames import StoredOffsets, open_vertices

_TEMPLATES = ("templates.pkl", "templates.npz")
_WRONG_RATE = 1.3  # motion and sound whose lengths differ by more than this factor are of different rates


@dataclass(frozen=True)
class Group:
    """Performers whose sentences of some numbers make a split."""

    split: str
    performers: tuple[str, ...]
    sentences: range


@dataclass(frozen=True)
class Layout:
    """A released data set.

    Attributes:
        name: of the set.
        vertices: V.
        fps: after ``step``.
        step: every how manieth stored frame is taken.
        stem: of file names, with the groups ``performer``, ``sentence`` and ``number``.
        groups: the papers' splits.
    """

    name: str
    vertices: int
    fps: float
    step: int
    stem: re.Pattern[str]
    groups: tuple[Group, ...]

    def split(self, performer: str, number: int) -> str | None:
        """The split a sentence of a performer is in; None: in none."""
        found = (group.split for group in self.groups if performer in group.performers and number in group.sentences)
        return next(found, None)


_VOCA_TRAIN = (
    "FaceTalk_170728_03272_TA", "FaceTalk_170904_00128_TA", "FaceTalk_170725_00137_TA", "FaceTalk_170915_00223_TA",
    "FaceTalk_170811_03274_TA", "FaceTalk_170913_03279_TA", "FaceTalk_170904_03276_TA", "FaceTalk_170912_03278_TA",
)  # fmt: skip
_BIWI_TRAIN = ("F2", "F3", "F4", "M3", "M4", "M5")
VOCASET = Layout(
    "vocaset", 5023, 30.0, 2, re.compile(r"(?P<performer>.+)_(?P<sentence>sentence(?P<number>\d{2}))"),
    (
        Group("train", _VOCA_TRAIN, range(1, 41)),
        Group("val", ("FaceTalk_170811_03275_TA", "FaceTalk_170908_03277_TA"), range(21, 41)),
        Group("test_b", ("FaceTalk_170809_00138_TA", "FaceTalk_170731_00024_TA"), range(21, 41)),
    ),
)  # fmt: skip
BIWI = Layout(
    "biwi", 23370, 25.0, 1, re.compile(r"(?P<performer>[FM]\d)_(?P<sentence>e(?P<number>\d{2}))"),
    (
        Group("train", _BIWI_TRAIN, range(1, 33)),
        Group("val", _BIWI_TRAIN, range(33, 37)),
        Group("test_a", _BIWI_TRAIN, range(37, 41)),
        Group("test_b", ("F1", "F5", "F6", "F7", "F8", "M1", "M2", "M6"), range(37, 41)),
    ),
)  # fmt: skip


def read_vertex_set(layout: Layout, folder: Path, mesh: Path | None = None) -> RecordedSet:
    """Read a set; vertices stay on disk until their frames are asked for.

    As in the released loader, a sequence without sound and sentences in no split are left out, which the notes count.

    Args:
        layout: ``VOCASET`` or ``BIWI``.
        folder: holds vertices_npy/, wav/ and templates.pkl (or .npz, a mesh by performer).
        mesh: a .ply or .obj for the triangles; None: the first in the folder or its ``templates`` with as many
            vertices, or none.

    Raises:
        UserError: a part missing, of other shapes, or sound and motion of different lengths.
    """
    sequences = sorted((folder / "vertices_npy").glob("*.npy"))
    if not sequences:
        raise UserError(f"no sequences in {folder / 'vertices_npy'}", "vertices_npy/*.npy, wav/*.wav and templates.pkl",
                        "prepare the data set as docs/datasets.md says")  # fmt: skip
    templates = read_templates(folder, layout.vertices)
    left: dict[str, int] = {}
    clips = tuple(_clips(layout, folder, sequences, templates, left))
    if not clips:
        raise UserError(f"none of the {len(sequences)} sequences in {folder} is of {layout.name} ({_listed(left)})",
                        "names such as FaceTalk_170728_03272_TA_sentence01.npy or F2_e01.npy, and sound in wav/",
                        "see docs/datasets.md")  # fmt: skip
    faces, notes = _faces(layout, folder, mesh)
    notes += (f"sequences left out: {_listed(left)}",) if left else ()
    everything = np.ones(3 * layout.vertices, np.bool_)
    used = {clip.performer: templates[clip.performer] for clip in clips}
    return RecordedSet(layout.name, clips, everything, used, faces, notes)


def read_templates(folder_or_file: Path, vertices: int | None = None) -> Mapping[str, NDArray[np.float32]]:
    """Neutral meshes float32 [V, 3] by performer.

    Args:
        folder_or_file: a folder with templates.pkl or .npz, or such a file.
        vertices: V, where known.

    Raises:
        UserError: missing, not names with meshes, or of other shapes. A pickle is read by a parser that runs nothing.
    """
    expected = "templates.pkl or .npz: a mesh [V, 3] by performer" + (f", V = {vertices:,}" if vertices else "")
    files = [folder_or_file / name for name in _TEMPLATES] if folder_or_file.is_dir() else [folder_or_file]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise UserError(f"no {files[0].name} in {files[0].parent}", expected, "it comes with the data set")
    content = read_npz(file) if file.suffix.lower() == ".npz" else read_pickle(file)
    if not isinstance(content, Mapping) or not content:
        raise UserError(f"{file.name} holds a {type(content).__name__}", expected, "it comes with the data set")
    templates: dict[str, NDArray[np.float32]] = {}
    for performer, mesh in content.items():
        size = mesh.size if isinstance(mesh, np.ndarray) and mesh.dtype.kind == "f" else 0
        if not size or size % 3 or (vertices is not None and size != 3 * vertices) or not np.isfinite(mesh).all():
            shape = getattr(mesh, "shape", type(mesh).__name__)
            raise UserError(f"{file.name} has {shape} for {performer}", expected, "it comes with the data set")
        templates[str(performer)] = np.ascontiguousarray(mesh.reshape(-1, 3), np.float32)
    return templates


def _clips(
    layout: Layout,
    folder: Path,
    sequences: Sequence[Path],
    templates: Mapping[str, NDArray[np.float32]],
    left: dict[str, int],
) -> Iterator[RecordedClip]:
    """The clips of the papers' splits; what is left out is counted by its reason."""
    for file in sequences:
        found = layout.stem.fullmatch(file.stem)
        split = layout.split(found["performer"], int(found["number"])) if found else None
        sound = folder / "wav" / f"{file.stem}.wav"
        if found is None or split is None or not sound.is_file():
            reason = "no sound" if split else "in no split of the papers" if found else "of another name"
            left[reason] = left.get(reason, 0) + 1
            continue
        performer = found["performer"]
        if performer not in templates:
            raise UserError(f"no template of {performer}", "a template for every performer", "check templates.pkl")
        audio = load_audio(sound)
        frames = -(-len(open_vertices(file, layout.vertices)) // layout.step)
        _check_rate(file.name, frames / layout.fps, audio.seconds, layout)
        frames, audio_cut = cut(frames, layout.fps, audio)
        motion = StoredOffsets(file, templates[performer].ravel(), frames, layout.step)
        yield RecordedClip(file.stem, performer, found["sentence"], split, audio_cut, motion, layout.fps)


def _check_rate(name: str, moving: float, sounding: float, layout: Layout) -> None:
    if max(moving / sounding, sounding / moving) > _WRONG_RATE and abs(moving - sounding) > 0.5:
        raise UserError(f"{name} lasts {moving:.2f} s at {layout.fps * layout.step:g} frames a second, and its sound "
                        f"{sounding:.2f} s", "motion and sound of one length",
                        "use the sequences at the released rate, and check that they belong together")  # fmt: skip


def _faces(layout: Layout, folder: Path, mesh: Path | None) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
    if mesh is not None:
        count, faces = read_faces(mesh)
        if count != layout.vertices:
            raise UserError(f"{mesh.name} has {count:,} vertices", f"{layout.vertices:,}", f"a mesh of {layout.name}")
        return faces, ()
    candidates = [*sorted((folder / "templates").glob("*.ply")), *sorted(folder.glob("*.ply"))]
    for file in candidates:
        count, faces = read_faces(file)
        if count == layout.vertices and len(faces):
            return faces, (f"triangles from {file.name}",)
    return None, ("no .ply of the mesh: triangles are not known",)


def _listed(left: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(left.items()))
