"""A head: a mesh, its named parts, its materials, its landmarks and its linear keys.

Landmarks of our heads (arrays of vertex ids; *left* and *right* are the character's own sides; ordered names run from
the character's right to the left, i.e. by growing x):

===================================  ===============================================================================
name                                 what
===================================  ===============================================================================
inner_lip_upper, inner_lip_lower     the contact edge of the lips without its corners, ordered; entry i of both is a
                                     pair with the same x; the middle entry is on the midline
outer_lip_upper, outer_lip_lower     the border between lip red and skin, corner to corner, ordered
mouth_corner_left, mouth_corner_right  one vertex each, where the upper and lower contact edges meet
lid_upper_left/right, lid_lower_left/right  the lid margins without the corners of the eye, ordered, paired like lips
chin, nose_tip                       one vertex each: most forward point of the chin, tip of the nose
brow_left, brow_right                skin under each eyebrow, ordered
lips                                 every vertex of the lip region, inner rim included (lip-weighted errors)
face                                 every vertex of the skin that some key moves
graph_points                         100 to 150 points over the face, dense at lips and lids, mirrored exactly
===================================  ===============================================================================

Geometry is in metres: y up, the face looks along +z, x to the character's left.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..files import atomic_write
from .look import (
    Material,
    check_look,
    pack_colors,
    pack_materials,
    pack_uv,
    unpack_colors,
    unpack_materials,
    unpack_uv,
)

__all__ = [
    "DEFAULT_NAME",
    "FORMAT",
    "LANDMARKS",
    "PAIRED_LANDMARKS",
    "Head",
    "Material",
    "default_head_path",
    "head_path",
    "list_heads",
    "load_head",
    "save_head",
]

Scalar = TypeVar("Scalar", bound=np.generic)

DEFAULT_NAME = "default"  # of the head that is taken when none is chosen
FORMAT = "ptalker-head 2"  # 2: vertex colours, texture coordinates, materials with wet layers and clear shells
PAIRED_LANDMARKS: tuple[tuple[str, str], ...] = (
    ("inner_lip_upper", "inner_lip_lower"),
    ("lid_upper_left", "lid_lower_left"),
    ("lid_upper_right", "lid_lower_right"),
)
LANDMARKS: tuple[str, ...] = (
    *(name for pair in PAIRED_LANDMARKS for name in pair),
    "outer_lip_upper", "outer_lip_lower", "mouth_corner_left", "mouth_corner_right", "chin", "nose_tip",
    "brow_left", "brow_right", "lips", "face", "graph_points",
)  # fmt: skip
MAX_BYTES = 512 * 1024 * 1024  # unpacked; a head of a million vertices fits, a decompression bomb does not
_QUANTUM = 32767  # largest int16: one step is 1/32767 of a key's largest displacement, about a micrometre


@dataclass(frozen=True, eq=False)
class Head:
    """A mesh that controls can move; two are equal if they are the same one, so what is measured of one can be kept.

    Attributes:
        vertices: float32 [V, 3], metres; y up, the face looks along +z, x to the character's left.
        polygons: loop_vertices int32 [L] and polygon_sizes int32 [P] (their sum is L); counter-clockwise from outside.
        key_names: K names, the 52 blendshapes for our own heads.
        key_deltas: float32 [K, V, 3], displacement at weight 1, metres.
        parts: vertex ids int32 by part (skin, eye_left, eye_right, teeth_upper, teeth_lower, tongue, brows, lashes,
            ears, hair); every vertex is in exactly one part.
        polygon_materials: int32 [P], index into ``materials``.
        materials: see :class:`Material`.
        landmarks: vertex ids int32 by name, see the module's table.
        neck_pivot: float32 [3], the point the head turns about.
        colors: float32 [V, 3], linear albedo 0..1 of the vertices, used by tinted materials; None without any.
        uv: float32 [L, 2], texture coordinates 0..1 of the polygons' corners; None without any.
        follow: float32 [V], 0..1, the share of the head's rotation that a vertex takes part in: 1 on the head, 0 on
            the shoulders, between on the neck; None where everything turns.

    Raises:
        ValueError: where shapes, types or indices do not agree.
    """

    vertices: NDArray[np.float32]
    polygons: tuple[NDArray[np.int32], NDArray[np.int32]]
    key_names: tuple[str, ...]
    key_deltas: NDArray[np.float32]
    parts: Mapping[str, NDArray[np.int32]]
    polygon_materials: NDArray[np.int32]
    materials: tuple[Material, ...]
    landmarks: Mapping[str, NDArray[np.int32]]
    neck_pivot: NDArray[np.float32]
    colors: NDArray[np.float32] | None = None
    uv: NDArray[np.float32] | None = None
    follow: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        n, loops, sizes = len(self.vertices), *self.polygons
        _check(self.vertices.ndim == 2 and self.vertices.shape[1:] == (3,) and n > 0, "vertices must be [V, 3]")
        _check(_finite_float32(self.vertices), "vertices must be finite float32")
        _check(loops.ndim == sizes.ndim == 1 and loops.dtype == sizes.dtype == np.int32, "polygons must be int32")
        _check(bool((sizes >= 3).all()) and int(sizes.sum()) == len(loops), "polygon sizes: >= 3, summing to the loops")
        _check_ids("polygons", loops, n)
        _check(self.key_deltas.shape == (len(self.key_names), n, 3), "key_deltas must be [K, V, 3]")
        _check(_finite_float32(self.key_deltas), "key_deltas must be finite float32")
        _check(len(set(self.key_names)) == len(self.key_names), "key names must be unique")
        _check(self.polygon_materials.shape == sizes.shape, "one material index per polygon")
        _check_ids("polygon_materials", self.polygon_materials, len(self.materials))
        for kind, group in (("part", self.parts), ("landmark", self.landmarks)):
            for name, ids in group.items():
                _check(ids.ndim == 1, f"{kind} {name} must be a flat array")
                _check_ids(f"{kind} {name}", ids, n)
        _check(self.neck_pivot.shape == (3,) and _finite_float32(self.neck_pivot), "neck_pivot must be float32 [3]")
        _check(self.colors is not None or not any(m.tinted for m in self.materials), "tinted materials need colors")
        check_look(self.colors, self.uv, n, len(loops))
        _check_follow(self.follow, n)


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _finite_float32(array: NDArray[np.float32]) -> bool:
    return array.dtype == np.float32 and bool(np.isfinite(array).all())


def _check_follow(follow: NDArray[np.float32] | None, n_vertices: int) -> None:
    if follow is not None:
        _check(follow.shape == (n_vertices,) and follow.dtype == np.float32, "follow must be float32 [V]")
        _check(bool(((follow >= 0) & (follow <= 1)).all()), "follow must be within 0..1")


def _check_ids(what: str, ids: NDArray[np.int32], limit: int) -> None:
    _check(ids.dtype == np.int32, f"{what} must be int32")
    _check(not ids.size or (int(ids.min()) >= 0 and int(ids.max()) < limit), f"{what} must be within 0..{limit - 1}")


def default_head_path() -> Path:
    """Where the default head lies: ``weights/head`` beside the package, in a checkout and in the extension alike."""
    return Path(__file__).resolve().parents[2] / "weights" / "head" / "default_head.npz"


def list_heads() -> tuple[str, ...]:
    """Names of the heads that ship, ``default`` first: their files' names without ``_head``."""
    names = {path.stem.removesuffix("_head") for path in default_head_path().parent.glob("*.npz")}
    return tuple(sorted(names, key=lambda name: (name != DEFAULT_NAME, name)))


