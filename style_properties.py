"""Which styles there are to choose from, and what a scene remembers about a manner that is not of the library."""

from __future__ import annotations

import math
import zlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import bpy
import bpy.utils.previews

from . import preferences
from .ptalker_blender.errors import UserError

if TYPE_CHECKING:
    from .ptalker_blender.style.library import LibraryStyle

VOICE, FILE, ACTION, MESH = "voice", "FILE", "ACTION", "MESH"  # the styles that are not of the library
NO_MIX = "NONE"
LIBRARY = "styles"  # folder for the artist's own styles, where the preferences name none

Item = tuple[str, str, str, str | int, int]  # as Blender has them: name, label, tooltip, icon, number

_FIRST = 16  # of the numbers that names give (see _style_item); those of the others lie below, and files store them
_SOURCES: tuple[Item, ...] = (
    (
        FILE,
        "From a File",
        "Draw the manner from a captured performance (Live Link CSV, npz, FLAME npy)",
        "FILE",
        1,
    ),
    (ACTION, "From an Action", "Draw the manner from an Action on shape keys, of this head or another", "ACTION", 3),
    (MESH, "From a Mesh", "Draw the manner from a mesh that moves in the scene: a cache, a rig, keys", "MESH_DATA", 4),
)


def library_folder() -> Path:
    """The artist's own library: that of the preferences, else the add-on's user folder; it need not exist."""
    named = preferences.get(bpy.context).library
    if named:
        return Path(bpy.path.abspath(named))
    return Path(bpy.utils.extension_path_user(__package__, path=LIBRARY))


def style_items() -> tuple[Item, ...]:
    """List styles for a menu, those that ship and the artist's own.

    A file stores the number of the chosen item, so it comes from the name: another style in the library, or a later
    version of it, must not change what was chosen.
    """
    folder = library_folder()
    return _style_items_of(folder, _stamp(folder))


def mix_items() -> tuple[Item, ...]:
    """List what a style can be mixed with: nothing, or any other than the voice."""
    return _mix_items_of(style_items())


def style_names() -> frozenset[str]:
    """Names of the styles that can be chosen."""
    return frozenset(item[0] for item in style_items()) - {VOICE, FILE, ACTION, MESH, ""}


def style_path(name: str) -> Path | None:
    """The file of one of the artist's own styles; None for one that ships.

    Raises:
        UserError: there is no folder of weights.
    """
    from .ptalker_blender.style.library import names_in

    path = library_folder() / f"{name}.npz"
    return path if path.is_file() and name not in names_in() else None


def names_no_rate(source: PTALKER_PG_style_source) -> bool:
    """Whether the file of a performance is of a kind that does not say its frame rate."""
    return bool(source.file.lower().endswith(".npy"))


def forget_styles() -> None:
    """Read the library anew the next time it is asked for."""
    _style_items_of.cache_clear()
    _mix_items_of.cache_clear()


# Cached: Blender needs the strings of a menu to stay alive, and asks at every redraw.
@lru_cache(maxsize=8)
def _style_items_of(folder: Path, _changed: int) -> tuple[Item, ...]:
    from .ptalker_blender.style.library import list_styles

    voice = (VOICE, "From the Voice", "Draw the manner from the recording itself", "SPEAKER", 0)
    found: dict[str, LibraryStyle] = {}
    broken: list[Item] = []
    for number, where in ((2, None), (5, folder)):
        try:
            for style in list_styles(where):
                found.setdefault(style.name, style)
        except UserError as error:
            broken.append(("", f"Library: {error.found}", error.advice, "ERROR", number))
    return (voice, *_SOURCES, *(_style_item(style) for style in found.values()), *broken)


@lru_cache(maxsize=8)
def _mix_items_of(styles: tuple[Item, ...]) -> tuple[Item, ...]:
    return (
        (NO_MIX, "None", "The style as it is", "BLANK1", 0),
        *(item for item in styles if item[0] not in (VOICE, "")),
    )


def _style_item(style: LibraryStyle) -> Item:
    # A menu of Blender 4.3 keeps the number of an item as a float: above 24 bits it chooses one that is not there.
    number = _FIRST + zlib.crc32(style.name.encode()) % (2**24 - _FIRST)
    return style.name, style_label(style), style.description, _icon(style), number


