"""Render a contact sheet of the head: ``.venv/bin/python -m tools.make_head.preview OUT.png [--only rest,ah]``.

Needs bpy and pillow. Cycles on the CPU, few samples.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
from pathlib import Path

import bpy
from mathutils import Vector
from PIL import Image, ImageDraw

from ptalker_blender.rig.head import load_head
from ptalker_blender.scene.heads import add_head


def both(name: str, weight: float) -> dict[str, float]:
    """The same weight for the left and the right key."""
    return {f"{name}Left": weight, f"{name}Right": weight}


BROWS_UP = {"browInnerUp": 1.0, **both("browOuterUp", 1.0), **both("eyeWide", 0.7)}
LOOK = {"eyeLookOutLeft": 0.8, "eyeLookInRight": 0.8, **both("eyeLookDown", 0.5), "mouthLeft": 0.7}
POSES: dict[str, tuple[float, dict[str, float]]] = {  # camera azimuth in degrees, weights
    "rest": (0, {}),
    "three-quarter": (38, {}),
    "profile": (90, {}),
    "ah": (0, {"jawOpen": 0.6}),
    "ah-3q": (38, {"jawOpen": 0.6}),
    "oo": (0, {"mouthPucker": 1.0}),
    "oo-3q": (45, {"mouthPucker": 1.0}),
    "ee": (0, {**both("mouthSmile", 0.6), **both("mouthStretch", 0.5), "jawOpen": 0.12}),
    "mm": (0, both("mouthPress", 1.0)),
    "smile": (0, {**both("mouthSmile", 1.0), **both("cheekSquint", 0.5)}),
    "blink": (0, both("eyeBlink", 1.0)),
    "blink-half": (30, both("eyeBlink", 0.5)),
    "brows-up": (0, BROWS_UP),
    "brows-down": (0, {**both("browDown", 1.0), **both("eyeSquint", 0.6)}),
    "close": (0, {"jawOpen": 0.35, "mouthClose": 0.35}),
    "ow": (0, {"jawOpen": 0.4, "mouthPucker": 0.6}),
    "laugh": (25, {"jawOpen": 0.3, **both("mouthSmile", 0.5)}),
    "funnel": (20, {"mouthFunnel": 1.0, "jawOpen": 0.1}),
    "ff": (0, {"mouthRollLower": 0.7, **both("mouthUpperUp", 0.35), "jawOpen": 0.05}),
    "frown": (0, {**both("mouthFrown", 0.9), "browInnerUp": 0.8}),
    "look": (0, LOOK),
    "sneer": (0, {**both("noseSneer", 1.0), **both("mouthUpperUp", 0.7)}),
    "puff": (25, {"cheekPuff": 1.0}),
    "tongue": (30, {"jawOpen": 0.45, "tongueOut": 1.0}),
}


def _stage(size: int, samples: int) -> bpy.types.Object:
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = samples, True
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.render.threads_mode, scene.render.threads = "FIXED", 2
    scene.view_settings.view_transform = "Standard"
    scene.world = bpy.data.worlds.new("world")
    scene.world.node_tree.nodes["Background"].inputs[0].default_value = (0.35, 0.38, 0.44, 1)
    scene.world.node_tree.nodes["Background"].inputs[1].default_value = 0.7
    for at, power, side in (((0.5, -0.7, 0.5), 13, 0.4), ((-0.7, -0.5, 0.1), 4, 0.6), ((0.2, 0.7, 0.5), 9, 0.4)):
        light = bpy.data.lights.new("light", "AREA")
        light.energy, light.size = power, side
        lamp = bpy.data.objects.new("light", light)
        lamp.location = at
        lamp.rotation_euler = _towards(at)
        scene.collection.objects.link(lamp)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.lens = 85
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def _towards(at: tuple[float, float, float]) -> tuple[float, float, float]:
    return tuple((-Vector(at)).to_track_quat("-Z", "Y").to_euler())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--head", type=Path)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--only", default=",".join(POSES))
    parser.add_argument("--zoom", type=float, default=1.0)
    parser.add_argument("--height", type=float, default=-0.020)
    args = parser.parse_args()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    thing, camera = add_head(load_head(args.head), "head"), _stage(args.size, args.samples)
    names = args.only.split(",")
    across = min(4, len(names))
    sheet = Image.new("RGB", (across * args.size, math.ceil(len(names) / across) * args.size))
    with tempfile.TemporaryDirectory() as folder:
        for i, name in enumerate(names):
            angle, weights = POSES[name]
            for block in thing.data.shape_keys.key_blocks[1:]:
                block.value = weights.get(block.name, 0.0)
            turn = math.radians(angle)
            distance = 0.78 / args.zoom
            camera.location = (distance * math.sin(turn), -distance * math.cos(turn), args.height)
            camera.rotation_euler = (math.pi / 2, 0, turn)
            bpy.context.scene.render.filepath = str(Path(folder) / f"{i}.png")
            bpy.ops.render.render(write_still=True)
            x, y = (i % across) * args.size, (i // across) * args.size
            with Image.open(Path(folder) / f"{i}.png") as tile:
                sheet.paste(tile.convert("RGB"), (x, y))
            ImageDraw.Draw(sheet).text((x + 6, y + 4), name, fill="white")
    sheet.save(args.output)
    # Wheels of some Blender versions crash on a normal exit.
    sys.stdout.flush()
    os._exit(0)


main()
