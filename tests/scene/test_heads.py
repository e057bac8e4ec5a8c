# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Heads: axes, origin, shape keys, files."""

from __future__ import annotations

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from dataclasses import replace

from ptalker_blender.errors import UserError
from ptalker_blender.rig.head import Material
from ptalker_blender.scene.head_files import head_from_file
from ptalker_blender.scene.heads import add_head, find_heads, to_blender
from ptalker_blender.scene.materials import head_material
from ptalker_blender.scene.render import make_cycles_quick, render_frames

pytestmark = pytest.mark.bpy


def world_vertices(obj):
    bpy.context.view_layer.update()
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    local = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", local.ravel())
    matrix = np.array(evaluated.matrix_world)
    return local @ matrix[:3, :3].T + matrix[:3, 3]


def test_axes():
    """Left stays +x, up becomes +z, and the face that looked along +z looks along -y."""
    np.testing.assert_array_equal(to_blender(np.eye(3, dtype=np.float32)), [[1, 0, 0], [0, 0, 1], [0, -1, 0]])


def test_vertices_keep_order_and_place(scene, tiny_head):
    obj = add_head(tiny_head, "Tiny")
    np.testing.assert_allclose(world_vertices(obj), to_blender(tiny_head.vertices), atol=1e-7)
    assert tuple(obj.location) == pytest.approx(tuple(to_blender(tiny_head.neck_pivot)))
    sizes = [len(polygon.vertices) for polygon in obj.data.polygons]
    assert sizes == tiny_head.polygons[1].tolist()
    assert [v for polygon in obj.data.polygons for v in polygon.vertices] == tiny_head.polygons[0].tolist()
    assert all(polygon.use_smooth for polygon in obj.data.polygons)


def test_shape_keys_move_what_the_deltas_say(scene, tiny_head):
    obj = add_head(tiny_head, "Tiny")
    blocks = obj.data.shape_keys.key_blocks
    assert [block.name for block in blocks] == ["Basis", "jawOpen", "mouthFunnel"]
    blocks["jawOpen"].value, blocks["mouthFunnel"].value = 0.5, 1.0
    moved = tiny_head.vertices + 0.5 * tiny_head.key_deltas[0] + tiny_head.key_deltas[1]
    np.testing.assert_allclose(world_vertices(obj), to_blender(moved), atol=1e-7)


def test_materials_and_parts(scene, tiny_head):
    obj = add_head(tiny_head, "Tiny")
    assert [polygon.material_index for polygon in obj.data.polygons] == [0, 1]
    shaders = [slot.material.node_tree.nodes["Principled BSDF"].inputs for slot in obj.material_slots]
    assert tuple(shaders[0]["Base Color"].default_value) == pytest.approx((0.8, 0.5, 0.4, 1.0))
    assert [shader["Roughness"].default_value for shader in shaders] == pytest.approx([0.5, 0.3])
    assert [shader["Subsurface Weight"].default_value for shader in shaders] == pytest.approx([0.3, 0.0])
    group = obj.vertex_groups["tongue"].index
    assert [v.index for v in obj.data.vertices if group in {g.group for g in v.groups}] == [4]


@pytest.fixture
def painted_head(tiny_head):
    """The tiny head with vertex colours, texture coordinates, tinted wet skin, and its triangle as a clear shell."""
    skin = replace(tiny_head.materials[0], tinted=True, coat=0.4, ior=1.4, sheen=0.1, anisotropic=0.2)
    cornea = Material("cornea", (1.0, 1.0, 1.0, 0.0), 0.1, transmission=1.0, ior=2.0)
    return replace(
        tiny_head,
        materials=(skin, cornea),
        colors=np.linspace(0.0, 1.0, 15, dtype=np.float32).reshape(5, 3),
        uv=np.linspace(0.0, 1.0, 14, dtype=np.float32).reshape(7, 2),
    )


