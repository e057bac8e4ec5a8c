"""Heads from files: the project's own .npz, objects of another .blend, and OBJ or PLY meshes."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..errors import UserError
from ..rig.head import load_head
from ..rig.mapping import MappingTable
from .characters import companions
from .heads import add_head
from .mapping import require_mapping

SUFFIXES = (".blend", ".npz", ".obj", ".ply")


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
) -> list[bpy.types.Object]:
    """Bring a head into the scene, vertex order kept, with the other meshes of its character.

    Args:
        path: .npz of ``rig.head.save_head``; .blend, whose objects are appended, not linked; .obj or .ply.
        object_name: in a .blend, the mesh to use; by default the one with most shape keys.
        collection: where the objects go; by default the active collection.
        table: mapping to use in place of the object's own or the guess.
        alone: leave the other meshes (``characters.companions``) where they are.

    Returns:
        the head, then the others by name.

    Raises:
        UserError: file missing or unreadable, no such object, or a mesh that ``mapping.require_mapping`` refuses;
            nothing of it is then left in the scene.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"no head file at {path}", f"one of {', '.join(SUFFIXES)}", "check the path")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return [add_head(load_head(path), path.stem, collection)]
    if suffix not in SUFFIXES:
        raise UserError(
            f"{path.name} is a '{suffix}' file", f"one of {', '.join(SUFFIXES)}", "export it as one of these"
        )
    target = collection or bpy.context.collection
    before = set(bpy.data.objects)
    found = _append(path, object_name, target, alone) if suffix == ".blend" else [_import_mesh(path)]
    try:
        require_mapping(found[0], table)
    except UserError:
        for added in set(bpy.data.objects) - before:
            bpy.data.objects.remove(added)
        raise
    return found


def _append(
    path: Path, object_name: str | None, collection: bpy.types.Collection, alone: bool
) -> list[bpy.types.Object]:
    """Append a character of a .blend and whatever it depends on (parent, armature)."""
    names = _choose(path, object_name, alone)
    before = set(bpy.data.objects)
    with bpy.data.libraries.load(str(path), link=False) as (_, wanted):
        wanted.objects = names
    for obj in set(bpy.data.objects) - before:
        if not obj.users_collection:
            collection.objects.link(obj)
    return list(wanted.objects)


def _choose(path: Path, object_name: str | None, alone: bool) -> list[str]:
    """Names of the meshes to append: looked up in a linked view of the file, which is dropped again."""
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
    chosen = object_name or max(counts, key=lambda name: counts[name], default="")
    others = companions(meshes[chosen], meshes.values()) if chosen in meshes and not alone else []
    names = [chosen, *(obj.name for obj in others)]
    for library in set(bpy.data.libraries) - known:
        bpy.data.libraries.remove(library)
    if not counts:
        raise UserError(f"{path.name} holds no mesh object", "a head with shape keys", "choose another file")
    if chosen not in counts:
        raise UserError(f"{path.name} has no mesh '{object_name}'", f"one of {', '.join(sorted(counts))}", "name one")
    return names


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
