"""One row of a sheet: a head's opening curve and its pictures at some moments. Needs bpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.linear import mouth_opening
from ptalker_blender.scene.render import Engine, add_stage, make_cycles_quick, render_frames
from ptalker_blender.scene.shape_keys import control_keys
from ptalker_blender.scene.timing import effective_fps, seconds_to_frame
from ptalker_blender.scene.turning import head_turner

from .camera import brighten, frame_faces


@dataclass(frozen=True)
class Row:
    """A take to be drawn.

    Attributes:
        title: what the take is, such as its style.
        opening: [T] inner-lip gap in metres, one per scene frame.
        fps: of ``opening``.
        pictures: one file per moment of the sheet.
    """

    title: str
    opening: NDArray[np.float64]
    fps: float
    pictures: tuple[Path, ...]


@dataclass(frozen=True)
class Film:
    """How pictures are taken."""

    size: tuple[int, int] = (220, 264)
    engine: Engine = "CYCLES"
    samples: int = 8


def film(
    head: bpy.types.Object,
    title: str,
    moments: Sequence[float],
    folder: Path,
    how: Film,
    progress: Callable[[float], None] | None = None,
    others: Sequence[bpy.types.Object] = (),
) -> Row:
    """Take a head's pictures, from the front, in a scene of their own that is removed again.

    Args:
        head: mesh object with an assigned take, in the window's scene, which gives rate and first frame.
        title: of the row.
        moments: seconds from the scene's first frame.
        folder: gets the pictures in a new folder named after the head.
        how: size and quality.
        progress: called with 0..1.
        others: shown with it, such as eyes and teeth in objects of their own; the head alone is framed.
    """
    source = bpy.context.scene
    fps, first = effective_fps(source), source.frame_start
    opening = measure_opening(head)
    place = folder / bpy.path.clean_name(head.name)
    place.mkdir()
    scene = _scene_of(head, others, source, how.size)
    window = bpy.context.window
    window.scene = scene  # a scene that no window shows is rendered without its animation
    try:
        frames = [seconds_to_frame(moment, fps, first) for moment in moments]
        pictures = render_frames(scene, frames, place, how.size, how.engine, how.samples, progress)
    finally:
        window.scene = source
        bpy.data.scenes.remove(scene)
    return Row(title, opening, fps, tuple(pictures))


def others_in_picture(head: bpy.types.Object) -> list[bpy.types.Object]:
    """The other meshes of the window's scene that a render of it shows."""
    scene = bpy.context.scene
    return [obj for obj in scene.objects if obj.type == "MESH" and obj != head and not obj.hide_render]


def measure_opening(head: bpy.types.Object) -> NDArray[np.float64]:
    """Mouth opening of the scene's frames, metres: of the default head under the controls this head plays."""
    scene = bpy.context.scene
    keys = control_keys(head)
    blocks = head.data.shape_keys.key_blocks
    values = np.zeros((scene.frame_end - scene.frame_start + 1, N_CONTROLS))
    for row, frame in zip(values, range(scene.frame_start, scene.frame_end + 1), strict=True):
        scene.frame_set(frame)
        for control, key in keys.items():
            row[INDEX[control]] = blocks[key].value
    scene.frame_set(scene.frame_start)
    return mouth_opening(load_head(), values)


def _scene_of(
    head: bpy.types.Object, others: Sequence[bpy.types.Object], source: bpy.types.Scene, size: tuple[int, int]
) -> bpy.types.Scene:
    """Make a scene with this head, the others and what turns it, a camera and lights, at the source's rate."""
    scene = bpy.data.scenes.new("Sheet")
    scene.render.fps, scene.render.fps_base = source.render.fps, source.render.fps_base
    for obj in (head, *others):
        scene.collection.objects.link(obj)
    turner = head_turner(head)
    if turner is not None:
        scene.collection.objects.link(turner)
    source.frame_set(source.frame_start)
    aspect = size[0] / size[1]
    frame_faces(add_stage(scene, [head], aspect=aspect), [head], aspect)
    make_cycles_quick(scene)
    brighten(scene)
    return scene
