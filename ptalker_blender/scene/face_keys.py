"""Face keys on a mesh of FLAME's topology in the scene: what is sent to be built, and what is made of it.

The keys themselves are built elsewhere (``rig.flame_mesh``, which needs scipy). They are made for the mesh as it is
seen, its object's scale included, and added in the mesh's own space beside what the artist has.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import bpy
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..motion.controls import BLENDSHAPES
from ..rig.flame_jaw import CORRECTIVE, corrective_expression
from ..rig.topology import Recognition, recognise
from .flame_head import identity_points, key_points
from .key_blocks import shape_keys, value_path
from .mapping import guessed_table, saved_table
from .shape_keys import BASIS
from .turning import TURN_GROUP, add_turn_group, set_turn_frame

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

EXPECTED = "a mesh with FLAME's connectivity"
JAW = "jawOpen"
CLOSE = "mouthClose"
LARGE = 20_000  # faces from which on recognising takes longer than drawing a panel may
_CORRECTIVE_MAX = 10.0  # what Blender allows: an artist may widen jawOpen's slider


class BuiltKeys(Protocol):
    """What was built: ``rig.flame_mesh.FaceKeys`` or ``engine.messages.KeysBuilt``."""

    @property
    def names(self) -> tuple[str, ...]:
        """K key names."""

    @property
    def deltas(self) -> NDArray[np.float32]:
        """[K, V, 3] as the mesh is seen."""

    @property
    def follow(self) -> NDArray[np.float32]:
        """[V] share of the head's rotation."""

    @property
    def pivot(self) -> NDArray[np.float64]:
        """[3] the neck."""

    @property
    def axes(self) -> NDArray[np.float64]:
        """[3, 3] rows: left, up, front."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the artist."""


@dataclass(frozen=True, eq=False)
class MeshToKey:
    """A mesh as plain data.

    Attributes:
        vertices: float64 [V, 3], at rest, turned and scaled as its object is.
        corners: int32 [L] vertex of each polygon's corner.
        sizes: int32 [P] corners of each polygon.
        linear: float64 [3, 3], from the mesh's own space to that of ``vertices``.
        digest: of the mesh's own shape and connectivity.
    """

    vertices: NDArray[np.float64]
    corners: NDArray[np.int32]
    sizes: NDArray[np.int32]
    linear: NDArray[np.float64]
    digest: str


@dataclass(frozen=True)
class AddedKeys:
    """What was added, and which keys that the artist has were kept in place of ours."""

    added: tuple[str, ...]
    kept: tuple[str, ...]
    notes: tuple[str, ...]


def read_mesh(obj: bpy.types.Object) -> MeshToKey:
    """The mesh of an object: its reference key, and the identity keys of a FLAME head; no other key has a say.

    Raises:
        UserError: what ``require_keyable`` refuses, or a scale of zero.
    """
    require_keyable(obj)
    own, linear = _rest(obj), np.array(obj.matrix_world.to_3x3(), np.float64)
    if abs(np.linalg.det(linear)) < 1e-12 * max(np.abs(linear).max(), 1e-12) ** 3:
        raise UserError(f"'{obj.name}' has a scale of zero", "an object that can be seen", "reset its scale (Alt+S)")
    corners, sizes = _polygons(obj.data)
    return MeshToKey(own @ linear.T, corners, sizes, linear, _digest(own, corners, sizes))


def require_keyable(obj: bpy.types.Object) -> None:
    """Check that shape keys can be added to an object.

    Raises:
        UserError: not a mesh; in another mode; linked or overridden mesh data; absolute keys.
    """
    if obj.type != "MESH":
        raise UserError(f"object '{obj.name}' is of type {obj.type.lower()}", EXPECTED, "choose the face's mesh")
    if not obj.is_editable or not obj.data.is_editable or obj.data.override_library is not None:
        raise UserError(
            f"the mesh of '{obj.name}' is linked from another file, which alone may add keys to it",
            "a mesh of this file",
            "make object and mesh local (Object > Relations > Make Local), or build the keys in that file",
        )
    if obj.mode in {"EDIT", "SCULPT"}:
        raise UserError(f"'{obj.name}' is in {obj.mode.title()} Mode", "Object Mode", "leave it (Tab)")
    keys = shape_keys(obj)
    if keys is not None and not keys.use_relative:
        raise UserError(f"the shape keys of '{obj.name}' are absolute", "relative shape keys", "turn on Relative")


