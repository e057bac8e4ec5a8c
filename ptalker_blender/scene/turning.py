"""What turns a head: a small Empty whose rotation either the whole object takes over, or the head alone.

A mesh with the vertex group "Head turn" bends at its neck: a node group turns every vertex about the object's origin,
after the shape keys, by the share that the group gives it. Other meshes turn as a whole, by a constraint. Both read
nothing but the Empty's rotation and turn about the object's own origin and axes, so the artist may move, turn, scale
and duplicate the head. A mesh that has its neck elsewhere, or stands on other axes, says so (``set_turn_frame``).
(A Hook modifier could bend the neck too, but it carries the vertices along with the Empty's place: a duplicate's head
would stay behind with the original's.)
"""

from __future__ import annotations

import re
from typing import Any

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector
from numpy.typing import NDArray

from ..errors import UserError
from .shape_keys import control_keys
from .turn_choice import BONE, NECK, bone_target, release_bone, require_bone, turn_bone, turn_choice

HEAD_MOTION = "PTalker Head Motion"  # the constraint or the modifier
TURN_GROUP = "Head turn"  # vertex group: share of the head's rotation that a vertex takes part in

# Head axes (x left, y up, z out of the face) are Blender (x, -z, y): yaw turns about Blender z, pitch about x, roll
# about -y. Ry(yaw) @ Rx(pitch) @ Rz(roll) is then Blender's Euler order YXZ, whose matrix is Rz @ Rx @ Ry.
HEAD_ORDER = "YXZ"
_SOURCE = "Head Motion"  # node of the group that reads the Empty
_TURNS = "ptalker_turns"  # custom property of the Empty: name of its head; a pointer would keep a deleted head
_PIVOT, _AXES = "ptalker_turn_pivot", "ptalker_turn_axes"  # custom properties of the object: place, Euler angles


def add_turn_group(obj: bpy.types.Object, follow: NDArray[np.float32]) -> None:
    """Write a head's ``follow`` [V], 0..1, as its vertex group; vertices at 0 stay outside."""
    group = obj.vertex_groups.new(name=TURN_GROUP)
    for share in np.unique(follow[follow > 0]):
        group.add(np.flatnonzero(follow == share).tolist(), float(share), "REPLACE")


def turn_shares(obj: bpy.types.Object) -> NDArray[np.float32]:
    """Share of the head's rotation of every vertex [V]; 1 where the mesh turns as a whole."""
    group = obj.vertex_groups.get(TURN_GROUP)
    if group is None:
        return np.ones(len(obj.data.vertices), np.float32)
    shares = np.zeros(len(obj.data.vertices), np.float32)
    for vertex in obj.data.vertices:
        for entry in vertex.groups:
            if entry.group == group.index:
                shares[vertex.index] = entry.weight
    return shares


def set_turn_frame(obj: bpy.types.Object, pivot: NDArray[np.float64], axes: NDArray[np.float64]) -> None:
    """Say where the neck of a mesh is and how its head looks, for a head that bends.

    Args:
        obj: a mesh without head motion yet.
        pivot: [3] about which the head turns, in the object's space.
        axes: [3, 3] rows, orthonormal and right-handed: the face's left, its back and up, in the object's space.
    """
    obj[_PIVOT] = [float(x) for x in pivot]
    obj[_AXES] = list(Matrix(axes.T.tolist()).to_euler())


def head_turner(obj: bpy.types.Object) -> bpy.types.Object | None:
    """Find the Empty whose rotation the head takes over now, whatever was chosen since; None if it has none yet."""
    target = bone_target(obj)
    if target is not None:
        return target
    constraint = obj.constraints.get(HEAD_MOTION)
    if constraint is not None and constraint.target is not None:
        return constraint.target
    modifier = obj.modifiers.get(HEAD_MOTION)
    group = modifier.node_group if modifier is not None and modifier.type == "NODES" else None
    source = group.nodes.get(_SOURCE) if group is not None else None
    return source.inputs["Object"].default_value if source is not None else None


def require_head_turner(obj: bpy.types.Object) -> bpy.types.Object:
    """Return the Empty whose rotation the head takes over, made on first use, and let the head follow it as chosen.

    A duplicate with shape keys of its own gets its own Empty: what is baked on it must not turn the original.

    Raises:
        UserError: as ``check_turning``.
    """
    choice = turn_choice(obj)
    target = check_turning(obj) or _new_turner(obj)
    target[_TURNS] = obj.name
    if choice == BONE:
        _let_go(obj)
        turn_bone(obj, target)
        return target
    release_bone(obj)
    if choice == NECK and obj.type == "MESH" and TURN_GROUP in obj.vertex_groups:
        _bend(obj, target)
    else:
        _let_go(obj)
        _turn_whole(obj, target)
    return target


