"""Keys from motion: the part that ``bake`` and ``bench`` share. Only the scene adapters load bpy."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import UserError
from .measure import TerminalProgress

if TYPE_CHECKING:
    import bpy

    from ..engine.mapped_keys import MappedKeys
    from ..motion.motion import Motion
    from ..motion.reduce import KeyCurve
    from ..rig.flame_mesh import FaceKeys
    from ..rig.mapping import MappingTable


def blender_is_here() -> bool:
    """Whether this Python has bpy, without loading it."""
    return importlib.util.find_spec("bpy") is not None


def require_blender() -> None:
    """Check for bpy before any work is done.

    Raises:
        UserError: this Python has no bpy.
    """
    if not blender_is_here():
        raise UserError(
            "this Python has no bpy",
            "Blender as a module, which `ptalker bake` works in",
            "pip install 'ptalker[blender]', or bake from the add-on's panel",
        )


@contextmanager
def blender_on_stderr() -> Iterator[None]:
    """Send what Blender prints ("Saved copy as ...") to standard error; other tools read standard output.

    Beside a refusal, which is to be the only line there, it is dropped.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    with tempfile.TemporaryFile() as heard:
        os.dup2(heard.fileno(), 1)
        try:
            yield
        except UserError:
            heard.truncate(0)
            raise
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)
            heard.seek(0)
            sys.stderr.write(heard.read().decode("utf-8", "backslashreplace"))
            sys.stderr.flush()


def scene_keys(motion: Motion, fps: float, reduced: bool) -> tuple[KeyCurve, ...]:
    """Resample engine motion to a scene's rate and make its keys.

    Args:
        motion: controls at 50 Hz.
        fps: effective rate of the scene.
        reduced: leave out the keys that linear interpolation replaces within the error bound, which is
            measured on the default head whatever head the keys go to.
    """
    from ..engine.keys import ALL, REDUCED, make_keys
    from ..motion.resample import resample_motion

    return make_keys(resample_motion(motion, fps), REDUCED if reduced else ALL)


def mapped_keys(motion: Motion, fps: float, reduced: bool, tables: Sequence[MappingTable]) -> MappedKeys:
    """``scene_keys`` of heads whose shape keys have names of their own, by their mapping tables."""
    from ..engine.keys import ALL, REDUCED
    from ..engine.mapped_keys import make_mapped_keys
    from ..motion.resample import resample_motion

    return make_mapped_keys(resample_motion(motion, fps), tables, REDUCED if reduced else ALL)


def build_face_keys(obj: bpy.types.Object) -> tuple[FaceKeys, list[str]]:
    """Build the face keys of a FLAME mesh in this process and add them; also what to say about it.

    Raises:
        UserError: the mesh is not FLAME's, has not a face's shape, or cannot be given keys.
    """
    from ..engine.keys import default_head
    from ..rig.flame_mesh import build_mesh_keys
    from ..scene.face_keys import add_face_keys, read_mesh

    mesh, progress = read_mesh(obj), TerminalProgress()
    try:
        built = build_mesh_keys(default_head(), mesh.vertices, (mesh.corners, mesh.sizes), progress)
    finally:
        progress.clear()
    done = add_face_keys(obj, mesh, built)
    return built, [f"'{obj.name}': a FLAME mesh without face keys, {len(done.added)} were built", *done.notes]
