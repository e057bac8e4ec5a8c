"""Heads without keys in the sidebar: the points of the face, the parts of the head, and the button that builds keys."""

from typing import Any

import bpy

from ..ptalker_blender.rig.guide import GROUPS, GUIDE, POINTS
from ..ptalker_blender.scene.guide import marks
from ..translations import say
from .main import PTALKER_PT_main


class PTALKER_UL_face_parts(bpy.types.UIList):
    """Other meshes of a head without keys"""

    def draw_item(
        self,
        _context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: Any,
        part: Any,
        _icon: int,
        _active_data: Any,
        _active_property: str,
    ) -> None:
        """Draw one mesh with what it is."""
        line = layout.row(align=True)
        line.label(text=part.object.name if part.object is not None else "(deleted)", icon="MESH_DATA")
        line.prop(part, "role", text="")


class PTALKER_PT_face(bpy.types.Panel):
    """Keys for a head that has none"""

    bl_label = "Head Without Keys"
    bl_space_type = PTALKER_PT_main.bl_space_type
    bl_region_type = PTALKER_PT_main.bl_region_type
    bl_category = PTALKER_PT_main.bl_category
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 17
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the steps in their order: mark, choose the parts, build."""
        layout, settings = self.layout, context.scene.ptalker_face
        layout.use_property_decorate = False
        layout.prop(settings, "faces")
        layout.operator("ptalker.mark_face", icon="EMPTY_AXIS")
        placed = marks(context.scene.ptalker.head)
        if placed:
            _draw_points(layout, placed)
        row = layout.row()
        row.label(text="Parts")
        row.operator("ptalker.find_face_parts", text="", icon="FILE_REFRESH")
        row.operator("ptalker.add_face_parts", text="", icon="ADD")
        if len(settings.parts):
            layout.template_list("PTALKER_UL_face_parts", "", settings, "parts", settings, "active_part", rows=4)
        layout.prop(settings, "copy_meshes")
        layout.operator("ptalker.build_marked_keys", icon="SHAPEKEY_DATA")


def _draw_points(layout: bpy.types.UILayout, placed: dict[str, bpy.types.Object]) -> None:
    row = layout.row(align=True)
    row.label(text=say(f"{len(placed)} of {len(GUIDE)} points"))
    row.operator("ptalker.mirror_marks", text="", icon="MOD_MIRROR")
    row.operator("ptalker.remove_marks", text="", icon="TRASH")
    for group in GROUPS:
        column = layout.column(align=True)
        for point in POINTS:
            if point.group != group:
                continue
            line = column.row(align=True)
            there = point.name in placed
            select = line.operator(
                "ptalker.select_mark", text=point.label, icon="CHECKMARK" if there else "RADIOBUT_OFF"
            )
            select.name = point.name
            line.operator("ptalker.place_mark", text="", icon="PIVOT_CURSOR").name = point.name


CLASSES = (PTALKER_UL_face_parts, PTALKER_PT_face)
