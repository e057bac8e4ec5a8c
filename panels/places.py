"""Where panels of ours live: the tab in the 3D view's sidebar, and the same tab in the sequencer's."""

from __future__ import annotations

from typing import TypeVar

import bpy

CATEGORY = "PTalker"
_IN_SEQUENCER = "_sequencer"
_Panel = TypeVar("_Panel", bound=type)


class Sidebar:
    """Mix-in for a panel of the tab."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = CATEGORY

    @staticmethod
    def column(layout: bpy.types.UILayout) -> bpy.types.UILayout:
        """A column of settings as everywhere in Blender: names on the left, no keyframe dots."""
        layout.use_property_split = True
        layout.use_property_decorate = False
        return layout.column()


def in_sequencer(panel: _Panel) -> _Panel:
    """The same panel for the sidebar of the sequencer, so that a bake needs no 3D view.

    A copy of the class, since Blender takes no class derived from a registered one. Its parent must be copied too.
    """
    own = {name: value for name, value in vars(panel).items() if name not in ("__dict__", "__weakref__", "bl_rna")}
    own |= {"bl_space_type": "SEQUENCE_EDITOR", "bl_region_type": "UI", "bl_category": CATEGORY}
    if "bl_parent_id" in own:
        own["bl_parent_id"] += _IN_SEQUENCER
    copy: _Panel = type(panel.__name__ + _IN_SEQUENCER, panel.__bases__, own)  # type: ignore[assignment]
    return copy