def head_path(name: str) -> Path:
    """Where the head of this name lies.

    Raises:
        UserError: no head of this name ships.
    """
    if name not in list_heads():
        raise UserError(f"no head is called {name!r}", f"one of {', '.join(list_heads())}", "choose one of these")
    return default_head_path() if name == DEFAULT_NAME else default_head_path().with_name(f"{name}.npz")


def save_head(head: Head, path: Path | str) -> None:
    """Write ``head`` as an npz that :func:`load_head` reads.

    Keys are stored sparsely, as 16-bit steps of 1/32767 of each key's largest displacement (about a micrometre), so
    what is read back differs from ``head`` by at most half a step. Colours are stored in 8-bit sRGB, texture
    coordinates in 16 bits. The same head gives the same bytes.
    """
    arrays: dict[str, NDArray[np.generic]] = {
        "format": np.array([FORMAT]),
        "vertices": head.vertices,
        "loop_vertices": head.polygons[0],
        "polygon_sizes": head.polygons[1],
        "polygon_materials": head.polygon_materials,
        **pack_materials(head.materials),
        "neck_pivot": head.neck_pivot.astype(np.float32),
        "key_names": np.array(head.key_names, dtype=np.str_),
        **_pack_keys(head.key_deltas),
        **pack_colors(head.colors),
        **pack_uv(head.uv, head.polygons[0]),
        **({} if head.follow is None else {"follow": head.follow}),
        **{f"part/{name}": ids for name, ids in head.parts.items()},
        **{f"landmark/{name}": ids for name, ids in head.landmarks.items()},
    }
    with atomic_write(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.save(data, np.ascontiguousarray(array), allow_pickle=False)
            # A ZipInfo of its own has a constant date, which keeps the file reproducible.
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data.getvalue(), compresslevel=9)


def load_head(path: Path | None = None) -> Head:
    """Read a head.

    Args:
        path: an npz written by :func:`save_head`; None for the default head.

    Raises:
        UserError: where the file is missing, damaged, or not a head of ours.
    """
    source = default_head_path() if path is None else Path(path)
    try:
        arrays = _read_arrays(source)
        head = _build(arrays)
        _check_landmarks(head)
    except (OSError, zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, NotImplementedError) as error:
        # All of these are what numpy, zipfile and our checks raise for a file that is not what it claims to be.
        reason = f"no entry {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__
        raise UserError(
            f"{source.name} could not be read as a head ({reason})",
            f"an npz written by PTalker ({FORMAT!r})",
            "check the path, or write the file again" if path else "reinstall PTalker, its weights folder is damaged",
        ) from error
    return head


