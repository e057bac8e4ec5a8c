"""What a careful eye would say of the take that plays."""

import bpy

from ..ptalker_blender.scene.judgement import read_judgement, sentences
from ..ptalker_blender.scene.take_report import has_dialogue, last_loss
from ..ptalker_blender.scene.takes import active_take, shown_take
from ..translations import say
from .places import Sidebar, in_sequencer


class PTALKER_PT_judge(Sidebar, bpy.types.Panel):
    """Report on the take that plays"""

    bl_label = "Judge"
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 55
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only where there is a take."""
        return shown_take(context.scene.ptalker.head) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the last judgement, and what can be done about it."""
        layout, head = self.layout, context.scene.ptalker.head
        row = layout.row(align=True)
        row.operator("ptalker.judge_take", icon="VIEWZOOM")
        take = active_take(head)
        by_ear = take is not None and not has_dialogue(take)
        row.operator("ptalker.hear_closures", text="By Ear" if by_ear else "By the Dialogue")
        if take is None:
            layout.operator("ptalker.join_take")
        made = read_judgement(take)
        if made is None:
            return
        column = layout.column(align=True)
        for line in sentences(made, last_loss(head)):
            column.label(text=say(line))
        row = layout.row(align=True)
        row.operator("ptalker.mark_suspects", icon="MARKER_HLT")
        row.operator("ptalker.clear_suspects", text="", icon="X")
        layout.operator("ptalker.fix_closures", icon="MODIFIER")


CLASSES = (PTALKER_PT_judge, in_sequencer(PTALKER_PT_judge))
