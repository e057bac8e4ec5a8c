# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""FLAME tracks play on a FLAME head as FLAME's own function says, and come back from it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.errors import UserError
from ptalker_blender.rig.flame_pose import pose_flame, rotation_matrices
from ptalker_blender.rig.flame_track import ROOT, FlameTrack
from ptalker_blender.scene.compat import actions as compat
from ptalker_blender.scene.flame_actions import read_flame_take, write_flame_take
from ptalker_blender.scene.flame_head import add_flame_head
from ptalker_blender.scene.heads import to_blender
from tests.flame_models import random_flame, real_flame

pytestmark = pytest.mark.bpy
HUNDREDTH_MM = 1e-5
T, FPS = 9, 25.0


@pytest.fixture(scope="module")
def model():
    return random_flame()


def take(expression=20, shape=4, seed=2, turned=0.25):
    rng = np.random.default_rng(seed)
    pose = turned * rng.normal(size=(T, 5, 3))
    pose[:, ROOT] += [0, 3.0, 0]  # turned away, so that angles pass half a turn
    return FlameTrack(
        rng.normal(size=(T, expression)).astype(np.float32), pose.astype(np.float32),
        rng.normal(size=shape).astype(np.float32), FPS, "take",
    )  # fmt: skip


def places(head, frame):
    """Evaluated vertices [V, 3] at a scene frame, fractions allowed, in the armature's space."""
    bpy.context.scene.frame_set(int(np.floor(frame)), subframe=frame % 1)
    mesh = head.mesh.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    found = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", found)
    return found.reshape(-1, 3)


@pytest.mark.parametrize("fps", [25.0, 60.0, 24.0])
def test_every_frame_of_a_track_is_flames_own(scene, model, fps):
    """With all that FLAME does: correctives, and joints that follow identity and expression."""
    head, track = add_flame_head(model, "Ball", identity=4), take()
    written = write_flame_take(head, track, 10, fps, "Take", {"from": "test"})
    expected = pose_flame(model, track.shape, track.expression, track.pose)
    for frame in (0, 4, T - 1):
        found = places(head, 10 + frame * fps / FPS)
        assert np.abs(found - to_blender(expected[frame])).max() < HUNDREDTH_MM
    assert written.notes == () and json.loads(written.face["ptalker"]) == {"from": "test"}
    assert written.face.use_fake_user and written.bones.use_fake_user


@pytest.mark.data
def test_real_flame_plays_a_track(scene, data_dir):
    """Identity components stand in for expression, which the shared file lacks: the worst case for the joints."""
    flame = real_flame(data_dir)
    flame = replace(flame, expression_dirs=flame.shapedirs[:, :, 20:40], shapedirs=flame.shapedirs[:, :, :20])
    head, track = add_flame_head(flame, "Flame", identity=4), take()
    write_flame_take(head, track, 1, FPS, "Take", {})
    expected = pose_flame(flame, track.shape, track.expression, track.pose)
    for frame in (1, 5):
        assert np.abs(places(head, 1 + frame) - to_blender(expected[frame])).max() < HUNDREDTH_MM


def test_joints_without_a_way_to_go_get_no_location_keys(scene, model):
    head, track = add_flame_head(model, "Ball", correctives=False), take(expression=0)
    written = write_flame_take(head, track, 1, FPS, "Take", {})
    paths = {curve.data_path for curve in compat.fcurves(written.bones, head.armature)}
    assert written.face is None and len(paths) == 5 and all(path.endswith("rotation_euler") for path in paths)


def test_a_take_comes_back(scene, model):
    head, track = add_flame_head(model, "Ball", identity=4, correctives=False), take()
    write_flame_take(head, track, 5, FPS, "Take", {})
    read = read_flame_take(head, 5, 5 + T - 1, FPS)
    np.testing.assert_allclose(read.expression, track.expression, atol=1e-6)
    np.testing.assert_allclose(read.shape, track.shape, atol=1e-6)
    np.testing.assert_allclose(rotation_matrices(read.pose), rotation_matrices(track.pose), atol=2e-6)
    assert read.fps == FPS


def test_reads_what_stands_where_nothing_is_animated(scene, model):
    head = add_flame_head(model, "Ball", identity=1, expression=2, correctives=False)
    head.mesh.data.shape_keys.key_blocks["expr_001"].value = 1.5
    head.armature.pose.bones["jaw"].rotation_euler = (0.3, 0, 0)
    read = read_flame_take(head, 1, 3, FPS)
    np.testing.assert_allclose(read.expression, [[0, 1.5]] * 3)
    np.testing.assert_allclose(read.pose[:, 2], [[0.3, 0, 0]] * 3, atol=1e-6)
    head.armature.pose.bones["jaw"].rotation_mode = "QUATERNION"
    with pytest.raises(UserError, match="ZXY"):
        read_flame_take(head, 1, 3, FPS)
    with pytest.raises(UserError, match="empty"):
        read_flame_take(head, 3, 1, FPS)


def test_components_without_keys_are_told(scene, model):
    head = add_flame_head(model, "Ball", identity=2, expression=5, correctives=False)
    notes = " ".join(write_flame_take(head, take(), 1, FPS, "Take", {}).notes)
    assert "20 expression components, the head keys for 5" in notes and "2 identity components" in notes


def test_identity_may_stay_the_heads_own(scene, model):
    head = add_flame_head(model, "Ball", identity=4, correctives=False)
    write_flame_take(head, take(), 1, FPS, "Take", {}, identity=False)
    assert not head.mesh.data.shape_keys.key_blocks["shape_000"].value


def test_earlier_actions_stay_and_nothing_of_them_shows(scene, model):
    head = add_flame_head(model, "Ball", identity=0, correctives=False)
    first = write_flame_take(head, take(), 1, FPS, "First", {})
    places(head, 3)  # values of the first take now stand in the sliders
    short = take(expression=8, shape=0, seed=9)
    second = write_flame_take(head, short, 1, FPS, "Second", {})
    assert second.kept == ("First", "First Joints") and first.face.name in bpy.data.actions
    expected = pose_flame(replace(model, posedirs=0 * model.posedirs), None, short.expression, short.pose)
    assert np.abs(places(head, 3) - to_blender(expected[2])).max() < HUNDREDTH_MM


def test_sliders_are_widened_for_strong_takes(scene, model):
    head, track = add_flame_head(model, "Ball", correctives=False), take()
    loud = replace(track, expression=track.expression * 4)
    write_flame_take(head, loud, 1, FPS, "Take", {})
    expected = pose_flame(replace(model, posedirs=0 * model.posedirs), track.shape, loud.expression, loud.pose)
    assert np.abs(places(head, 3) - to_blender(expected[2])).max() < 2 * HUNDREDTH_MM


def test_a_bone_that_is_gone_is_named(scene, model):
    head = add_flame_head(model, "Ball", correctives=False)
    bpy.context.view_layer.objects.active = head.armature
    bpy.ops.object.mode_set(mode="EDIT")
    head.armature.data.edit_bones.remove(head.armature.data.edit_bones["eye_left"])
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(UserError, match="eye_left"):
        write_flame_take(head, take(), 1, FPS, "Take", {})
    assert not bpy.data.actions
