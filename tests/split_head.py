"""Our own heads as an artist might have them: without keys, in an object per part, without marks of ours."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ptalker_blender.rig.head import Head, load_head

if TYPE_CHECKING:
    import bpy

ROWAN = Path(__file__).parents[1] / "weights" / "head" / "rowan.npz"
PARTS = {
    "skin": "Hero", "eye_left": "Eye.L", "eye_right": "Eye.R", "teeth_upper": "Upper Teeth",
    "teeth_lower": "Lower Teeth", "tongue": "Tongue",
}  # fmt: skip


@lru_cache(maxsize=1)
def rowan() -> Head:
    """A head that is not the one whose keys are carried over."""
    return load_head(ROWAN)


@lru_cache(maxsize=1)
def rowan_parts() -> dict[str, tuple[list[list[float]], list[list[int]]]]:
    """Vertices in Blender's axes and polygons by part; vertices in the order of ``rowan().parts``."""
    head = rowan()
    loops, sizes = (np.asarray(one) for one in head.polygons)
    polygons = np.split(loops, np.cumsum(sizes)[:-1])
    found = {}
    for part in PARTS:
        ids = head.parts[part]
        number = np.full(len(head.vertices), -1)
        number[ids] = np.arange(len(ids))
        faces = [number[one].tolist() for one in polygons if number[one[0]] >= 0]
        x, y, z = head.vertices[ids].T
        found[part] = (np.stack([x, -z, y], axis=1).tolist(), faces)
    return found


def add_split(parts: Iterable[str] = tuple(PARTS)) -> dict[str, bpy.types.Object]:
    """Objects of the parts of ``rowan()`` by part, where its own coordinates put them."""
    import bpy

    found = {}
    for part in parts:
        vertices, faces = rowan_parts()[part]
        mesh = bpy.data.meshes.new(PARTS[part])
        mesh.from_pydata(vertices, [], faces)
        found[part] = bpy.data.objects.new(PARTS[part], mesh)
        bpy.context.scene.collection.objects.link(found[part])
    bpy.context.view_layer.update()
    return found
