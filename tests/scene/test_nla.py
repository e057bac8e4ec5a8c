# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""A take in the NLA evaluates to the same numbers, or to the sum with the artist's own; joined it is as before."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.packed import on_grid
from ptalker_blender.rig.mapping import MappingTable, Row, apply_table, table_text
from ptalker_blender.scene import fixes, laying, nla, nla_pieces, takes
from ptalker_blender.scene.actions import Track, write_tracks
from ptalker_blender.scene.compat.slots import push_down
from ptalker_blender.scene.curves import fingerprint
from ptalker_blender.scene.preflight import Inputs, head_findings
from ptalker_blender.scene.take_record import RECORD, part_curves, read_record, record_take
from ptalker_blender.scene.turning import head_turner, own_turner

pytestmark = pytest.mark.bpy
KEYS = ("jawOpen", "mouthFunnel", "browInnerUp", "eyeBlinkLeft", "eyeLookUpLeft")
TABLE = MappingTable(rows=tuple(Row(name, name) for name in KEYS))


@pytest.fixture
def motion():
    rng, values = np.random.default_rng(3), np.zeros((40, N_CONTROLS), np.float32)
    for name in (*KEYS, "headYaw"):
        values[:, INDEX[name]] = rng.uniform(0.05, 0.45, 40)
    return on_grid(Motion(values, 24.0))


@pytest.fixture
def bake(make_mesh, make_curve, motion):
    def write(start=11.0, keys=KEYS):
        obj, frames = make_mesh(keys), np.arange(40)
        curves = tuple(make_curve(k, frames, w) for k, w in apply_table(TABLE, motion.values).items())
        turns = [make_curve("headYaw", frames, motion.values[:, INDEX["headYaw"]])]
        take = write_tracks([Track(obj, curves)], start, "Line", {"audio_path": "a.wav"}, turns)
        record_take(take, {obj: table_text(TABLE)}, motion, start, "all")
        return obj, take.action

    return write


def read(obj, frames):
    rows = []
    for frame in frames:
        bpy.context.scene.frame_set(int(frame))
        rows.append([obj.data.shape_keys.key_blocks[key].value for key in KEYS])
    return np.array(rows)


@pytest.mark.parametrize("start", [11.0, -7.5])
def test_tracks_per_region_play_the_same(bake, start):
    obj, action = bake(start)
    frames = range(int(start) - 3, int(start) + 45)
    before = read(obj, frames)
    done = nla.split(action, read_record(action), obj, bpy.context.scene)
    assert done.tracks == ("Jaw", "Lips", "Brows", "Lids", "Gaze", "Head")
    np.testing.assert_allclose(read(obj, frames), before, atol=1e-6)
    assert takes.active_take(obj) is None and nla.split_take(obj) == action
    tracks = obj.data.shape_keys.animation_data.nla_tracks
    tracks["Jaw"].mute = True
    assert (np.abs(read(obj, frames) - before).max(axis=0) > 0.1).tolist() == [True, False, False, False, False]


def test_added_to_the_artists_action_it_is_the_sum(bake, motion):
    obj, action = bake()
    own = bpy.data.actions.new("Mine")
    keys = obj.data.shape_keys
    keys.animation_data.action = None
    brow = keys.key_blocks["browInnerUp"]
    brow.value = 0.25
    brow.keyframe_insert("value", frame=1)
    bpy.data.actions.remove(own)
    own = keys.animation_data.action
    mark = [fingerprint(c) for c in nla.compat.fcurves(own, keys)]
    takes.activate(action, read_record(action), obj, bpy.context.scene)
    alone = read(obj, range(11, 51))
    done = nla.split(action, read_record(action), obj, bpy.context.scene, own)
    assert done.tracks[:2] == ("Rest", own.name)
    expected = alone + np.where(np.array(KEYS) == "browInnerUp", 0.25, 0.0)
    np.testing.assert_allclose(read(obj, range(11, 51)), expected, atol=1e-6)
    assert [fingerprint(c) for c in nla.compat.fcurves(own, keys)] == mark


