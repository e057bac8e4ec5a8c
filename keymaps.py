"""Keys for the verbs: items of the keymap that have no key until the artist gives them one."""

from __future__ import annotations

import bpy

VERBS = (
    "ptalker.bake",
    "ptalker.cancel",
    "ptalker.play_in_sync",
    "ptalker.compare_takes",
    "ptalker.rebake_range",
    "ptalker.judge_take",
    "ptalker.bake_lines",
)
_KEYMAP = "Screen"  # heard in every editor


def attach() -> None:
    """Add the items; a Blender without windows has no keymaps."""
    config = bpy.context.window_manager.keyconfigs.addon
    if config is None:
        return
    keymap = config.keymaps.new(name=_KEYMAP, space_type="EMPTY")
    for verb in VERBS:
        keymap.keymap_items.new(verb, "NONE", "PRESS")


def detach() -> None:
    """Take them away again; keys that the artist gave them come back with the add-on."""
    config = bpy.context.window_manager.keyconfigs.addon
    keymap = config.keymaps.get(_KEYMAP) if config is not None else None
    if keymap is not None:
        for item in _ours(keymap):
            keymap.keymap_items.remove(item)


def items(context: bpy.types.Context) -> list[bpy.types.KeyMapItem]:
    """The items as the artist has set them, in our order; empty without windows."""
    config = context.window_manager.keyconfigs.user
    keymap = config.keymaps.get(_KEYMAP) if config is not None else None
    return [] if keymap is None else sorted(_ours(keymap), key=lambda item: VERBS.index(item.idname))


def _ours(keymap: bpy.types.KeyMap) -> list[bpy.types.KeyMapItem]:
    return [item for item in keymap.keymap_items if item.idname in VERBS]
