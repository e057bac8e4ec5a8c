"""Heads in the scene: building one from arrays, and finding those that are there.

A ``rig.head.Head`` has y up and looks along +z; Blender has z up and characters look along -y, so (x, y, z) becomes
(x, -z, y). The object's origin is put at the neck pivot, about which the head nods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy
import numpy as np
from numpy.typing import NDArray

from .materials import COLOR_ATTRIBUTE, head_material
from .shape_keys import add_shape_keys, control_keys
from .turning import add_turn_group

if TYPE_CHECKING:
    from ..rig.head import Head

HEAD_MARK = "ptalker_head"  # custom property of the object: name of the head it was built from


def to_blender(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn y-up vectors [..., 3] (x left, y up, z out of the face) into Blender's axes."""
    return np.stack([vectors[..., 0], -vectors[..., 2], vectors[..., 1]], axis=-1)


def add_head(head: Head, name: str, collection: bpy.types.Collection | None = None) -> bpy.types.Object:
    """Build a head as a mesh object with shape keys, materials, vertex colours, texture coordinates and vertex groups.

    Args:
        head: geometry and shape keys; vertex order is kept.
        name: name of object, mesh and Key datablock; Blender makes it unique.
        collection: where the object goes; by default the active collection.

    Returns:
        the object, at the place where the head's own coordinates put it, with origin and location at the neck pivot.
    """
    mesh = _mesh(head, name)
    obj = bpy.data.objects.new(name, mesh)
    obj.location = to_blender(head.neck_pivot)
    obj[HEAD_MARK] = name
    (collection or bpy.context.collection).objects.link(obj)
    add_shape_keys(obj, head.key_names, to_blender(head.key_deltas))
    mesh.shape_keys.name = name
    for part, vertices in head.parts.items():
        obj.vertex_groups.new(name=part).add(vertices.tolist(), 1.0, "REPLACE")
    if head.follow is not None:
        add_turn_group(obj, head.follow)
    return obj


def find_heads(scene: bpy.types.Scene) -> list[bpy.types.Object]:
    """List the scene's mesh objects with at least one shape key that answers to a control, most keys first."""
    counted = [(len(control_keys(obj)), obj) for obj in scene.objects if obj.type == "MESH"]
    return [obj for count, obj in sorted(counted, key=lambda item: (-item[0], item[1].name)) if count]


def _mesh(head: Head, name: str) -> bpy.types.Mesh:
    loop_vertices, sizes = head.polygons
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(head.vertices))
    mesh.loops.add(len(loop_vertices))
    mesh.polygons.add(len(sizes))
    mesh.vertices.foreach_set("co", to_blender(head.vertices - head.neck_pivot).ravel())
    mesh.loops.foreach_set("vertex_index", loop_vertices)
    mesh.polygons.foreach_set("loop_start", starts)
    mesh.polygons.foreach_set("material_index", head.polygon_materials)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(sizes), bool))
    for material in head.materials:
        mesh.materials.append(head_material(material))
    if head.colors is not None:
        _add_colors(mesh, head.colors)
    if head.uv is not None:
        mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", head.uv.ravel())
    mesh.update(calc_edges=True)
    if mesh.validate():
        raise ValueError(f"head '{name}' has invalid polygons")
    return mesh


def _add_colors(mesh: bpy.types.Mesh, colors: NDArray[np.float32]) -> None:
    attribute = mesh.color_attributes.new(COLOR_ATTRIBUTE, "FLOAT_COLOR", "POINT")
    attribute.data.foreach_set("color", np.column_stack([colors, np.ones(len(colors), np.float32)]).ravel())
    mesh.color_attributes.active_color = attribute