def test_joined_again_nothing_is_left(bake):
    obj, action = bake()
    curves = {path: fingerprint(c) for path, c in part_curves(action, read_record(action), 0).items()}
    names = {one.name for one in bpy.data.actions}
    before = read(obj, range(11, 51))
    nla.split(action, read_record(action), obj, bpy.context.scene)
    assert len(bpy.data.actions) == len(names) + 6  # five regions and the head
    nla_pieces.join(action, nla_pieces.owners_of([obj]))
    takes.activate(action, read_record(action), obj, bpy.context.scene)
    assert {one.name for one in bpy.data.actions} == names
    turner = bpy.data.objects["Face Motion"]
    assert not len(obj.data.shape_keys.animation_data.nla_tracks) and not len(turner.animation_data.nla_tracks)
    np.testing.assert_array_equal(read(obj, range(11, 51)), before)
    assert {path: fingerprint(c) for path, c in part_curves(action, read_record(action), 0).items()} == curves


def test_a_take_is_no_base(bake):
    obj, action = bake()
    with pytest.raises(UserError, match="is a take"):
        nla.split(action, read_record(action), obj, bpy.context.scene, action)
    assert takes.active_take(obj) == action


def test_regions_follow_the_controls_of_a_table():
    table = MappingTable(rows=(Row("jawOpen", "Gob"), Row("eyeLookInLeft", "Peek"), Row("cheekPuff", "Puff")))
    assert [nla.region_of(table, key) for key in ("Gob", "Peek", "Puff", "unknown")] == ["Jaw", "Gaze", "Lips", "Lips"]


def test_what_of_the_take_lies_in_the_nla_goes_with_it(bake):
    obj, action = bake()
    nla.split(action, read_record(action), obj, bpy.context.scene)
    bpy.context.scene.frame_set(20)
    takes.delete(action, obj)
    turner = bpy.data.objects["Face Motion"]
    assert not len(obj.data.shape_keys.animation_data.nla_tracks) and not len(turner.animation_data.nla_tracks)
    assert not bpy.data.actions and not read(obj, range(11, 51)).any()
    assert tuple(turner.rotation_euler) == (0.0, 0.0, 0.0)


def test_deleting_a_copy_leaves_the_tracks_to_the_take(bake):
    obj, action = bake()
    nla.split(action, read_record(action), obj, bpy.context.scene)
    before = read(obj, range(11, 51))
    takes.delete(action.copy(), obj)
    np.testing.assert_array_equal(read(obj, range(11, 51)), before)
    assert nla.split_take(obj) == action


def test_one_take_at_a_time_lies_in_the_nla(bake, make_curve, motion):
    obj, first = bake()
    nla.split(first, read_record(first), obj, bpy.context.scene)
    curves = tuple(make_curve(k, np.arange(40), w) for k, w in apply_table(TABLE, motion.values).items())
    take = write_tracks([Track(obj, curves)], 11.0, "Later", {"audio_path": "a.wav"}, ())
    record = record_take(take, {obj: table_text(TABLE)}, motion, 11.0, "all")
    with pytest.raises(UserError, match=r"'Line' lies in the NLA of 'Face' already.*press Join"):
        nla.split(take.action, record, obj, bpy.context.scene)
    assert takes.active_take(obj) == take.action and len(obj.data.shape_keys.animation_data.nla_tracks) == 5


def test_joining_takes_the_topmost_take_and_no_strip_of_the_artists(bake):
    obj, lower = bake()
    nla.split(lower, read_record(lower), obj, bpy.context.scene)
    copies = obj.data.shape_keys.animation_data.nla_tracks
    upper = lower.copy()  # as tracks of two takes came to lie there before that was refused
    upper[RECORD] = upper[RECORD].replace(read_record(lower).number, "another")
    strip = copies.new().strips.new("Upper", 1, copies["Jaw"].strips[0].action.copy())
    strip.action[nla_pieces.PIECE] = "another"
    camera = bpy.data.objects.new("Camera", None)
    camera.animation_data_create()
    for owner in (camera, bpy.data.objects["Face Motion"]):
        owner.animation_data.nla_tracks.new().strips.new("My Nod", 1, bpy.data.actions["Line Head"])
    strips = copies["Jaw"].strips
    strips.new("Mine", 200, bpy.data.actions["Line"])
    assert nla.split_take(obj) == upper
    nla_pieces.join(upper, nla_pieces.owners_of([obj]))
    assert nla.split_take(obj) == lower and len(copies) == 5
    nla_pieces.join(lower, nla_pieces.owners_of([obj]))
    assert nla.split_take(obj) is None
    assert [[s.name for s in track.strips] for track in copies] == [["Mine"]]
    for owner in (camera, bpy.data.objects["Face Motion"]):
        assert [s.name for track in owner.animation_data.nla_tracks for s in track.strips] == ["My Nod"]


