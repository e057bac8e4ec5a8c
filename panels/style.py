"""The style in the sidebar: whose manner, how much of it, a mix of two; and styles of the artist's own."""

import bpy

from .. import style_properties as styles
from ..operators.manner import manner_problem
from ..ptalker_blender.scene.preflight import ERROR, Finding
from .findings import draw_findings
from .places import Sidebar, in_sequencer


class PTALKER_PT_style(Sidebar, bpy.types.Panel):
    """Manner in which a line is performed"""

    bl_label = "Style"
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 30

    def draw(self, context: bpy.types.Context) -> None:
        """Draw where the manner comes from, and what is missing."""
        settings, own = context.scene.ptalker, context.scene.ptalker_style
        column = self.column(self.layout)
        column.prop(settings, "style")
        _draw_source(column, settings.style, own.source)
        if settings.style != styles.VOICE:
            column.prop(settings, "mix")
            _draw_source(column, settings.mix, own.mix_source, ranges=settings.mix != styles.FILE)
            if settings.mix != styles.NO_MIX:
                column.prop(settings, "mix_share", slider=True)
        column.prop(settings, "strength")
        problem = manner_problem(context)
        if problem:
            draw_findings(self.layout, context, [Finding(ERROR, f"{problem[0].upper()}{problem[1:]}")])


class PTALKER_PT_restyle(Sidebar, bpy.types.Panel):
    """Another manner for a take, and styles of your own"""

    bl_label = "Restyle and Library"
    bl_parent_id = "PTALKER_PT_style"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the take's other manner, then saving and sharing."""
        own = context.scene.ptalker_style
        column = self.column(self.layout)
        column.prop(own, "upper_face")
        column.operator("ptalker.restyle", icon="FILE_REFRESH")
        column.separator()
        column.prop(own, "name")
        column.prop(own, "description")
        column.operator("ptalker.save_style", icon="FILE_TICK")
        row = column.row(align=True)
        row.operator("ptalker.import_style", icon="IMPORT")
        row.operator("ptalker.export_style", icon="EXPORT")
        column.operator("ptalker.publish_styles", icon="ASSET_MANAGER")


def _draw_source(
    column: bpy.types.UILayout, chosen: str, source: styles.PTALKER_PG_style_source, ranges: bool = True
) -> None:
    if chosen == styles.FILE:
        column.prop(source, "file")
        if styles.names_no_rate(source):
            column.prop(source, "rate")
    elif chosen == styles.ACTION:
        column.prop(source, "action")
        column.prop(source, "head")
    elif chosen == styles.MESH:
        column.prop(source, "mesh")
    else:
        return
    if not ranges:
        return
    column.prop(source, "use_range")
    if source.use_range:
        first, last = ("start", "end") if chosen == styles.FILE else ("first", "last")
        column.prop(source, first)
        column.prop(source, last)


CLASSES = (
    PTALKER_PT_style,
    PTALKER_PT_restyle,
    in_sequencer(PTALKER_PT_style),
    in_sequencer(PTALKER_PT_restyle),
)
