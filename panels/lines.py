"""Many lines in the sidebar: the cast, which strips are baked, and what would come of it."""

from typing import Any

import bpy

from ..operators.audio import chosen_strip
from ..operators.cast import lines_findings
from ..ptalker_blender.scene.compat.sequencer import sequencer_scene
from ..ptalker_blender.scene.strips import active_sound
from .findings import draw_findings
from .places import Sidebar, in_sequencer


class PTALKER_UL_cast(bpy.types.UIList):
    """Characters of the scene"""

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: Any,
        row: Any,
        _icon: int,
        _active_data: Any,
        _active_property: str,
    ) -> None:
        """Draw one: its name, and the head that speaks for it."""
        line = layout.row(align=True)
        line.prop(row, "name", text="", emboss=False, icon="USER")
        line.prop(row, "head", text="")


class PTALKER_PT_lines(Sidebar, bpy.types.Panel):
    """Bake all strips of the sequencer at once, each on the head of who speaks it"""

    bl_label = "Many Lines"
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 70
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the cast, the choice of strips, what would be baked, and the button."""
        layout, settings = self.layout, context.scene.ptalker_lines
        row = layout.row()
        row.template_list("PTALKER_UL_cast", "", settings, "cast", settings, "active", rows=3)
        side = row.column(align=True)
        side.operator("ptalker.add_character", text="", icon="ADD")
        side.operator("ptalker.remove_character", text="", icon="REMOVE")
        side.operator("ptalker.fill_cast", text="", icon="FILE_REFRESH")
        column = self.column(layout)
        if settings.active < len(settings.cast):
            member = settings.cast[settings.active]
            column.prop(member, "prefix")
            column.prop(member, "channel")
            column.prop(member, "style")
        strip = active_sound(sequencer_scene(context)) or chosen_strip(context)
        if settings.cast and strip is not None:
            column.separator()
            column.label(text=strip.name, icon="SOUND")
            column.prop(strip, "ptalker_character")
        column.separator()
        column.prop(settings, "choice")
        if settings.choice == "CHANNEL":
            column.prop(settings, "channel")
        column.prop(settings, "into")
        draw_findings(layout, context, lines_findings(context))
        layout.operator("ptalker.bake_lines", icon="SEQ_SEQUENCER")


CLASSES = (PTALKER_UL_cast, PTALKER_PT_lines, in_sequencer(PTALKER_PT_lines))