@pytest.mark.parametrize("below", [False, True])
def test_added_to_an_action_that_was_pushed_down_it_is_the_sum(make_mesh, bake, below):
    obj, action = bake()
    alone = read(obj, range(11, 51))
    keys = obj.data.shape_keys
    compat = nla.compat
    own, holder = compat.assign_new_action(keys, "Mine")
    compat.add_fcurve(holder, 'key_blocks["browInnerUp"].value', 0, "Mine").keyframe_points.insert(1.0, 0.25)
    push_down(keys, (1.0, 250.0))
    if below:
        keys.animation_data.nla_tracks.new(prev=keys.animation_data.nla_tracks[0])
    takes.activate(action, read_record(action), obj, bpy.context.scene)
    done = nla.split(action, read_record(action), obj, bpy.context.scene, own)
    assert set(done.tracks) >= {"Mine", "Rest"}
    assert list(done.tracks[:-1]) == [t.name for t in keys.animation_data.nla_tracks if len(t.strips)]
    expected = alone + np.where(np.array(KEYS) == "browInnerUp", 0.25, 0.0)
    np.testing.assert_allclose(read(obj, range(11, 51)), expected, atol=1e-6)
    nla_pieces.join(action, nla_pieces.owners_of([obj]))
    assert sum(len(track.strips) for track in keys.animation_data.nla_tracks) == 1


def copy_of(obj):
    other = obj.copy()
    other.data = obj.data.copy()
    bpy.context.scene.collection.objects.link(other)
    return other


@pytest.mark.parametrize("own_actions", [False, True])
def test_a_duplicate_of_the_head_plays_on_when_the_original_is_joined(bake, own_actions):
    obj, action = bake()
    nla.split(action, read_record(action), obj, bpy.context.scene)
    other = copy_of(obj)
    if own_actions:  # as Shift D makes them
        for track in other.data.shape_keys.animation_data.nla_tracks:
            track.strips[0].action = track.strips[0].action.copy()
    before, turner = read(other, range(11, 51)), bpy.data.objects["Face Motion"]
    planned = laying.plan(laying.ACTION, [obj])
    takes.activate(action, read_record(action), obj, bpy.context.scene)
    assert laying.lay(action, planned, bpy.context.scene) == laying.Laid()
    assert nla.split_take(obj) is None and takes.active_take(obj) == action
    np.testing.assert_array_equal(read(other, range(11, 51)), before)
    assert nla.split_take(other) == action and not len(turner.animation_data.nla_tracks)
    assert head_turner(obj) == turner == head_turner(other) and turner.animation_data.action is not None
    nla_pieces.join(action, nla_pieces.owners_of([other]))
    assert nla.split_take(other) is None
    assert not any(nla_pieces.PIECE in one for one in bpy.data.actions)


def test_a_take_is_laid_again_as_it_lay(bake, make_curve):
    obj, first = bake()
    keys, scene = obj.data.shape_keys, bpy.context.scene
    own, holder = nla.compat.assign_new_action(keys, "Mine")
    nla.compat.add_fcurve(holder, 'key_blocks["browInnerUp"].value', 0, "Mine").keyframe_points.insert(1.0, 0.25)
    planned = laying.plan(laying.ADDED, [obj])
    takes.activate(first, read_record(first), obj, scene)
    laying.lay(first, planned, scene)
    added = read(obj, range(11, 51))
    second = write_tracks([Track(obj, (make_curve("jawOpen", [0, 9], [0, 0.5]),))], 11.0, "Later", {}, ()).action
    jaw = keys.animation_data.nla_tracks["Jaw"].strips[0].action
    curve = nla.compat.holders(jaw)[0].fcurves[0]
    curve.keyframe_points[1].co[1] += 0.2
    curve.update()
    assert laying.lay(second, laying.plan(laying.ACTION, [obj]), scene).kept == (jaw.name,)
    assert keys.animation_data.action == second and nla.split_take(obj) is None
    planned = laying.plan_again(first, read_record(first), obj, scene)
    assert (planned.how, planned.over) == (laying.ADDED, own)
    takes.activate(first, read_record(first), obj, scene)
    laying.lay(first, planned, scene)
    np.testing.assert_allclose(read(obj, range(11, 51)), added, atol=1e-6)
    assert nla.split_take(obj) == first and keys.animation_data.action is None
    laying.remember(first, laying.ACTION)
    assert laying.plan_again(first, read_record(first), obj, scene).how == laying.ACTION