def missing_controls(obj: bpy.types.Object) -> tuple[str, ...]:
    """Blendshapes that no key of a mesh answers to, driven and unlisted ones counted as answering.

    Raises:
        UserError: the mapping table on the object cannot be read.
    """
    keys, own = shape_keys(obj), saved_table(obj)
    if keys is None:
        return BLENDSHAPES
    there = {*guessed_table(obj).controls, *(own.controls if own is not None else ()), *keys.key_blocks.keys()}
    return tuple(name for name in BLENDSHAPES if name not in there)


def why_not(obj: bpy.types.Object | None) -> str:
    """Why keys cannot be built on an object, in a sentence; empty if they can, or if it would take long to tell."""
    if obj is None:
        return "Choose a mesh first"
    try:
        require_keyable(obj)
        missing = missing_controls(obj)
    except UserError as error:
        return f"{error.found}: {error.advice}"
    if not missing:
        return f"'{obj.name}' has keys for all controls"
    if len(obj.data.polygons) > LARGE:
        return ""  # a panel asks; the worker will say
    found = recognised(obj.data)
    return "" if found.correspondence is not None else f"'{obj.name}' has no FLAME topology: {found.reason}"


def is_flame(obj: bpy.types.Object) -> bool:
    """Whether an object is a mesh of FLAME's topology, perhaps with further geometry or without eyeballs."""
    return obj.type == "MESH" and recognised(obj.data).correspondence is not None


def recognised(mesh: bpy.types.Mesh) -> Recognition:
    """What a mesh has to do with FLAME; kept until its counts change, since panels ask at every redraw."""
    counts = len(mesh.vertices), len(mesh.edges), len(mesh.loops), len(mesh.polygons)
    return _recognised(_Connectivity(mesh.session_uid, counts, mesh))


def add_face_keys(obj: bpy.types.Object, mesh: MeshToKey, built: BuiltKeys, head_turn: bool = True) -> AddedKeys:
    """Add the keys that an object lacks; its own keys, values, modifiers and Actions are left alone.

    Args:
        obj: the object that ``mesh`` was read from.
        mesh: as it was when the keys were built.
        built: keys of it.
        head_turn: also say how the neck bends when a take turns the head. Left out where an armature deforms the
            mesh or the artist has painted the vertex group "Head turn".

    Raises:
        UserError: as ``require_keyable``, or the mesh was changed meanwhile; nothing was added then.
    """
    require_keyable(obj)
    if _digest(_rest(obj), *_polygons(obj.data)) != mesh.digest:
        raise UserError(
            f"'{obj.name}' was changed while its keys were built", "the mesh as it was", "build the keys again"
        )
    wanted = {*missing_controls(obj)}
    if JAW in wanted and not _there(obj, CORRECTIVE):
        wanted.add(CORRECTIVE)
    added = tuple(name for name in built.names if name in wanted)
    kept = tuple(name for name in built.names if name not in wanted and name != CORRECTIVE)
    back = np.linalg.inv(mesh.linear)
    shapes = {name: built.deltas[built.names.index(name)] @ back.T for name in added}
    _add(obj, shapes)
    if CORRECTIVE in shapes:
        _drive_corrective(obj.data.shape_keys)
    if head_turn and TURN_GROUP not in obj.vertex_groups and not _is_armed(obj):
        add_turn_group(obj, built.follow)
        set_turn_frame(obj, built.pivot @ back.T, _turn_axes(built.axes, mesh.linear))
    return AddedKeys(added, kept, (*built.notes, *_notes(obj, kept)))


