"""Pictures and movies of takes: a camera in front of the heads, four lights, Cycles on the CPU or Workbench.

Cycles works on any machine; Workbench is faster but needs OpenGL, in software if there is no graphics card.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import tan
from pathlib import Path
from typing import Literal

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ..files import atomic_write
from .compat.render import set_movie_output, set_png_output
from .turning import TURN_GROUP, turn_shares

Engine = Literal["CYCLES", "BLENDER_WORKBENCH"]
VIEW_TRANSFORM = "Standard"  # AgX turns bright skin grey
LENS = 85.0  # mm on a 36 mm sensor, the portrait lens: shorter ones swell the nose


@dataclass(frozen=True)
class Lamp:
    """One light of the stage; lengths in units of the subject's size.

    Attributes:
        name: of the object.
        place: around the subject: x right of the picture, y away from the camera, z up.
        watts: for a subject of one metre.
        size: width and height of the emitting ellipse.
        color: linear.
        shine: 1 with highlights, 0 without.
    """

    name: str
    place: tuple[float, float, float]
    watts: float
    size: tuple[float, float]
    color: tuple[float, float, float]
    shine: float = 1.0


# The portrait set: a large warm key from the upper left, whose mirror image stands at ten o'clock in both irises; a
# weak cool fill that no eye mirrors, since two catch-lights look blind; a faint bounce, as if from a board under the
# camera, flat enough to pass over the lower lip to the teeth; a broad rim from behind on the other side, which parts
# hair and cheek from the backdrop (a narrow strong one burns white blotches into ears and neck).
LIGHTS = (
    Lamp("Key", (-1.30, -2.1, 1.10), 65.0, (1.3, 1.3), (1.0, 0.91, 0.82)),
    Lamp("Fill", (2.0, -1.8, 0.1), 21.0, (2.4, 2.4), (0.88, 0.92, 1.0), 0.0),
    Lamp("Bounce", (0.0, -1.8, -0.68), 10.2, (1.6, 1.0), (1.0, 0.92, 0.86), 0.0),
    Lamp("Rim", (1.35, 1.5, 1.2), 24.0, (0.9, 1.4), (0.95, 0.97, 1.0)),
)
AMBIENT = (0.100, 0.096, 0.098)  # light from everywhere
BACKDROP = ((0.135, 0.150, 0.180), (0.030, 0.034, 0.044))  # behind the head, and in the picture's corners


def add_stage(scene: bpy.types.Scene, objects: Sequence[bpy.types.Object], aspect: float = 16 / 9) -> bpy.types.Object:
    """Add a camera that frames the objects from the front (-y) at rest, four lights that aim at them, and a backdrop.

    Args:
        scene: gets the stage; its world is replaced.
        objects: what to frame; of a head on shoulders, the head alone.
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
    for lamp in LIGHTS:
        scene.collection.objects.link(_light(lamp, centre, size))
    scene.world = _world()
    scene.view_settings.view_transform = VIEW_TRANSFORM
    return camera


def make_cycles_quick(scene: bpy.types.Scene) -> None:
    """Trade what a small picture of a head does not show for speed: bounces, and the denoiser's slow settings.

    On two cores a picture of 640 x 360 with 8 samples took 6.6 s of processor time before and 2.0 s after.
    """
    cycles = scene.cycles
    cycles.use_light_tree = False  # four lamps need no tree: a quarter of the time
    cycles.denoising_prefilter, cycles.denoising_quality = "NONE", "FAST"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 3, 1, 1
    cycles.transmission_bounces = cycles.volume_bounces = 0
    cycles.transparent_max_bounces = 4  # a cornea seen from the side is crossed twice, on the way in and to a light
    cycles.caustics_reflective = cycles.caustics_refractive = False


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


def _light(lamp: Lamp, centre: Vector, size: float) -> bpy.types.Object:
    data = bpy.data.lights.new(lamp.name, "AREA")
    data.shape = "ELLIPSE"
    data.energy, data.color = lamp.watts * size * size, lamp.color
    data.size, data.size_y = lamp.size[0] * size, lamp.size[1] * size
    light = bpy.data.objects.new(lamp.name, data)
    data.specular_factor, light.visible_glossy = lamp.shine, lamp.shine > 0.0  # for EEVEE, for Cycles
    offset = Vector(lamp.place) * size
    light.location = centre + offset
    light.rotation_euler = (-offset).to_track_quat("-Z", "Y").to_euler()
    return light


def _world() -> bpy.types.World:
    """An even dim light; the camera sees in its stead a backdrop that is lighter in the middle of the picture."""
    world = bpy.data.worlds.new("Stage")
    if world.node_tree is None:
        world.use_nodes = True
    tree = world.node_tree
    light = next(node for node in tree.nodes if node.type == "BACKGROUND")
    light.inputs["Color"].default_value = (*AMBIENT, 1.0)
    dim = tree.nodes.new("ShaderNodeMath")
    dim.operation, dim.inputs[0].default_value = "SUBTRACT", 1.0
    seen, mix, path = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("Background", "MixShader", "LightPath"))
    window, distance, ramp = (tree.nodes.new(f"ShaderNode{kind}") for kind in ("TexCoord", "VectorMath", "ValToRGB"))
    distance.operation = "DISTANCE"
    distance.inputs[1].default_value = (0.5, 0.55, 0.0)
    ramp.color_ramp.interpolation = "EASE"
    for stop, color, place in zip(ramp.color_ramp.elements, BACKDROP, (0.05, 0.75), strict=True):
        stop.position, stop.color = place, (*color, 1.0)
    output = next(node for node in tree.nodes if node.type == "OUTPUT_WORLD")
    tree.links.new(window.outputs["Window"], distance.inputs[0])
    tree.links.new(distance.outputs["Value"], ramp.inputs["Fac"])
    tree.links.new(ramp.outputs["Color"], seen.inputs["Color"])
    # Not in reflections: they show the lamps alone, or the few samples of a pupil would be stippled with grey.
    tree.links.new(path.outputs["Is Glossy Ray"], dim.inputs[1])
    tree.links.new(dim.outputs["Value"], light.inputs["Strength"])
    tree.links.new(path.outputs["Is Camera Ray"], mix.inputs[0])
    tree.links.new(light.outputs["Background"], mix.inputs[1])
    tree.links.new(seen.outputs["Background"], mix.inputs[2])
    tree.links.new(mix.outputs["Shader"], output.inputs["Surface"])
    world.cycles.sampling_method = "NONE"  # even light is found without looking for it
    world.color = BACKDROP[1]
    return world


def _world_corners(objects: Sequence[bpy.types.Object]) -> NDArray[np.float64]:
    bpy.context.view_layer.update()
    corners = [obj.matrix_world @ Vector(corner) for obj in objects for corner in _box(obj)]
    return np.array(corners, np.float64)


def _box(obj: bpy.types.Object) -> list[tuple[float, float, float]]:
    """The box of an object; of a head that turns on its shoulders, the box of the head, at rest."""
    if obj.type != "MESH" or TURN_GROUP not in obj.vertex_groups:
        return [tuple(corner) for corner in obj.bound_box]
    places = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.vertices.foreach_get("co", places)
    head = places.reshape(-1, 3)[turn_shares(obj) > 0.5]
    return list(product(*zip(head.min(axis=0).tolist(), head.max(axis=0).tolist(), strict=True)))