@pytest.mark.parametrize("slotted", [False, True])
def test_an_empty_action_of_the_artists_is_nothing_to_add_to(bake, slotted):
    obj, action = bake()
    alone, keys = read(obj, range(11, 51)), obj.data.shape_keys
    empty = bpy.data.actions.new("New")
    if not hasattr(empty, "slots"):
        empty.id_root = "KEY"
    elif slotted:
        empty.slots.new("KEY", keys.name)
    nla.compat.assign(keys, empty)
    planned = laying.plan(laying.ADDED, [obj])
    takes.activate(action, read_record(action), obj, bpy.context.scene)
    laid = laying.lay(action, planned, bpy.context.scene)
    assert laid.tracks == ("Rest", "Jaw", "Lips", "Brows", "Lids", "Gaze", "Head")
    np.testing.assert_allclose(read(obj, range(11, 51)), alone, atol=1e-6)
    assert empty.use_fake_user


def test_an_action_without_a_slot_for_keys_is_refused_before_anything_is_written(bake):
    obj, action = bake()
    other = bpy.data.actions.new("Walk")
    if hasattr(other, "slots"):
        other.slots.new("OBJECT", "Body")
    else:
        other.id_root = "OBJECT"
    with pytest.raises(UserError, match="'Walk' is not of shape keys"):
        laying.plan(laying.ADDED, [obj], other)
    assert takes.active_take(obj) == action and not len(obj.data.shape_keys.animation_data.nla_tracks)


@pytest.mark.parametrize("how", [laying.TRACKS, laying.ADDED])
@pytest.mark.parametrize("where", ["keys", "Empty"])
@pytest.mark.parametrize("what", ["off", "solo"])
def test_an_nla_that_plays_no_new_tracks_is_refused_told_and_mended(bake, how, where, what):
    obj, action = bake()
    owner = obj.data.shape_keys if where == "keys" else bpy.data.objects["Face Motion"]
    told = f"of '{'Face' if where == 'keys' else 'Face Motion'}' "
    if what == "off":
        owner.animation_data.use_nla, told = False, f"{told}is switched off"
    else:
        track = owner.animation_data.nla_tracks.new()
        track.name, track.is_solo, told = "Wave", True, rf"{told}plays only the track 'Wave' \(solo\)"
    assert laying.plan(laying.ACTION, [obj]).how == laying.ACTION
    with pytest.raises(UserError, match=f"{told}.*press Play All Tracks"):
        laying.plan(how, [obj])
    with pytest.raises(UserError, match=told):
        nla.split(action, read_record(action), obj, bpy.context.scene)
    assert takes.active_take(obj) == action
    scene = bpy.context.scene
    inputs = Inputs(scene, obj, scene, "FILE", tracks=True)
    found = [one for one in head_findings(inputs) if one.fix == "ptalker.play_all_tracks"]
    assert len(found) == 1 and re.search(told, found[0].text) and dict(found[0].properties) == {"name": "Face"}
    kinds = [one.kind for one in head_findings(replace(inputs, tracks=False)) if "NLA" in one.text]
    assert kinds == ([] if what == "off" else ["WARNING"])  # beside a track that plays alone no Action does either
    fixes.play_all_tracks(obj)
    assert not any("NLA" in one.text for one in head_findings(inputs))
    before = read(obj, range(11, 51))
    laying.lay(action, laying.plan(how, [obj]), scene)
    np.testing.assert_allclose(read(obj, range(11, 51)), before, atol=1e-6)


def test_a_take_may_take_the_place_of_one_whose_track_plays_alone(bake, make_curve):
    obj, first = bake()
    alone = read(obj, range(11, 51))
    nla.split(first, read_record(first), obj, bpy.context.scene)
    obj.data.shape_keys.animation_data.nla_tracks["Jaw"].is_solo = True
    planned = laying.plan(laying.TRACKS, [obj])
    takes.activate(first, read_record(first), obj, bpy.context.scene)
    laying.lay(first, planned, bpy.context.scene)
    np.testing.assert_allclose(read(obj, range(11, 51)), alone, atol=1e-6)


