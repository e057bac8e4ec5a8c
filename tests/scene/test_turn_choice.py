# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Head motion on a bone or on the whole object, as matrices."""

from __future__ import annotations

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from mathutils import Matrix

from ptalker_blender.errors import UserError
from ptalker_blender.scene.actions import write_take
from ptalker_blender.scene.turn_choice import BONE, BONE_MOTION, NECK, OBJECT, choose_turn
from ptalker_blender.scene.turning import HEAD_MOTION, TURN_GROUP, head_turner

pytestmark = pytest.mark.bpy
ANGLES = {"headPitch": 0.3, "headYaw": -0.4, "headRoll": 0.2}
# x left, y up, z front are Blender's x, z, -y: Ry(yaw) Rx(pitch) Rz(roll) in those axes.
TURN = (
    Matrix.Rotation(ANGLES["headYaw"], 3, "Z")
    @ Matrix.Rotation(ANGLES["headPitch"], 3, "X")
    @ Matrix.Rotation(-ANGLES["headRoll"], 3, "Y")
)


@pytest.fixture
def rigged(scene, make_mesh):
    """A face on an armature that stands turned in the world, with a neck and a head bone that leans."""
    data = bpy.data.armatures.new("Rig")
    rig = bpy.data.objects.new("Rig", data)
    scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    neck, head = data.edit_bones.new("neck"), data.edit_bones.new("head")
    neck.head, neck.tail = (0, 0, 1), (0, 0.05, 1.2)
    head.head, head.tail, head.parent, head.roll = (0, 0.05, 1.2), (0, -0.1, 1.5), neck, 0.4
    bpy.ops.object.mode_set(mode="OBJECT")
    rig.rotation_euler = (0, 0, 1.1)
    face = make_mesh(["jawOpen"])
    face.parent = rig
    modifier = face.modifiers.new("Armature", "ARMATURE")
    modifier.object = rig
    return face, rig


def bake(obj, make_curve):
    bpy.context.view_layer.update()
    curves = [make_curve(name, [0, 10], [0.0, value]) for name, value in {**ANGLES, "jawOpen": 0.5}.items()]
    return write_take(obj, curves, 1, "Line", {}, head_motion=True)


def rotation(bone):
    return bone.matrix.to_3x3().normalized()


def test_a_bone_turns_about_the_characters_axes_and_keeps_its_own_pose(rigged, make_curve):
    face, rig = rigged
    bone = rig.pose.bones["head"]
    bone.rotation_mode = "XYZ"
    bone.rotation_euler = (0.1, 0.2, -0.1)  # the animator's
    choose_turn(face, BONE, "head")
    take = bake(face, make_curve)
    assert take.head_action is not None and take.notes == ()
    bpy.context.scene.frame_set(1)
    rest = rotation(bone)
    bpy.context.scene.frame_set(11)
    np.testing.assert_allclose(np.array(rotation(bone)), np.array(TURN @ rest), atol=1e-5)
    np.testing.assert_allclose(bone.rotation_euler, (0.1, 0.2, -0.1), atol=1e-6)
    assert head_turner(face).animation_data.action == take.head_action
    assert HEAD_MOTION not in face.constraints and HEAD_MOTION not in face.modifiers


def test_another_choice_lets_the_bone_go_with_the_next_take(rigged, make_curve):
    face, rig = rigged
    choose_turn(face, BONE, "head")
    take = bake(face, make_curve)
    turner = head_turner(face)
    choose_turn(face, NECK)
    assert BONE_MOTION in rig.pose.bones["head"].constraints and head_turner(face) == turner
    assert turner.animation_data.action == take.head_action
    assert "choose it under Output" in bake(face, make_curve).notes[0]
    assert BONE_MOTION not in rig.pose.bones["head"].constraints and head_turner(face) is None