def check_turning(obj: bpy.types.Object) -> bpy.types.Object | None:
    """Whether a head can be turned, before anything is changed; the Empty that will do it, None for a new one.

    Raises:
        UserError: a bone is to be turned that is not there; the Empty is linked or in the NLA's tweak mode.
    """
    if turn_choice(obj) == BONE:
        require_bone(obj)
    target = own_turner(obj)
    if target is not None:
        if not target.is_editable:
            raise UserError(f"'{target.name}', which turns '{obj.name}', is linked", "one of this file", "override it")
        require_no_tweak(target, obj)
    return target


def own_turner(obj: bpy.types.Object) -> bpy.types.Object | None:
    """The Empty that turns this head; None where it has none yet, or still that of the head it is a copy of."""
    target = head_turner(obj)
    if target is None:
        return None
    same = [other for other in bpy.data.objects if other.type == obj.type and head_turner(other) == target]
    if not any(_is_copy(other, obj) for other in same):
        return target
    owner = _owner(target, same)
    return target if owner is not None and not _is_copy(owner, obj) else None


def require_no_tweak(target: bpy.types.Object, obj: bpy.types.Object) -> None:
    """Refuse to change what plays on a head's Empty while a strip there is edited, when Blender keeps it.

    Raises:
        UserError: it is in the NLA's tweak mode.
    """
    if target.animation_data is not None and target.animation_data.use_tweak_mode:
        raise UserError(
            f"'{target.name}', which turns '{obj.name}', is in tweak mode",
            "the NLA left alone",
            "leave tweak mode (Tab)",
        )


def _let_go(obj: bpy.types.Object) -> None:
    """Take off what turned the head until now; twice would be too much."""
    constraint, modifier = obj.constraints.get(HEAD_MOTION), obj.modifiers.get(HEAD_MOTION)
    if constraint is not None:
        obj.constraints.remove(constraint)
    if modifier is not None:
        obj.modifiers.remove(modifier)


def _is_copy(other: bpy.types.Object, obj: bpy.types.Object) -> bool:
    """Whether this is a head like ``obj`` whose keys are not shared with it."""
    if other.data.shape_keys == obj.data.shape_keys:
        return False
    if _key_names(other) == _key_names(obj):
        return True
    names = control_keys(obj)
    return bool(names) and control_keys(other) == names


def _key_names(obj: bpy.types.Object) -> set[str]:
    keys = obj.data.shape_keys
    return {block.name for block in keys.key_blocks} if keys is not None else set()


def _owner(target: bpy.types.Object, heads: list[bpy.types.Object]) -> bpy.types.Object | None:
    """Whose an Empty is that several heads follow: by its note, before there were any by its own name.

    Of a head that was renamed since, the copies may still bear its name with a number. None when that is not told.
    """
    noted = str(target.get(_TURNS, "")) or re.sub(r" Motion(\.\d+)?$", "", target.name)
    named = [head for head in heads if head.name == noted]
    others = [head for head in heads if not re.fullmatch(re.escape(noted) + r"\.\d+", head.name)]
    return named[0] if named else others[0] if len(others) == 1 else None


def _new_turner(obj: bpy.types.Object) -> bpy.types.Object:
    target = bpy.data.objects.new(f"{obj.name} Motion", None)
    target.empty_display_type = "ARROWS"
    target.empty_display_size = 0.1
    target.location = obj.matrix_world @ Vector(obj.get(_PIVOT, (0.0, 0.0, 0.0)))
    target.rotation_mode = HEAD_ORDER
    for collection in obj.users_collection:
        collection.objects.link(target)
    return target


def _turn_whole(obj: bpy.types.Object, target: bpy.types.Object) -> None:
    constraint = obj.constraints.get(HEAD_MOTION) or obj.constraints.new("COPY_ROTATION")
    constraint.name = HEAD_MOTION
    constraint.target = target
    # World = the head's placement (parents included) times the Empty's rotation: the nod is about the head's own axes.
    constraint.target_space = constraint.owner_space = "WORLD"
    constraint.mix_mode = "AFTER"


