"""Build Keys from Marks: a head without keys, marked by the artist, gets those that speech moves."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from .. import face_properties, properties
from ..ptalker_blender.engine.client import Done, FaceDone, FaceJob
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.rig.guide import GUIDE
from ..ptalker_blender.scene.guide import marks
from ..ptalker_blender.scene.marked_keys import HeadMesh, has_face_keys, read_head, require_all_points, write_keys
from ..translations import say
from .mark_face import HeadJob, chosen_head, face_job, listed_parts, require_head
from .references import Reference


@dataclass(frozen=True)
class Order:
    """What was asked for, without a reference to anything in the file."""

    scene: Reference
    objects: tuple[Reference, ...]  # the head, then its other meshes
    mesh: HeadMesh
    copy_meshes: bool


class PTALKER_OT_build_marked_keys(HeadJob, bpy.types.Operator):
    """Build the 52 shape keys that speech moves, on the marked head and on its eyes, teeth and other parts"""

    bl_idname = "ptalker.build_marked_keys"
    bl_label = "Build Keys from Marks"

    _order: Order  # made by prepare

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A marked head that lacks keys is needed."""
        head = chosen_head(context)
        if head is not None:
            missing = len(GUIDE) - len(marks(head))
            if missing:
                cls.poll_message_set(say(f"{missing} of {len(GUIDE)} points are not marked; use Mark Face first"))
                return False
        return super().poll(context)

    def prepare(self, context: bpy.types.Context) -> FaceJob:
        """Read the meshes and the marks."""
        head, settings = require_head(context), context.scene.ptalker_face
        if has_face_keys(head):
            raise UserError(f"'{head.name}' has keys for all controls", "a head that lacks some", "bake on it")
        if settings.head != head:
            face_properties.find_face_parts(settings, head, context.scene)
        parts = [(obj, role) for obj, role in listed_parts(context) if obj != head and role != "STILL"]
        mesh = read_head(head, parts, settings.faces, copy_meshes=settings.copy_meshes)
        require_all_points(mesh.points)
        objects = tuple(Reference.to(obj) for obj in (head, *(obj for obj, _ in parts)))
        self._order = Order(Reference.to(context.scene), objects, mesh, settings.copy_meshes)
        return face_job(mesh, build=True)

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Add the keys, and list the parts that now have some under Also Animate."""
        if not isinstance(result, FaceDone):
            raise TypeError("keys were asked for")
        order = self._order
        scene = order.scene.find(bpy.data.scenes)
        objects = [reference.find(bpy.data.objects) for reference in order.objects]
        done = write_keys(objects, order.mesh, result.names, result.deltas, order.copy_meshes)
        properties.find_parts(scene.ptalker, scene)
        for note in (*result.notes, *done.notes):
            self.report({"INFO"}, say(note))
        meshes = "1 mesh" if len(done.added) == 1 else f"{len(done.added)} meshes"
        return f"Built {sum(done.added.values())} keys on {meshes}"


CLASSES = (PTALKER_OT_build_marked_keys,)
