"""Vertex sequences on disk: .npy of [T, 5023, 3] or [T, 15069], as the papers and their data sets write them, or .npz.

An .npy says neither its rate nor its triangles: 25 frames a second are assumed, and the triangles are those of the
user's FLAME file. An .npz of ``vertices`` may hold ``fps``, ``faces`` and ``template`` (the mesh at rest) besides, as
*Export FLAME Vertices* writes the first two.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..motion.npz import read_npz
from .flame_controls import ControlsFit
from .flame_file import N_FACES, N_VERTICES, read_template
from .flame_source import flame_path
from .flame_tracks import DEFAULT_FPS
from .head import load_head
from .vertex_controls import MAX_FRAMES, controls_from_vertices

Singles = NDArray[np.float32]

WIDTH = 3 * N_VERTICES
MAX_FPS = 1000.0
_EXPECTED = f"numbers of shape [T, {N_VERTICES}, 3] or [T, {WIDTH}], FLAME's vertices over time"
_ADVICE = "export FLAME's vertices, or use a CSV or npz of controls"


@dataclass(frozen=True, eq=False)
class VertexSequence:
    """Vertices over time, as a file has them.

    Attributes:
        vertices: float32 [T, 5023, 3], in the file's own axes and unit.
        fps: frames per second.
        faces: int32 [9976, 3], or None where the file does not say.
        rest: float32 [5023, 3], the mesh at rest, or None.
        notes: what was assumed, a sentence each.
    """

    vertices: Singles
    fps: float
    faces: NDArray[np.int32] | None = None
    rest: Singles | None = None
    notes: tuple[str, ...] = ()


def read_vertices(path: Path | str, fps: float | None = None) -> VertexSequence:
    """Read a vertex sequence; nothing in the file is executed.

    Args:
        path: the file.
        fps: frames per second of a file that names no rate; None: ``DEFAULT_FPS``, and a note says so.

    Raises:
        UserError: missing, damaged, of other shapes, or not numbers; a rate that is none.
    """
    file = Path(path)
    if fps is not None and not 1.0 <= fps <= MAX_FPS:
        raise UserError(f"a rate of {fps:g}", f"1 to {MAX_FPS:g} frames per second", "give that of the capture")
    fields = _npy(file) if file.suffix.lower() == ".npy" else read_npz(file, {"vertices", "faces", "fps", "template"})
    vertices = _shaped(fields, "vertices", file.name)
    rest = _shaped(fields, "template", file.name)[0] if "template" in fields else None
    faces = fields.get("faces")
    if faces is not None:
        right = faces.shape == (N_FACES, 3) and faces.dtype.kind in "iu"
        if not right or not (faces.min() >= 0 and faces.max() < N_VERTICES):
            raise _refusal(file.name, f"has faces of shape {faces.shape} that are not FLAME's")
        faces = faces.astype(np.int32)
    if "fps" not in fields and fps is not None:
        return VertexSequence(vertices, fps, faces, rest)
    if "fps" not in fields:
        note = f"the file names no rate: {DEFAULT_FPS:g} frames per second assumed"
        return VertexSequence(vertices, DEFAULT_FPS, faces, rest, (note,))
    own = fields["fps"]
    if own.size != 1 or own.dtype.kind not in "fiu" or not 1.0 <= float(own.item()) <= MAX_FPS:
        raise _refusal(file.name, f"has fps {own}")
    return VertexSequence(vertices, float(own.item()), faces, rest)


def read_vertex_motion(path: Path | str, flame: Path | str | None = None, fps: float | None = None) -> ControlsFit:
    """Read a vertex sequence as controls; the rest is guessed where the file does not say it.

    Args:
        path: see :func:`read_vertices`.
        flame: the user's FLAME file, for the triangles of a sequence without; None: the environment's.
        fps: as for :func:`read_vertices`.

    Raises:
        UserError: the file cannot be read, no FLAME file is named, or what ``controls_from_vertices`` refuses.
    """
    file = Path(path)
    sequence = read_vertices(file, fps)
    faces = sequence.faces
    if faces is None:
        faces = read_template(flame_path(flame, file.name, holds="FLAME's vertices")).faces
    fit = controls_from_vertices(load_head(), sequence.vertices, faces, sequence.fps, sequence.rest)
    return ControlsFit(fit.motion, fit.residual, fit.converged, (*sequence.notes, *fit.notes))


def _npy(path: Path) -> dict[str, NDArray[Any]]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise UserError(f"no file {path}", _EXPECTED, "check the path") from error
    except (OSError, ValueError, EOFError, SyntaxError, MemoryError, zipfile.BadZipFile) as error:
        raise _refusal(path.name, f"cannot be read as npy ({error})") from error
    if not isinstance(array, np.ndarray):
        raise _refusal(path.name, "is an archive under another name")
    return {"vertices": array}


def _shaped(fields: Mapping[str, NDArray[Any]], field: str, name: str) -> Singles:
    array = fields[field]
    if array.dtype.kind not in "fiu":
        raise _refusal(name, f"holds {array.dtype} where numbers belong")
    flat = array.reshape(-1, WIDTH) if array.shape[-2:] == (N_VERTICES, 3) and array.ndim in (2, 3) else array
    if flat.ndim != 2 or flat.shape[1] != WIDTH or not len(flat):
        raise _refusal(name, f"has {field} of shape {list(array.shape)}")
    if len(flat) > MAX_FRAMES:
        raise UserError(f"{name} has {len(flat):,} frames of vertices", f"at most {MAX_FRAMES:,}", "cut it")
    with np.errstate(over="ignore"):
        points: Singles = flat.reshape(-1, N_VERTICES, 3).astype(np.float32)
    if not np.isfinite(points).all():
        raise _refusal(name, "holds NaN or infinite values")
    return points


def _refusal(name: str, what: str) -> UserError:
    return UserError(f"{name} {what}", _EXPECTED, _ADVICE)
