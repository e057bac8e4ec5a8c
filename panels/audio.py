"""The recording in the sidebar: strip or file, its words, and what is wrong with it."""

import bpy

from ..operators.audio import chosen_strip, dialogue, dialogue_findings
from ..operators.preflight import audio_findings
from ..ptalker_blender.scene.compat import sequencer
from ..translations import say
from .findings import draw_findings
from .places import Sidebar, in_sequencer


class PTALKER_PT_audio(Sidebar, bpy.types.Panel):
    """What is said"""

    bl_label = "Audio"
    bl_parent_id = "PTALKER_PT_main"
    bl_order = 20

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the recording, its words and the playback button."""
        settings, column = context.scene.ptalker, self.column(self.layout)
        column.row().prop(settings, "audio_source", expand=True)
        if settings.audio_source == "FILE":
            column.prop(settings, "audio_file")
            column.prop(settings, "add_strip")
            column.prop(settings, "text")
        else:
            _draw_strip(column, context, settings)
        draw_findings(self.layout, context, (*audio_findings(context), *dialogue_findings(context)))
        column = self.column(self.layout)
        column.active = bool(dialogue(context))
        column.prop(settings, "mark")
        row = self.layout.row(align=True)
        row.operator("ptalker.mark_words", icon="MARKER_HLT").phones = False
        row.operator("ptalker.mark_words", text="With Phones").phones = True
        row.operator("ptalker.clear_words", text="", icon="X")
        playing = context.screen is not None and context.screen.is_animation_playing
        sync = {"text": "Stop", "icon": "PAUSE"} if playing else {"icon": "PLAY_SOUND"}
        self.layout.operator("ptalker.play_in_sync", **sync)


def _draw_strip(column: bpy.types.UILayout, context: bpy.types.Context, settings: bpy.types.PropertyGroup) -> None:
    editor = sequencer.sequencer_scene(context).sequence_editor
    if editor is None:
        return
    row = column.row(align=True)
    row.prop_search(settings, "strip", editor, f"{sequencer.strips_property(editor)}_all", icon="SOUND")
    row.operator("ptalker.use_active_strip", text="", icon="EYEDROPPER")
    row.operator("ptalker.add_sound", text="", icon="ADD")
    strip = chosen_strip(context)
    if strip is not None:
        if not settings.strip:
            column.label(text=say(f"Takes '{strip.name}'"), icon="INFO")
        column.prop(strip, "ptalker_text")
    if strip is None or (not strip.ptalker_text and settings.text):
        column.prop(settings, "text", text="Dialogue")


CLASSES = (PTALKER_PT_audio, in_sequencer(PTALKER_PT_audio))
