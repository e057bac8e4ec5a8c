"""The PTalker tab of the sidebars of 3D view and sequencer: Bake, and what is under way."""

import bpy

from .. import properties
from ..operators.preflight import runtime_findings
from .findings import draw_findings
from .jobs import draw_jobs
from .places import Sidebar, in_sequencer


class PTALKER_PT_main(Sidebar, bpy.types.Panel):
    """Bake speech to a head"""

    bl_label = "PTalker"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the style, the jobs and the button; what lies below are panels of their own."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.ptalker
        draw_findings(layout, runtime_findings(context))
        _draw_style(layout, settings)
        layout.separator()
        draw_jobs(layout)
        row = layout.row()
        row.scale_y = 1.5
        row.operator("ptalker.bake", icon="RENDER_ANIMATION")


def _draw_style(layout: bpy.types.UILayout, settings: properties.PTALKER_PG_settings) -> None:
    column = layout.column()
    column.prop(settings, "style")
    if settings.style == properties.FILE:
        column.prop(settings, "style_file")
    if settings.style != properties.VOICE:
        column.prop(settings, "mix")
        if settings.mix != properties.NO_MIX:
            column.prop(settings, "mix_share", slider=True)
    column.prop(settings, "strength")


CLASSES = (
    PTALKER_PT_main,
    in_sequencer(PTALKER_PT_main),
)
