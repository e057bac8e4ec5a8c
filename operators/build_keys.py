"""Build Face Keys: a mesh of FLAME's topology gets the keys that speech moves."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from .. import properties
from ..ptalker_blender.engine.client import BuildKeysJob, Done, KeysBuilt
from ..ptalker_blender.scene.face_keys import MeshToKey, add_face_keys, read_mesh, why_not
from ..translations import say
from .jobs import WorkerOperator
from .references import Reference


@dataclass(frozen=True)
class Order:
    """What was asked for, without a reference to anything in the file."""

    scene: Reference
    obj: Reference
    mesh: MeshToKey
    head_turn: bool


class PTALKER_OT_build_keys(WorkerOperator, bpy.types.Operator):
    """Add the 52 shape keys that speech moves to a mesh of FLAME's topology"""

    bl_idname = "ptalker.build_keys"
    bl_label = "Build Face Keys"
    bl_options = {"REGISTER", "UNDO"}

    head_turn: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Bend the Neck",
        description="Add a vertex group that lets a take turn the head while the bust stays",
        default=True,
    )

    _order: Order  # made by prepare

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Wants a FLAME mesh that lacks keys: the chosen head, else the active object."""
        reason = why_not(_chosen(context))
        if reason:
            cls.poll_message_set(say(f"{reason}. Heads of other topology: see Head Without Keys"))
            return False
        return super().poll(context)

    def prepare(self, context: bpy.types.Context) -> BuildKeysJob:
        """Read the mesh."""
        obj = _chosen(context)
        mesh = read_mesh(obj)
        self._order = Order(Reference.to(context.scene), Reference.to(obj), mesh, self.head_turn)
        return BuildKeysJob(mesh.vertices, mesh.corners, mesh.sizes)

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Add the keys, and choose the mesh as the head."""
        if not isinstance(result, KeysBuilt):
            raise TypeError("keys were asked for")
        order = self._order
        obj, scene = order.obj.find(bpy.data.objects), order.scene.find(bpy.data.scenes)
        done = add_face_keys(obj, order.mesh, result, order.head_turn)
        if scene.ptalker.head is None and scene in obj.users_scene:
            scene.ptalker.head = obj
        else:
            properties.find_parts(scene.ptalker, scene)
        for note in done.notes:
            self.report({"INFO"}, say(note))
        return f"Built {len(done.added)} keys on '{obj.name}'"


def _chosen(context: bpy.types.Context) -> bpy.types.Object | None:
    return context.scene.ptalker.head or context.object


CLASSES = (PTALKER_OT_build_keys,)
