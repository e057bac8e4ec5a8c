# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""A FLAME head in Blender moves as FLAME's own function says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.errors import UserError
from ptalker_blender.rig.flame_file import JOINTS
from ptalker_blender.rig.flame_pose import flame_joints, pose_flame, rotation_matrices
from ptalker_blender.rig.flame_rotations import matrix_angles
from ptalker_blender.scene.flame_head import (
    EXPRESSION,
    FLAME_MARK,
    IDENTITY,
    add_flame_head,
    components,
    find_flame_head,
    set_identity,
    update_joints,
)
from ptalker_blender.scene.heads import to_blender
from tests.flame_models import random_flame, real_flame

pytestmark = pytest.mark.bpy
HUNDREDTH_MM = 1e-5
POSES = {
    "rest": np.zeros((5, 3)),
    "jaw": np.array([[0, 0, 0], [0, 0, 0], [0.35, 0.02, -0.03], [0, 0, 0], [0, 0, 0]]),
    "all": np.array([[0.2, -1.9, 0.4], [-0.3, 0.5, 0.2], [0.25, -0.1, 0.05], [0.1, 0.4, 0], [0.2, -0.5, 0.1]]),
}


def turn(head, pose):
    for joint, angles in zip(JOINTS, matrix_angles(rotation_matrices(pose)), strict=True):
        head.armature.pose.bones[joint].rotation_euler = angles


def places(head):
    """Evaluated vertices [V, 3] in the armature's space."""
    bpy.context.view_layer.update()
    mesh = head.mesh.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    found = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", found)
    return found.reshape(-1, 3)


@pytest.fixture(scope="module")
def model():
    return random_flame()


@pytest.mark.data
@pytest.mark.parametrize("correctives", [False, True])
@pytest.mark.parametrize("pose", POSES.values(), ids=list(POSES))
def test_real_flame_moves_as_its_own_function(scene, data_dir, pose, correctives):
    flame = real_flame(data_dir)
    head = add_flame_head(flame, "Flame", identity=6, correctives=correctives)
    betas = np.array([1.5, -2.0, 0.7, 2.2, -1.1, 0.4])
    set_identity(head, betas)
    turn(head, pose)
    reference = flame if correctives else replace(flame, posedirs=np.zeros_like(flame.posedirs))
    expected = to_blender(pose_flame(reference, betas, None, pose))
    assert np.abs(places(head) - expected).max() < HUNDREDTH_MM


@pytest.mark.parametrize("correctives", [False, True])
def test_any_model_moves_as_the_function_says(scene, model, correctives):
    """All four joints' correctives, and expression at a pose that does not turn what it moves the joints of."""
    head = add_flame_head(model, "Ball", identity=4, expression=20, correctives=correctives)
    betas = np.array([2.0, -1.0, 0.5, 1.5])
    set_identity(head, betas)
    reference = model if correctives else replace(model, posedirs=np.zeros_like(model.posedirs))
    turn(head, POSES["all"])
    assert np.abs(places(head) - to_blender(pose_flame(reference, betas, None, POSES["all"]))).max() < HUNDREDTH_MM
    turn(head, POSES["rest"])
    expression = np.linspace(-2, 2, 20)
    for name, value in zip(components(head.mesh, EXPRESSION), expression, strict=True):
        head.mesh.data.shape_keys.key_blocks[name].value = value
    assert np.abs(places(head) - to_blender(pose_flame(reference, betas, expression))).max() < HUNDREDTH_MM


def test_stands_upright_in_metres(scene, model):
    head = add_flame_head(model, "Ball", correctives=False)
    np.testing.assert_allclose(places(head)[:, 2], model.v_template[:, 1], atol=1e-7)
    np.testing.assert_allclose(places(head)[:, 1], -model.v_template[:, 2], atol=1e-7)
    for bone in head.armature.data.bones:
        np.testing.assert_allclose(
            np.array(bone.matrix_local.to_3x3()), [[1, 0, 0], [0, 0, -1], [0, 1, 0]], atol=1e-6
        )  # a bone's own axes, as columns, are FLAME's
    parents = [bone.parent.name if bone.parent else None for bone in head.armature.data.bones]
    assert parents == [None, "root", "neck", "neck", "neck"]


def test_keys_are_named_numbered_and_bounded(scene, model):
    head = add_flame_head(model, "Ball", identity=3, expression=50, correctives=False)
    blocks = head.mesh.data.shape_keys.key_blocks
    assert components(head.mesh, IDENTITY) == ("shape_000", "shape_001", "shape_002")
    assert len(components(head.mesh, EXPRESSION)) == 20  # all the model has
    assert {(block.slider_min, block.slider_max) for block in blocks[1:]} == {(-3.0, 3.0)}
    assert len(blocks) == 24
    assert len(add_flame_head(model, "Bare", identity=0, expression=0).mesh.data.shape_keys.key_blocks) == 37