def style_picture(style: LibraryStyle) -> bpy.types.ImagePreview | None:
    """The style's picture, which Blender reads when it is first shown or its pixels are asked for; None without one."""
    path = style.path.with_suffix(".png")
    if not path.is_file():
        return None
    known = _pictures()
    key = f"{path}:{path.stat().st_mtime_ns}"
    return known[key] if key in known else known.load(key, str(path), "IMAGE")


def style_label(style: LibraryStyle) -> str:
    """What a style is called in menus."""
    return style.name.replace("_", " ").title()


def _icon(style: LibraryStyle) -> str | int:
    picture = style_picture(style)
    return "USER" if picture is None else int(picture.icon_id)


@lru_cache(maxsize=1)
def _pictures() -> bpy.utils.previews.ImagePreviewCollection:
    return bpy.utils.previews.new()


def _stamp(folder: Path) -> int:
    """Tells when files came to a folder or left it: styles are replaced as a whole."""
    return folder.stat().st_mtime_ns if folder.is_dir() else 0


def _is_face_action(_source: object, action: bpy.types.Action) -> bool:
    from .ptalker_blender.scene.performances import moves_keys

    return moves_keys(action)


def _action_chosen(source: PTALKER_PG_style_source, _context: object) -> None:
    """Begin with all of it."""
    if source.action is not None:
        first, last = source.action.frame_range
        source.first, source.last = math.floor(first), math.ceil(last)


def _is_mesh(_source: object, obj: bpy.types.Object) -> bool:
    return bool(obj.type == "MESH")


def _has_keys(_source: object, obj: bpy.types.Object) -> bool:
    return obj.type == "MESH" and obj.data.shape_keys is not None


class PTALKER_PG_style_source(bpy.types.PropertyGroup):
    """A performance whose manner is used"""

    file: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Performance", description="Captured performance whose manner is used", subtype="FILE_PATH"
    )
    rate: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Frame Rate",
        description="Frames per second of a performance whose file does not say: an npy of FLAME",
        default=25.0,
        min=1.0,
        max=480.0,
        precision=3,
    )
    action: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Action", description="Action on shape keys whose manner is used", type=bpy.types.Action,
        poll=_is_face_action, update=_action_chosen,
    )  # fmt: skip
    head: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Keys Of",
        description="Mesh whose mapping says what the Action's keys are. Empty finds it out by itself",
        type=bpy.types.Object,
        poll=_has_keys,
    )
    mesh: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Mesh", description="Mesh that moves, of FLAME's topology or with face keys", type=bpy.types.Object,
        poll=_is_mesh,
    )  # fmt: skip
    use_range: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Range", description="Use a part of the performance. Off uses the whole Action, file or scene range"
    )
    first: bpy.props.IntProperty(name="First Frame", description="First frame of the performance", default=1)  # type: ignore[valid-type]
    last: bpy.props.IntProperty(name="Last Frame", description="Last frame of the performance", default=250)  # type: ignore[valid-type]
    start: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Start", description="Second of the file at which the performance starts", min=0.0, subtype="TIME_ABSOLUTE"
    )
    end: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="End", description="Second of the file at which it ends", default=10.0, min=0.0, subtype="TIME_ABSOLUTE"
    )


class PTALKER_PG_style(bpy.types.PropertyGroup):
    """Manners that are not of the library, and how styles are saved"""

    source: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Performance", description="Performance whose manner is used", type=PTALKER_PG_style_source
    )
    mix_source: bpy.props.PointerProperty(  # type: ignore[valid-type]
        name="Second Performance", description="Performance that is mixed in", type=PTALKER_PG_style_source
    )
    name: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Name", description="Name of the style to save: letters, digits, - and _"
    )
    description: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Description", description="What the style to save is like, in one line"
    )
    upper_face: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Upper Face",
        description="Whose blinks, gaze and head turns a restyled take has",
        items=(
            ("source", "As Performed", "Keep those of the take where it has any"),
            ("style", "Of the Style", "Make new ones, as lively as the style's"),
        ),
    )


def attach() -> None:
    """Give every scene its sources of style."""
    bpy.types.Scene.ptalker_style = bpy.props.PointerProperty(type=PTALKER_PG_style)


def detach() -> None:
    """Take them away again and forget the cached styles."""
    del bpy.types.Scene.ptalker_style
    forget_styles()
    if _pictures.cache_info().currsize:
        bpy.utils.previews.remove(_pictures())
        _pictures.cache_clear()


CLASSES = (PTALKER_PG_style_source, PTALKER_PG_style)
