"""A FLAME head in the scene, from the user's own file: mesh, components as shape keys, joints as an armature.

The mesh stands upright in Blender's axes, in metres (see ``heads``). Every bone points straight up, so that its own
axes are FLAME's (x to the character's left, y up, z out of the face), and turns in the order ZXY: a bone's rotation
channels are a FLAME joint's rotation as pitch, yaw and roll, in radians. Skinning is the armature
modifier's linear blend.

What the articulated model (``rig.flame_pose``) does and this rig does only when told: joints follow the *identity* when
``update_joints`` runs, since the rest pose of bones cannot be driven; how *expression* moves joints is written into the
bones' location by imported Actions (``flame_actions``) and left out when an artist poses by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..rig.flame_file import JOINTS, N_VERTICES
from .flame_correctives import add_correctives
from .heads import to_blender
from .shape_keys import add_shape_keys

if TYPE_CHECKING:
    from ..rig.flame_file import FlameModel

FLAME_MARK = "ptalker_flame"  # custom property of the mesh object: how joints follow from vertices
IDENTITY, EXPRESSION = "shape_", "expr_"  # beginnings of key names; a number of three digits follows
BONE_ORDER = "ZXY"  # Blender's name for Ry(yaw) @ Rx(pitch) @ Rz(roll)
DEFAULT_IDENTITY, DEFAULT_EXPRESSION = 10, 50
SLIDER = 3.0  # standard deviations

_LENGTHS = (0.1, 0.12, 0.05, 0.03, 0.03)  # of the bones, metres; only what is drawn
_COMPONENT = re.compile(rf"({IDENTITY}|{EXPRESSION})(\d{{3}})")


@dataclass(frozen=True)
class FlameHead:
    """A FLAME head of a scene: its two objects."""

    mesh: bpy.types.Object
    armature: bpy.types.Object


def add_flame_head(
    model: FlameModel,
    name: str,
    collection: bpy.types.Collection | None = None,
    identity: int = DEFAULT_IDENTITY,
    expression: int = DEFAULT_EXPRESSION,
    correctives: bool = True,
) -> FlameHead:
    """Build a FLAME head: an armature, and the mesh as its child.

    Args:
        model: the user's own.
        name: of the armature; the mesh is called after it. Blender makes names unique.
        collection: where the objects go, one of the active view layer; by default the active collection.
        identity: number of identity components as shape keys ``shape_000`` ..., at most those of the file.
        expression: the same for expression, ``expr_000`` ...
        correctives: add the pose correctives as shape keys ``pose_...`` that drivers run (36 keys).

    Raises:
        UserError: object mode is not on, or the collection is hidden from the active view layer.
    """
    _require_object_mode()
    joints = model.j_regressor.astype(np.float64) @ model.v_template
    armature = _armature(name, to_blender(joints.astype(np.float32)), collection or bpy.context.collection)
    obj = _mesh_object(model, name, armature, collection or bpy.context.collection)
    _add_components(obj, model, identity, expression)
    if correctives:
        add_correctives(obj, armature, to_blender(np.moveaxis(model.posedirs, 2, 0)))
    _add_weights(obj, model.weights)
    modifier = obj.modifiers.new("FLAME Joints", "ARMATURE")
    modifier.object = armature
    obj[FLAME_MARK] = _sparse(model.j_regressor)
    return FlameHead(obj, armature)


def find_flame_head(obj: bpy.types.Object | None) -> FlameHead:
    """The FLAME head that a mesh or an armature belongs to.

    Raises:
        UserError: none.
    """
    candidates = [] if obj is None else [obj, *obj.children]
    for mesh in candidates:
        armature = _armature_of(mesh) if mesh.type == "MESH" and FLAME_MARK in mesh else None
        if armature is not None:
            return FlameHead(mesh, armature)
    found = "no object is active" if obj is None else f"'{obj.name}' is no FLAME head of PTalker's"
    raise UserError(found, "a head made by Add FLAME Head, with its armature", "select one, or add one")


def components(obj: bpy.types.Object, kind: str) -> tuple[str, ...]:
    """Names of the shape keys of ``kind`` (``IDENTITY`` or ``EXPRESSION``), from number 0 without a gap."""
    names = {block.name for block in obj.data.shape_keys.key_blocks} if obj.data.shape_keys else set()
    numbers = sorted(int(match[2]) for match in map(_COMPONENT.fullmatch, names) if match and match[1] == kind)
    complete = [number for place, number in enumerate(numbers) if place == number]
    return tuple(f"{kind}{number:03d}" for number in complete)


def set_identity(head: FlameHead, betas: Sequence[float] | NDArray[np.floating[Any]]) -> int:
    """Set the identity keys to ``betas`` and move the joints to match; the rest of the identity is zero.

    Returns:
        how many of the coefficients the head has no key for.
    """
    names = components(head.mesh, IDENTITY)
    blocks = head.mesh.data.shape_keys.key_blocks
    for k, name in enumerate(names):
        value = float(betas[k]) if k < len(betas) else 0.0
        blocks[name].slider_min = min(blocks[name].slider_min, max(value, -10.0))
        blocks[name].slider_max = max(blocks[name].slider_max, min(value, 10.0))
        blocks[name].value = value
    update_joints(head)
    return max(0, len(betas) - len(names))


def update_joints(head: FlameHead) -> float:
    """Move the bones' rest to where FLAME puts the joints of the identity that the sliders show now.

    Reads the Basis, so a head that was sculpted keeps its joints inside it too.

    Returns:
        the longest way a joint went, metres.

    Raises:
        UserError: object mode is not on, or the armature is hidden or linked.
    """
    _require_object_mode()
    if head.armature.library or head.armature.data.library:
        raise UserError(f"'{head.armature.name}' is linked", "a local armature", "make it local first")
    places = _regressed(head.mesh)
    longest = 0.0
    with _edit_bones(head.armature) as bones:
        for joint, place in zip(JOINTS, places, strict=True):
            bone = bones.get(joint)
            if bone is None:
                raise UserError(
                    f"'{head.armature.name}' has no bone '{joint}'", "FLAME's five bones", "undo, or add the head anew"
                )
            way = np.asarray(place) - np.asarray(bone.head)
            longest = max(longest, float(np.linalg.norm(way)))
            length = bone.length
            bone.head = place
            bone.tail = (place[0], place[1], place[2] + length)
            bone.roll = 0.0
    return longest


def _regressed(obj: bpy.types.Object) -> NDArray[np.float64]:
    """Joints [5, 3] in the mesh's space, of its Basis and identity keys."""
    points, table = identity_points(obj), obj[FLAME_MARK]
    return np.stack(
        [np.asarray(table[f"{joint}_weights"]) @ points[np.asarray(table[f"{joint}_vertices"])] for joint in JOINTS]
    )


