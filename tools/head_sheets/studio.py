"""A scene with heads under the product's lights, of which pictures are taken one after the other. Needs bpy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import bpy
from mathutils import Matrix
from PIL import Image

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.head import Head
from ptalker_blender.scene.document import new_document
from ptalker_blender.scene.heads import add_head
from ptalker_blender.scene.render import add_stage, make_cycles_quick, render_frames
from ptalker_blender.scene.shape_keys import control_keys
from tools.sheet.camera import brighten

from .views import LENS, Shot

CLAY = (0.42, 0.42, 0.42, 1.0)
INK = (0.01, 0.01, 0.012, 1.0)
WIRE = 0.0003  # metres across an edge


@dataclass(frozen=True)
class Look:
    """How pictures are taken.

    Attributes:
        size: width and height in pixels.
        samples: per pixel.
        surface: the head's own materials, or one matt grey for everything, by which form is judged.
        wire: whether polygon edges are drawn.
    """

    size: tuple[int, int] = (320, 320)
    samples: int = 12
    surface: Literal["shaded", "clay"] = "shaded"
    wire: bool = False


class Studio:
    """Heads at the same place, of which one at a time is seen.

    Args:
        heads: one or more.
        look: of all pictures.
        folder: for the renderer's files; must exist.

    Raises:
        UserError: a head without all 52 keys.
    """

    def __init__(self, heads: Sequence[Head], look: Look, folder: Path) -> None:
        self._look, self._folder = look, folder
        self._scene = new_document()
        self._heads = [add_head(head, f"Head {k}") for k, head in enumerate(heads)]
        for head in self._heads:
            missing = [name for name in BLENDSHAPES if name not in control_keys(head)]
            if missing:
                raise UserError(f"a head without the key {missing[0]}", "all 52 blendshapes", "write the head again")
            _dress(head, look)
        self._camera = add_stage(self._scene, self._heads, look.size[0] / look.size[1])
        self._camera.data.lens = LENS
        make_cycles_quick(self._scene)
        brighten(self._scene)

    def shoot(self, head: int, weights: Mapping[str, float], shot: Shot) -> Image.Image:
        """Take a picture.

        Args:
            head: its place among the studio's heads.
            weights: 0..1 by control; the others are at rest.
            shot: where the camera stands.
        """
        for k, obj in enumerate(self._heads):
            obj.hide_render = k != head
        blocks = self._heads[head].data.shape_keys.key_blocks
        for control, key in control_keys(self._heads[head]).items():
            blocks[key].value = weights.get(control, 0.0)
        place = Matrix(shot.axes.tolist()).to_4x4()
        place.translation = shot.location.tolist()
        self._camera.matrix_world = place
        frame = [self._scene.frame_current]
        path = render_frames(self._scene, frame, self._folder, self._look.size, samples=self._look.samples)[0]
        with Image.open(path) as picture:
            return picture.convert("RGB")


@contextmanager
def open_studio(heads: Sequence[Head], look: Look) -> Iterator[Studio]:
    """A studio whose files are gone afterwards; replaces the file that is open in Blender."""
    with tempfile.TemporaryDirectory() as folder:
        yield Studio(heads, look, Path(folder))


def _dress(head: bpy.types.Object, look: Look) -> None:
    """Paint the head and draw its edges, as the look says."""
    materials = head.data.materials
    if look.surface == "clay":
        clay = _paint("Clay", CLAY)
        for slot in range(len(materials)):
            materials[slot] = clay
    if look.wire:
        wire = head.modifiers.new("Edges", "WIREFRAME")
        wire.thickness, wire.use_replace, wire.use_even_offset = WIRE, False, False
        wire.material_offset = len(materials)  # beyond all of the head's own: the last slot
        materials.append(_paint("Edges", INK))


def _paint(name: str, colour: tuple[float, float, float, float]) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    if material.node_tree is None:
        material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = colour
    shader.inputs["Roughness"].default_value = 0.9
    shader.inputs["Specular IOR Level"].default_value = 0.1
    return material
