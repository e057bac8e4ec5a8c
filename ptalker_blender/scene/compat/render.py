"""Render output settings across versions: from 5.0 a movie must be chosen as a medium before its format."""

from __future__ import annotations

import bpy


def set_movie_output(scene: bpy.types.Scene) -> None:
    """Let the scene render to H.264 in MPEG-4 with AAC sound."""
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    scene.render.ffmpeg.format = "MPEG4"
    scene.render.ffmpeg.codec = "H264"
    scene.render.ffmpeg.constant_rate_factor = "HIGH"
    scene.render.ffmpeg.audio_codec = "AAC"
    scene.render.ffmpeg.audio_bitrate = 128


def set_png_output(scene: bpy.types.Scene) -> None:
    """Let the scene render to 8-bit PNG."""
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    settings.color_mode = "RGB"
    settings.color_depth = "8"
