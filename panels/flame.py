"""FLAME in the sidebar: a head from the user's own file, its joints and its parameters."""

import bpy

from .main import PTALKER_PT_main


class PTALKER_PT_flame(bpy.types.Panel):
    """FLAME heads and parameter tracks"""

    bl_label = "FLAME"
    bl_space_type = PTALKER_PT_main.bl_space_type
    bl_region_type = PTALKER_PT_main.bl_region_type
    bl_category = PTALKER_PT_main.bl_category
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 90
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw what can be done; buttons that do not apply say why."""
        column = self.layout.column()
        column.operator("ptalker.add_flame_head", icon="ADD")
        column.operator("ptalker.build_keys", icon="SHAPEKEY_DATA")
        column.operator("ptalker.update_flame_joints", icon="BONE_DATA")
        column = self.layout.column(align=True)
        column.operator("ptalker.import_flame_track", icon="IMPORT")
        column.operator("ptalker.export_flame_track", icon="EXPORT")
        column.operator("ptalker.export_flame_vertices", icon="EXPORT")
        column.operator("ptalker.solve_flame_track", icon="EXPORT")


CLASSES = (PTALKER_PT_flame,)
