"""The demonstration's .blend: one head per take side by side under its style's name, with the sound in sync."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ptalker_blender.commands.baking import scene_keys
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.head import Head, load_head
from ptalker_blender.scene.actions import write_take
from ptalker_blender.scene.document import new_document
from ptalker_blender.scene.heads import add_head
from ptalker_blender.scene.render import add_stage, make_cycles_quick
from ptalker_blender.scene.strips import add_sound_strip
from ptalker_blender.scene.timing import effective_fps, set_range, set_rate
from tools.sheet.camera import brighten, face_box, frame_faces

MARGIN = 1.58  # of the picture around the faces
CAPTION_SIZE = 0.11  # of a face's height
BELOW = 0.3  # how far under a face its caption stands, on the chest, in heights of a face
SPACING = 1.35  # between the middles of two heads, in widths of a head
SHOULDERS = 1.03  # the same in widths of all there is of them: shoulders must not meet
START = 1


@dataclass(frozen=True)
class Performed:
    """A line performed in one style.

    Attributes:
        style: its name.
        motion: 50 Hz.
        provenance: what the take was made from.
    """

    style: str
    motion: Motion
    provenance: Mapping[str, Any]


def build_scene(performed: Sequence[Performed], audio: Path, fps: float, aspect: float) -> list[bpy.types.Object]:
    """Replace the open file by the demonstration's scene.

    Args:
        performed: takes of ``audio``, from left to right.
        audio: the line; packed into the file, so that the .blend can be moved.
        fps: of the scene.
        aspect: of the pictures to come.

    Returns:
        the heads, in the order of ``performed``.
    """
    scene = new_document()
    set_rate(scene, fps)
    model = load_head()
    width = _spacing(model)
    heads = []
    for k, take in enumerate(performed):
        head = _place(model, take.style, (k - (len(performed) - 1) / 2) * width)
        keys = scene_keys(take.motion, effective_fps(scene), reduced=True)
        write_take(head, keys, START, f"{audio.stem} {take.style}", take.provenance, head_motion=True)
        heads.append(head)
    strip = add_sound_strip(scene, audio, START)
    strip.sound.pack()
    set_range(scene, START, max(1, round(performed[0].motion.seconds * effective_fps(scene))))
    frame_faces(add_stage(scene, heads, aspect=aspect), heads, aspect, MARGIN)
    make_cycles_quick(scene)
    brighten(scene)
    for head in heads:
        _caption(head)
    return heads


def drop_subsurface() -> None:
    """Make skin opaque: light under the skin costs a third of a small movie's time, and shows in stills only."""
    for material in bpy.data.materials:
        for node in material.node_tree.nodes if material.node_tree else ():
            if node.type == "BSDF_PRINCIPLED":
                node.inputs["Subsurface Weight"].default_value = 0.0


def _spacing(model: Head) -> float:
    """Distance between the middles of two heads, metres: faces are as near as the shoulders allow."""
    x = model.vertices[:, 0]
    head = x if model.follow is None else x[model.follow > 0.5]
    return max(SPACING * float(np.ptp(head)), SHOULDERS * float(np.ptp(x)))


def _place(model: Head, style: str, x: float) -> bpy.types.Object:
    head = add_head(model, style)
    head.location.x += x
    bpy.context.view_layer.update()  # write_take reads the world matrix
    return head


def _caption(head: bpy.types.Object) -> None:
    """Write the head's name before its chest, in a colour of its own light."""
    low, high = face_box([head])
    height = float(high[2] - low[2])
    text = bpy.data.curves.new(f"{head.name} caption", "FONT")
    text.body, text.align_x, text.size = head.name, "CENTER", CAPTION_SIZE * height
    text.materials.append(_glow())
    caption = bpy.data.objects.new(text.name, text)
    caption.location = ((low[0] + high[0]) / 2, float(low[1]), float(low[2]) - BELOW * height)
    caption.rotation_euler = (np.pi / 2, 0.0, 0.0)
    bpy.context.collection.objects.link(caption)


def _glow() -> bpy.types.Material:
    material = bpy.data.materials.get("caption") or bpy.data.materials.new("caption")
    if material.node_tree is None:
        material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (0.0, 0.0, 0.0, 1.0)
    shader.inputs["Emission Color"].default_value = (0.9, 0.88, 0.84, 1.0)
    shader.inputs["Emission Strength"].default_value = 1.0
    material.cycles.emission_sampling = "NONE"  # it is read, it lights nothing
    return material