@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize("beyond", ["CYCLES", "LINEAR"])
def test_what_goes_on_beyond_its_keys_goes_on_below_a_take(bake, beyond, pushed):
    obj, action = bake()
    keys, scene, frames = obj.data.shape_keys, bpy.context.scene, (0, 1, 7, 13, 29.25, 37, 61, 85, 250)
    tongue = obj.shape_key_add(name="tongueOut")
    tongue.slider_min, tongue.slider_max = -10.0, 10.0
    _, holder = nla.compat.assign_new_action(keys, "Mine")
    curve = nla.compat.add_fcurve(holder, 'key_blocks["tongueOut"].value', 0, "Mine")
    for frame, value in ((5.5, 0.0), (13.0, 0.5), (25.0, 0.25)):
        curve.keyframe_points.insert(frame, value)
    if beyond == "CYCLES":
        curve.modifiers.new("CYCLES")
    else:
        curve.extrapolation = "LINEAR"
    scene.frame_start = 0

    def tongues():
        found = []
        for frame in frames:
            scene.frame_set(int(np.floor(frame)), subframe=frame % 1)
            found.append(tongue.value)
        return found

    before = tongues()
    assert np.ptp(before[-4:]) > 0.05
    planned = laying.plan(laying.ADDED, [obj])
    if pushed:
        fixes.push_down_action(obj)
    takes.activate(action, read_record(action), obj, scene)
    laying.lay(action, planned, scene)
    assert tongues() == pytest.approx(before, abs=1e-5)
    assert [one.name for one in keys.animation_data.nla_tracks].count("Mine") == 1


def move(track, _curve):
    strip = track.strips[0]
    if hasattr(strip, "frame_start_ui"):
        strip.frame_start_ui += 24


def animate_influence(track, _curve):
    strip = track.strips[0]
    strip.use_animated_influence = True
    strip.fcurves.find("influence").keyframe_points.insert(5, 0.2)


def mute(track, _curve):
    track.mute = True


def trim(track, _curve):
    track.strips[0].action_frame_end -= 5.0


def shake(_track, curve):
    curve.modifiers.new("NOISE")


def drop(track, curve):
    nla.compat.holders(track.strips[0].action)[0].fcurves.remove(curve)


def silence(_track, curve):
    curve.mute = not curve.mute


@pytest.mark.parametrize("work", [move, animate_influence, mute, trim, shake, drop, silence])
@pytest.mark.parametrize("how", [laying.TRACKS, laying.ADDED])
def test_what_an_artist_did_to_a_track_is_kept_and_named(bake, work, how):
    obj, action = bake()
    laying.lay(action, laying.plan(how, [obj]), bpy.context.scene)
    track = obj.data.shape_keys.animation_data.nla_tracks["Jaw"]
    piece = track.strips[0].action
    work(track, nla.compat.holders(piece)[0].fcurves[0])
    bpy.context.scene.frame_set(20)
    takes.activate(action, read_record(action), obj, bpy.context.scene)
    laid = laying.lay(action, laying.plan(laying.ACTION, [obj]), bpy.context.scene)
    assert laid.kept == (piece.name,) and piece.use_fake_user and not list(piece.keys())
    assert not any(nla_pieces.PIECE in one for one in bpy.data.actions)


@pytest.mark.parametrize("start", [11.0, -7.5])
@pytest.mark.parametrize("how", [laying.TRACKS, laying.ADDED])
def test_looked_at_in_tweak_mode_and_left_alone_nothing_is_kept(bake, start, how):
    obj, action = bake(start)
    laying.lay(action, laying.plan(how, [obj]), bpy.context.scene)
    animation = obj.data.shape_keys.animation_data
    for track in animation.nla_tracks:
        animation.nla_tracks.active, track.strips[0].select = track, True
        animation.use_tweak_mode = True
        assert animation.use_tweak_mode
        bpy.context.scene.frame_set(20)
        animation.use_tweak_mode = track.strips[0].select = False
    takes.activate(action, read_record(action), obj, bpy.context.scene)
    assert laying.lay(action, laying.plan(laying.ACTION, [obj]), bpy.context.scene) == laying.Laid()
    assert not any(nla_pieces.PIECE in one for one in bpy.data.actions)


def test_a_deleted_take_leaves_the_tracks_that_were_changed(bake):
    obj, action = bake()
    nla.split(action, read_record(action), obj, bpy.context.scene)
    piece = obj.data.shape_keys.animation_data.nla_tracks["Jaw"].strips[0].action
    curve = nla.compat.holders(piece)[0].fcurves[0]
    curve.keyframe_points[1].co[1] += 0.1
    curve.update()
    assert takes.delete(action, obj) == ("Line", (piece.name,))
    assert [one.name for one in bpy.data.actions] == [piece.name] and piece.use_fake_user


