"""The marks of a face: guess them, place one, focus one, mirror, remove; and the list of a head's other meshes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import bpy
import numpy as np

from .. import face_properties
from ..ptalker_blender.engine.client import Done, FaceDone, FaceJob
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.rig.guide import BY_NAME, GUIDE
from ..ptalker_blender.scene import guide
from ..ptalker_blender.scene.marked_keys import HeadMesh, own_points, read_head
from ..translations import say
from .jobs import WorkerOperator
from .references import Reference

Outcome = set[str]


def chosen_head(context: bpy.types.Context) -> bpy.types.Object | None:
    """The head of the settings, if it is a mesh of this scene, else None."""
    head = context.scene.ptalker.head
    return head if head is not None and head.type == "MESH" and context.scene in head.users_scene else None


def listed_parts(context: bpy.types.Context) -> list[tuple[bpy.types.Object, str]]:
    """The other meshes of the head with their roles; what was deleted from the scene is passed over."""
    listed = ((part.object, part.role) for part in context.scene.ptalker_face.parts)
    return [(obj, role) for obj, role in listed if obj is not None and context.scene in obj.users_scene]


def face_job(mesh: HeadMesh, build: bool) -> FaceJob:
    """What the worker is sent."""
    points = np.array(list(mesh.points.values()), np.float64).reshape(-1, 3)
    return FaceJob(mesh.vertices, mesh.triangles, mesh.lumps, mesh.roles, tuple(mesh.points), points, build)


def why_no_head(context: bpy.types.Context) -> str:
    """Why nothing can be done with the head now; empty if it can."""
    if chosen_head(context) is None:
        return "Choose the face's mesh as Head first"
    return "" if context.mode == "OBJECT" else "Go to Object Mode first"


def require_head(context: bpy.types.Context) -> bpy.types.Object:
    """The chosen head.

    Raises:
        UserError: none is chosen.
    """
    head = chosen_head(context)
    if head is None:
        raise UserError("no head is chosen", "the face's mesh", "choose it under Head")
    return head


class _OnHead:
    """Mix-in for an operator that wants a head and object mode."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A mesh must be chosen as head."""
        reason = why_no_head(context)
        if reason:
            cls.poll_message_set(say(reason))  # type: ignore[attr-defined]
        return not reason


class HeadJob(WorkerOperator):
    """An operator that runs a job about the chosen head."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A mesh must be chosen as head, and no other job under way."""
        reason = why_no_head(context)
        if reason:
            cls.poll_message_set(say(reason))
            return False
        return super().poll(context)


def _told(execute: Callable[[Any, bpy.types.Context], str]) -> Callable[[Any, bpy.types.Context], Outcome]:
    """Report what was done, or what the artist can mend."""

    @wraps(execute)
    def run(self: Any, context: bpy.types.Context) -> Outcome:
        try:
            done = execute(self, context)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return {"CANCELLED"}
        if done:
            self.report({"INFO"}, say(done))
        return {"FINISHED"}

    return run


