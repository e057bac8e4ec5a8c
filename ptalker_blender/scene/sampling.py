"""The value of a setting over time, where an artist animates it."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from .compat import actions as compat


def animated_paths(obj: bpy.types.Object, beginning: str) -> dict[str, bpy.types.FCurve]:
    """F-curves of an object's own Action on paths that begin so, by path; muted ones do nothing."""
    animation = obj.animation_data
    if animation is None or animation.action is None:
        return {}
    found = compat.fcurves(animation.action, obj)
    return {curve.data_path: curve for curve in found if curve.data_path.startswith(beginning) and not curve.mute}


def sampled(curve: bpy.types.FCurve, start: float, frames: int) -> NDArray[np.float64]:
    """Values of an F-curve at ``start`` and the frames after it, [frames]."""
    return np.array([curve.evaluate(start + k) for k in range(frames)], np.float64)
