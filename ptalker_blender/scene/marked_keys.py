"""Face keys on a head without any, and on the other objects of it: what is sent to be built, and what is made of it.

The keys are built elsewhere (``rig.marked_face``, which needs scipy). Objects are taken as seen, their scale, turn and
place included, but at rest, without modifiers; keys go back into the space of each object's own mesh.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..rig.face_parts import FOLLOW, STILL, pieces, role_of_name
from ..rig.guide import BY_NAME, GUIDE
from .characters import FACE_OF
from .face_frame import FaceFrame, face_frame
from .face_keys import missing_controls, require_keyable
from .guide import marked_points
from .key_blocks import shape_keys
from .mesh_arrays import rest_points, triangle_materials, triangles
from .shape_keys import BASIS

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

FACE = "FACE"
STILL_SHARE = 1e-5  # of the head's size: a key that moves an object by less is left out


@dataclass(frozen=True, eq=False)
class PartMesh:
    """One object of a head, as plain data.

    Attributes:
        role: ``FACE`` for the head itself, else one of ``rig.face_parts.ROLES``.
        first: number of its first vertex among all of the head's.
        count: of its vertices.
        linear: [3, 3] from its own space to the canonical one.
        digest: of its own shape and connectivity.
    """

    role: str
    first: int
    count: int
    linear: Floats
    digest: str


@dataclass(frozen=True, eq=False)
class HeadMesh:
    """A head's objects together, in the canonical frame: the fields of ``rig.marked_face.FaceMesh``, and the way back.

    Attributes:
        vertices: float64 [V, 3].
        triangles: int32 [F, 3], counter-clockwise from outside.
        lumps: int32 [V].
        roles: of each lump.
        parts: of each object, the head first.
        points: [3] by name, the marks in the canonical frame.
    """

    vertices: Floats
    triangles: NDArray[np.int32]
    lumps: NDArray[np.int32]
    roles: tuple[str, ...]
    parts: tuple[PartMesh, ...]
    points: dict[str, Floats]


@dataclass(frozen=True)
class Written:
    """What was added: number of keys by name of the object, and notes."""

    added: dict[str, int]
    notes: tuple[str, ...]


def read_head(
    head: bpy.types.Object,
    others: Sequence[tuple[bpy.types.Object, str]],
    faces: str,
    points: dict[str, Floats] | None = None,
    copy_meshes: bool = False,
) -> HeadMesh:
    """A head with the other objects of it, as plain data.

    Args:
        head: the face's object.
        others: objects with their roles; those that keep still are passed over.
        faces: of ``rig.guide.FACINGS``, which way the head looks in the scene.
        points: [3] by name in the space of the head's mesh; None: where its markers are.
        copy_meshes: linked meshes of library overrides will be copied into this file.

    Raises:
        UserError: an object that cannot be given keys, or with which they would be wrong.
    """
    bpy.context.view_layer.update()
    frame = face_frame(head, faces)
    chosen = [(head, FACE), *((obj, role) for obj, role in others if role != STILL and obj != head)]
    for obj, _ in chosen:
        _require_part(obj, copy_meshes)
    _require_own_meshes([obj for obj, _ in chosen])
    pieces_read: list[_Read] = []
    for obj, role in chosen:
        pieces_read.append(_read(obj, role, frame, sum(one.part.count for one in pieces_read)))
    roles: list[str] = []
    lumps: list[Ids] = []
    for one in pieces_read:
        lumps.append(one.lumps + len(roles))
        roles += one.roles
    return HeadMesh(
        np.concatenate([one.points for one in pieces_read]),
        np.concatenate([one.triangles + one.part.first for one in pieces_read]).astype(np.int32),
        np.concatenate(lumps).astype(np.int32),
        tuple(roles),
        tuple(one.part for one in pieces_read),
        _canonical_points(head, frame, points),
    )


def own_points(head: bpy.types.Object, faces: str, canonical: dict[str, Floats]) -> dict[str, Floats]:
    """Points of the canonical frame in the space of the head's mesh."""
    linear, shift = face_frame(head, faces).matrix(head)
    back = np.linalg.inv(linear)
    return {name: back @ (point - shift) for name, point in canonical.items()}