class PTALKER_OT_mark_face(HeadJob, bpy.types.Operator):
    """Guess where eyes, brows, nose and mouth of the head are, and mark them. Marks that are there stay"""

    bl_idname = "ptalker.mark_face"
    bl_label = "Mark Face"

    _scene: Reference
    _head: Reference

    def prepare(self, context: bpy.types.Context) -> FaceJob:
        """Read the head and what seems to be its eyes."""
        head, settings = require_head(context), context.scene.ptalker_face
        if len(guide.marks(head)) == len(GUIDE):
            raise UserError("all points are marked", "a point to guess", "move them, or remove the marks first")
        face_properties.find_face_parts(settings, head, context.scene)
        self._scene, self._head = Reference.to(context.scene), Reference.to(head)
        eyes = [(obj, role) for obj, role in listed_parts(context) if role.startswith("EYE")]
        return face_job(read_head(head, eyes, settings.faces, copy_meshes=True), build=False)

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Place the markers that are not there yet."""
        if not isinstance(result, FaceDone):
            raise TypeError("points were asked for")
        head, scene = self._head.find(bpy.data.objects), self._scene.find(bpy.data.scenes)
        guessed = dict(zip(result.point_names, result.points, strict=True))
        new = {name: point for name, point in guessed.items() if name not in guide.marks(head)}
        guide.place_marks(head, own_points(head, scene.ptalker_face.faces, new))
        return f"Guessed {len(new)} points on '{head.name}': check each, move what is off (G)"


class PTALKER_OT_select_mark(_OnHead, bpy.types.Operator):
    """Select the marker of a point, to be moved along the head with G"""

    bl_idname = "ptalker.select_mark"
    bl_label = "Select Mark"

    name: bpy.props.StringProperty(name="Point", description="Name of the point")  # type: ignore[valid-type]
    view: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Look at It", description="Move the view to the marker", default=True
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        """What the point is, in words."""
        point = BY_NAME.get(properties.name)
        return f"{point.label}: {point.words}" if point is not None else str(cls.__doc__)

    @_told
    def execute(self, context: bpy.types.Context) -> str:
        """Select it."""
        marker = guide.marks(chosen_head(context)).get(self.name)
        if marker is None:
            raise UserError(
                f"'{self.name}' is not marked", "a point that is", "set the 3D cursor on it and choose Mark to Cursor"
            )
        guide.focus_mark(marker, context)
        if self.view and bpy.ops.view3d.view_selected.poll():
            bpy.ops.view3d.view_selected()
        return ""


class PTALKER_OT_place_mark(_OnHead, bpy.types.Operator):
    """Mark a point where the 3D cursor is (Shift + right click on the head sets it)"""

    bl_idname = "ptalker.place_mark"
    bl_label = "Mark to Cursor"

    name: bpy.props.StringProperty(name="Point", description="Name of the point")  # type: ignore[valid-type]

    @_told
    def execute(self, context: bpy.types.Context) -> str:
        """Place or move the marker."""
        head = require_head(context)
        if self.name not in BY_NAME:
            raise UserError(f"no point {self.name!r}", f"one of {', '.join(GUIDE)}", "choose one in the list")
        cursor = head.matrix_world.inverted_safe() @ context.scene.cursor.location
        guide.place_marks(head, {self.name: np.array(cursor)})
        guide.focus_mark(guide.marks(head)[self.name], context)
        return f"Marked {BY_NAME[self.name].label}"


class PTALKER_OT_mirror_marks(_OnHead, bpy.types.Operator):
    """Copy the marks of the character's right side to the left, and put the middle ones on the middle"""

    bl_idname = "ptalker.mirror_marks"
    bl_label = "Mirror Right to Left"

    @_told
    def execute(self, context: bpy.types.Context) -> str:
        """Mirror."""
        head = require_head(context)
        guide.mirror_marks(head, context.scene.ptalker_face.faces)
        return f"Mirrored the marks of '{head.name}'"


class PTALKER_OT_remove_marks(_OnHead, bpy.types.Operator):
    """Remove all marks of the head"""

    bl_idname = "ptalker.remove_marks"
    bl_label = "Remove Marks"

    @_told
    def execute(self, context: bpy.types.Context) -> str:
        """Remove them."""
        return f"Removed {guide.remove_marks(require_head(context))} marks"


class PTALKER_OT_find_face_parts(_OnHead, bpy.types.Operator):
    """List the meshes around the head and guess what they are; what was chosen by hand stays"""

    bl_idname = "ptalker.find_face_parts"
    bl_label = "Find Parts"

    @_told
    def execute(self, context: bpy.types.Context) -> str:
        """Fill the list."""
        settings = context.scene.ptalker_face
        face_properties.find_face_parts(settings, require_head(context), context.scene)
        return f"Found {len(settings.parts)} meshes"


class PTALKER_OT_add_face_parts(_OnHead, bpy.types.Operator):
    """List the selected meshes, to choose what each is"""

    bl_idname = "ptalker.add_face_parts"
    bl_label = "Add Selected"

    @_told
    def execute(self, context: bpy.types.Context) -> str:
        """Add those that are not listed."""
        settings, head = context.scene.ptalker_face, require_head(context)
        if settings.head != head:
            face_properties.find_face_parts(settings, head, context.scene)
        listed = {part.object for part in settings.parts}
        new = [obj for obj in context.selected_objects if obj.type == "MESH" and guide.MARK not in obj]
        new = [obj for obj in new if obj != head and obj not in listed]
        for obj in new:
            face_properties.add_face_part(settings, obj, "FOLLOW", True)
        return f"Added {len(new)} meshes"


CLASSES = (
    PTALKER_OT_mark_face, PTALKER_OT_select_mark, PTALKER_OT_place_mark, PTALKER_OT_mirror_marks,
    PTALKER_OT_remove_marks, PTALKER_OT_find_face_parts, PTALKER_OT_add_face_parts,
)  # fmt: skip