def test_colors_and_texture_coordinates_arrive(scene, painted_head):
    mesh = add_head(painted_head, "Tiny").data
    attribute = mesh.color_attributes["Color"]
    assert (attribute.domain, attribute.data_type) == ("POINT", "FLOAT_COLOR")
    colors = np.empty((5, 4), np.float32)
    attribute.data.foreach_get("color", colors.ravel())
    np.testing.assert_allclose(colors[:, :3], painted_head.colors, atol=1e-6)
    np.testing.assert_array_equal(colors[:, 3], 1.0)
    uv = np.empty((7, 2), np.float32)
    mesh.uv_layers["UVMap"].data.foreach_get("uv", uv.ravel())
    np.testing.assert_allclose(uv, painted_head.uv, atol=1e-6)


def test_head_without_a_look_gets_no_attributes(scene, tiny_head):
    mesh = add_head(tiny_head, "Tiny").data
    assert not mesh.color_attributes
    assert not mesh.uv_layers


def test_tinted_material_takes_vertex_colors(scene, painted_head):
    tree = add_head(painted_head, "Tiny").material_slots[0].material.node_tree
    shader = tree.nodes["Principled BSDF"]
    (link,) = shader.inputs["Base Color"].links
    assert link.from_node.layer_name == "Color"
    numbers = {"Coat Weight": 0.4, "IOR": 1.4, "Sheen Weight": 0.1, "Anisotropic": 0.2, "Subsurface Weight": 0.3}
    assert {name: shader.inputs[name].default_value for name in numbers} == pytest.approx(numbers)
    assert shader.inputs["Subsurface Scale"].default_value < 0.01  # of a head in metres


def test_clear_shell(scene, painted_head):
    """Straight through but for what Fresnel reflects; no refraction, and clear in solid view too."""
    material = add_head(painted_head, "Tiny").material_slots[1].material
    kinds = {node.type for node in material.node_tree.nodes}
    assert {"BSDF_TRANSPARENT", "BSDF_GLOSSY", "FRESNEL", "MIX_SHADER"} <= kinds
    assert not kinds & {"BSDF_REFRACTION", "BSDF_GLASS", "BSDF_PRINCIPLED"}
    assert material.diffuse_color[3] == 0.0
    assert material.surface_render_method == "BLENDED"


@pytest.mark.parametrize("behind", ["towards the camera", "towards the light"])
def test_clear_shell_hides_no_light(scene, painted_head, tmp_path, behind):
    """A white card lit through a shell, or seen through it, is nearly as bright as without."""
    shell = head_material(painted_head.materials[1])
    bpy.ops.mesh.primitive_plane_add(size=8.0)
    bpy.context.object.data.materials.append(head_material(Material("card", (0.5, 0.5, 0.5, 1.0), 1.0, ior=1.0)))
    bpy.ops.mesh.primitive_plane_add(size=4.0, location=(0, 0, 0.1))
    cover = bpy.context.object
    cover.data.materials.append(shell)
    cover.visible_camera = behind == "towards the camera"
    cover.visible_shadow = behind == "towards the light"
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.rotation_euler = (1.0, 0.0, 0.0)  # 57 degrees, where light from inside glass would be reflected altogether
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location = (0, 0, 4)
    scene.collection.objects.link(sun)
    scene.collection.objects.link(camera)
    scene.camera = camera
    make_cycles_quick(scene)
    brightness = []
    for hidden in (True, False):
        cover.hide_render = hidden
        (path,) = render_frames(scene, [1], tmp_path, (8, 8), samples=32)
        image = bpy.data.images.load(str(path))
        image.colorspace_settings.name = "sRGB"
        brightness.append(float(np.mean(image.pixels[:])))
        bpy.data.images.remove(image)
    assert brightness[1] / brightness[0] == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(("tilt", "tinted", "seen"), [(0, True, False), (82, True, True), (82, False, False)])