def require_all_points(points: dict[str, Floats]) -> None:
    """Check that no point of the guide is missing.

    Raises:
        UserError: says which are.
    """
    missing = [BY_NAME[name].label for name in GUIDE if name not in points]
    if missing:
        raise UserError(
            f"{len(missing)} of {len(GUIDE)} points are not placed ({', '.join(missing[:4])})",
            "a marked face",
            "use Mark Face, which guesses the missing ones",
        )


def write_keys(
    objects: Sequence[bpy.types.Object],
    mesh: HeadMesh,
    names: Sequence[str],
    deltas: NDArray[np.float32],
    copy_meshes: bool = False,
) -> Written:
    """Add keys to the objects that move; keys, values, modifiers and Actions of the artist are left alone.

    Args:
        objects: those that ``mesh`` was read from, in its order.
        mesh: as it was when the keys were built.
        names: K key names.
        deltas: [K, V, 3] in the canonical frame.
        copy_meshes: copy linked meshes of library overrides into this file.

    Raises:
        UserError: an object was changed meanwhile; nothing was added then.
    """
    for obj, part in zip(objects, mesh.parts, strict=True):
        _require_part(obj, copy_meshes)
        if _digest(rest_points(obj), triangles(obj.data)) != part.digest:
            raise UserError(f"'{obj.name}' was changed while keys were built", "the mesh as it was", "build them again")
    still = STILL_SHARE * float(np.ptp(mesh.vertices[: mesh.parts[0].count], axis=0).max())
    added: dict[str, int] = {}
    notes: list[str] = []
    for obj, part in zip(objects, mesh.parts, strict=True):
        span = slice(part.first, part.first + part.count)
        moved = np.abs(deltas[:, span]).max(axis=(1, 2)) > still
        wanted = [k for k in range(len(names)) if part.role == FACE or moved[k]]
        if not wanted:
            continue
        free = {*missing_controls(obj)}
        kept = [names[k] for k in wanted if names[k] not in free]
        wanted = [k for k in wanted if names[k] in free]
        if kept:
            notes.append(f"'{obj.name}' keeps its own keys for {', '.join(kept[:4])}{' ...' if len(kept) > 4 else ''}")
        if not obj.data.is_editable or obj.data.override_library is not None:
            obj.data = obj.data.copy()
            notes.append(f"'{obj.name}' has a copy of its linked mesh in this file now")
        back = np.linalg.inv(part.linear).T
        add_keys(obj, {names[k]: deltas[k, span] @ back for k in wanted})
        added[obj.name] = len(wanted)
        if obj != objects[0]:
            obj[FACE_OF] = objects[0]
    loose = [obj.name for obj in objects[1:] if not _hangs_on(obj, objects[0])]
    if loose:
        shown = ", ".join(map(repr, loose[:4])) + (" ..." if len(loose) > 4 else "")
        notes.append(f"Head motion leaves {shown} behind: parent them to '{objects[0].name}' (Ctrl P, Keep Transform)")
    return Written(added, tuple(notes))


def _hangs_on(obj: bpy.types.Object, head: bpy.types.Object) -> bool:
    """Whether an object goes where the head goes: below it, or by an armature or constraint of its own."""
    above = obj
    while above is not None:
        if above == head or above.constraints or any(one.type == "ARMATURE" for one in above.modifiers):
            return True
        above = above.parent
    return False


def add_keys(obj: bpy.types.Object, shapes: dict[str, Floats]) -> None:
    """Add keys [V, 3] relative to the reference key of an object, which is made if there is none."""
    active = obj.active_shape_key_index
    if obj.data.shape_keys is None:
        obj.shape_key_add(name=BASIS, from_mix=False)
    reference = obj.data.shape_keys.reference_key
    rest = rest_points(obj)
    for name, shape in shapes.items():
        key = obj.shape_key_add(name=name, from_mix=False)
        key.relative_key = reference
        key.value = 0.0  # Blender 5 makes new keys fully on
        key.data.foreach_set("co", (rest + shape).astype(np.float32).ravel())
    obj.active_shape_key_index = active
    obj.data.update()


@dataclass(frozen=True, eq=False)
class _Read:
    """One object: vertices in the canonical frame, its own triangles, and its lumps with their roles."""

    part: PartMesh
    points: Floats
    triangles: Ids
    lumps: Ids
    roles: list[str]


