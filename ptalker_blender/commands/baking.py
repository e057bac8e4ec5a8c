"""Keys from motion: the part that ``bake`` and ``bench`` share. Only the scene adapters load bpy."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import UserError

if TYPE_CHECKING:
    from ..engine.mapped_keys import MappedKeys
    from ..motion.motion import Motion
    from ..motion.reduce import KeyCurve
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
    """Send what Blender prints ("Saved copy as ...") to standard error; other tools read standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


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