def test_joints_follow_the_identity_only_when_told(scene, model):
    head = add_flame_head(model, "Ball", identity=2, correctives=False)
    before = [np.array(bone.head_local) for bone in head.armature.data.bones]
    head.mesh.data.shape_keys.key_blocks["shape_001"].value = 3.0
    np.testing.assert_array_equal(before, [np.array(bone.head_local) for bone in head.armature.data.bones])
    way = update_joints(head)
    expected = to_blender(flame_joints(model, np.array([0.0, 3.0])))
    np.testing.assert_allclose([np.array(bone.head_local) for bone in head.armature.data.bones], expected, atol=1e-7)
    assert way == pytest.approx(np.linalg.norm(expected - np.array(before), axis=1).max(), abs=1e-7)
    assert update_joints(head) < 1e-7
    head.mesh.data.shape_keys.key_blocks["shape_001"].mute = True
    assert update_joints(head) == pytest.approx(way, abs=1e-7)


def test_joints_follow_a_sculpted_basis(scene, model):
    head = add_flame_head(model, "Ball", identity=0, expression=0, correctives=False)
    blocks = head.mesh.data.shape_keys.key_blocks
    points = np.empty(3 * len(blocks[0].data), np.float32)
    blocks[0].data.foreach_get("co", points)
    blocks[0].data.foreach_set("co", points + np.tile(np.float32([0, 0, 0.05]), len(blocks[0].data)))
    assert update_joints(head) == pytest.approx(0.05, abs=1e-6)


def test_correctives_need_no_trusted_scripts(scene, model, tmp_path):
    """Drivers work after loading with scripts off: their expressions are of the kind Blender reads itself."""
    head = add_flame_head(model, "Ball", identity=0, expression=0)
    turn(head, POSES["all"])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "ball.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "ball.blend"), use_scripts=False)
    head = find_flame_head(bpy.data.objects["Ball"])
    expected = to_blender(pose_flame(model, None, None, POSES["all"]))
    assert np.abs(places(head) - expected).max() < HUNDREDTH_MM
    drivers = head.mesh.data.shape_keys.animation_data.drivers
    assert len(drivers) == 36 and all(one.driver.is_valid and one.driver.is_simple_expression for one in drivers)


def test_moves_as_a_whole_with_its_armature(scene, model):
    head = add_flame_head(model, "Ball")
    head.armature.location = (1, 2, 3)
    turn(head, POSES["all"])
    expected = to_blender(pose_flame(model, None, None, POSES["all"]))
    assert np.abs(places(head) - expected).max() < HUNDREDTH_MM
    np.testing.assert_allclose(head.mesh.matrix_world.translation, (1, 2, 3))


def test_selection_and_mode_are_left_alone(scene, model):
    other = bpy.data.objects.new("Other", None)
    scene.collection.objects.link(other)
    bpy.context.view_layer.objects.active = other
    head = add_flame_head(model, "Ball", correctives=False)
    assert bpy.context.view_layer.objects.active == other and bpy.context.mode == "OBJECT"
    update_joints(head)
    assert bpy.context.view_layer.objects.active == other


def test_found_from_either_object(scene, model, make_mesh):
    head = add_flame_head(model, "Ball", correctives=False)
    assert find_flame_head(head.mesh) == find_flame_head(head.armature) == head
    for obj in (None, make_mesh(("jawOpen",))):
        with pytest.raises(UserError, match="Add FLAME Head"):
            find_flame_head(obj)
    del head.mesh[FLAME_MARK]
    with pytest.raises(UserError):
        find_flame_head(head.mesh)


def test_refusals(scene, model):
    head = add_flame_head(model, "Ball", correctives=False)
    head.armature.hide_set(True)
    with pytest.raises(UserError, match="hidden"):
        update_joints(head)
    head.armature.hide_set(False)
    bpy.context.view_layer.objects.active = head.armature
    bpy.ops.object.mode_set(mode="POSE")
    with pytest.raises(UserError, match="object mode"):
        update_joints(head)
    bpy.ops.object.mode_set(mode="OBJECT")
    head.armature.data.edit_bones  # noqa: B018  (empty outside edit mode)
    bpy.ops.object.mode_set(mode="EDIT")
    head.armature.data.edit_bones.remove(head.armature.data.edit_bones["eye_left"])
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(UserError, match="eye_left"):
        update_joints(head)
    assert bpy.context.mode == "OBJECT"


def test_collection_that_is_not_shown_is_refused_and_nothing_stays(scene, model):
    hidden = bpy.data.collections.new("Hidden")
    with pytest.raises(UserError, match="view layer"):
        add_flame_head(model, "Ball", hidden)
    assert not bpy.data.objects and not bpy.data.armatures and not bpy.data.meshes
