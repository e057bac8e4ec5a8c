"""The scene's clock: Blender plays at fps / fps_base frames per second, and a scene may start at any frame."""

from __future__ import annotations

from fractions import Fraction

import bpy


def effective_fps(scene: bpy.types.Scene) -> float:
    """Frames per second at which the scene really plays.

    Blender stores ``fps_base`` in single precision, so 24 / 1.001 reads as 23.97602286 instead of 23.97602398. The
    nearest fraction with a small denominator is the rate that was meant, and an hour then ends on the right frame.
    """
    base = Fraction(scene.render.fps_base).limit_denominator(10_000)
    return float(scene.render.fps / base)


def set_rate(scene: bpy.types.Scene, fps: float) -> None:
    """Make the scene play at ``fps``, e.g. 25, 29.97 (taken as 30000 / 1001) or 24000 / 1001.

    Raises:
        ValueError: not in 1..480.
    """
    if not 1.0 <= fps <= 480.0:
        raise ValueError(f"a scene plays at 1 to 480 frames per second, not {fps}")
    whole = round(fps)
    if abs(fps - whole) < 1e-6:
        scene.render.fps, scene.render.fps_base = whole, 1.0
        return
    scene.render.fps = -int(-fps // 1)  # the next whole rate, as broadcast rates are written: 24 / 1.001
    ntsc = scene.render.fps * 1000 / 1001
    scene.render.fps_base = 1.001 if abs(ntsc - fps) < 0.005 else scene.render.fps / fps


def seconds_to_frame(seconds: float, fps: float, start_frame: float) -> float:
    """Frame at which a moment of the take falls, when the take starts at ``start_frame``; may be fractional."""
    return start_frame + seconds * fps


def frame_to_seconds(frame: float, fps: float, start_frame: float) -> float:
    """Inverse of ``seconds_to_frame``."""
    return (frame - start_frame) / fps


def set_range(scene: bpy.types.Scene, start_frame: float, frames: int) -> None:
    """Let the scene show a take of ``frames`` frames that starts at ``start_frame``, and go to its first frame."""
    first = int(start_frame // 1)
    scene.frame_start = first
    scene.frame_end = max(first, first + frames - 1)
    scene.frame_set(first)