def identity_points(obj: bpy.types.Object) -> NDArray[np.float64]:
    """Vertices [V, 3] of a mesh with shape keys: its reference key and the identity keys of a FLAME head, no others."""
    keys = obj.data.shape_keys
    basis = key_points(keys.reference_key)
    points = basis.astype(np.float64)
    for name in components(obj, IDENTITY):
        block = keys.key_blocks[name]
        if block.value and not block.mute:
            points += block.value * (key_points(block) - basis)
    return points


def key_points(block: bpy.types.ShapeKey) -> NDArray[np.float32]:
    """Where a shape key puts the vertices [V, 3], in the mesh's space."""
    points = np.empty(3 * len(block.data), np.float32)
    block.data.foreach_get("co", points)
    return points.reshape(-1, 3)


def _sparse(regressor: NDArray[np.float32]) -> dict[str, list[Any]]:
    """The regressor as custom properties can hold it: few vertices have a say in a joint."""
    table: dict[str, list[Any]] = {}
    for joint, row in zip(JOINTS, regressor, strict=True):
        vertices = np.flatnonzero(row)
        table[f"{joint}_vertices"] = vertices.tolist()
        table[f"{joint}_weights"] = row[vertices].astype(np.float64).tolist()
    return table


def _armature(name: str, joints: NDArray[np.float32], collection: bpy.types.Collection) -> bpy.types.Object:
    armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    armature.show_in_front = True
    collection.objects.link(armature)
    bpy.context.view_layer.update()  # it does not know the object before
    if armature.name not in bpy.context.view_layer.objects:
        bpy.data.armatures.remove(armature.data)  # and the object with it
        raise UserError(
            f"collection '{collection.name}' is not in the view layer", "one that is shown", "choose another"
        )
    with _edit_bones(armature) as bones:
        for number, (joint, place, length) in enumerate(zip(JOINTS, joints, _LENGTHS, strict=True)):
            bone = bones.new(joint)
            bone.head = place
            bone.tail = place + np.array([0, 0, length], np.float32)
            bone.roll = 0.0  # its x and z are then FLAME's x and z
            bone.parent = None if number == 0 else bones[JOINTS[min(number - 1, 1)]]
    for bone in armature.pose.bones:
        bone.rotation_mode = BONE_ORDER
    return armature


