# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""Takes that keep their motion: found, played, renamed, deleted, saved, duplicated and appended; directed in place."""

from __future__ import annotations

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES, INDEX, N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.packed import on_grid
from ptalker_blender.rig.mapping import MappingTable, Row, apply_table, table_text
from ptalker_blender.scene import takes
from ptalker_blender.scene.actions import Track, write_tracks
from ptalker_blender.scene.curves import fingerprint, key_points
from ptalker_blender.scene.key_blocks import value_path
from ptalker_blender.scene.take_motion import MOTION, read_motion, store_motion
from ptalker_blender.scene.take_record import (
    JUDGEMENT,
    edited_channels,
    head_curves,
    note_preview,
    note_written,
    part_curves,
    read_record,
    record_take,
)
from ptalker_blender.scene.take_writing import preview, require_kept, rewrite
from ptalker_blender.scene.turning import head_turner

pytestmark = pytest.mark.bpy
KEYS = ("jawOpen", "mouthClose", "mouthFunnel", "eyeBlinkLeft", "eyeBlinkRight")
TABLE = MappingTable(rows=tuple(Row(name, name) for name in KEYS))


@pytest.fixture
def motion():
    rng, times = np.random.default_rng(1), np.arange(96) / 24
    values = np.zeros((96, N_CONTROLS), np.float32)
    for name in (*KEYS, "headYaw"):
        values[:, INDEX[name]] = 0.3 + 0.2 * np.sin(times * rng.uniform(4, 20))
    return on_grid(Motion(values, 24.0))


@pytest.fixture
def bake(motion, make_curve):
    """Write a take as the operator does, one key per frame."""

    def write(objects, seed=0, name="Line", start=1001.0, head=True, made=motion, density="all"):
        weights, frames = apply_table(TABLE, made.values), np.arange(len(made.values))
        tracks = [Track(obj, tuple(make_curve(k, frames, w) for k, w in weights.items())) for obj in objects]
        turns = [make_curve("headYaw", frames, made.values[:, INDEX["headYaw"]])] if head else []
        source = {"audio_path": "/a/line.wav", "style": "bright", "seed": seed}
        take = write_tracks(tracks, start, name, source, turns)
        record_take(take, {obj: table_text(TABLE) for obj in objects}, made, start, density, seed=seed)
        return take.action

    return write


def value_at(obj, key, frame):
    bpy.context.scene.frame_set(frame)
    return obj.data.shape_keys.key_blocks[key].value


def test_a_take_keeps_its_motion_to_the_bit(make_mesh, bake, motion):
    action = bake([make_mesh(KEYS)])
    kept = require_kept(action)
    np.testing.assert_array_equal(kept.motion.values, motion.values)
    assert (kept.record.start, kept.record.density, kept.record.parts[0].object) == (1001.0, "all", "Face")
    assert edited_channels(action, kept.record) == ()


def test_it_survives_saving_duplicating_and_appending(make_mesh, bake, motion, tmp_path):
    action = bake([make_mesh(KEYS)])
    copy = action.copy()
    np.testing.assert_array_equal(read_motion(copy).values, motion.values)
    assert len(takes.takes_of(bpy.data.objects["Face"])) == 2
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "t.blend"), compress=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "t.blend"))
    action = bpy.data.actions["Line"]
    np.testing.assert_array_equal(read_motion(action).values, motion.values)
    assert edited_channels(action, read_record(action)) == ()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with bpy.data.libraries.load(str(tmp_path / "t.blend")) as (_, target):
        target.actions, target.objects = ["Line"], ["Face"]
    kept = require_kept(target.actions[0])
    np.testing.assert_array_equal(kept.motion.values, motion.values)
    assert [t.action for t in takes.takes_of(target.objects[0])] == [target.actions[0]]


def test_a_motion_can_be_replaced(make_mesh, bake, motion):
    action = bake([make_mesh(KEYS)])
    other = on_grid(Motion((motion.values * np.float32(0.3)).astype(np.float32)[:50], 24.0))
    assert store_motion(action, other) == len(action[MOTION])
    np.testing.assert_array_equal(read_motion(action).values, other.values)


def test_a_damaged_motion_is_refused_with_a_word(make_mesh, bake):
    action = bake([make_mesh(KEYS)])
    del action[MOTION]
    action[MOTION] = b"PTM1" + bytes(90)
    with pytest.raises(UserError, match="damaged"):
        require_kept(action)
    del action[MOTION]
    with pytest.raises(UserError, match="bake it again"):
        require_kept(action)


def test_the_list_has_takes_that_fit_and_no_action_of_the_artist(make_mesh, bake):
    face, box = make_mesh(KEYS), make_mesh(["Bend", "Twist"], "Box")
    own = bpy.data.actions.new("Artist")
    first, second = bake([face], seed=1), bake([face], seed=2, name="Other")
    found = takes.takes_of(face)
    assert [(t.action, t.active, t.seed, t.line, t.style) for t in found] == [
        (first, False, 1, "line", "bright"),
        (second, True, 2, "line", "bright"),
    ]
    assert own not in [t.action for t in found]
    assert takes.takes_of(box) == takes.takes_of(None) == ()
    assert found[0].text() == "line, bright, seed 1"