def test_a_choice_that_was_only_looked_at_changes_nothing(rigged, make_curve):
    face, rig = rigged
    choose_turn(face, BONE, "head")
    bake(face, make_curve)
    turner = head_turner(face)
    choose_turn(face, OBJECT, "head")
    choose_turn(face, BONE, "head")
    assert rig.pose.bones["head"].constraints[BONE_MOTION].target == head_turner(face) == turner
    bake(face, make_curve)
    assert head_turner(face) == turner and len(rig.pose.bones["head"].constraints) == 1


def test_another_bone_takes_over_with_the_next_take(rigged, make_curve):
    face, rig = rigged
    choose_turn(face, BONE, "head")
    bake(face, make_curve)
    turner = head_turner(face)
    choose_turn(face, BONE, "neck")
    assert BONE_MOTION in rig.pose.bones["head"].constraints
    bake(face, make_curve)
    assert BONE_MOTION not in rig.pose.bones["head"].constraints
    assert rig.pose.bones["neck"].constraints[BONE_MOTION].target == head_turner(face) == turner


def test_from_the_whole_object_to_a_bone_the_take_that_plays_goes_on(rigged, make_curve):
    face, rig = rigged
    face.modifiers.clear()  # only a child of the rig: it may turn as a whole
    choose_turn(face, OBJECT)
    take = bake(face, make_curve)
    choose_turn(face, BONE, "head")
    turner = head_turner(face)
    assert turner.animation_data.action == take.head_action and HEAD_MOTION in face.constraints
    bake(face, make_curve)
    assert HEAD_MOTION not in face.constraints and head_turner(face) == turner
    choose_turn(face, OBJECT)
    bake(face, make_curve)
    assert BONE_MOTION not in rig.pose.bones["head"].constraints and face.constraints[HEAD_MOTION].target == turner


def test_a_turner_in_tweak_mode_stops_a_take_before_anything_changes(make_mesh, make_curve):
    face = make_mesh(["jawOpen"])
    first = bake(face, make_curve)
    animation = head_turner(face).animation_data
    track = animation.nla_tracks.new()
    strip = track.strips.new("Mine", 1, animation.action)
    animation.action = None
    track.select = strip.select = True
    animation.use_tweak_mode = True
    assert animation.use_tweak_mode
    count = len(bpy.data.actions)
    with pytest.raises(UserError, match="tweak mode"):
        bake(face, make_curve)
    assert len(bpy.data.actions) == count and face.data.shape_keys.animation_data.action == first.action


@pytest.mark.parametrize(("bone", "words"), [("", "no bone was chosen"), ("tail", "has no bone 'tail'")])
def test_a_bone_that_is_not_there_is_refused_before_anything_changes(rigged, make_curve, bone, words):
    face, _ = rigged
    choose_turn(face, BONE, bone)
    with pytest.raises(UserError, match=words):
        bake(face, make_curve)
    assert not bpy.data.actions and face.data.shape_keys.animation_data is None


def test_without_an_armature_a_bone_is_refused(make_mesh, make_curve):
    face = make_mesh(["jawOpen"])
    choose_turn(face, BONE, "head")
    with pytest.raises(UserError, match="no armature"):
        bake(face, make_curve)


def test_the_whole_object_turns_though_its_neck_could_bend(make_mesh, make_curve):
    face = make_mesh(["jawOpen"])
    face.vertex_groups.new(name=TURN_GROUP).add([0, 1], 1.0, "REPLACE")
    bake(face, make_curve)
    assert HEAD_MOTION in face.modifiers
    turner = head_turner(face)
    choose_turn(face, OBJECT)
    bake(face, make_curve)
    assert HEAD_MOTION not in face.modifiers and HEAD_MOTION in face.constraints
    assert head_turner(face) == turner
    bpy.context.scene.frame_set(11)
    np.testing.assert_allclose(np.array(face.matrix_world.to_3x3()), np.array(TURN), atol=1e-5)
    choose_turn(face, NECK)
    bake(face, make_curve)
    assert HEAD_MOTION in face.modifiers and HEAD_MOTION not in face.constraints
    with pytest.raises(ValueError, match="turns by"):
        choose_turn(face, "TAIL")
