"""Our verbs in Blender's menus, which is where F3 finds them: Object, Strip, Add, and the Asset Browser's own."""

from __future__ import annotations

from collections.abc import Callable

import bpy

_VERBS = (  # groups of operators, and the icon of each
    (
        ("bake", "RENDER_ANIMATION"),
        ("bake_lines", "SEQ_SEQUENCER"),
        ("rebake_range", "NONE"),
        ("cancel", "X"),
        ("cancel_all", "CANCEL"),
    ),
    (
        ("use_active_strip", "EYEDROPPER"),
        ("add_sound", "ADD"),
        ("mark_words", "MARKER_HLT"),
        ("clear_words", "NONE"),
        ("play_in_sync", "PLAY_SOUND"),
    ),
    (
        ("compare_takes", "FILE_REFRESH"),
        ("restyle", "NONE"),
        ("save_style", "NONE"),
        ("publish_styles", "ASSET_MANAGER"),
        ("direct", "NONE"),
    ),
    (("build_keys", "SHAPEKEY_DATA"), ("mark_face", "NONE"), ("build_marked_keys", "NONE")),
)


class PTALKER_MT_main(bpy.types.Menu):
    """Speech for a head"""

    bl_label = "PTalker"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the verbs in groups."""
        for number, group in enumerate(_VERBS):
            if number:
                self.layout.separator()
            for name, icon in group:
                self.layout.operator(f"ptalker.{name}", icon=icon)


def _draw_main(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.menu("PTALKER_MT_main")


def _draw_heads(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.operator_menu_enum("ptalker.add_head", "identity", icon="MONKEY")


def _draw_asset(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    self.layout.separator()
    self.layout.operator("ptalker.use_asset", icon="USER")


def _draw_found_asset(self: bpy.types.Menu, context: bpy.types.Context) -> None:
    """For F3 over an Asset Browser, which searches the top bar's menus and none of the browser's own."""
    if getattr(context, "asset", None) is not None:
        _draw_asset(self, context)


_PLACES: tuple[tuple[str, Callable[[bpy.types.Menu, bpy.types.Context], None]], ...] = (
    ("VIEW3D_MT_object", _draw_main),
    ("SEQUENCER_MT_strip", _draw_main),
    ("SEQUENCER_MT_context_menu", _draw_main),
    ("VIEW3D_MT_add", _draw_heads),
    ("ASSETBROWSER_MT_context_menu", _draw_asset),
    ("TOPBAR_MT_edit", _draw_found_asset),
)


def attach() -> None:
    """Append ours to Blender's menus."""
    for menu, draw in _PLACES:
        getattr(bpy.types, menu).append(draw)


def detach() -> None:
    """Take ours out again."""
    for menu, draw in _PLACES:
        getattr(bpy.types, menu).remove(draw)


CLASSES = (PTALKER_MT_main,)