def test_takes_of_several_meshes_swap(make_mesh, bake, motion):
    face, teeth = make_mesh(KEYS), make_mesh(KEYS, "Teeth")
    teeth.parent = face
    first = bake([face, teeth], seed=1)
    half = Motion((motion.values / 2).astype(np.float32), 24.0)
    second = bake([face], seed=2, made=half, head=False)
    jaw = motion.values[10, INDEX["jawOpen"]]
    assert (value_at(face, "jawOpen", 1011), value_at(teeth, "jawOpen", 1011)) == pytest.approx((jaw / 2, jaw))
    assert takes.activate(first, read_record(first), face, bpy.context.scene) == []
    assert takes.active_take(face) == first
    assert (value_at(face, "jawOpen", 1011), value_at(teeth, "jawOpen", 1011)) == pytest.approx((jaw, jaw))
    turner = bpy.data.objects["Face Motion"]
    assert turner.animation_data.action == bpy.data.actions["Line Head"]
    takes.activate(second, read_record(second), face, bpy.context.scene)
    assert turner.animation_data.action is None and turner.rotation_euler.z == 0.0
    bpy.data.objects.remove(teeth)
    assert takes.activate(first, read_record(first), face, bpy.context.scene) == ["Teeth"]


def test_a_take_of_another_head_is_played_by_the_head_alone(make_mesh, bake, motion):
    anna, teeth, ben = make_mesh(KEYS, "Anna"), make_mesh(KEYS, "Teeth"), make_mesh(KEYS, "Ben")
    old, new = bake([anna, teeth], name="Old"), bake([anna, teeth], name="New")
    own = (anna.data.shape_keys.animation_data.action, teeth.data.shape_keys.animation_data.action)
    record = read_record(old)
    assert takes.meshes_of(record, anna, bpy.context.scene) == ({1: teeth}, [])
    assert takes.meshes_of(record, ben, bpy.context.scene) == ({}, ["Teeth"])
    assert takes.activate(old, record, ben, bpy.context.scene) == ["Teeth"]
    assert takes.active_take(ben) == old and takes.active_take(anna) == new
    assert (anna.data.shape_keys.animation_data.action, teeth.data.shape_keys.animation_data.action) == own
    bpy.data.objects.remove(anna)  # nobody else's then
    assert takes.activate(old, record, ben, bpy.context.scene) == []
    assert takes.meshes_of(record, ben, bpy.context.scene) == ({1: teeth}, [])


def test_rename_reaches_all_actions_of_a_take(make_mesh, bake):
    action = bake([make_mesh(KEYS)])
    assert takes.rename(action, " Angry ") == "Angry"
    assert {a.name for a in bpy.data.actions} == {"Angry", "Angry Head"}
    with pytest.raises(UserError):
        takes.rename(action, "  ")


def test_delete_removes_the_take_and_rests_the_face(make_mesh, bake):
    face = make_mesh(KEYS)
    own = bpy.data.actions.new("Artist")
    action = bake([face])
    value_at(face, "jawOpen", 1011)
    assert takes.delete(action, face) == ("Line", ())
    assert list(bpy.data.actions) == [own]
    assert all(block.value == 0.0 for block in face.data.shape_keys.key_blocks[1:])
    with pytest.raises(UserError, match="no take"):
        takes.require_take("Artist")


def test_deleting_one_of_two_copies_leaves_the_other_its_head(make_mesh, bake):
    face = make_mesh(KEYS)
    action = bake([face])
    copy = action.copy()
    takes.delete(copy, face)
    assert {a.name for a in bpy.data.actions} == {"Line", "Line Head"}
    assert takes.active_take(face) == action


def test_preview_and_rewrite_reach_only_what_is_still_ours(make_mesh, bake, motion):
    face = make_mesh(KEYS)
    action = bake([face], density="reduced")
    record, paths = read_record(action), {k: value_path(k) for k in KEYS}
    curves = part_curves(action, record, 0)
    curves[paths["mouthClose"]].keyframe_points[5].co[1] = 0.9  # moved by the artist
    curves[paths["mouthFunnel"]].lock = True
    next(iter(curves[paths["eyeBlinkLeft"]].keyframe_points)).type = "EXTREME"
    edited = edited_channels(action, record)
    assert set(edited) == {f"0:{paths[k]}" for k in ("mouthClose", "mouthFunnel", "eyeBlinkLeft")}
    before = {k: fingerprint(curves[paths[k]]) for k in KEYS}
    half = (motion.values * np.float32(0.5)).astype(np.float32)
    assert len(preview(action, record, half, edited, shown := {})) == 3  # jaw, the other lid, the head's yaw
    assert preview(action, record, half, edited, shown) == {}
    assert value_at(face, "jawOpen", 1011) == half[10, INDEX["jawOpen"]]
    noted = rewrite(action, record, half, edited, {"intensity": 0.5})
    assert noted == read_record(action) and noted.direction == {"intensity": 0.5}
    assert edited_channels(action, noted) == edited
    for name in ("mouthClose", "mouthFunnel", "eyeBlinkLeft"):
        assert fingerprint(curves[paths[name]]) == before[name]
    points = key_points(part_curves(action, noted, 0)[paths["jawOpen"]])
    assert 2 < len(points) < 96 and points[0, 0] == 1001 and points[-1, 0] == 1096
    between = np.interp(np.arange(1001, 1097), points[:, 0], points[:, 1])
    assert np.abs(between - half[:, INDEX["jawOpen"]]).max() < 0.01
    yaw = key_points(head_curves(action)["2"])
    np.testing.assert_allclose(np.interp(1011, yaw[:, 0], yaw[:, 1]), half[10, INDEX["headYaw"]], atol=0.01)


