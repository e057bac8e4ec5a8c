"""The takes of the head: which there are, which plays, and what can be done with them."""

from typing import Any

import bpy

from ..ptalker_blender.scene.take_findings import take_findings
from ..ptalker_blender.scene.takes import has_lines, has_takes, is_take, shown_take, take_info, takes_of
from .findings import draw_findings
from .places import Sidebar, in_sequencer


class PTALKER_UL_takes(bpy.types.UIList):
    """Takes of the head"""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: Any,
        action: Any,
        _icon: int,
        _active_data: Any,
        _active_property: str,
    ) -> None:
        """Draw one take: whether it plays, and what it is."""
        if not is_take(action):
            return
        take = take_info(action, context.scene.ptalker.head)
        row = layout.row(align=True)
        play = row.operator("ptalker.play_take", text="", icon="RADIOBUT_ON" if take.active else "RADIOBUT_OFF")
        play.take = action.name
        row.label(text=action.name)
        row.label(text=f"{take.style}, seed {take.seed}" if take.seed else take.style)

    def filter_items(self, context: bpy.types.Context, data: Any, propname: str) -> tuple[list[int], list[int]]:
        """Show the takes of the head, or those of others that fit too, and no other Action of the file."""
        found = {take.action for take in takes_of(context.scene.ptalker.head, context.scene.ptalker_take.others)}
        named = self.filter_name.lower()
        # Inverted, Blender shows what lacks the flag: so an Action that is no take of the head has it then.
        shown = [
            named in action.name.lower() if action in found else self.use_filter_invert
            for action in getattr(data, propname)
        ]
        return [self.bitflag_filter_item if show else 0 for show in shown], []


class PTALKER_PT_take(Sidebar, bpy.types.Panel):
    """Takes of the head"""

    bl_label = "Takes"
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 40

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only where there are takes."""
        return has_takes(context.scene.ptalker.head)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list, and what can be done with the chosen one."""
        layout, settings = self.layout, context.scene.ptalker_take
        row = layout.row()
        row.template_list("PTALKER_UL_takes", "", bpy.data, "actions", settings, "listed", rows=3)
        actions = bpy.data.actions
        chosen = actions[settings.listed] if settings.listed >= 0 else None
        found = {take.action for take in takes_of(context.scene.ptalker.head, settings.others)}
        chosen = chosen if chosen in found else shown_take(context.scene.ptalker.head)
        name = chosen.name if chosen is not None else ""
        side = row.column(align=True)
        side.prop(settings, "others", text="", icon="COMMUNITY")
        side = side.column(align=True)
        side.enabled = bool(name)
        side.operator("ptalker.rename_take", text="", icon="GREASEPENCIL").take = name
        side.operator("ptalker.delete_take", text="", icon="TRASH").take = name
        draw_findings(layout, context, take_findings(context.scene.ptalker.head, context.scene))
        row = layout.row(align=True)
        row.enabled = bool(name)
        row.operator("ptalker.compare_takes", icon="FILE_REFRESH")
        verb = "ptalker.rebake_lines" if chosen is not None and has_lines(chosen) else "ptalker.rebake"
        again = row.operator(verb, icon="RENDER_ANIMATION")
        again.take, again.seed = name, -1
        other = row.operator(verb, text="Reseed", icon="MOD_NOISE")
        other.take, other.seed = name, context.scene.ptalker.seed


class PTALKER_PT_range(Sidebar, bpy.types.Panel):
    """Perform a stretch of the take again"""

    bl_label = "Range"
    bl_parent_id = "PTALKER_PT_take"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the range, and the two manners in which it can be performed."""
        column, settings = self.column(self.layout), context.scene.ptalker_take
        column.prop(settings, "range_first")
        column.prop(settings, "range_last")
        column.prop(settings, "blend")
        column.operator("ptalker.take_range", icon="PREVIEW_RANGE")
        column.operator("ptalker.rebake_range", icon="RENDER_ANIMATION").manner = "PANEL"
        column.operator("ptalker.rebake_range", text="Range with the Take's Style").manner = "KEPT"


CLASSES = (
    PTALKER_UL_takes,
    PTALKER_PT_take,
    PTALKER_PT_range,
    in_sequencer(PTALKER_PT_take),
    in_sequencer(PTALKER_PT_range),
)
