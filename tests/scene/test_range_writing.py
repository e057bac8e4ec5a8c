# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""A stretch of a take performed anew: nothing outside moves by a bit, seams do not jump, marked keys stay."""

from __future__ import annotations

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.motion.density import interpolation
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.packed import on_grid
from ptalker_blender.rig.mapping import MappingTable, Row, apply_table, table_text
from ptalker_blender.scene.actions import Track, write_tracks
from ptalker_blender.scene.key_arrays import read_keys
from ptalker_blender.scene.key_blocks import value_path
from ptalker_blender.scene.range_writing import blended, rewrite_range, stretch_of
from ptalker_blender.scene.take_motion import read_motion
from ptalker_blender.scene.take_record import edited_channels, part_curves, read_record, record_take
from ptalker_blender.scene.take_writing import require_kept

pytestmark = pytest.mark.bpy
KEYS = ("jawOpen", "mouthFunnel", "browInnerUp", "mouthClose")
TABLE = MappingTable(rows=tuple(Row(name, name) for name in KEYS))
START, FRAMES, FIRST, LAST = 101.0, 120, 140, 180
JAW = value_path("jawOpen")


def performance(seed):
    rng, times = np.random.default_rng(seed), np.arange(FRAMES) / 24
    values = np.zeros((FRAMES, N_CONTROLS), np.float32)
    for name in KEYS:
        values[:, INDEX[name]] = 0.4 + 0.3 * np.sin(times * rng.uniform(6, 25) + rng.uniform(0, 6))
    return on_grid(Motion(values, 24.0))


@pytest.fixture
def bake(make_mesh, make_curve):
    def write(density="reduced"):
        obj, motion = make_mesh(KEYS), performance(1)
        weights = apply_table(TABLE, motion.values)
        frames = np.arange(0, FRAMES, 2 if density == "twos" else 1)
        curves = tuple(make_curve(k, frames, w[frames]) for k, w in weights.items())
        take = write_tracks([Track(obj, curves)], START, "Line", {"seed": 1}, (), interpolation(density))
        record_take(take, {obj: table_text(TABLE)}, motion, START, density)
        return take.action

    return write


def again(action, seconds=0.25, first=FIRST, last=LAST, new=None):
    take, new = require_kept(action), performance(2) if new is None else new
    stretch = stretch_of(take, first, last, seconds)
    return rewrite_range(action, take, blended(take, new, stretch), new.values, stretch), stretch


def outside(curve, first=FIRST, last=LAST):
    keys = read_keys(curve)
    away = (keys["co"][:, 0] < first) | (keys["co"][:, 0] > last)
    return {name: values[away].tobytes() for name, values in keys.items()}


def sample(curve):
    return np.array([curve.evaluate(START + k) for k in range(FRAMES)])


@pytest.mark.parametrize("density", ["reduced", "all"])
def test_outside_nothing_changes_by_a_bit_and_inside_is_the_new_performance(bake, density):
    action = bake(density)
    curves = part_curves(action, read_record(action), 0)
    curves[JAW].keyframe_points[3].interpolation = "BEZIER"  # the artist's own
    curves[JAW].keyframe_points[3].handle_right = (104.5, 0.9)
    after = next(p for p in curves[JAW].keyframe_points if p.co[0] > LAST)
    after.handle_left_type, after.interpolation = "AUTO_CLAMPED", "BEZIER"  # which Blender would work out anew
    curves[JAW].update()
    before = {path: (outside(curve), sample(curve)) for path, curve in curves.items()}
    bpy.context.scene.frame_set(160)
    written, stretch = again(action)
    bpy.context.view_layer.update()  # seen without a change of frame
    jaw = bpy.data.objects["Face"].data.shape_keys.key_blocks["jawOpen"].value
    assert jaw == pytest.approx(performance(2).values[59, INDEX["jawOpen"]], abs=0.021)
    assert (written.changed, written.kept) == (4, 0)
    for path, curve in part_curves(action, read_record(action), 0).items():
        assert outside(curve) == before[path][0]
        old, now = before[path][1], sample(curve)
        away = np.r_[0:39, 80:FRAMES]
        np.testing.assert_allclose(now[away], old[away], atol=1e-6)
        name = path.split('"')[1]
        middle = stretch.inside[stretch.share == 1.0]
        assert len(middle) > 20
        np.testing.assert_allclose(now[middle], performance(2).values[middle, INDEX[name]], atol=0.021)


def test_seams_do_not_jump(bake):
    def largest(seconds):
        action = bake("all")
        old = sample(part_curves(action, read_record(action), 0)[JAW])
        again(action, seconds)
        change = sample(part_curves(action, read_record(action), 0)[JAW]) - old
        assert change[39] == 0.0 and abs(change[79]) < 1e-6 and np.abs(change).max() > 0.2
        return np.abs(np.diff(change))[[39, 78]].max()  # what comes in between two frames at the seams

    hard, soft = largest(0.0), largest(0.25)
    assert soft < 0.06 and hard > 3 * soft


