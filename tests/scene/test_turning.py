# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""A head on shoulders: the head turns, the neck bends, the shoulders stay, wherever the object stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.rig.linear import controls_to_vertices
from ptalker_blender.scene.actions import write_take
from ptalker_blender.scene.heads import add_head, to_blender
from ptalker_blender.scene.render import add_stage
from ptalker_blender.scene.turning import HEAD_MOTION, TURN_GROUP, head_turner, turn_shares

pytestmark = pytest.mark.bpy

FOLLOW = np.array([0.0, 0.3, 1.0, 0.7, 1.0], np.float32)
ANGLES = {"headPitch": 0.3, "headYaw": -0.4, "headRoll": 0.2}
MIXED = {**ANGLES, "jawOpen": 0.6, "mouthFunnel": 0.5}


@pytest.fixture
def bust(tiny_head):
    """The tiny head with vertex 0 for its shoulders and a bending neck."""
    return replace(tiny_head, follow=FOLLOW)


@pytest.fixture
def bake(make_curve):
    """Bake a take from rest at frame 1 to the given controls at frame 11."""

    def run(obj, weights, head_motion=True):
        bpy.context.view_layer.update()
        curves = [make_curve(name, [0, 10], [0.0, value]) for name, value in weights.items()]
        return write_take(obj, curves, 1, "Line", {}, head_motion=head_motion)

    return run


def places(obj, frame):
    """Evaluated vertices [V, 3] at a frame, in the object's own space."""
    bpy.context.scene.frame_set(frame)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    found = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", found)
    return found.reshape(-1, 3)


def expected(head, weights):
    """The same from the linear rig."""
    values = np.zeros((1, N_CONTROLS), np.float32)
    for name, value in weights.items():
        values[0, INDEX[name]] = value
    return to_blender(controls_to_vertices(head, values)[0] - head.neck_pivot)


def test_group_holds_the_shares(scene, bust):
    obj = add_head(bust, "Ann")
    np.testing.assert_array_equal(turn_shares(obj), FOLLOW)
    assert TURN_GROUP not in add_head(replace(bust, follow=None), "Bob").vertex_groups


@pytest.mark.parametrize("scale", [(1, 1, 1), (2.5, 2.5, 2.5), (1, -1, 2)])
@pytest.mark.parametrize(("place", "turn"), [((0, 0, 0), (0, 0, 0)), ((3, -2, 5), (0.3, -0.5, 1.2))])
def test_bends_like_the_linear_rig_wherever_the_object_stands(scene, bust, bake, place, turn, scale):
    obj = add_head(bust, "Ann")
    obj.location, obj.rotation_euler, obj.scale = place, turn, scale
    bake(obj, MIXED)
    stands = np.array(obj.matrix_world)
    np.testing.assert_allclose(places(obj, 1), expected(bust, {}), atol=1e-6)
    np.testing.assert_allclose(places(obj, 11), expected(bust, MIXED), atol=1e-6)
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    np.testing.assert_array_equal(np.array(evaluated.matrix_world), stands)  # the object itself does not turn
    assert np.abs(places(obj, 11) - places(obj, 1))[2:].max() > 0.05


def test_shoulders_stay(scene, bust, bake):
    obj = add_head(bust, "Ann")
    bake(obj, ANGLES)
    np.testing.assert_array_equal(places(obj, 11)[0], places(obj, 1)[0])


def test_stays_right_when_moved_later(scene, bust, bake):
    obj = add_head(bust, "Ann")
    bake(obj, MIXED)
    before = places(obj, 11)
    obj.location, obj.rotation_euler, obj.scale = (1, 2, 3), (1, 0.5, -2), (3, 3, 3)
    np.testing.assert_allclose(places(obj, 11), before, atol=1e-7)


@pytest.mark.parametrize("linked", [True, False])
def test_duplicate_turns_in_its_own_place(scene, bust, bake, linked):
    """A Hook would leave the duplicate's head with the original."""
    obj = add_head(bust, "Ann")
    bake(obj, MIXED)
    bpy.ops.object.select_all(action="DESELECT")
    obj.select_set(True)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.duplicate(linked=linked)
    copy = bpy.context.view_layer.objects.active
    assert copy != obj and (copy.data == obj.data) is linked
    copy.location.x += 4.0
    np.testing.assert_allclose(places(copy, 11), expected(bust, MIXED), atol=1e-6)


def test_bake_on_a_copy_leaves_the_original(scene, bust, bake):
    obj = add_head(bust, "Ann")
    bake(obj, MIXED)
    copy = obj.copy()
    copy.data = obj.data.copy()
    scene.collection.objects.link(copy)
    bake(copy, {"headYaw": 0.7})
    assert head_turner(copy) not in (None, head_turner(obj))
    np.testing.assert_allclose(places(copy, 11), expected(bust, {"headYaw": 0.7}), atol=1e-6)
    np.testing.assert_allclose(places(obj, 11), expected(bust, MIXED), atol=1e-6)


