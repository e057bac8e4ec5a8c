"""Materials of the project's heads: a Principled shader each, or a clear shell, under Cycles, EEVEE and Workbench."""

from __future__ import annotations

from math import cos, radians
from typing import TYPE_CHECKING

import bpy

if TYPE_CHECKING:
    from ..rig.head import Material

COLOR_ATTRIBUTE = "Color"  # name of the mesh's vertex colours, Blender's own default

# How far red, green and blue travel under skin, as shares of SKIN_SCALE in metres. Measured mean free paths of skin
# are 3.7, 1.4 and 0.7 mm (Jensen et al., A Practical Model for Subsurface Light Transport, 2001); the shader's default
# scale is for larger models.
SKIN_RADIUS = (1.0, 0.37, 0.19)
SKIN_SCALE = 0.0037
EDGE_ON = (radians(54), radians(68))  # between sight and surface normal: where a clear shell shows its own colour
COAT_ROUGHNESS = 0.12  # of a film of tears or saliva


def head_material(look: Material) -> bpy.types.Material:
    """Make a Blender material from the description in a head file.

    Args:
        look: see ``rig.look.Material``; a tinted one takes its base colour from the mesh's vertex colours.
    """
    material = bpy.data.materials.new(look.name)
    if material.node_tree is None:
        material.use_nodes = True
    if look.transmission > 0.0:
        _clear_shell(material, look)
    else:
        _solid(material, look)
    # What Workbench and solid view show; they honour this alpha, so a clear shell does not hide the eye.
    material.diffuse_color = look.base_color
    material.roughness = look.roughness
    return material


def _solid(material: bpy.types.Material, look: Material) -> None:
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    values = {
        "Base Color": look.base_color,
        "Roughness": look.roughness,
        "IOR": look.ior,
        "Alpha": look.base_color[3],
        "Coat Weight": look.coat,
        "Coat Roughness": COAT_ROUGHNESS,
        "Sheen Weight": look.sheen,
        "Anisotropic": look.anisotropic,
        "Subsurface Weight": look.subsurface,
        "Subsurface Radius": SKIN_RADIUS,
        "Subsurface Scale": SKIN_SCALE,
    }
    for name, value in values.items():
        shader.inputs[name].default_value = value
    # Half the time of the default random walk, and at a picture's few samples without its grain.
    shader.subsurface_method = "BURLEY"
    if look.tinted:
        tint = tree.nodes.new("ShaderNodeVertexColor")
        tint.layer_name = COLOR_ATTRIBUTE
        tint.location = (shader.location.x - 200, shader.location.y)
        tree.links.new(tint.outputs["Color"], shader.inputs["Base Color"])


def _clear_shell(material: bpy.types.Material, look: Material) -> None:
    """A cornea: light passes straight through, and what Fresnel reflects is seen as a sharp highlight.

    True refraction needs caustics and many bounces to light the iris behind it; without them the eye goes dark.
    Edge on, where refraction would bring the iris to the dome's front, a tinted shell shows its own vertex colours.
    """
    tree = material.node_tree
    tree.nodes.clear()
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    mix = tree.nodes.new("ShaderNodeMixShader")
    fresnel, outside = tree.nodes.new("ShaderNodeFresnel"), tree.nodes.new("ShaderNodeMath")
    side = tree.nodes.new("ShaderNodeNewGeometry")
    clear = tree.nodes.new("ShaderNodeBsdfTransparent")
    shine = tree.nodes.new("ShaderNodeBsdfAnisotropic")  # the Glossy BSDF's name inside Blender since 4.0
    fresnel.inputs["IOR"].default_value = look.ior
    shine.distribution = "BECKMANN"  # the default's long tails would lay a grey veil over the pupil
    shine.inputs["Roughness"].default_value = look.roughness
    shine.inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
    for column, nodes in enumerate(((side, fresnel), (outside, clear, shine), (mix,), (output,))):
        for row, node in enumerate(nodes):
            node.location = (220 * column - 600, 160 - 160 * row)
    # From inside, all light beyond the critical angle is reflected: the shell would put the iris in the shade.
    outside.operation, outside.use_clamp = "SUBTRACT", True
    tree.links.new(fresnel.outputs["Fac"], outside.inputs[0])
    tree.links.new(side.outputs["Backfacing"], outside.inputs[1])
    tree.links.new(outside.outputs["Value"], mix.inputs[0])
    tree.links.new((_edge_on(tree, clear, side) if look.tinted else clear).outputs[0], mix.inputs[1])
    tree.links.new(shine.outputs["BSDF"], mix.inputs[2])
    tree.links.new(mix.outputs["Shader"], output.inputs["Surface"])
    # EEVEE: a dithered shell would put grain on the iris.
    material.surface_render_method = "BLENDED"
    material.use_transparent_shadow = True


def _edge_on(tree: bpy.types.NodeTree, clear: bpy.types.Node, side: bpy.types.Node) -> bpy.types.Node:
    """The clear shader where the shell faces the camera, its vertex colours where it is seen at ``EDGE_ON``."""
    kinds = ("MixShader", "BsdfDiffuse", "VertexColor", "LayerWeight", "MapRange", "Math")
    mix, matt, tint, weight, ramp, outside = (tree.nodes.new(f"ShaderNode{kind}") for kind in kinds)
    for row, node in enumerate((mix, matt, tint, weight, ramp, outside)):
        node.location = (-820, 200 - 160 * row)
    tint.layer_name = COLOR_ATTRIBUTE
    weight.inputs["Blend"].default_value = 0.5  # Facing is then 1 - cos
    ramp.interpolation_type = "SMOOTHSTEP"
    ramp.inputs["From Min"].default_value, ramp.inputs["From Max"].default_value = (1 - cos(at) for at in EDGE_ON)
    # Light on its way to the iris crosses the shell from inside, at any angle: it must find it clear.
    outside.operation, outside.use_clamp = "SUBTRACT", True
    tree.links.new(tint.outputs["Color"], matt.inputs["Color"])
    tree.links.new(weight.outputs["Facing"], ramp.inputs["Value"])
    tree.links.new(ramp.outputs["Result"], outside.inputs[0])
    tree.links.new(side.outputs["Backfacing"], outside.inputs[1])
    tree.links.new(outside.outputs["Value"], mix.inputs[0])
    tree.links.new(clear.outputs["BSDF"], mix.inputs[1])
    tree.links.new(matt.outputs["BSDF"], mix.inputs[2])
    return mix
