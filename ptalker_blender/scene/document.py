"""A whole .blend made by a program: an empty file, and saving it so that a reader never sees half of one."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..files import atomic_write


def new_document() -> bpy.types.Scene:
    """Start an empty file without the user's preferences or start-up scene; return its only scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


def save_document(path: Path) -> None:
    """Save the open file, replacing ``path`` only when it is complete; paths of media become relative to it.

    Raises:
        OSError: the folder cannot be written.
    """
    target = path.resolve()
    for sound in bpy.data.sounds:
        if not sound.packed_file:
            sound.filepath = _relative(bpy.path.abspath(sound.filepath), target.parent)
    # Blender would otherwise keep the empty temporary file as a backup "name.blend1".
    bpy.context.preferences.filepaths.save_version = 0
    with atomic_write(target) as temporary:
        # No remapping: the temporary file lies in the same folder as the target, so relative paths hold for both.
        bpy.ops.wm.save_as_mainfile(filepath=str(temporary), compress=True, relative_remap=False, copy=True)


def _relative(file: str, folder: Path) -> str:
    """Blender's form of a path relative to the .blend; unchanged on another Windows drive, where there is none."""
    try:
        return str(bpy.path.relpath(file, start=str(folder)))
    except ValueError:
        return file
