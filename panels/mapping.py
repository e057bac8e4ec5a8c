"""Which shape keys speak: how well the head is mapped, the rows of its table, and the other meshes of its character."""

from typing import Any

import bpy

from ..ptalker_blender.errors import UserError
from ..ptalker_blender.scene import mapping
from ..ptalker_blender.scene.take_report import last_loss
from ..translations import say


class PTALKER_UL_mapping(bpy.types.UIList):
    """Rows of a mapping"""

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
        """Draw one row: control, key, factor."""
        line = layout.split(factor=0.85)
        problem = bool(row.problem())
        line.alert = problem
        # Only what it says: three fields in a line would show a letter or two of each name in a usual sidebar.
        names = row.source if row.source == row.key else f"{row.source} > {row.key}"
        line.label(text=names, icon="ERROR" if problem else "NONE", translate=False)
        line.label(text=f"{row.factor:.2g}", translate=False)


class PTALKER_UL_parts(bpy.types.UIList):
    """Other meshes of the character"""

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
        """Draw one mesh with its switch."""
        line = layout.row(align=True)
        line.prop(part, "use", text="")
        line.label(text=part.object.name if part.object is not None else "(deleted)", icon="MESH_DATA")


class PTALKER_PT_mapping(bpy.types.Panel):
    """Which shape keys speak"""

    bl_label = "Mapping"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "PTalker"
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 15
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only with a head that has shape keys."""
        head = context.scene.ptalker.head
        return head is not None and head.type == "MESH" and head.data.shape_keys is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the state, the table and the other meshes."""
        settings = context.scene.ptalker
        _draw_state(self.layout, settings.head)
        _draw_table(self.layout, settings.head)
        _draw_parts(self.layout, settings)


def _draw_state(layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
    column = layout.column(align=True)
    try:
        found = mapping.object_mapping(head)
    except UserError as error:
        column.label(text=error.found, icon="ERROR")
        return
    column.label(text=say(found.text()), icon="CHECKMARK" if found.table.keys else "ERROR")
    lost = last_loss(head)
    if lost is not None:
        column.label(text=say(f"{lost:.0%} of this take's motion is lost"))
    if found.driven:
        column.label(text=say(f"{len(found.driven)} keys are left to their drivers"), icon="DRIVER")
    if found.absent:
        column.label(text=say(f"{len(found.absent)} keys of the table are not here"), icon="ERROR")
    if found.unmapped and not found.table.visemes:
        column.label(text=say(f"Unmapped: {', '.join(found.unmapped[:4])}{' ...' if len(found.unmapped) > 4 else ''}"))


def _draw_table(layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
    row = layout.row(align=True)
    row.operator("ptalker.guess_mapping", text="Guess")
    row.operator("ptalker.edit_mapping", text="Edit")
    row.operator("ptalker.clear_mapping", text="Clear")
    editor = head.ptalker_mapping_rows
    if len(editor.rows):
        row = layout.row()
        row.template_list("PTALKER_UL_mapping", "", editor, "rows", editor, "active", rows=6)
        side = row.column(align=True)
        side.operator("ptalker.add_mapping_row", text="", icon="ADD")
        side.operator("ptalker.remove_mapping_row", text="", icon="REMOVE")
        _draw_row(layout, head)
    row = layout.row(align=True)
    row.operator("ptalker.load_mapping", text="Load...")
    row.operator("ptalker.save_mapping", text="Save...")


def _draw_row(layout: bpy.types.UILayout, head: bpy.types.Object) -> None:
    editor = head.ptalker_mapping_rows
    if not 0 <= editor.active < len(editor.rows):
        return
    row, column = editor.rows[editor.active], layout.column(align=True)
    column.use_property_split, column.use_property_decorate = True, False
    column.alert = bool(row.problem())
    column.prop(row, "source")
    column.prop_search(row, "key", head.data.shape_keys, "key_blocks", icon="SHAPEKEY_DATA")
    column.prop(row, "factor")


def _draw_parts(layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
    row = layout.row()
    row.label(text="Also Animate")
    row.operator("ptalker.find_parts", text="", icon="FILE_REFRESH")
    if len(settings.parts):
        layout.template_list("PTALKER_UL_parts", "", settings, "parts", settings, "active_part", rows=2)


CLASSES = (PTALKER_UL_mapping, PTALKER_UL_parts, PTALKER_PT_mapping)
