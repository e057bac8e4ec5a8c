"""The PTalker tab of the sidebars of 3D view and sequencer: Bake, and what is under way."""

import bpy

from ..operators.preflight import runtime_findings
from .findings import draw_findings
from .jobs import draw_jobs
from .places import Sidebar, in_sequencer


class PTALKER_PT_main(Sidebar, bpy.types.Panel):
    """Bake speech to a head"""

    bl_label = "PTalker"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the jobs and the button; what lies below are panels of their own."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        row = layout.row()
        row.scale_y = 1.5
        row.operator("ptalker.bake", icon="RENDER_ANIMATION")
        # Below the button, which so stays where it is while lines come and go.
        draw_jobs(layout, context)
        draw_findings(layout, context, runtime_findings(context))


CLASSES = (
    PTALKER_PT_main,
    in_sequencer(PTALKER_PT_main),
)