def _add(obj: bpy.types.Object, shapes: dict[str, NDArray[np.float64]]) -> None:
    """Keys relative to the reference key, which is made if there is none."""
    active = obj.active_shape_key_index
    if obj.data.shape_keys is None:
        obj.shape_key_add(name=BASIS, from_mix=False)
    reference = obj.data.shape_keys.reference_key
    rest = key_points(reference).astype(np.float64)
    for name, shape in shapes.items():
        key = obj.shape_key_add(name=name, from_mix=False)
        key.relative_key = reference
        key.value = 0.0  # Blender 5 makes new keys fully on
        key.data.foreach_set("co", (rest + shape).astype(np.float32).ravel())
    obj.active_shape_key_index = active
    obj.data.update()


def _drive_corrective(keys: bpy.types.Key) -> None:
    """Let the jaw's corrective follow the jaw. Blender computes the expression without Python: no trust is needed."""
    key = keys.key_blocks[CORRECTIVE]
    key.slider_max = _CORRECTIVE_MAX
    driver = key.driver_add("value").driver
    driver.type = "SCRIPTED"
    inputs = {"jaw": JAW} | ({"close": CLOSE} if CLOSE in keys.key_blocks else {})
    for name, control in inputs.items():
        variable = driver.variables.new()
        variable.name, variable.type = name, "SINGLE_PROP"
        target = variable.targets[0]
        target.id_type, target.id, target.data_path = "KEY", keys, value_path(control)
    driver.expression = corrective_expression("jaw", "close" if "close" in inputs else None)


def _turn_axes(axes: NDArray[np.float64], linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """The face's left, back and up in the mesh's own space, rows [3, 3], from left, up and front as seen."""
    left, up, front = axes
    seen = np.stack([left, -front, up])
    u, _, vt = np.linalg.svd(linear)
    own = seen @ (u @ vt)  # rows: R^-1 x for the rotation R nearest to the object's transform
    return np.asarray(-own if np.linalg.det(own) < 0 else own, np.float64)


def _notes(obj: bpy.types.Object, kept: tuple[str, ...]) -> list[str]:
    notes = []
    if kept:
        shown = ", ".join(kept[:6]) + (" ..." if len(kept) > 6 else "")
        notes.append(f"Kept the keys that '{obj.name}' has for {shown}.")
    others = [other.name for other in bpy.data.objects if other != obj and other.data == obj.data]
    if others:
        notes.append(f"The mesh is shared: {', '.join(map(repr, others[:4]))} got the keys too.")
    if saved_table(obj) is not None:
        notes.append("The object has a mapping table of its own, which does not name the new keys: clear or guess it.")
    return notes


def _rest(obj: bpy.types.Object) -> NDArray[np.float64]:
    """Vertices [V, 3] of a mesh at rest, in its own space."""
    if obj.data.shape_keys is not None:
        return identity_points(obj)
    points = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", points)
    return points.reshape(-1, 3).astype(np.float64)


def _polygons(mesh: bpy.types.Mesh) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    corners, sizes = np.empty(len(mesh.loops), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    mesh.polygons.foreach_get("loop_total", sizes)
    return corners, sizes


def _digest(*arrays: ArrayLike) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _there(obj: bpy.types.Object, name: str) -> bool:
    keys = shape_keys(obj)
    return keys is not None and name in keys.key_blocks


def _is_armed(obj: bpy.types.Object) -> bool:
    return any(modifier.type == "ARMATURE" and modifier.object for modifier in obj.modifiers)


@dataclass(frozen=True)
class _Connectivity:
    """A mesh as far as its connectivity is known by counting."""

    uid: int
    counts: tuple[int, int, int, int]
    mesh: bpy.types.Mesh = field(compare=False)


@lru_cache(maxsize=32)
def _recognised(connectivity: _Connectivity) -> Recognition:
    mesh = connectivity.mesh
    return recognise(None, len(mesh.vertices), _polygons(mesh))
