"""Materials of the project's heads: one Principled shader each, the same under Cycles, EEVEE and Workbench."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

if TYPE_CHECKING:
    from ..rig.head import Material

# How far red, green and blue travel under skin, in metres; Burley's diffusion as in Blender's own skin default, scaled
# to a head of natural size (the shader's default assumes larger models).
SKIN_RADIUS = (1.0, 0.35, 0.2)
SKIN_SCALE = 0.004


def head_material(look: Material) -> bpy.types.Material:
    """Make a Blender material from the description in a head file.

    Args:
        look: name, linear base colour, roughness and subsurface weight.
    """
    material = bpy.data.materials.new(look.name)
    if material.node_tree is None:
        material.use_nodes = True
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = look.base_color
    shader.inputs["Roughness"].default_value = look.roughness
    shader.inputs["Alpha"].default_value = look.base_color[3]
    if look.subsurface > 0.0:
        shader.inputs["Subsurface Weight"].default_value = look.subsurface
        shader.inputs["Subsurface Radius"].default_value = SKIN_RADIUS
        shader.inputs["Subsurface Scale"].default_value = SKIN_SCALE
    # What Workbench and solid view show.
    material.diffuse_color = look.base_color
    material.roughness = look.roughness
    return material