@pytest.mark.parametrize("density", ["reduced", "all", "twos"])
@pytest.mark.parametrize("how", ["BEZIER", "LINEAR", "CONSTANT"])
@pytest.mark.parametrize("step", [7, 70])  # 70: one segment over both ends of the range
def test_outside_a_segment_that_reaches_over_the_end_keeps_its_shape(bake, density, how, step):
    action = bake(density)
    curve = part_curves(action, read_record(action), 0)[JAW]
    curve.keyframe_points.clear()
    rng = np.random.default_rng(4)
    for frame in range(int(START) + 1, int(START) + FRAMES, step):
        point = curve.keyframe_points.insert(frame, rng.uniform(0.0, 0.8))
        point.interpolation = how
    for point in list(curve.keyframe_points)[:: 3 if step < 9 else 1]:  # they overlap
        point.handle_left_type = point.handle_right_type = "ALIGNED"
        point.handle_right = point.co[0] + 0.6 * step, point.co[1] + 0.3
        point.handle_left = point.co[0] - 0.6 * step, point.co[1] - 0.3
    curve.update()
    fine = np.concatenate([np.arange(START, FIRST, 0.25), np.arange(LAST + 0.25, START + FRAMES, 0.25)])
    before = np.array([curve.evaluate(frame) for frame in fine])
    inside = sample(curve)[45:75]
    again(action)
    again(action, first=FIRST - 3, last=LAST + 3)  # seams on old ones' keys, and a cut beside a cut
    away = (fine < FIRST - 3) | (fine > LAST + 3)
    curve = part_curves(action, read_record(action), 0)[JAW]
    for _ in range(2):
        now = np.array([curve.evaluate(frame) for frame in fine])
        np.testing.assert_allclose(now[away], before[away], atol=2e-5)
        curve.update()  # as when the artist touches a key: no handle is worked out anew
    assert np.abs(sample(curve)[45:75] - inside).max() > 0.1


def test_marked_keys_and_locked_channels_stay(bake):
    action = bake("all")
    curves = part_curves(action, read_record(action), 0)
    jaw, lock = curves[JAW], curves[value_path("mouthFunnel")]
    point = jaw.keyframe_points[60]
    point.co[1], point.type = 0.95, "EXTREME"
    lock.lock = True
    locked = sample(lock)
    written, _ = again(action)
    assert (written.changed, written.kept) == (3, 1)
    point = next(p for p in jaw.keyframe_points if p.co[0] == 161.0)
    assert (point.type, point.co[1]) == ("EXTREME", np.float32(0.95))
    assert sum(p.co[0] == 161.0 for p in jaw.keyframe_points) == 1
    np.testing.assert_array_equal(sample(lock), locked)
    assert {f"0:{JAW}", f"0:{value_path('mouthFunnel')}"} == set(edited_channels(action, read_record(action)))


def test_the_take_keeps_the_blended_motion(bake):
    action = bake()
    again(action)
    kept, old, new = read_motion(action).values, performance(1).values, performance(2).values
    np.testing.assert_array_equal(kept[:40], old[:40])
    np.testing.assert_array_equal(kept[80:], old[80:])
    np.testing.assert_array_equal(kept[50:70], new[50:70])
    assert edited_channels(action, read_record(action)) == ()


def test_a_range_to_the_ends_needs_no_blend_there(bake):
    action = bake("all")
    again(action, first=-50, last=5000)
    np.testing.assert_array_equal(read_motion(action).values, performance(2).values)
    curve = part_curves(action, read_record(action), 0)[JAW]
    np.testing.assert_array_equal(sample(curve).astype(np.float32), performance(2).values[:, INDEX["jawOpen"]])


def test_on_twos_keys_stay_on_twos(bake):
    action = bake("twos")
    again(action)
    keys = read_keys(part_curves(action, read_record(action), 0)[JAW])["co"][:, 0]
    inside = keys[(keys >= FIRST) & (keys <= LAST)]
    assert len(inside) and ((inside - START) % 2 == 0).all()


def test_what_cannot_be_is_refused_and_changes_nothing(bake):
    action = bake()
    before = outside(part_curves(action, read_record(action), 0)[JAW], 1e9, 1e9)
    with pytest.raises(UserError, match="0 frames"):
        again(action, first=300, last=400)
    short = Motion(performance(2).values[:100], 24.0)
    with pytest.raises(UserError, match="100 frames"):
        again(action, new=short)
    assert outside(part_curves(action, read_record(action), 0)[JAW], 1e9, 1e9) == before
