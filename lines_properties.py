"""The cast of a scene: who speaks which strips, on which head, in which style; and which strips are baked at once."""

from __future__ import annotations

from functools import lru_cache

import bpy

from . import style_properties as styles
from .ptalker_blender.scene.compat.sequencer import sound_strip_type

AS_PANEL = "PANEL"  # the style that means: as in the panel
_ELSEWHERE = frozenset((styles.FILE, styles.ACTION, styles.MESH, ""))  # need settings that a row has not


def _style_items(_row: object, _context: object) -> tuple[styles.Item, ...]:
    return _items_of(styles.style_items())


# Cached: Blender needs the strings of a menu to stay alive.
@lru_cache(maxsize=8)
def _items_of(library: tuple[styles.Item, ...]) -> tuple[styles.Item, ...]:
    """The panel's style first, with number 0, which a new row has; the voice has that in the panel's own menu."""
    same = (AS_PANEL, "As in the Panel", "Style, mix and strength that the panel says", "LINKED", 0)
    rest = (item for item in library if item[0] not in _ELSEWHERE)
    return (same, *((*item[:4], 6) if item[0] == styles.VOICE else item for item in rest))


def _can_speak(_row: object, obj: bpy.types.Object) -> bool:
    return obj.type == "MESH" and obj.data.shape_keys is not None


def _cast_names(_strip: object, context: bpy.types.Context, typed: str) -> list[str]:
    return [row.name for row in context.scene.ptalker_lines.cast if typed.casefold() in row.name.casefold()]


class PTALKER_PG_cast_row(bpy.types.PropertyGroup):
    """A character: which strips it speaks, and who shows it"""

    name: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Character", description="Name of the character. Strips whose names begin with it are its lines"
    )
    prefix: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Prefix",
        description="How the names of its strips begin, where that is not the character's name; * stands for anything",
    )
    channel: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Channel", description="Channel whose other strips are its lines; 0 for none", min=0, max=128
    )
    head: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Head", description="Mesh whose shape keys speak these lines", type=bpy.types.Object, poll=_can_speak
    )
    style: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Style", description="Manner in which this character speaks", items=_style_items
    )


class PTALKER_PG_lines(bpy.types.PropertyGroup):
    """Baking many strips at once"""

    cast: bpy.props.CollectionProperty(  # type: ignore[valid-type]
        name="Cast", description="Characters of the scene", type=PTALKER_PG_cast_row
    )
    active: bpy.props.IntProperty(name="Active Character", description="Character chosen in the list")  # type: ignore[valid-type]
    choice: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Strips",
        description="Which strips are baked",
        items=(
            ("ALL", "All", "All sound strips of the sequencer that are heard"),
            (
                "SELECTED",
                "Selected",
                "Sound strips that are selected in the sequencer, or inside a selected meta strip",
            ),
            ("CHANNEL", "Channel", "Sound strips of one channel"),
        ),
    )
    channel: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Channel", description="Channel whose strips are baked", default=1, min=1, max=128
    )
    into: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Into the Take",
        description="Perform the lines inside the take of lines that plays on the head; its other keys stay",
    )


def attach() -> None:
    """Give every scene a cast, and every sound strip a character."""
    bpy.types.Scene.ptalker_lines = bpy.props.PointerProperty(type=PTALKER_PG_lines)
    sound_strip_type().ptalker_character = bpy.props.StringProperty(
        name="Spoken By",
        description="Who of the cast speaks this strip; - for nobody. Empty goes by its name, then by its channel",
        search=_cast_names,
    )


def detach() -> None:
    """Take them away again; saved files keep what they said."""
    del sound_strip_type().ptalker_character
    del bpy.types.Scene.ptalker_lines


CLASSES = (PTALKER_PG_cast_row, PTALKER_PG_lines)