def test_a_channel_that_was_deleted_stays_deleted(make_mesh, bake, motion):
    face = make_mesh(KEYS)
    action = bake([face])
    record = read_record(action)
    holder_curves = part_curves(action, record, 0)
    from ptalker_blender.scene.compat.actions import holder_of

    holder_of(action, record.parts[0].slot).fcurves.remove(holder_curves[value_path("jawOpen")])
    edited = edited_channels(action, record)
    assert edited == (f"0:{value_path('jawOpen')}",)
    rewrite(action, record, motion.values, edited, {})
    assert value_path("jawOpen") not in part_curves(action, read_record(action), 0)


def test_rewriting_the_kept_motion_gives_the_same_keys(make_mesh, bake, motion):
    action = bake([make_mesh(KEYS)], start=-20.5)
    record = read_record(action)
    before = [fingerprint(c) for c in part_curves(action, record, 0).values()]
    rewrite(action, record, require_kept(action).motion.values, (), {})
    assert [fingerprint(c) for c in part_curves(action, record, 0).values()] == before
    assert len(BLENDSHAPES) == 52


def test_takes_of_another_head_are_listed_on_request(make_mesh, bake):
    anna, ben = make_mesh(KEYS, "Anna"), make_mesh(KEYS, "Ben")
    hers, his = bake([anna], name="Hers"), bake([ben], name="His")
    assert [take.action for take in takes.takes_of(anna)] == [hers]
    assert [take.action for take in takes.takes_of(anna, others=True)] == [hers, his]
    takes.activate(his, read_record(his), anna, bpy.context.scene)
    assert [take.action for take in takes.takes_of(anna)] == [hers, his]  # what plays is listed
    takes.activate(hers, read_record(hers), anna, bpy.context.scene)
    anna.name = "Annabel"
    assert [take.action for take in takes.takes_of(anna)] == [hers]
    bpy.data.objects.remove(ben)
    assert [take.action for take in takes.takes_of(anna)] == [hers, his]  # nobody else's


def test_whether_there_are_takes(make_mesh, bake):
    obj = make_mesh(KEYS)
    assert not takes.has_takes(obj) and not takes.has_takes(None)
    bake([obj])
    assert takes.has_takes(obj) and not takes.has_takes(make_mesh((), "Bare"))


def test_a_take_whose_head_cannot_turn_now_is_not_made_active_by_halves(make_mesh, bake):
    face = make_mesh(KEYS)
    first, second = bake([face], seed=1), bake([face], seed=2)
    animation = head_turner(face).animation_data
    track = animation.nla_tracks.new()
    strip = track.strips.new("Mine", 1, animation.action)
    animation.action = None
    track.select = strip.select = True
    animation.use_tweak_mode = True
    with pytest.raises(UserError, match="tweak mode"):
        takes.activate(first, read_record(first), face, bpy.context.scene)
    assert takes.active_take(face) == second


def test_a_linked_take_is_neither_directed_nor_renamed(make_mesh, bake, tmp_path):
    action = bake([make_mesh(KEYS)])
    bpy.data.libraries.write(str(tmp_path / "library.blend"), {action})
    bpy.data.actions.remove(action)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, target):
        target.actions = ["Line"]
    with pytest.raises(UserError, match="'Line' is linked"):
        require_kept(target.actions[0])
    with pytest.raises(UserError, match="rename it where it comes from"):
        takes.rename(target.actions[0], "Other")


def test_what_was_judged_goes_with_the_keys_it_was_judged_by(make_mesh, bake, motion):
    action = bake([make_mesh(KEYS)])
    action[JUDGEMENT] = "{}"
    rewrite(action, read_record(action), motion.values, (), {})
    assert JUDGEMENT not in action


def test_a_preview_that_was_noted_is_ours_until_it_rests(make_mesh, bake, motion):
    action = bake([make_mesh(KEYS)], density="reduced")
    record = rewrite(action, read_record(action), motion.values, (), {})
    marks, shown = preview(action, record, motion.values, (), {}), {}
    noted = note_preview(action, record, marks, {})
    for size in (0.5, 0.25):  # keys that are set, and keys that are moved
        marks = preview(action, record, motion.values * np.float32(size), (), shown)
        noted = note_preview(action, noted, marks, {"intensity": size})
        assert read_record(action) == noted and edited_channels(action, noted) == () and not noted.resting
        assert noted == note_written(action, noted, ())
    assert rewrite(action, noted, motion.values, (), {}) == record
