"""Heads from files: the project's own .npz, objects of another .blend, OBJ or PLY meshes, and FLAME's own files.

A mesh without face keys is given them by whoever can build them (``rig.flame_mesh`` for FLAME's topology and
``rig.marked_face`` for others need scipy, which Blender's Python lacks).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ..errors import UserError
from ..rig.face_parts import says_face
from ..rig.flame_file import read_template
from ..rig.flame_source import is_flame_model
from ..rig.head import load_head
from ..rig.mapping import MappingTable
from .characters import companions
from .face_keys import EXPECTED, is_flame, recognised
from .face_parts import face_parts
from .heads import add_head, to_blender
from .mapping import guessed_table, object_mapping, require_mapping

SUFFIXES = (".blend", ".npz", ".pkl", ".obj", ".ply")


class Standing(Protocol):
    """How a mesh stands that was given keys: a part of ``rig.flame_mesh.FaceKeys``."""

    @property
    def unit(self) -> float:
        """Metres of one unit of the mesh."""

    @property
    def upright(self) -> NDArray[np.float64]:
        """[3, 3] turn that brings it nearest to y up, facing +z."""


GiveKeys = Callable[[bpy.types.Object], Standing]  # builds face keys on a FLAME mesh
Part = tuple[bpy.types.Object, str]
# Builds face keys on a head of another topology and on its parts; tells which objects have some.
KeyHead = Callable[[bpy.types.Object, list[Part]], list[bpy.types.Object]]


def head_from_file(
    path: Path, object_name: str | None = None, collection: bpy.types.Collection | None = None
) -> bpy.types.Object:
    """The head alone of ``character_from_file``."""
    return character_from_file(path, object_name, collection, alone=True)[0]


def character_from_file(
    path: Path,
    object_name: str | None = None,
    collection: bpy.types.Collection | None = None,
    table: MappingTable | None = None,
    alone: bool = False,
    give_keys: GiveKeys | None = None,
    key_head: KeyHead | None = None,
    marked: bool = False,
) -> list[bpy.types.Object]:
    """Bring a head into the scene, vertex order kept, with the other meshes of its character.

    Args:
        path: .npz of ``rig.head.save_head``; .blend, whose objects are appended, not linked; .obj or .ply; .npz or
            .pkl of FLAME, of which the mesh alone is taken.
        object_name: in a .blend, the mesh to use; by default the one with most shape keys.
        collection: where the objects go; by default the active collection.
        table: mapping to use in place of the object's own or the guess.
        alone: leave the other meshes (``characters.companions``) where they are.
        give_keys: called for a mesh of FLAME's topology without a key that is known; None to refuse it.
        key_head: called for any other mesh without shape keys, with what seem to be its parts; None to refuse it.
        marked: ``key_head`` knows the head's points, so that it is called for one that was FLAME's once too.

    Returns:
        the head, then the others by name.

    Raises:
        UserError: file missing or unreadable, no such object, or a mesh that ``mapping.require_mapping`` refuses;
            nothing of it is then left in the scene.
    """
    path = Path(path)
    target = collection or bpy.context.collection
    before = set(bpy.data.objects)
    if _is_own(path):
        return [add_head(load_head(path), path.stem, collection)]
    try:
        found = _bring(path, object_name, target, alone, key_head is not None)
        if give_keys is not None and _lacks_keys(found[0], table, marked):
            built = give_keys(found[0])
            if path.suffix.lower() != ".blend":
                _stand(found[0], built)
        elif key_head is not None and _is_bare(found[0]):
            head, parts = _at_the_head(found)
            found = key_head(head, parts)
        require_mapping(found[0], table)
    except UserError:
        for added in set(bpy.data.objects) - before:
            bpy.data.objects.remove(added)
        raise
    return found


def bare_head_from_file(path: Path, object_name: str | None = None) -> tuple[bpy.types.Object, list[Part]]:
    """Bring a head without shape keys into the scene, with what seem to be its parts.

    Raises:
        UserError: as ``character_from_file``, or the head has shape keys or FLAME's topology and needs no points.
    """
    path = Path(path)
    found = [] if _is_own(path) else _bring(path, object_name, bpy.context.collection, alone=False, bare=True)
    if not found or not _is_bare(found[0]):
        raise UserError(
            f"the head of {path.name} has shape keys or FLAME's topology", "a head that needs points", "bake on it"
        )
    return _at_the_head(found)


def _is_own(path: Path) -> bool:
    """Whether a file is one of ``rig.head``.

    Raises:
        UserError: it is not there, or of no kind that is known.
    """
    if not path.is_file():
        raise UserError(f"no head file at {path}", f"one of {', '.join(SUFFIXES)}", "check the path")
    if path.suffix.lower() == ".npz":
        return not is_flame_model(path)
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(
            f"{path.name} is a '{path.suffix.lower()}' file", f"one of {', '.join(SUFFIXES)}", "export it as one"
        )
    return False


def _bring(
    path: Path, object_name: str | None, target: bpy.types.Collection, alone: bool, bare: bool
) -> list[bpy.types.Object]:
    """The objects of a file, the head first."""
    if path.suffix.lower() == ".blend":
        return _append(path, object_name, target, alone, bare)
    return [_flame_mesh(path, target) if is_flame_model(path) else _import_mesh(path)]


def _lacks_keys(obj: bpy.types.Object, table: MappingTable | None, marked: bool) -> bool:
    """Whether a FLAME mesh has no key that is known.

    Raises:
        UserError: it has none, its topology was FLAME's once, and it is not ``marked`` or cannot be.
    """
    mapping = object_mapping(obj, table)
    if obj.type != "MESH" or mapping.table.keys or mapping.driven:
        return False
    found = recognised(obj.data)
    bare = _is_bare(obj)
    if found.kind == "altered" and not (marked and bare):
        mark = ", or mark it: ptalker face HEAD -o points.json, then --points points.json" if bare else ""
        raise UserError(
            f"mesh '{obj.name}' has no known shape keys and is not quite FLAME's: {found.reason}",
            f"shape keys for the face, or {EXPECTED}, which is given them",
            f"choose such a mesh{mark}",
        )
    return found.correspondence is not None


def _is_bare(obj: bpy.types.Object) -> bool:
    """Whether a mesh has no shape keys and is not FLAME's."""
    return obj.type == "MESH" and obj.data.shape_keys is None and not is_flame(obj)


