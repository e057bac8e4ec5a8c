"""The head in the sidebar: which mesh speaks, and what stands in its way."""

import bpy

from ..operators.preflight import head_findings
from .findings import draw_findings
from .places import Sidebar, in_sequencer


class PTALKER_PT_head(Sidebar, bpy.types.Panel):
    """Mesh that speaks"""

    bl_label = "Head"
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 10

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the head, the ways to get one, and what keeps it from speaking."""
        column = self.column(self.layout)
        column.prop(context.scene.ptalker, "head")
        column.operator_menu_enum("ptalker.add_head", "identity", icon="ADD")
        draw_findings(self.layout, context, head_findings(context))


CLASSES = (PTALKER_PT_head, in_sequencer(PTALKER_PT_head))
