"""Styles as Action assets: one .blend in which each Action carries a style's name, picture and performance.

The Actions are made in the open file and taken out of it again before control returns; the artist's own of the same
names step aside for that moment. Not in ``bpy.data.temp_data``: on Blender 4.5 and 5.0 a library loaded after such a
database has been used corrupts memory (see docs/decisions.d/assets.md).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..files import atomic_write
from ..motion.controls import BLENDSHAPES
from ..motion.motion import Motion
from ..motion.reduce import reduce_keys
from .compat import actions as compat
from .curves import set_keys
from .key_blocks import value_path
from .performances import moves_keys

FILE, CATALOGS = "ptalker_styles.blend", "blender_assets.cats.txt"
CATALOG, CATALOG_ID = "PTalker Styles", "6f0b7a52-3c1e-4d0f-9a57-70a1c7e25b1e"
# Custom properties of Action and asset: the style's name, frames per second, whether it came with the add-on.
STYLE, RATE, SHIPS = "ptalker_style", "ptalker_rate", "ptalker_ships"
SAMPLE_SECONDS = 10.0  # of the performance at most: what ships is as long
_TOLERANCE = 0.01  # of a control's range, for the keys of the sample
_FIRST_FRAME = 1.0
_CATALOG_HEAD = "# This is an Asset Catalog Definition file for Blender.\n\nVERSION 1\n"
_SOURCE = "ptalker_asset"  # custom property of an appended Action: where it came from


@dataclass(frozen=True, eq=False)
class StyleAsset:
    """One style as it will be seen in the Asset Browser.

    Attributes:
        style: its name in the library.
        label: the asset's name.
        description: one line.
        ships: whether it came with the add-on.
        pixels: float32 [H, W, 4] in 0..1, first row at the bottom, as previews have them.
        motion: its performance, [T, 55]; what lasts longer than ``SAMPLE_SECONDS`` is cut.
    """

    style: str
    label: str
    description: str
    ships: bool
    pixels: NDArray[np.float32]
    motion: Motion


def write_style_assets(
    entries: Sequence[StyleAsset], folder: Path, fps: float, progress: Callable[[float], None] | None = None
) -> Path:
    """Write all styles into ``FILE`` in a folder, with their catalog; what the file held before is replaced.

    Args:
        entries: the styles.
        folder: of the asset library; must exist.
        fps: frames per second that the keys of the performances are counted in.
        progress: called with the part done (0..1).

    Returns:
        the .blend.

    Raises:
        UserError: the folder cannot be written in; what was there stays.
    """
    target = folder / FILE
    try:
        _write_catalog(folder / CATALOGS)
        with atomic_write(target) as temporary, _aside({entry.label for entry in entries}):
            made: list[bpy.types.Action] = []
            try:
                for number, entry in enumerate(entries):
                    if progress is not None:
                        progress(number / len(entries))
                    made.append(bpy.data.actions.new(entry.label))
                    _fill(made[-1], entry, fps)
                bpy.data.libraries.write(str(temporary), {*made}, fake_user=True, compress=True)
            finally:
                bpy.data.batch_remove(made)
    except (OSError, RuntimeError) as error:  # Blender's own writing raises RuntimeError
        raise UserError(
            f"the asset library in '{folder}' cannot be written ({' '.join(str(error).split())})",
            "a folder that can be written in",
            "choose another Style Library in the add-on preferences",
        ) from error
    return target


def picture_pixels(preview: bpy.types.ImagePreview) -> NDArray[np.float32]:
    """Pixels [H, W, 4] of a picture that Blender has loaded, first row at the bottom."""
    width, height = preview.image_size
    pixels = np.empty(4 * width * height, np.float32)
    preview.image_pixels_float.foreach_get(pixels)
    return pixels.reshape(height, width, 4)


def register_library(preferences: bpy.types.Preferences, folder: Path) -> bool:
    """Make a folder an asset library of the preferences; False if it was one already."""
    known = preferences.filepaths.asset_libraries
    if any(library.path and Path(bpy.path.abspath(library.path)).resolve() == folder.resolve() for library in known):
        return False
    known.new(name=CATALOG, directory=str(folder))
    preferences.is_dirty = True  # so that Blender saves them as it does after a change by hand
    return True


def append_action(file: Path, name: str) -> bpy.types.Action:
    """Bring an Action asset of another file into this one; the one brought before, unless the file changed since.

    Raises:
        UserError: the file cannot be read, or has no such Action.
    """
    expected, advice = f"a .blend with the Action '{name}'", "refresh the Asset Browser and choose again"
    try:
        source = f"{file}|{name}|{file.stat().st_mtime_ns}"
        known = next((action for action in bpy.data.actions if action.get(_SOURCE) == source), None)
        if known is not None:
            return known
        before = set(bpy.data.libraries)
        with bpy.data.libraries.load(str(file), link=False) as (there, wanted):
            found = name in there.actions
            wanted.actions = [name] if found else []
        for library in set(bpy.data.libraries) - before:
            if not library.users_id:  # what was asked for is a copy, so nothing is linked
                bpy.data.libraries.remove(library)
    except OSError as error:
        raise UserError(f"'{file.name}' cannot be read ({error.strerror or error})", expected, advice) from error
    if not found or wanted.actions[0] is None:
        raise UserError(f"'{file.name}' has no Action '{name}'", expected, advice)
    action: bpy.types.Action = wanted.actions[0]
    action.asset_clear()  # a copy of an asset is none: the browser would list both
    action.use_fake_user = False
    action[_SOURCE] = source
    return action


def drop_unused(action: bpy.types.Action) -> None:
    """Take an Action out of the file again if it was only appended, and nothing uses it."""
    if _SOURCE in action and not action.users:
        bpy.data.actions.remove(action)


def require_face_action(action: bpy.types.Action) -> None:
    """Check that an Action is a performance of a face; one that was appended for it alone goes again if it is not.

    Raises:
        UserError: it moves no shape keys.
    """
    if moves_keys(action):
        return
    name = action.name
    drop_unused(action)
    raise UserError(f"Action '{name}' moves no shape keys", "a performance of a face", "choose another asset")


@contextmanager
def _aside(names: Set[str]) -> Iterator[None]:
    """Let Actions of this file that have these names have others meanwhile, so that new ones get theirs."""
    moved = [(action, action.name) for action in bpy.data.actions if action.library is None and action.name in names]
    for action, _ in moved:
        action.name = uuid.uuid4().hex
    try:
        yield
    finally:
        for action, name in moved:
            action.name = name


def _fill(action: bpy.types.Action, entry: StyleAsset, fps: float) -> None:
    holder = compat.new_holder(action, "KEY", "Key")
    for curve in _sample(entry.motion):
        fcurve = compat.add_fcurve(holder, value_path(curve.name), 0, "PTalker")
        frames = _FIRST_FRAME + curve.frames.astype(np.float64) * (fps / entry.motion.fps)
        set_keys(fcurve, frames, curve.values.astype(np.float64), "LINEAR")
    action.asset_mark()
    about = action.asset_data
    about.description, about.catalog_id = entry.description, CATALOG_ID
    for tag in ("PTalker", "Style", "Ships with PTalker" if entry.ships else "Own"):
        about.tags.new(tag)
    if entry.ships:
        about.author, about.license = "PTalker", "CC0-1.0"
    for holds in (action, about):
        holds[STYLE], holds[RATE], holds[SHIPS] = entry.style, fps, entry.ships
    height, width, _ = entry.pixels.shape
    preview = action.preview_ensure()
    preview.image_size = (width, height)
    preview.image_pixels_float.foreach_set(np.ascontiguousarray(entry.pixels, np.float32).ravel())


def _sample(motion: Motion) -> Iterator[Any]:
    """Keys of the face's controls that move, of the first seconds."""
    values = motion.values[: max(1, round(SAMPLE_SECONDS * motion.fps))]
    for curve in reduce_keys(Motion(values, motion.fps), _TOLERANCE):
        if curve.name in BLENDSHAPES and np.abs(curve.values).max() > _TOLERANCE:
            yield curve


def _write_catalog(path: Path) -> None:
    """Name our catalog in the library's list; catalogs that the artist made beside it stay."""
    text = path.read_text(encoding="utf-8") if path.is_file() else _CATALOG_HEAD
    if any(line.startswith(CATALOG_ID) for line in text.splitlines()):
        return
    end = "" if text.endswith("\n") else "\n"
    with atomic_write(path) as temporary:
        temporary.write_text(f"{text}{end}{CATALOG_ID}:{CATALOG}:{CATALOG}\n", encoding="utf-8")