@contextmanager
def _edit_bones(armature: bpy.types.Object) -> Iterator[Any]:
    """The armature's edit bones: the one part of Blender's data that exists in edit mode only."""
    layer = bpy.context.view_layer
    before = layer.objects.active
    if not armature.visible_get(view_layer=layer):
        raise UserError(f"'{armature.name}' is hidden", "an armature that is shown", "show it first")
    layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        yield armature.data.edit_bones
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
        layer.objects.active = before


def _require_object_mode() -> None:
    if bpy.context.mode != "OBJECT":
        raise UserError(f"{bpy.context.mode.replace('_', ' ').lower()} is on", "object mode", "go to Object Mode first")


def _mesh_object(
    model: FlameModel, name: str, armature: bpy.types.Object, collection: bpy.types.Collection
) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(f"{name} Face")
    faces = model.faces
    mesh.vertices.add(N_VERTICES)
    mesh.loops.add(faces.size)
    mesh.polygons.add(len(faces))
    mesh.vertices.foreach_set("co", to_blender(model.v_template).ravel())
    mesh.loops.foreach_set("vertex_index", faces.ravel())
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 3, dtype=np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    mesh.update(calc_edges=True)
    obj = bpy.data.objects.new(f"{name} Face", mesh)
    obj.parent = armature
    collection.objects.link(obj)
    return obj


def _add_components(obj: bpy.types.Object, model: FlameModel, identity: int, expression: int) -> None:
    bases = ((IDENTITY, model.shapedirs, identity), (EXPRESSION, model.expression_dirs, expression))
    names: list[str] = []
    deltas: list[NDArray[np.float32]] = []
    for kind, basis, wanted in bases:
        count = min(wanted, basis.shape[2])
        names += [f"{kind}{k:03d}" for k in range(count)]
        deltas += [to_blender(basis[:, :, k]) for k in range(count)]
    add_shape_keys(obj, names, np.stack(deltas) if deltas else np.zeros((0, N_VERTICES, 3), np.float32))
    obj.data.shape_keys.name = obj.name
    for name in names:
        block = obj.data.shape_keys.key_blocks[name]
        block.slider_min, block.slider_max = -SLIDER, SLIDER


def _add_weights(obj: bpy.types.Object, weights: NDArray[np.float32]) -> None:
    """Skinning weights as vertex groups with the bones' names; a vertex is in a group where its weight is not 0."""
    for joint, column in zip(JOINTS, weights.T, strict=True):
        group = obj.vertex_groups.new(name=joint)
        for weight in np.unique(column[column > 0]):
            group.add(np.flatnonzero(column == weight).tolist(), float(weight), "REPLACE")


def _armature_of(obj: bpy.types.Object) -> bpy.types.Object | None:
    modifiers = (modifier for modifier in obj.modifiers if modifier.type == "ARMATURE" and modifier.object)
    return next((modifier.object for modifier in modifiers if "jaw" in modifier.object.data.bones), None)