def _read(obj: bpy.types.Object, role: str, frame: FaceFrame, first: int) -> _Read:
    own, corners = rest_points(obj), triangles(obj.data)
    linear, shift = frame.matrix(obj)
    part = PartMesh(role, first, len(own), linear, _digest(own, corners))
    lumps, roles = _lumps(obj, corners, len(own)) if role == FACE else (np.zeros(len(own), np.int64), [role])
    mirrored = bool(np.linalg.det(linear) < 0)
    return _Read(part, own @ linear.T + shift, corners[:, ::-1] if mirrored else corners, lumps, roles)


def _require_part(obj: bpy.types.Object, copy_meshes: bool) -> None:
    linked = not obj.data.is_editable or obj.data.override_library is not None if obj.type == "MESH" else False
    if linked and obj.override_library is not None:
        if not copy_meshes:
            raise UserError(
                f"'{obj.name}' is a library override whose mesh is linked, and a linked mesh cannot be given keys",
                "a mesh of this file",
                "turn on Copy Linked Meshes, which leaves the object an override",
            )
    else:
        require_keyable(obj)
    mirror = next((one.name for one in obj.modifiers if one.type == "MIRROR" and one.show_viewport), None)
    if mirror is not None:
        raise UserError(
            f"half of '{obj.name}' is made by its modifier '{mirror}'", "a whole mesh", "apply the modifier first"
        )


def _require_own_meshes(objects: Sequence[bpy.types.Object]) -> None:
    seen: dict[bpy.types.Mesh, str] = {}
    for obj in objects:
        if obj.data in seen:
            raise UserError(
                f"'{seen[obj.data]}' and '{obj.name}' share one mesh, so they would share its keys",
                "a mesh each",
                "select one and choose Object > Relations > Make Single User > Object & Data",
            )
        seen[obj.data] = obj.name


def _lumps(obj: bpy.types.Object, own: Ids, count: int) -> tuple[Ids, list[str]]:
    """Lump [V] of the head's own vertices and the lumps' roles: whole pieces that a material or vertex group names."""
    label = pieces(count, own)
    lump, roles = np.zeros(count, np.int64), [FACE]
    for role, ids in _named(obj, own, count):
        inside = np.bincount(label[ids], minlength=count)
        whole = (inside == np.bincount(label, minlength=count)) & (inside > 0)
        chosen = whole[label] & (lump == 0)
        if chosen.any() and not chosen.all():
            lump[chosen] = len(roles)
            roles.append(role)
    return lump, roles


def _named(obj: bpy.types.Object, own: Ids, count: int) -> list[tuple[str, Ids]]:
    """Vertex ids that a name of a vertex group, else of a material, calls something other than skin."""
    found = []
    told = {group.index: role_of_name(group.name) for group in obj.vertex_groups}
    groups = {index: role for index, role in told.items() if role not in (None, FOLLOW)}
    if groups:
        members: dict[int, list[int]] = {index: [] for index in groups}
        for vertex in obj.data.vertices:
            for entry in vertex.groups:
                if entry.group in members and entry.weight > 0.5:
                    members[entry.group].append(vertex.index)
        found += [(str(groups[index]), np.array(ids, np.int64)) for index, ids in members.items() if ids]
    slots = triangle_materials(obj.data)
    for index, slot in enumerate(obj.material_slots):
        role = role_of_name(slot.material.name) if slot.material is not None else None
        ids = np.unique(own[slots == index])
        if role not in (None, FOLLOW) and len(ids):
            found.append((str(role), ids))
    return found


def _canonical_points(head: bpy.types.Object, frame: FaceFrame, points: dict[str, Floats] | None) -> dict[str, Floats]:
    linear, shift = frame.matrix(head)
    given = marked_points(head) if points is None else points
    return {name: linear @ point + shift for name, point in given.items()}


def _digest(points: Floats, corners: Ids) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(points).tobytes())
    digest.update(np.ascontiguousarray(corners).tobytes())
    return digest.hexdigest()


def has_face_keys(obj: bpy.types.Object) -> bool:
    """Whether an object has a key for every control."""
    return shape_keys(obj) is not None and not missing_controls(obj)