def _bend(obj: bpy.types.Object, target: bpy.types.Object) -> None:
    """Let the modifier turn the head; a constraint of ours, from before the mesh had its group, would turn it twice."""
    constraint = obj.constraints.get(HEAD_MOTION)
    if constraint is not None:
        obj.constraints.remove(constraint)
    if head_turner(obj) == target:
        return
    modifier = obj.modifiers.get(HEAD_MOTION)
    if modifier is None:
        modifier = obj.modifiers.new(HEAD_MOTION, "NODES")
        # First of all: an armature must find the head turned in its rest pose, a subdivision comes after both.
        obj.modifiers.move(len(obj.modifiers) - 1, 0)
    modifier.node_group = _turn_nodes(target, obj.get(_PIVOT), obj.get(_AXES))


def _turn_nodes(target: bpy.types.Object, pivot: Any, axes: Any) -> bpy.types.NodeTree:
    """Build the node group: every vertex goes its share of the straight way to its turned place."""
    tree = bpy.data.node_groups.new(target.name, "GeometryNodeTree")
    tree.is_modifier = True
    for direction in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=direction, socket_type="NodeSocketGeometry")
    first, last, move = (
        tree.nodes.new(kind) for kind in ("NodeGroupInput", "NodeGroupOutput", "GeometryNodeSetPosition")
    )
    source = tree.nodes.new("GeometryNodeObjectInfo")
    source.name = source.label = _SOURCE
    source.inputs["Object"].default_value = target  # its rotation in the world; where it stands plays no part
    share = tree.nodes.new("GeometryNodeInputNamedAttribute")
    share.inputs["Name"].default_value = TURN_GROUP
    place, turned = tree.nodes.new("GeometryNodeInputPosition"), tree.nodes.new("FunctionNodeRotateVector")
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "VECTOR"
    mix.clamp_factor = True
    for start, end in (
        (first.outputs["Geometry"], move.inputs["Geometry"]),
        (place.outputs["Position"], turned.inputs["Vector"]),
        (source.outputs["Rotation"], turned.inputs["Rotation"]),
        (share.outputs["Attribute"], _socket(mix.inputs, "Factor_Float")),
        (place.outputs["Position"], _socket(mix.inputs, "A_Vector")),
        (turned.outputs["Vector"], _socket(mix.inputs, "B_Vector")),
        (_socket(mix.outputs, "Result_Vector"), move.inputs["Position"]),
        (move.outputs["Geometry"], last.inputs["Geometry"]),
    ):
        tree.links.new(start, end)
    _arrange((first, last, move, source, share, place, turned, mix))
    if pivot is not None and axes is not None:
        _stand_elsewhere(tree, turned, Vector(pivot), Euler(axes).to_matrix())
    return tree


def _stand_elsewhere(tree: bpy.types.NodeTree, turn: bpy.types.Node, pivot: Vector, axes: Matrix) -> None:
    """Take vertices to the neck and the head's own axes before they are turned, and back afterwards."""
    before = [("SUBTRACT", pivot), ("ROTATE", axes.transposed())]
    after = [("ROTATE", axes), ("ADD", pivot)]
    arriving = turn.inputs["Vector"].links[0].from_socket
    leaving = [link.to_socket for link in turn.outputs["Vector"].links]
    end = _chain(tree, arriving, before, turn.location.x - 110)
    tree.links.new(end, turn.inputs["Vector"])
    end = _chain(tree, turn.outputs["Vector"], after, turn.location.x + 110)
    for socket in leaving:
        tree.links.new(end, socket)


def _chain(tree: bpy.types.NodeTree, start: Any, steps: list[tuple[str, Any]], x: float) -> Any:
    """Nodes one after the other from the socket ``start``; the last one's output."""
    for number, (kind, value) in enumerate(steps):
        if kind == "ROTATE":
            node = tree.nodes.new("FunctionNodeRotateVector")
            node.inputs["Rotation"].default_value = value.to_euler()
        else:
            node = tree.nodes.new("ShaderNodeVectorMath")
            node.operation = kind
            node.inputs[1].default_value = value
        node.location = (x, -400 - 180 * number)
        tree.links.new(start, node.inputs[0])
        start = node.outputs[0]
    return start


def _socket(sockets: Any, identifier: str) -> Any:
    """A Mix node has a socket called A for every type; only identifiers tell them apart."""
    return next(socket for socket in sockets if socket.identifier == identifier)


def _arrange(nodes: tuple[bpy.types.Node, ...]) -> None:
    """Lay the nodes out in columns, for an artist who opens the group."""
    columns = (3, 4, 3, 0, 1, 0, 1, 2)
    rows = (0, 0, 1, 2, 2, 1, 1, 1)
    for node, column, row in zip(nodes, columns, rows, strict=True):
        node.location = (220 * column, -180 * row)
