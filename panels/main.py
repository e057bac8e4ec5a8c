"""The PTalker tab of the 3D view's sidebar: head, audio, style, Bake."""

import bpy

from .. import properties
from ..operators.worker import desk
from ..ptalker_blender.scene.compat import sequencer


class _Sidebar:
    """Where every panel of ours lives."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "PTalker"


class PTALKER_PT_main(_Sidebar, bpy.types.Panel):
    """Bake speech to a head"""

    bl_label = "PTalker"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the head, the recording, the style and the button."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.ptalker
        column = layout.column()
        column.prop(settings, "head")
        column.operator_menu_enum("ptalker.add_head", "identity", icon="ADD")
        column.operator("ptalker.build_keys", icon="SHAPEKEY_DATA")
        _draw_audio(layout, context, settings)
        layout.prop(settings, "text")
        _draw_style(layout, settings)
        layout.separator()
        now = desk()
        if now.busy:
            layout.progress(factor=now.fraction, text=f"{now.stage} (Esc cancels)")
        row = layout.row()
        row.scale_y = 1.5
        row.operator("ptalker.bake", icon="RENDER_ANIMATION")


class PTALKER_PT_options(_Sidebar, bpy.types.Panel):
    """How the take is written"""

    bl_label = "Options"
    bl_parent_id = "PTALKER_PT_main"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what is rarely changed."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        settings = context.scene.ptalker
        layout.prop(settings, "head_motion")
        layout.prop(settings, "reduce_keys")
        layout.prop(settings, "seed")


def _draw_audio(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: properties.PTALKER_PG_settings
) -> None:
    column = layout.column()
    column.row().prop(settings, "audio_source", expand=True)
    if settings.audio_source == "FILE":
        column.prop(settings, "audio_file")
        column.prop(settings, "add_strip")
        return
    editor = sequencer.sequencer_scene(context).sequence_editor
    if editor is None:
        column.label(text="No sound strips yet", icon="INFO")
    else:
        column.prop_search(settings, "strip", editor, sequencer.strips_property(editor), icon="SOUND")


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


CLASSES = (PTALKER_PT_main, PTALKER_PT_options)
