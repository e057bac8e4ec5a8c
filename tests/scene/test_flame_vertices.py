# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Vertex sequences from the scene: FLAME's order and axes, whatever was done to the mesh."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.errors import UserError
from ptalker_blender.rig.flame_export import save_vertices
from ptalker_blender.rig.flame_pose import pose_flame
from ptalker_blender.rig.flame_track import FlameTrack
from ptalker_blender.scene.flame_actions import write_flame_take
from ptalker_blender.scene.flame_head import add_flame_head
from ptalker_blender.scene.flame_vertices import (
    animated_vertices,
    flame_faces,
    flame_order,
    moving_vertices,
    rest_vertices,
)
from ptalker_blender.scene.heads import to_blender
from tests.flame_models import real_flame

pytestmark = [pytest.mark.bpy, pytest.mark.data]
T = 5


@pytest.fixture(scope="module")
def flame(data_dir):
    return real_flame(data_dir)


def mesh_object(scene, vertices, faces):
    mesh = bpy.data.meshes.new("Other")
    mesh.from_pydata(to_blender(vertices).tolist(), [], faces.tolist())
    obj = bpy.data.objects.new("Other", mesh)
    scene.collection.objects.link(obj)
    return obj


def test_take_is_exported_as_flames_function(scene, flame, tmp_path):
    rng = np.random.default_rng(0)
    track = FlameTrack(np.zeros((T, 0), np.float32), (0.2 * rng.normal(size=(T, 5, 3))).astype(np.float32),
                       rng.normal(size=10).astype(np.float32), 24.0)  # fmt: skip
    head = add_flame_head(flame, "Flame")
    write_flame_take(head, track, 3, 24.0, "Take", {})
    head.armature.location = (5, 6, 7)  # where the head stands is not part of it
    scene.frame_set(99)
    seen = []
    save_vertices(animated_vertices(head.mesh, scene, 3, 3 + T - 1, seen.append), T, tmp_path / "take.npz", 24.0,
                  flame_faces(head.mesh))  # fmt: skip
    with np.load(tmp_path / "take.npz") as saved:
        expected = pose_flame(flame, track.shape, None, track.pose)
        assert np.abs(saved["vertices"] - expected).max() < 1e-5
        np.testing.assert_array_equal(saved["faces"], flame.faces)
        assert saved["fps"] == 24
    assert scene.frame_current == 99 and seen[-1] == 1.0


def test_other_order_and_further_geometry_come_out_as_flame(scene, flame):
    rng = np.random.default_rng(1)
    place = rng.permutation(5023 + 3)[:5023]  # of FLAME's vertices among them
    vertices = rng.normal(size=(5026, 3)).astype(np.float32)
    vertices[place] = flame.v_template
    spare = np.setdiff1d(np.arange(5026), place)
    obj = mesh_object(scene, vertices, np.concatenate([place[flame.faces], [spare]]))
    np.testing.assert_array_equal(flame_order(obj), place)
    (found,) = animated_vertices(obj, scene, 1, 1)
    np.testing.assert_allclose(found, flame.v_template, atol=1e-7)
    np.testing.assert_array_equal(flame_faces(obj), flame.faces)


def test_rest_is_the_identity_without_what_is_animated(scene, flame):
    head = add_flame_head(replace(flame, expression_dirs=flame.shapedirs[:, :, 10:12]), "Flame", identity=3)
    rng = np.random.default_rng(0)
    expression, pose = rng.normal(size=(T, 2)), 0.2 * rng.normal(size=(T, 5, 3))
    track = FlameTrack(expression.astype(np.float32), pose.astype(np.float32), np.float32([1.0, -2.0, 0.5]), 24.0)
    write_flame_take(head, track, 1, 24.0, "Take", {})
    scene.frame_set(3)
    np.testing.assert_allclose(rest_vertices(head.mesh), pose_flame(flame, track.shape), atol=1e-6)
    plain = mesh_object(scene, flame.v_template, flame.faces)
    np.testing.assert_allclose(rest_vertices(plain), flame.v_template, atol=1e-7)


# Columns: where FLAME's x, y and z lie in the mesh's data. An imported .obj is y up, its object turned by 90 degrees.
@pytest.mark.parametrize("basis", [np.eye(3), [[0, 0, 1], [1, 0, 0], [0, 1, 0]], np.diag([-1.0, 1.0, -1.0])])
def test_axes_are_the_meshs_own(scene, flame, basis):
    basis = np.asarray(basis, np.float64)
    vertices, faces = flame.v_template @ basis.T, flame.faces
    mesh = bpy.data.meshes.new("Imported")
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    obj = bpy.data.objects.new("Imported", mesh)
    scene.collection.objects.link(obj)
    obj.rotation_euler = (np.pi / 2, 0, 0)
    obj.shape_key_add(name="Basis")
    key = obj.shape_key_add(name="open", from_mix=False)
    jaw = np.zeros((1, 5, 3), np.float32)
    jaw[0, 2, 0] = 0.3
    opened = pose_flame(flame, None, None, jaw)[0]
    key.data.foreach_set("co", (opened @ basis.T).astype(np.float32).ravel())
    for frame, value in ((1, 0.0), (2, 1.0)):
        key.value = value
        key.keyframe_insert("value", frame=frame)
    sequence, rest = moving_vertices(obj, scene, 1, 2)
    np.testing.assert_allclose(sequence, [flame.v_template, opened], atol=1e-6)
    np.testing.assert_allclose(rest, flame.v_template, atol=1e-7)


def test_a_mesh_that_keeps_still_is_refused(scene, flame):
    obj = mesh_object(scene, flame.v_template, flame.faces)
    obj.name = "Still"
    with pytest.raises(UserError, match=r"'Still' does not move in frames 1 to 3.*range"):
        moving_vertices(obj, scene, 1, 3)
    obj.data.vertices.foreach_set("co", np.zeros(3 * 5023, np.float32))
    with pytest.raises(UserError, match="not a face's shape"):
        rest_vertices(obj)


def test_refused_in_words(scene, flame, make_mesh, tmp_path):
    without_eyes = mesh_object(scene, flame.v_template[:3931], flame.faces[(flame.faces < 3931).all(axis=1)])
    for obj in (without_eyes, make_mesh(())):
        with pytest.raises(UserError, match="FLAME"):
            flame_order(obj)
    whole = mesh_object(scene, flame.v_template, flame.faces)
    whole.modifiers.new("Subdivision", "SUBSURF")
    with pytest.raises(UserError, match="modifier"):
        save_vertices(animated_vertices(whole, scene, 1, 2), 2, tmp_path / "take.npy", 24.0, flame.faces)
    assert not list(tmp_path.iterdir())
    with pytest.raises(UserError, match="empty"):
        flame_order(bpy.data.objects.new("Empty", None))
