"""Files of the FLAME head model, of every release, as the artist has them: pickles and npz re-saves.

T. Li, T. Bolkart, M. J. Black, H. Li, J. Romero: Learning a model of facial shape and expression from 4D scans. ACM
Transactions on Graphics 36(6), 2017. A release is one file of named arrays; 2017, 2019, 2020, 2023 and 2023 Open have
the same names and shapes: ``v_template``, ``f``, ``shapedirs`` (300 identity components, then 100 of expression),
``posedirs``, ``weights``, ``J_regressor``, ``kintree_table``. Older ones keep some as chumpy objects, sparse matrices
and Python 2 strings. Nothing in a file is executed (:mod:`.safe_pickle`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .safe_npz import read_npy, read_npz
from .safe_pickle import read_pickle
from .safe_pickle_values import ObjectArray, SparseMatrix, Unevaluated

N_VERTICES = 5023
N_FACES = 9976
IDENTITY_COMPONENTS = 300  # of a whole file; what follows them is expression
JOINTS: tuple[str, ...] = ("root", "neck", "jaw", "eye_left", "eye_right")
PARENTS: tuple[int, ...] = (-1, 0, 1, 1, 1)

_N_JOINTS = len(JOINTS)
_N_POSE = 9 * (_N_JOINTS - 1)
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "v_template": ("v_template", "template"),
    "faces": ("f", "faces"),
    "shapedirs": ("shapedirs", "shape_dirs", "identity_dirs", "identitydirs"),
    "expression_dirs": ("expression_dirs", "expressiondirs", "expr_dirs", "exprdirs", "exp_dirs"),
    "posedirs": ("posedirs", "pose_dirs"),
    "weights": ("weights", "lbs_weights", "skinning_weights"),
    "j_regressor": ("J_regressor", "j_regressor"),
    "parents": ("kintree_table", "parents"),
}
_OTHER_MODELS: dict[int, str] = {
    10475: "SMPL-X",
    6890: "SMPL or SMPL-H",
    778: "MANO",
    3889: "SMAL",
    53149: "the Basel face model of 2017",
    53490: "the Basel face model of 2009",
    35709: "a cropped Basel face model",
    26719: "ICT-FaceKit",
}
_MESHES = (".obj", ".ply", ".stl", ".fbx", ".glb", ".gltf", ".abc", ".usd", ".usda", ".usdc", ".usdz", ".blend")
_EXPECTED = f"a FLAME model ({N_VERTICES:,} vertices, {N_FACES:,} triangles)"
_ADVICE = (
    "download FLAME 2020, 2023 or 2023 Open from flame.is.tue.mpg.de and choose its .pkl, or an .npz of its arrays"
)


@dataclass(frozen=True)
class FlameTemplate:
    """FLAME's mesh alone.

    Attributes:
        v_template: float32 [5023, 3], metres; y up, the face looks along +z, x to the character's left.
        faces: int32 [9976, 3], counter-clockwise from outside.
    """

    v_template: NDArray[np.float32]
    faces: NDArray[np.int32]


@dataclass(frozen=True)
class FlameModel(FlameTemplate):
    """A FLAME model; lengths in metres, rotations as in :mod:`.flame_pose`.

    Attributes:
        shapedirs: float32 [5023, 3, S], identity components, S may be fewer than 300.
        expression_dirs: float32 [5023, 3, E], expression components, E may be 0.
        posedirs: float32 [5023, 3, 36], pose correctives: 9 entries of (R - 1) for neck, jaw, left and right eye.
        weights: float32 [5023, 5], skinning weights, rows sum to 1.
        j_regressor: float32 [5, 5023], joints from vertices, rows sum to 1.
        parents: the joint each of ``JOINTS`` hangs from, -1 for the root; parents come first.
    """

    shapedirs: NDArray[np.float32]
    expression_dirs: NDArray[np.float32]
    posedirs: NDArray[np.float32]
    weights: NDArray[np.float32]
    j_regressor: NDArray[np.float32]
    parents: tuple[int, ...]


def read_flame(path: Path | str, identity_components: int = IDENTITY_COMPONENTS) -> FlameModel:
    """Read a FLAME model from a pickle or an npz, told apart by content.

    Args:
        path: a file of any release, or its arrays saved as npz under the same names; expression components may lie
            apart (``expression_dirs``), ``posedirs`` may have any order of axes.
        identity_components: how many of the components in ``shapedirs`` are identity; the rest are expression. Files
            with fewer than 300 have no expression unless it lies apart.

    Raises:
        UserError: unreadable, refused, of another model (says which, by its vertex count), or inconsistent.
    """
    arrays = _Arrays(Path(path))
    template = _template(arrays)
    shapedirs = arrays.components("shapedirs")
    identity, expression = np.split(shapedirs, [min(identity_components, shapedirs.shape[2])], axis=2)
    if arrays.has("expression_dirs"):
        expression = arrays.components("expression_dirs")
    posedirs = arrays.components("posedirs")
    if posedirs.shape[2] != _N_POSE:
        raise arrays.wrong(f"has {posedirs.shape[2]} pose correctives instead of {_N_POSE}")
    weights = arrays.rates("weights", (N_VERTICES, _N_JOINTS))
    j_regressor = arrays.rates("j_regressor", (_N_JOINTS, N_VERTICES))
    return FlameModel(
        template.v_template, template.faces, np.ascontiguousarray(identity), np.ascontiguousarray(expression),
        posedirs, weights, j_regressor, _parents(arrays),
    )  # fmt: skip


def read_template(path: Path | str) -> FlameTemplate:
    """Read the mesh alone from a file that may hold nothing else: ``v_template`` or ``template``, ``f`` or ``faces``.

    Raises:
        UserError: as :func:`read_flame`.
    """
    return _template(_Arrays(Path(path)))


def _template(arrays: _Arrays) -> FlameTemplate:
    vertices = arrays.numbers("v_template")
    if vertices.shape != (N_VERTICES, 3):
        raise arrays.wrong(_other_model(vertices))
    faces = arrays.numbers("faces", np.float64)
    if faces.shape != (N_FACES, 3):
        raise arrays.wrong(f"has faces of shape {faces.shape} instead of {(N_FACES, 3)}")
    if (faces != np.floor(faces)).any() or faces.min() < 0 or faces.max() >= N_VERTICES:
        raise arrays.wrong("has faces that name vertices it does not have")
    return FlameTemplate(vertices.astype(np.float32), faces.astype(np.int32))


def _other_model(vertices: NDArray[Any]) -> str:
    if vertices.ndim != 2 or vertices.shape[1] != 3:
        return f"has a v_template of shape {vertices.shape}"
    count = len(vertices)
    known = f" and so seems to be {_OTHER_MODELS[count]}" if count in _OTHER_MODELS else ""
    return f"has {count:,} vertices{known}"


def _parents(arrays: _Arrays) -> tuple[int, ...]:
    """The first row of ``kintree_table``; its root is -1 or, as an unsigned number, 4294967295."""
    if not arrays.has("parents"):
        return PARENTS
    table = np.atleast_2d(arrays.numbers("parents", np.float64))[0]
    parents = tuple(-1 if not 0 <= parent < len(table) else int(parent) for parent in table)
    if parents != PARENTS:
        raise arrays.wrong(f"has joints that hang from {parents} instead of {PARENTS}")
    return parents


class _Arrays:
    """The arrays of a file by our own names."""

    def __init__(self, path: Path) -> None:
        self._file = path.name
        content = _content(path)
        if not isinstance(content, Mapping):
            raise self.wrong(f"holds a {type(content).__name__} and no named arrays")
        self._found = {str(key): value for key, value in content.items()}

    def wrong(self, what: str) -> UserError:
        return UserError(f"{self._file} {what}", _EXPECTED, _ADVICE)

    def has(self, name: str) -> bool:
        return any(spelling in self._found for spelling in _SPELLINGS[name])

    def numbers(self, name: str, dtype: type[np.floating[Any]] = np.float32) -> NDArray[Any]:
        """The array ``name``, finite."""
        spelling = next((spelling for spelling in _SPELLINGS[name] if spelling in self._found), None)
        if spelling is None:
            names = ", ".join(sorted(self._found)[:12])[:160]
            raise self.wrong(f"has no {_SPELLINGS[name][0]} (it has {names or 'nothing'})")
        value = self._found[spelling]
        if isinstance(value, ObjectArray) and value.shape == ():
            value = value.items[0]
        if isinstance(value, Unevaluated):
            raise self.wrong(f"has {spelling} only as a computation ({value.name})")
        array = value.dense() if isinstance(value, SparseMatrix) else value
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "iuf":
            raise self.wrong(f"has a {spelling} that is no array of numbers")
        # A value too large for float32 becomes infinite here and is refused below.
        with np.errstate(over="ignore", invalid="ignore"):
            array = array.astype(dtype)
        if not np.isfinite(array).all():
            raise self.wrong(f"has a {spelling} with values that are no finite numbers")
        return array

    def components(self, name: str) -> NDArray[np.float32]:
        """Displacements [5023, 3, N], stored like that, component first, or with vertices and axes in one."""
        array = self.numbers(name)
        shape, flat = array.shape, 3 * N_VERTICES
        if array.ndim == 2 and shape[0] == flat:
            array = array.reshape(N_VERTICES, 3, shape[1])
        elif array.ndim == 2 and shape[1] == flat:
            array = array.reshape(shape[0], N_VERTICES, 3).transpose(1, 2, 0)
        elif array.ndim == 3 and shape[1:] == (N_VERTICES, 3):
            array = array.transpose(1, 2, 0)
        elif array.ndim != 3 or shape[:2] != (N_VERTICES, 3):
            raise self.wrong(f"has {_SPELLINGS[name][0]} of shape {shape}")
        return np.ascontiguousarray(array)

    def rates(self, name: str, shape: tuple[int, int]) -> NDArray[np.float32]:
        """A matrix whose rows sum to 1, given as such or transposed."""
        array = self.numbers(name)
        array = array.T if array.shape == shape[::-1] else array
        if array.shape != shape:
            raise self.wrong(f"has {_SPELLINGS[name][0]} of shape {array.shape} instead of {shape}")
        if np.abs(array.sum(axis=1) - 1).max() > 1e-3:
            raise self.wrong(f"has {_SPELLINGS[name][0]} whose rows do not sum to 1")
        return np.ascontiguousarray(array, np.float32)


def _content(path: Path) -> Any:
    if path.suffix.lower() in _MESHES:
        raise UserError(f"{path.name} is a mesh", "FLAME's .npz or .pkl", _ADVICE)
    try:
        with path.open("rb") as file:
            start = file.read(6)
    except OSError as error:
        raise UserError(f"{path.name} cannot be read ({error.strerror})", _EXPECTED, "check the path") from error
    if start.startswith(b"PK"):
        return read_npz(path)
    return read_npy(path.read_bytes(), path.name) if start == b"\x93NUMPY" else read_pickle(path)
