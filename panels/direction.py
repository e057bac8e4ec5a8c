"""Sliders that direct the take that plays on the head."""

import bpy

from ..operators.directing import director
from ..operators.direction import channels
from ..ptalker_blender.scene.preflight import INFO, Finding
from ..ptalker_blender.scene.takes import active_take, shown_take
from ..take_properties import DIRECTIONS
from .findings import draw_findings
from .places import Sidebar, in_sequencer


class PTALKER_PT_direction(Sidebar, bpy.types.Panel):
    """Direct the take that plays, without baking again"""

    bl_label = "Direction"
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 50
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only where there is a take."""
        return shown_take(context.scene.ptalker.head) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the sliders, with dots to animate them."""
        layout, head = self.layout, context.scene.ptalker.head
        layout.use_property_split = True
        column = layout.column()
        column.enabled = active_take(head) is not None
        for name, _ in DIRECTIONS:
            column.prop(head.ptalker_direction, name, slider=True)
        left = director().left(head)
        if left:
            draw_findings(layout, context, [Finding(INFO, f"Left as you changed them: {channels(left)}")])
        if director().problem:
            layout.label(text=director().problem, icon="ERROR")
        if not column.enabled:
            layout.operator("ptalker.join_take")
        row = layout.row(align=True)
        row.operator("ptalker.direct", text="Apply")
        row.operator("ptalker.reset_direction", text="Reset", icon="LOOP_BACK")


CLASSES = (PTALKER_PT_direction, in_sequencer(PTALKER_PT_direction))