def _read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read every array, refusing objects and entries whose header claims another size than the archive holds."""
    arrays: dict[str, NDArray[np.generic]] = {}
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _check(sum(entry.file_size for entry in entries) <= MAX_BYTES, f"more than {MAX_BYTES} bytes unpacked")
        for entry in entries:
            _check(entry.filename.endswith(".npy"), f"unknown entry {entry.filename!r}")
            arrays[entry.filename.removesuffix(".npy")] = _read_array(archive.read(entry), entry.filename)
    return arrays


def _read_array(data: bytes, name: str) -> NDArray[np.generic]:
    stream = io.BytesIO(data)
    # numpy ships no types for these two
    _check(np.lib.format.read_magic(stream) == (1, 0), f"{name}: unknown array version")  # type: ignore[no-untyped-call]
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)  # type: ignore[no-untyped-call]
    count = 1
    for extent in shape:
        count *= extent
    _check(dtype.kind in "fiuU" and not fortran, f"{name}: unsupported array type {dtype}")
    _check(min(shape, default=1) >= 0 and count * dtype.itemsize == len(data) - stream.tell(), f"{name}: size differs")
    return np.frombuffer(data, dtype, count, stream.tell()).reshape(shape).copy()


def _build(arrays: Mapping[str, NDArray[np.generic]]) -> Head:
    _check(arrays["format"].tolist() == [FORMAT], f"format {str(arrays['format'])[:40]!r}")
    loops = _typed(arrays["loop_vertices"], np.int32)
    return Head(
        vertices=_typed(arrays["vertices"], np.float32),
        polygons=(loops, _typed(arrays["polygon_sizes"], np.int32)),
        key_names=tuple(str(name) for name in arrays["key_names"].reshape(-1)),
        key_deltas=_unpack_keys(arrays, len(arrays["vertices"])),
        parts=_group(arrays, "part/"),
        polygon_materials=_typed(arrays["polygon_materials"], np.int32),
        materials=unpack_materials(arrays),
        landmarks=_group(arrays, "landmark/"),
        neck_pivot=_typed(arrays["neck_pivot"], np.float32),
        colors=unpack_colors(arrays),
        uv=unpack_uv(arrays, loops),
        follow=_typed(arrays["follow"], np.float32) if "follow" in arrays else None,
    )


def _typed(array: NDArray[np.generic], dtype: type[Scalar]) -> NDArray[Scalar]:
    _check(array.dtype == dtype, f"{array.dtype} where {dtype.__name__} belongs")
    return cast("NDArray[Scalar]", array)


def _group(arrays: Mapping[str, NDArray[np.generic]], prefix: str) -> dict[str, NDArray[np.int32]]:
    return {name.removeprefix(prefix): _typed(a, np.int32) for name, a in arrays.items() if name.startswith(prefix)}


def _check_landmarks(head: Head) -> None:
    missing = [name for name in LANDMARKS if not len(head.landmarks.get(name, ()))]
    _check(not missing, f"landmarks missing: {', '.join(missing)}")
    for upper, lower in PAIRED_LANDMARKS:
        _check(len(head.landmarks[upper]) == len(head.landmarks[lower]), f"{upper} and {lower} must be pairs")


def _pack_keys(deltas: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    """Sparse int16 form: key k owns entries starts[k]:starts[k + 1]."""
    scales = np.abs(deltas).max(axis=(1, 2), initial=0.0).astype(np.float32) / np.float32(_QUANTUM)
    steps = np.rint(deltas / np.where(scales > 0, scales, 1)[:, None, None]).astype(np.int16)
    moved = steps.any(axis=2)
    return {
        "key_scales": scales,
        "key_starts": np.concatenate([[0], np.cumsum(moved.sum(axis=1))]).astype(np.int32),
        "key_vertices": np.nonzero(moved)[1].astype(np.int32),
        "key_steps": steps[moved],
    }


def _unpack_keys(arrays: Mapping[str, NDArray[np.generic]], n_vertices: int) -> NDArray[np.float32]:
    scales, starts = _typed(arrays["key_scales"], np.float32), _typed(arrays["key_starts"], np.int32)
    vertices, steps = _typed(arrays["key_vertices"], np.int32), _typed(arrays["key_steps"], np.int16)
    k, n = len(scales), len(vertices)
    _check(scales.shape == (k,) and starts.shape == (k + 1,) and vertices.shape == (n,), "key tables do not agree")
    _check(steps.shape == (n, 3) and k * n_vertices * 12 <= MAX_BYTES, "key tables do not agree")
    _check(starts[0] == 0 and starts[-1] == n and bool((np.diff(starts) >= 0).all()), "key_starts must grow from 0")
    _check_ids("key_vertices", vertices, n_vertices)
    deltas = np.zeros((k, n_vertices, 3), np.float32)
    deltas[np.repeat(np.arange(k), np.diff(starts)), vertices] = steps * np.repeat(scales, np.diff(starts))[:, None]
    return deltas