def test_a_take_split_on_another_head_lays_no_track_on_the_first_ones_parts(make_mesh, make_curve, motion):
    first, teeth, second = make_mesh(KEYS, "A"), make_mesh(KEYS, "A Teeth"), make_mesh(KEYS, "B")
    frames = np.arange(40)
    curves = tuple(make_curve(k, frames, w) for k, w in apply_table(TABLE, motion.values).items())
    take = write_tracks([Track(obj, curves) for obj in (first, teeth)], 1.0, "Line", {"audio_path": "a.wav"}, [])
    record_take(take, {obj: table_text(TABLE) for obj in (first, teeth)}, motion, 1.0, "all")
    record = read_record(take.action)
    takes.activate(take.action, record, second, bpy.context.scene)
    done = nla.split(take.action, record, second, bpy.context.scene)
    assert done.missing == ("A Teeth",) and second.data.shape_keys.animation_data.nla_tracks
    assert not teeth.data.shape_keys.animation_data.nla_tracks


@pytest.fixture
def lay(make_curve, motion):
    """Bake a take on a head as the operator does: looked at, written, laid."""

    def run(obj, name, how):
        planned, frames = laying.plan(how, [obj]), np.arange(40)
        curves = tuple(make_curve(k, frames, w) for k, w in apply_table(TABLE, motion.values).items())
        turns = [make_curve("headYaw", frames, motion.values[:, INDEX["headYaw"]])]
        take = write_tracks([Track(obj, curves)], 11.0, name, {"audio_path": "a.wav"}, turns)
        record_take(take, {obj: table_text(TABLE)}, motion, 11.0, "all")
        return take, laying.lay(take.action, planned, bpy.context.scene)

    return run


@pytest.mark.parametrize("muted", [False, True])
def test_added_again_the_artists_track_stays_above_the_rest(make_mesh, lay, muted):
    obj = make_mesh(KEYS)
    keys = obj.data.shape_keys
    _, holder = nla.compat.assign_new_action(keys, "My brows")
    nla.compat.add_fcurve(holder, 'key_blocks["browInnerUp"].value', 0, "Mine").keyframe_points.insert(1.0, 0.25)
    lay(obj, "One", laying.ADDED)
    order = ["Rest", "My brows", "Jaw", "Lips", "Brows", "Lids", "Gaze"]
    tracks = keys.animation_data.nla_tracks
    assert [track.name for track in tracks] == order
    first = read(obj, range(11, 51))
    for name in ("Two", "Three"):
        tracks["My brows"].mute = muted
        lay(obj, name, laying.ADDED)
        tracks["My brows"].mute = False
        assert [track.name for track in tracks] == order
        np.testing.assert_allclose(read(obj, range(11, 51)), first, atol=1e-6)


@pytest.mark.parametrize("how", laying.CHOICES)
@pytest.mark.parametrize("before", ["as it is", "of an earlier version", "renamed", "without controls"])
def test_the_original_keeps_its_empty_and_a_copy_gets_its_own(make_mesh, lay, how, before):
    obj = make_mesh(KEYS, "Rowan")
    lay(obj, "One", how)
    turner = head_turner(obj)
    other = copy_of(obj)
    other.location.x = 4.0
    bpy.context.view_layer.update()
    if before == "of an earlier version":
        del turner["ptalker_turns"]
    elif before == "renamed":
        obj.name = "Anna"
    elif before == "without controls":
        for number, key in enumerate(other.data.shape_keys.key_blocks):
            key.name = obj.data.shape_keys.key_blocks[number].name = f"shape {number}"
        assert own_turner(obj) == turner and own_turner(other) is None
        return
    lay(obj, "Two", how)
    assert head_turner(obj) == turner == own_turner(obj) and own_turner(other) is None
    playing = turner.animation_data.action, [t.strips[0].action for t in turner.animation_data.nla_tracks]
    lay(other, "Three", how)
    mine = head_turner(other)
    assert (mine.name, tuple(mine.location)) == (f"{other.name} Motion", (4.0, 0.0, 0.0))
    assert head_turner(obj) == turner != mine
    assert playing == (turner.animation_data.action, [t.strips[0].action for t in turner.animation_data.nla_tracks])
    other.name = "Ben"
    lay(other, "Four", how)
    assert head_turner(other) == mine


def test_a_copy_that_is_split_leaves_the_originals_empty_alone(bake):
    obj, action = bake()
    turner = bpy.data.objects["Face Motion"]
    playing = turner.animation_data.action
    nla.split(action, read_record(action), copy_of(obj), bpy.context.scene)
    assert turner.animation_data.action == playing is not None and not len(turner.animation_data.nla_tracks)