def _at_the_head(brought: list[bpy.types.Object]) -> tuple[bpy.types.Object, list[Part]]:
    """The head and its parts; of the other objects only those that are at the head stay."""
    bpy.context.view_layer.update()
    parts = face_parts(brought[0], brought[1:])
    there = {brought[0], *(obj for obj, _ in parts)}
    for obj in brought:
        if obj not in there:
            bpy.data.objects.remove(obj)
    return brought[0], parts


def _flame_mesh(path: Path, collection: bpy.types.Collection) -> bpy.types.Object:
    """The mesh of a FLAME file, its vertices and faces as they are there."""
    template = read_template(path)
    mesh = bpy.data.meshes.new(path.stem)
    mesh.from_pydata(to_blender(template.v_template).tolist(), [], template.faces.tolist())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), bool))
    obj = bpy.data.objects.new(path.stem, mesh)
    collection.objects.link(obj)
    bpy.context.view_layer.update()
    return obj


def _stand(obj: bpy.types.Object, built: Standing) -> None:
    """Stand a mesh of other axes or units upright, in metres, looking along -y, by its object's transform."""
    upright = Matrix(to_blender(built.upright.T.astype(np.float32)).T.tolist()).to_4x4()
    obj.matrix_world = Matrix.Scale(built.unit, 4) @ upright @ obj.matrix_world
    bpy.context.view_layer.update()


def _append(
    path: Path, object_name: str | None, collection: bpy.types.Collection, alone: bool, bare: bool
) -> list[bpy.types.Object]:
    """Append a character of a .blend and whatever it depends on (parent, armature)."""
    names = _choose(path, object_name, alone, bare)
    before = set(bpy.data.objects)
    with bpy.data.libraries.load(str(path), link=False) as (_, wanted):
        wanted.objects = names
    for obj in set(bpy.data.objects) - before:
        if not obj.users_collection:
            collection.objects.link(obj)
    return list(wanted.objects)


def _choose(path: Path, object_name: str | None, alone: bool, bare: bool) -> list[str]:
    """Names of the meshes to append: looked up in a linked view of the file, which is dropped again.

    With ``bare`` a head without keys comes with all other meshes, since only in a scene it shows which are near.
    """
    known = set(bpy.data.libraries)
    try:
        with bpy.data.libraries.load(str(path), link=True) as (there, wanted):
            wanted.objects = list(there.objects)
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be opened ({error})", "a Blender file", "open it in Blender once"
        ) from error
    meshes = {obj.name: obj for obj in wanted.objects if obj is not None and obj.type == "MESH"}
    counts = {name: len(obj.data.shape_keys.key_blocks) if obj.data.shape_keys else 0 for name, obj in meshes.items()}
    chosen = object_name or _likeliest(meshes, counts)
    others = companions(meshes[chosen], meshes.values()) if chosen in meshes and not alone else []
    names = [chosen, *(obj.name for obj in others)]
    if bare and not alone and chosen in meshes and _is_bare(meshes[chosen]):
        names = [chosen, *(name for name in meshes if name != chosen)]
    for library in set(bpy.data.libraries) - known:
        bpy.data.libraries.remove(library)
    if not counts:
        raise UserError(f"{path.name} holds no mesh object", "a head with shape keys", "choose another file")
    if chosen not in counts:
        raise UserError(f"{path.name} has no mesh '{object_name}'", f"one of {', '.join(sorted(counts))}", "name one")
    return names


def _likeliest(meshes: dict[str, bpy.types.Object], counts: dict[str, int]) -> str:
    """The mesh with most shape keys; where none of these is known, a FLAME mesh goes before it."""
    most = max(counts, key=lambda name: (counts[name], says_face(name), len(meshes[name].data.vertices)), default="")
    if most and not guessed_table(meshes[most]).keys:
        flames = [name for name, obj in meshes.items() if is_flame(obj)]
        return max(flames, key=lambda name: counts[name], default=most)
    return most


def _import_mesh(path: Path) -> bpy.types.Object:
    """Import an OBJ or PLY as one object, without splitting or merging, which would reorder its vertices."""
    before = set(bpy.data.objects)
    try:
        if path.suffix.lower() == ".obj":
            bpy.ops.wm.obj_import(filepath=str(path), use_split_objects=False, use_split_groups=False)
        else:
            bpy.ops.wm.ply_import(filepath=str(path), merge_verts=False)
    except RuntimeError as error:
        raise UserError(f"{path.name} cannot be imported ({error})", "a mesh", "export it again") from error
    added = [obj for obj in bpy.data.objects if obj not in before and obj.type == "MESH"]
    if len(added) != 1 or not added[0].data.vertices:
        raise UserError(f"{path.name} holds {len(added)} meshes", "one mesh with vertices", "export only the head")
    return added[0]
