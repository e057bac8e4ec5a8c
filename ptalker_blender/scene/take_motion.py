"""The motion a take was made from, kept on its Action, so that directing it needs neither network nor recording.

A custom property of bytes (``motion.packed``): it is saved, duplicated and appended with the Action.
"""

from __future__ import annotations

import bpy

from ..motion.motion import Motion
from ..motion.packed import pack_motion, unpack_motion

MOTION = "ptalker_motion"


def store_motion(action: bpy.types.Action, motion: Motion | bytes) -> int:
    """Keep a motion at the scene's rate on an Action, perhaps packed before; the number of bytes that takes."""
    data = motion if isinstance(motion, bytes) else pack_motion(motion)
    if MOTION in action:
        del action[MOTION]  # Blender ends bytes at the first 0 when it replaces others (4.2 to 5.0)
    action[MOTION] = data
    return len(data)


def has_motion(action: bpy.types.Action) -> bool:
    """Whether a motion is kept, readable or not; cheap enough for a panel."""
    return MOTION in action


def read_motion(action: bpy.types.Action) -> Motion | None:
    """The motion kept on an Action; None if there is none, as in takes of earlier versions.

    Raises:
        UserError: there is one that cannot be read.
    """
    data = action.get(MOTION)
    return unpack_motion(data) if isinstance(data, bytes) else None
