"""How takes are written: keys, seed, head motion."""

import bpy

from ..ptalker_blender.scene.turn_choice import armature_of
from .places import Sidebar, in_sequencer


class PTALKER_PT_output(Sidebar, bpy.types.Panel):
    """How the next take is written"""

    bl_label = "Output"
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 60
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what is rarely changed."""
        column = self.column(self.layout)
        settings, take = context.scene.ptalker, context.scene.ptalker_take
        column.prop(settings, "head_motion")
        if settings.head is not None and settings.head_motion:
            _draw_turn(column, settings.head)
        column.prop(take, "density")
        row = column.row()
        row.active = take.density == "reduced"
        row.prop(take, "key_error")
        column.prop(settings, "seed")
        column.separator()
        column.prop(take, "output")
        row = column.row()
        row.active = take.output == "ADDED"
        row.prop(take, "over")
        row = column.row(align=True)
        row.operator("ptalker.split_take", icon="NLA")
        row.operator("ptalker.join_take", text="Join")


def _draw_turn(column: bpy.types.UILayout, head: bpy.types.Object) -> None:
    turn, armature = head.ptalker_turn_how, armature_of(head)
    column.prop(turn, "how")
    if turn.how == "BONE":
        if armature is None:
            column.label(text="No armature moves this head", icon="ERROR")
        else:
            column.prop_search(turn, "bone", armature.pose, "bones")


CLASSES = (PTALKER_PT_output, in_sequencer(PTALKER_PT_output))
