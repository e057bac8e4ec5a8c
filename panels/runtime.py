"""The preferences: where the network runs, what was found, and the folders."""

from dataclasses import replace

import bpy

from .. import keymaps
from ..operators.runtime import runtimes
from ..operators.runtime_lines import candidates, library_lines, runtime_lines, weights_lines
from ..translations import say
from .findings import draw_findings
from .jobs import draw_jobs


def draw_preferences(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: bpy.types.AddonPreferences
) -> None:
    """Draw all settings, each above what it leads to."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    box = layout.box()
    box.prop(settings, "python")
    box.prop(settings, "device")
    # What mends a runtime is the button below them all.
    draw_findings(box, context, (replace(line, fix="") for line in runtime_lines(context)))
    row = box.row(align=True)
    row.operator("ptalker.find_runtime", icon="VIEWZOOM")
    row.operator("ptalker.check_runtime", text="Check", icon="CHECKMARK")
    _draw_search(box)
    draw_jobs(box, context)
    _draw_candidates(box, context)
    box = layout.box()
    box.prop(settings, "weights")
    draw_findings(box, context, weights_lines(context))
    box.prop(settings, "library")
    draw_findings(box, context, library_lines(context))
    box.prop(settings, "flame")
    _draw_keys(layout, context)
    layout.label(text="Works offline: nothing is sent, nothing is downloaded", icon="LOCKED")


def _draw_keys(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    header, body = layout.panel("ptalker_keys", default_closed=True)
    header.label(text="Keys")
    if body is None:
        return
    for item in keymaps.items(context):
        row = body.row()
        row.label(text=item.name)
        row.prop(item, "type", text="", full_event=True)


def _draw_search(layout: bpy.types.UILayout) -> None:
    """Draw how far the search is, with a button that ends it."""
    search = runtimes().search
    if search is None:
        return
    row = layout.row(align=True)
    row.progress(factor=search.done / max(search.count, 1), text=say(f"{search.done} of {search.count or '...'} Asked"))
    row.operator("ptalker.stop_finding", text="", icon="X")


def _draw_candidates(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the Pythons that were found: what each is, where, what it lacks, and a button to use it."""
    for one in candidates(context):
        column = layout.column(align=True)
        row = column.row(align=True)
        row.label(text=one.title, icon="CHECKMARK" if one.works else "CANCEL")
        use = row.row(align=True)
        use.alignment = "RIGHT"
        if one.chosen:
            use.label(text="In Use")
        else:
            use.operator("ptalker.use_runtime").path = one.path
        column.label(text=one.path, icon="BLANK1")
        if one.note:
            column.label(text=one.note, icon="BLANK1")