def test_heads_side_by_side_do_not_share(scene, bust, bake):
    ann, bob = add_head(bust, "Ann"), add_head(bust, "Bob")
    bake(ann, {"headYaw": 0.5})
    bake(bob, {"headPitch": -0.2})
    np.testing.assert_allclose(places(ann, 11), expected(bust, {"headYaw": 0.5}), atol=1e-6)
    np.testing.assert_allclose(places(bob, 11), expected(bust, {"headPitch": -0.2}), atol=1e-6)


def test_baking_again_uses_what_is_there(scene, bust, bake):
    obj = add_head(bust, "Ann")
    bake(obj, ANGLES)
    turner = head_turner(obj)
    take = bake(obj, {"headYaw": 0.5})
    assert head_turner(obj) == turner and len(obj.modifiers) == 1 and len(bpy.data.node_groups) == 1
    assert "Line Head" in take.kept
    np.testing.assert_allclose(places(obj, 11), expected(bust, {"headYaw": 0.5}), atol=1e-6)


def test_empty_deleted_by_the_artist_is_made_again(scene, bust, bake):
    obj = add_head(bust, "Ann")
    bake(obj, ANGLES)
    bpy.data.objects.remove(head_turner(obj))
    np.testing.assert_allclose(places(obj, 11), expected(bust, {}), atol=1e-6)
    bake(obj, ANGLES)
    np.testing.assert_allclose(places(obj, 11), expected(bust, ANGLES), atol=1e-6)
    assert len(obj.modifiers) == 1


def test_head_motion_off_adds_nothing(scene, bust, bake):
    obj = add_head(bust, "Ann")
    assert bake(obj, MIXED, head_motion=False).head_action is None
    assert not obj.modifiers and not obj.constraints and not bpy.data.node_groups


def test_head_without_the_group_turns_as_a_whole(scene, tiny_head, bake):
    obj = add_head(tiny_head, "Ann")
    bake(obj, MIXED)
    assert not obj.modifiers and obj.constraints[0].name == HEAD_MOTION
    local = places(obj, 11)
    turn = np.array(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world.to_3x3())
    np.testing.assert_allclose(local @ turn.T, expected(tiny_head, MIXED), atol=1e-6)


def test_group_painted_after_a_take_replaces_the_constraint(scene, tiny_head, bake):
    obj = add_head(tiny_head, "Ann")
    bake(obj, ANGLES)
    turner = head_turner(obj)
    obj.vertex_groups.new(name=TURN_GROUP).add([2, 4], 1.0, "REPLACE")
    bake(obj, ANGLES)
    assert not obj.constraints and head_turner(obj) == turner
    follow = np.array([0, 0, 1, 0, 1], np.float32)
    np.testing.assert_allclose(places(obj, 11), expected(replace(tiny_head, follow=follow), ANGLES), atol=1e-6)


def test_head_turns_before_the_artists_modifiers(scene, bust, bake):
    obj = add_head(bust, "Ann")
    obj.modifiers.new("Smooth", "SUBSURF")
    bake(obj, ANGLES)
    assert [modifier.name for modifier in obj.modifiers] == [HEAD_MOTION, "Smooth"]


def test_undo_takes_the_turning_away_and_redo_brings_it_back(scene, bust, bake):
    add_head(bust, "Ann")
    bpy.ops.ed.undo_push(message="before")
    bake(bpy.data.objects["Ann"], MIXED)
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    assert not bpy.data.objects["Ann"].modifiers and not bpy.data.node_groups and len(bpy.data.objects) == 1
    bpy.ops.ed.redo()
    np.testing.assert_allclose(places(bpy.data.objects["Ann"], 11), expected(bust, MIXED), atol=1e-6)


def test_take_survives_saving(scene, bust, bake, tmp_path):
    bake(add_head(bust, "Ann"), MIXED)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "t.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "t.blend"))
    np.testing.assert_allclose(places(bpy.data.objects["Ann"], 11), expected(bust, MIXED), atol=1e-6)


def test_stage_frames_the_head_not_the_shoulders(scene, bust):
    """A vertex of the bust far below changes nothing that the stage does."""
    low = bust.vertices.copy()
    low[0] = 0.0, -3.0, 0.0
    cameras = []
    for vertices in (bust.vertices, low):
        obj = add_head(replace(bust, vertices=vertices), "Ann")
        cameras.append(np.array(add_stage(scene, [obj], aspect=1.0).location))
        bpy.data.objects.remove(obj)
    np.testing.assert_array_equal(*cameras)
