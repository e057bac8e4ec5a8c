"""Styles in the Asset Browser: the library written as Action assets, and any Action asset used as the style."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from .. import style_properties as styles
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.scene.style_assets import (
    FILE,
    RATE,
    SHIPS,
    STYLE,
    StyleAsset,
    append_action,
    drop_unused,
    picture_pixels,
    register_library,
    require_face_action,
    write_style_assets,
)
from ..ptalker_blender.scene.timing import effective_fps
from ..translations import say
from .display import redraw_sidebars
from .style import make_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..ptalker_blender.motion.motion import Motion
    from ..ptalker_blender.style.library import LibraryStyle

FOLDER = "asset_library"  # in the folder of the artist's own styles


class PTALKER_OT_publish_styles(bpy.types.Operator):
    """Write every style as an Action asset for the Asset Browser. Press again after styles came or went"""

    bl_idname = "ptalker.publish_styles"
    bl_label = "Styles to Asset Browser"
    bl_options = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the file, list its folder in the preferences, and let open Asset Browsers read it."""
        window, folder = context.window_manager, _folder()
        window.progress_begin(0.0, 1.0)
        try:
            make_folder(folder)
            entries = _entries()
            write_style_assets(entries, folder, effective_fps(context.scene), window.progress_update)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return {"CANCELLED"}
        finally:
            window.progress_end()
        added = register_library(context.preferences, folder)
        _refresh_browsers(context)
        where = "now an asset library of the preferences" if added else "an asset library already"
        self.report({"INFO"}, say(f"Wrote {len(entries)} styles to '{folder}', {where}"))
        return {"FINISHED"}


class PTALKER_OT_use_asset(bpy.types.Operator):
    """Bake in the manner of this asset: the style it stands for, or the performance of any Action on shape keys"""

    bl_idname = "ptalker.use_asset"
    bl_label = "Use as Style"
    bl_options = {"REGISTER", "UNDO"}

    file: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="File",
        description="Library (.blend) that the Action is in, for scripts. Empty for one of this file",
        options={"SKIP_SAVE", "HIDDEN"},
    )
    action: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Action",
        description="Name of the Action, for scripts. Empty takes the active asset",
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An Action asset must be the active one; a script without a window names it."""
        asset = _active(context)
        if asset is None and context.area is not None:
            cls.poll_message_set("Choose an Action in the Asset Browser first")
            return False
        if asset is not None and asset.id_type != "ACTION":
            cls.poll_message_set("Only an Action holds a performance")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Choose the style of the library, or the Action."""
        try:
            action, file = self._asset(context)
            require_face_action(action)
            style = _library_style(action, file)
            if style:
                drop_unused(action)
                context.scene.ptalker.style, said = style, f"The style is '{style}' of the library"
            else:
                said = self._use(context, action)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return {"CANCELLED"}
        redraw_sidebars()
        self.report({"INFO"}, say(said))
        return {"FINISHED"}

    def _asset(self, context: bpy.types.Context) -> tuple[bpy.types.Action, Path | None]:
        """The Action in this file, and the file it was brought from."""
        asset = _active(context)
        if self.action or asset is None:
            file, name, local = self.file, self.action, None if self.file else bpy.data.actions.get(self.action)
        else:
            file, name, local = asset.full_library_path, asset.name, asset.local_id
        if local is not None:
            return local, None
        if not file:
            raise UserError(f"no Action '{name}'" if name else "no asset", "an Action asset", "choose one first")
        return append_action(Path(file), name), Path(file)

    def _use(self, context: bpy.types.Context, action: bpy.types.Action) -> str:
        rate, played = float(action.get(RATE, 0.0)), effective_fps(context.scene)
        if rate and rate != played:
            self.report({"WARNING"}, say(f"'{action.name}' was written for {rate:g} frames per second, not {played:g}"))
        source = context.scene.ptalker_style.source
        source.action, source.head, source.use_range = action, None, False
        context.scene.ptalker.style = styles.ACTION
        return f"The style is Action '{action.name}'"


def _active(context: bpy.types.Context) -> bpy.types.AssetRepresentation | None:
    return getattr(context, "asset", None)


def _library_style(action: bpy.types.Action, file: Path | None) -> str:
    """The style of this artist's library that an asset stands for; empty if it is another's, or none."""
    name = str(action.get(STYLE, ""))
    if name not in styles.style_names():
        return ""
    ours = file is not None and file.resolve() == (_folder() / FILE).resolve()
    return name if ours or action.get(SHIPS) else ""


def _folder() -> Path:
    return styles.library_folder() / FOLDER


def _entries() -> list[StyleAsset]:
    """All styles there are; of two with one name, as in the menus, the one that ships.

    Raises:
        UserError: a file in the library that is no style.
    """
    from ..ptalker_blender.style.library import list_styles, load_style

    places: tuple[Path | None, ...] = (styles.library_folder(), None)  # the latter wins
    found = {style.name: (style, place) for place in places for style in list_styles(place)}
    return [_entry(style, load_style(style.name, place).motion, place is None) for style, place in found.values()]


def _entry(style: LibraryStyle, motion: Motion, ships: bool) -> StyleAsset:
    label = styles.style_label(style)
    return StyleAsset(style.name, label, style.description, ships, _pixels(style, motion), motion)


def _pixels(style: LibraryStyle, motion: Motion) -> NDArray[np.float32]:
    """The portrait that the menus show; drawn anew for a style that came without one."""
    from ..ptalker_blender.rig.head import load_head
    from ..ptalker_blender.style.portrait import draw_portrait

    picture = styles.style_picture(style)
    if picture is not None and picture.image_size[0]:
        return picture_pixels(picture)
    return (draw_portrait(load_head(), motion)[::-1] / 255).astype("float32")


def _refresh_browsers(context: bpy.types.Context) -> None:
    """Let the Asset Browsers that are open read the file again."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.ui_type == "ASSETS":
                with context.temp_override(window=window, area=area, region=area.regions[-1]):
                    bpy.ops.asset.library_refresh()


CLASSES = (PTALKER_OT_publish_styles, PTALKER_OT_use_asset)
