"""Heads from files: the project's own .npz, objects of another .blend, and OBJ or PLY meshes."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..errors import UserError
from ..rig.head import load_head
from .heads import add_head
from .shape_keys import require_controls

SUFFIXES = (".blend", ".npz", ".obj", ".ply")


def head_from_file(
    path: Path, object_name: str | None = None, collection: bpy.types.Collection | None = None
) -> bpy.types.Object:
    """Bring a head into the scene, vertex order kept.

    Args:
        path: .npz of ``rig.head.save_head``; .blend, whose objects are appended, not linked; .obj or .ply.
        object_name: in a .blend, the mesh to use; by default the one with most shape keys.
        collection: where the objects go; by default the active collection.

    Raises:
        UserError: file missing or unreadable, no such object, or a mesh without any of the 52 shape keys; nothing
            of it is then left in the scene.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"no head file at {path}", f"one of {', '.join(SUFFIXES)}", "check the path")
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return add_head(load_head(path), path.stem, collection)
    if suffix not in SUFFIXES:
        raise UserError(
            f"{path.name} is a '{suffix}' file", f"one of {', '.join(SUFFIXES)}", "export it as one of these"
        )
    target = collection or bpy.context.collection
    before = set(bpy.data.objects)
    obj = _append(path, object_name, target) if suffix == ".blend" else _import_mesh(path)
    try:
        require_controls(obj)
    except UserError:
        for added in set(bpy.data.objects) - before:
            bpy.data.objects.remove(added)
        raise
    return obj


def _append(path: Path, object_name: str | None, collection: bpy.types.Collection) -> bpy.types.Object:
    """Append one mesh object of a .blend and whatever it depends on (parent, armature)."""
    name = _choose(path, object_name)
    before = set(bpy.data.objects)
    with bpy.data.libraries.load(str(path), link=False) as (_, wanted):
        wanted.objects = [name]
    for obj in set(bpy.data.objects) - before:
        if not obj.users_collection:
            collection.objects.link(obj)
    return wanted.objects[0]


def _choose(path: Path, object_name: str | None) -> str:
    """Name of the mesh to append: looked up in a linked view of the file, which is dropped again."""
    known = set(bpy.data.libraries)
    try:
        with bpy.data.libraries.load(str(path), link=True) as (there, wanted):
            wanted.objects = list(there.objects)
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be opened ({error})", "a Blender file", "open it in Blender once"
        ) from error
    meshes = {obj.name: obj.data.shape_keys for obj in wanted.objects if obj is not None and obj.type == "MESH"}
    counts = {name: len(keys.key_blocks) if keys else 0 for name, keys in meshes.items()}
    for library in set(bpy.data.libraries) - known:
        bpy.data.libraries.remove(library)
    if not counts:
        raise UserError(f"{path.name} holds no mesh object", "a head with shape keys", "choose another file")
    if object_name is None:
        return str(max(counts, key=lambda name: counts[name]))
    if object_name not in counts:
        raise UserError(f"{path.name} has no mesh '{object_name}'", f"one of {', '.join(sorted(counts))}", "name one")
    return object_name


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
