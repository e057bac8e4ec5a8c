"""Pictures and movies of takes: a camera in front of the heads, three lights, Cycles on the CPU or Workbench.

Cycles works on any machine; Workbench is faster but needs OpenGL, in software if there is no graphics card.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import tan
from pathlib import Path
from typing import Literal

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ..files import atomic_write
from .compat.render import set_movie_output, set_png_output

Engine = Literal["CYCLES", "BLENDER_WORKBENCH"]
LENS = 85.0  # mm on a 36 mm sensor, the portrait lens: shorter ones swell the nose
# Key, fill and rim: place around the subject in units of its size (x right of the picture, y away, z up), watts per
# square metre of subject size, and width in the same unit.
LIGHTS = (
    ("Key", (-1.4, -2.2, 1.2), 60.0, 1.2),
    ("Fill", (1.9, -1.8, 0.2), 18.0, 2.0),
    ("Rim", (0.9, 1.9, 1.6), 60.0, 1.0),
)


def add_stage(scene: bpy.types.Scene, objects: Sequence[bpy.types.Object], aspect: float = 16 / 9) -> bpy.types.Object:
    """Add a camera that frames the objects from the front (-y) at rest, three lights that aim at them, and a backdrop.

    Args:
        scene: gets the stage; its world is replaced.
        objects: what to frame.
        aspect: width over height of the pictures to come.

    Returns:
        the camera, made the scene's active one.
    """
    corners = _world_corners(objects)
    low, high = corners.min(axis=0), corners.max(axis=0)
    centre, extent = Vector((low + high) / 2), high - low
    size = float(max(extent[0], extent[2]))
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens = LENS
    camera.data.clip_start, camera.data.clip_end = size / 100, size * 100
    half = tan(camera.data.angle / 2)  # of the wider side
    half_width, half_height = (half, half / aspect) if aspect >= 1 else (half * aspect, half)
    distance = 1.15 * max(extent[0] / 2 / half_width, extent[2] / 2 / half_height) + extent[1] / 2
    camera.location = centre + Vector((0.0, -distance, 0.0))
    camera.rotation_euler = (np.pi / 2, 0.0, 0.0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    for name, place, watts, width in LIGHTS:
        scene.collection.objects.link(_light(name, centre, Vector(place) * size, watts * size * size, width * size))
    scene.world = _world()
    return camera


def render_frames(
    scene: bpy.types.Scene,
    frames: Sequence[float],
    folder: Path,
    size: tuple[int, int],
    engine: Engine = "CYCLES",
    samples: int = 16,
    progress: Callable[[float], None] | None = None,
) -> list[Path]:
    """Render single frames.

    Args:
        scene: with a camera; its render settings are changed.
        frames: scene frames, also between frames.
        folder: where ``frame_0000.png`` and so on are written, in the order of ``frames``; must exist.
        size: width and height in pixels.
        engine: see the module.
        samples: per pixel.
        progress: called with 0..1.

    Returns:
        the files, one per frame.
    """
    _prepare(scene, size, engine, samples)
    set_png_output(scene)
    paths = [folder / f"frame_{i:04d}.png" for i in range(len(frames))]
    for i, (frame, path) in enumerate(zip(frames, paths, strict=True)):
        scene.frame_set(int(frame // 1), subframe=frame % 1)
        with atomic_write(path) as temporary:
            scene.render.filepath = str(temporary)
            bpy.ops.render.render(write_still=True, scene=scene.name)
        if progress is not None:
            progress((i + 1) / len(paths))
    return paths


def render_movie(
    scene: bpy.types.Scene,
    path: Path,
    size: tuple[int, int],
    engine: Engine = "CYCLES",
    samples: int = 16,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Render the scene's range with its sound to an .mp4 (H.264, AAC), at the scene's rate.

    Args:
        scene: with a camera; its render settings are changed.
        path: of the movie; replaced only when complete.
        size: width and height in pixels, even as H.264 demands.
        engine: see the module.
        samples: per pixel.
        progress: called with 0..1.

    Raises:
        ValueError: an odd size, or a path that is not an .mp4.
    """
    if size[0] % 2 or size[1] % 2 or path.suffix.lower() != ".mp4":
        raise ValueError(f"a movie is an .mp4 of even width and height, not {path.name} of {size}")
    _prepare(scene, size, engine, samples)
    set_movie_output(scene)
    count = scene.frame_end - scene.frame_start + 1

    def report(done: bpy.types.Scene, *_: object) -> None:
        if progress is not None:
            progress((done.frame_current - done.frame_start + 1) / count)

    bpy.app.handlers.render_write.append(report)
    try:
        with atomic_write(path) as temporary:
            scene.render.filepath = str(temporary)
            bpy.ops.render.render(animation=True, scene=scene.name)
    finally:
        bpy.app.handlers.render_write.remove(report)


def _prepare(scene: bpy.types.Scene, size: tuple[int, int], engine: Engine, samples: int) -> None:
    render = scene.render
    render.engine = engine
    render.resolution_x, render.resolution_y = size
    render.resolution_percentage = 100
    render.use_file_extension = False  # the temporary names end rightly, and must be kept
    render.use_sequencer = True  # for the sound; with sound strips alone the 3D view is what is seen
    if engine == "CYCLES":
        scene.cycles.device = "CPU"
        scene.cycles.samples = samples
        # Few samples are smoothed by the denoiser; with a fixed seed neighbouring frames then agree.
        scene.cycles.use_denoising = True
        scene.cycles.seed = 0
        render.use_persistent_data = True
    else:
        scene.display.shading.light = "STUDIO"
        scene.display.shading.color_type = "MATERIAL"
        scene.display.shading.show_cavity = True


def _light(name: str, centre: Vector, offset: Vector, watts: float, width: float) -> bpy.types.Object:
    data = bpy.data.lights.new(name, "AREA")
    data.energy, data.size = watts, width
    light = bpy.data.objects.new(name, data)
    light.location = centre + offset
    light.rotation_euler = (-offset).to_track_quat("-Z", "Y").to_euler()
    return light


def _world() -> bpy.types.World:
    world = bpy.data.worlds.new("Stage")
    if world.node_tree is None:
        world.use_nodes = True
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (0.05, 0.055, 0.065, 1.0)
    background.inputs["Strength"].default_value = 1.0
    world.color = (0.05, 0.055, 0.065)
    return world


def _world_corners(objects: Sequence[bpy.types.Object]) -> NDArray[np.float64]:
    bpy.context.view_layer.update()
    corners = [obj.matrix_world @ Vector(corner) for obj in objects for corner in obj.bound_box]
    return np.array(corners, np.float64)
