# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Heads: axes, origin, shape keys, files."""

from __future__ import annotations

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.errors import UserError
from ptalker_blender.scene.head_files import head_from_file
from ptalker_blender.scene.heads import add_head, find_heads, to_blender

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
