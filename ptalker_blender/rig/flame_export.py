"""Writes FLAME parameter tracks in the layouts of others, and vertex sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..files import atomic_write
from .flame_file import N_VERTICES, FlameModel
from .flame_layouts import MOTION_EXPRESSION, folded
from .flame_pose import pose_flame
from .flame_track import EYE_LEFT, JAW, NECK, ROOT, FlameTrack

_CHUNK = 64  # frames computed at once: 64 frames are 4 MB a copy
VERTEX_SUFFIXES = (".npy", ".npz")


def write_flame_track(track: FlameTrack, path: Path | str, layout: str = "vhap") -> None:
    """Write a track as npz.

    Args:
        track: at its own rate; ``fps`` is always written.
        path: the file, which is replaced only when complete.
        layout: ``vhap`` keeps everything: ``expr``, ``rotation``, ``neck_pose``, ``jaw_pose``, ``eyes_pose``,
            ``shape``, and ``translation`` of zeros. ``diffposetalk`` (also DECA's, EMOCA's and SPECTRE's): ``exp``,
            ``pose`` [T, 6], ``shape`` [T, S]. ``artalk``: ``motion`` [T, 106]. The latter two know neither neck nor
            eyes (see ``flame_layouts.folded``).

    Raises:
        ValueError: another layout.
    """
    fields = _layout(layout)(track)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, fps=np.float64(track.fps), **fields)


def track_vertices(model: FlameModel, track: FlameTrack, head_motion: bool = True) -> Iterator[NDArray[np.float32]]:
    """Vertices of a track, a part of the frames at a time: float32 [n, 5023, 3], metres, in FLAME's axes.

    Args:
        model: the FLAME file the coefficients belong to.
        track: its identity is used.
        head_motion: whether global rotation and neck turn the head.

    Raises:
        UserError: the track uses components the model does not have.
    """
    require_components(model, track)
    pose = track.pose.copy()
    if not head_motion:
        pose[:, (ROOT, NECK)] = 0
    betas = track.shape[: model.shapedirs.shape[2]]
    expression = track.expression[:, : model.expression_dirs.shape[2]]
    for first in range(0, track.frames, _CHUNK):
        part = slice(first, first + _CHUNK)
        yield pose_flame(model, betas, expression[part], pose[part])


def write_vertices(model: FlameModel, track: FlameTrack, path: Path | str, head_motion: bool = True) -> None:
    """Write a track's vertices, as :func:`save_vertices` does; arguments are those of :func:`track_vertices`.

    Raises:
        UserError: as these two.
    """
    require_components(model, track)
    frames = (frame for part in track_vertices(model, track, head_motion) for frame in part)
    save_vertices(frames, track.frames, path, track.fps, model.faces)


def save_vertices(
    frames: Iterable[NDArray[np.float32]], count: int, path: Path | str, fps: float, faces: NDArray[np.int32]
) -> None:
    """Write a vertex sequence: .npy of [T, 5023, 3], or .npz with ``vertices``, ``faces`` [9976, 3] and ``fps``.

    Args:
        frames: float32 [5023, 3] each; an .npy never lies in memory as a whole.
        count: how many, T.
        path: the file, which is replaced only when complete.
        fps: frames per second; an .npy has no place for it.
        faces: triangles of the mesh.

    Raises:
        UserError: another suffix.
        ValueError: more or fewer frames than ``count``.
    """
    file = Path(path)
    if file.suffix.lower() not in VERTEX_SUFFIXES:
        raise UserError(f"output {file.name}", "a name ending in .npy or .npz", "change the name")
    shape = (count, N_VERTICES, 3)
    with atomic_write(file) as temporary:
        if file.suffix.lower() == ".npy":
            array = np.lib.format.open_memmap(temporary, "w+", np.float32, shape)  # type: ignore[no-untyped-call]
            _fill(array, frames)
            array.flush()
            del array  # Windows does not replace a file that is mapped
        else:
            array = np.empty(shape, np.float32)
            _fill(array, frames)
            np.savez(temporary, vertices=array, faces=faces, fps=np.float64(fps))


def require_components(model: FlameModel, track: FlameTrack) -> None:
    """Refuse a track that uses components which a model lacks: it would be shown as another motion, silently.

    Raises:
        UserError: such a track.
    """
    for kind, used, there in (
        ("expression", track.expression, model.expression_dirs.shape[2]),
        ("identity", track.shape, model.shapedirs.shape[2]),
    ):
        beyond = np.flatnonzero(np.abs(used).reshape(-1, used.shape[-1]).max(axis=0)) if used.size else np.zeros(0, int)
        if len(beyond) and beyond[-1] >= there:
            raise UserError(
                f"the track uses {beyond[-1] + 1} {kind} components, the FLAME file has {there}",
                "the file the track was made with",
                "download the whole FLAME model from flame.is.tue.mpg.de",
            )


def _fill(array: NDArray[np.float32], frames: Iterable[NDArray[np.float32]]) -> None:
    for place, frame in zip(array, frames, strict=True):
        place[:] = frame


def _layout(name: str) -> Callable[[FlameTrack], Mapping[str, NDArray[Any]]]:
    layouts = {"vhap": _vhap, "diffposetalk": _diffposetalk, "artalk": _artalk}
    if name not in layouts:
        raise ValueError(f"layout {name!r} is none of {', '.join(layouts)}")
    return layouts[name]


def _vhap(track: FlameTrack) -> Mapping[str, NDArray[Any]]:
    return {
        "expr": track.expression, "shape": track.shape, "rotation": track.pose[:, ROOT],
        "neck_pose": track.pose[:, NECK], "jaw_pose": track.pose[:, JAW],
        "eyes_pose": track.pose[:, EYE_LEFT:].reshape(track.frames, 6),
        "translation": np.zeros((track.frames, 3), np.float32),
    }  # fmt: skip


def _diffposetalk(track: FlameTrack) -> Mapping[str, NDArray[Any]]:
    shape = np.tile(track.shape, (track.frames, 1))
    return {"exp": track.expression, "pose": folded(track.pose), "shape": shape}


def _artalk(track: FlameTrack) -> Mapping[str, NDArray[Any]]:
    padded = np.zeros((track.frames, MOTION_EXPRESSION), np.float32)
    padded[:, : track.expression.shape[1]] = track.expression
    return {"motion": np.concatenate([padded, folded(track.pose)], axis=1), "shape": track.shape}
