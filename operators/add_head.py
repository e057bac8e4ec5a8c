"""Add the project's head at the 3D cursor."""

import bpy
from mathutils import Vector

from ..ptalker_blender.errors import UserError


class PTALKER_OT_add_head(bpy.types.Operator):
    """Add PTalker's head, with its 52 shape keys, at the 3D cursor"""

    bl_idname = "ptalker.add_head"
    bl_label = "Add Head"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Objects can be added in object mode only."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Build the head and make it the one to bake on."""
        from ..ptalker_blender.rig.head import load_head
        from ..ptalker_blender.scene.heads import add_head

        try:
            obj = add_head(load_head(), "Head", context.collection)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        obj.location += Vector(context.scene.cursor.location)
        for other in context.selected_objects:
            other.select_set(False)
        obj.select_set(True)
        context.view_layer.objects.active = obj
        context.scene.ptalker.head = obj
        return {"FINISHED"}


CLASSES = (PTALKER_OT_add_head,)
