"""What a scene remembers about its next bake."""

import zlib
from functools import lru_cache

import bpy

from .ptalker_blender.errors import UserError

VOICE, FILE = "voice", "FILE"  # the styles that are not of the library


@lru_cache(maxsize=1)
def style_items() -> tuple[tuple[str, str, str, int], ...]:
    """List styles for a menu. Cached: Blender needs the strings to stay alive, and asks at every redraw.

    A file stores the number of the chosen item, so it comes from the name: another style in the library, or a later
    version of it, must not change what was chosen.
    """
    from .ptalker_blender.style.library import list_styles

    fixed = (
        (VOICE, "From the Voice", "Draw the manner from the recording itself", 0),
        (FILE, "From a File", "Draw the manner from a captured performance (Live Link Face CSV or npz)", 1),
    )
    try:
        library = list_styles()
    except UserError as error:
        return (*fixed, ("", f"Library: {error.found}", error.advice, 2))
    return (*fixed, *(_style_item(style.name, style.description) for style in library))


def _style_item(name: str, description: str) -> tuple[str, str, str, int]:
    number = zlib.crc32(name.encode()) & 0x7FFFFFFF  # Blender's numbers are signed
    return name, name.replace("_", " ").title(), description, number


def _style_items(_settings: object, _context: object) -> tuple[tuple[str, str, str, int], ...]:
    return style_items()


def _is_mesh(_settings: object, obj: bpy.types.Object) -> bool:
    return obj.type == "MESH" and obj.data.shape_keys is not None


class PTALKER_PG_settings(bpy.types.PropertyGroup):
    """Settings of the next bake"""

    head: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Head", description="Mesh whose shape keys are animated", type=bpy.types.Object, poll=_is_mesh
    )
    audio_source: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Audio",
        description="Where the recording comes from",
        items=(
            ("STRIP", "Strip", "A sound strip of the sequencer, with its trims"),
            ("FILE", "File", "A sound file, which starts at the scene's first frame"),
        ),
    )
    strip: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Strip", description="Sound strip to perform. Empty takes the only one there is"
    )
    audio_file: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="File", description="Sound file to perform", subtype="FILE_PATH"
    )
    add_strip: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Add Sound Strip", description="Put the file in the sequencer, in sync with the take", default=True
    )
    style: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Style", description="Manner in which the line is performed", items=_style_items
    )
    style_file: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Performance", description="Captured performance whose manner is used", subtype="FILE_PATH"
    )
    strength: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Strength", description="How much of the style is applied", default=1.0, min=0.0, max=2.0, soft_max=1.5
    )
    seed: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Seed", description="Another number gives other blinks and head moves", min=0
    )
    head_motion: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Head Motion", description="Let the head nod and turn, through an Empty it follows", default=True
    )
    reduce_keys: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Fewest Keys",
        description="Leave out the keys that straight lines replace within 0.2 mm. Off sets a key on every frame",
        default=True,
    )


def attach() -> None:
    """Give every scene its settings."""
    bpy.types.Scene.ptalker = bpy.props.PointerProperty(type=PTALKER_PG_settings)


def detach() -> None:
    """Take the settings away again and forget the cached styles."""
    del bpy.types.Scene.ptalker
    style_items.cache_clear()


CLASSES = (PTALKER_PG_settings,)