def test_edge_on_a_tinted_shell_shows_its_own_colour(scene, tmp_path, tilt, tinted, seen):
    """Where refraction would bring the iris to the front of the cornea; facing the camera it stays clear."""
    bpy.ops.mesh.primitive_plane_add(size=8.0, rotation=(np.radians(tilt), 0.0, 0.0))
    shell = bpy.context.object
    colors = shell.data.color_attributes.new("Color", "FLOAT_COLOR", "POINT")
    colors.data.foreach_set("color", [0.9, 0.05, 0.05, 1.0] * 4)
    look = Material("shell", (1.0, 1.0, 1.0, 0.0), 0.2, tinted=tinted, transmission=1.0, ior=1.0)
    shell.data.materials.append(head_material(look))
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location = (0, 0, 30)
    camera.data.lens = 600.0
    scene.collection.objects.link(camera)
    scene.camera = camera
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy, sun.rotation_euler = 3.0, (np.radians(tilt / 2), 0.0, 0.0)
    scene.collection.objects.link(sun)
    make_cycles_quick(scene)
    (path,) = render_frames(scene, [1], tmp_path, (8, 8), samples=16)
    image = bpy.data.images.load(str(path))
    red, green, _, _ = np.reshape(image.pixels[:], (-1, 4)).mean(axis=0)
    bpy.data.images.remove(image)
    assert (red > 2 * green) == seen


def test_find_heads_prefers_the_one_with_most_controls(scene, make_mesh, tiny_head):
    make_mesh(["Smile"], "Foreign")
    make_mesh(["jawOpen"], "One")
    add_head(tiny_head, "Two")
    assert [obj.name for obj in find_heads(scene)] == ["Two", "One"]


@pytest.fixture
def saved_blend(make_mesh, tmp_path):
    """A .blend with a prop, a head with two keys under an Empty, and a head with one key."""
    make_mesh(None, "Prop")
    big, small = make_mesh(["jawOpen", "tongueOut"], "Big"), make_mesh(["jawOpen"], "Small")
    big.parent = bpy.data.objects.new("Root", None)
    bpy.context.scene.collection.objects.link(big.parent)
    small.location.x = 3
    path = tmp_path / "heads.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


def test_blend_gives_the_mesh_with_most_keys_and_its_parent(saved_blend):
    obj = head_from_file(saved_blend)
    assert obj.name == "Big"
    assert obj.parent.name == "Root"
    assert sorted(o.name for o in bpy.context.scene.objects) == ["Big", "Root"]
    assert sorted(o.name for o in bpy.data.objects) == ["Big", "Root"]
    assert all(one.library is None for one in (obj, obj.data, obj.data.shape_keys, obj.parent))


def test_blend_gives_the_named_mesh(saved_blend):
    assert head_from_file(saved_blend, "Small").location.x == 3


@pytest.mark.parametrize(("name", "words"), [("Root", "no mesh 'Root'"), ("Prop", "no shape keys")])
def test_blend_without_that_head_is_refused(saved_blend, name, words):
    with pytest.raises(UserError, match=words):
        head_from_file(saved_blend, name)
    assert not bpy.data.objects


def test_not_a_blend(scene, tmp_path):
    path = tmp_path / "broken.blend"
    path.write_bytes(b"not a blend file")
    with pytest.raises(UserError, match=r"broken\.blend"):
        head_from_file(path)


OBJ = "o a\nv 0 0 1\nv 1 0 0\nv 0 1 0\nv 1 1 0\ng one\nf 2 3 1\ng two\nf 4 3 2\n"


def test_obj_without_keys_is_refused_and_removed(scene, tmp_path):
    path = tmp_path / "bust.obj"
    path.write_text(OBJ)
    with pytest.raises(UserError, match="no shape keys"):
        head_from_file(path)
    assert not bpy.data.objects


@pytest.mark.parametrize("name", ["missing.blend", "head.fbx"])
def test_files_that_cannot_be_heads(scene, tmp_path, name):
    if name != "missing.blend":
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UserError, match=name.split(".")[0]):
        head_from_file(tmp_path / name)
