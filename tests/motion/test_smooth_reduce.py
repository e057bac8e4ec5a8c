import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ptalker_blender.motion.controls import CONTROLS, INDEX
from ptalker_blender.motion.livelink import read_livelink_csv
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.reduce import reduce_keys
from ptalker_blender.motion.smooth import smooth


def motion_of(curve, fps=50.0):
    return Motion(np.repeat(np.asarray(curve, np.float32)[:, None], 55, axis=1), fps)


@pytest.mark.parametrize("fps", [24.0, 50.0, 120.0])
def test_smoothing_spreads_an_impulse_evenly_to_its_width(fps):
    impulse = np.zeros(401)
    impulse[200] = 1.0
    out = smooth(motion_of(impulse, fps), 0.2).values[:, 0].astype(np.float64)
    assert out.sum() == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(out, out[::-1], atol=1e-7)  # nothing is delayed
    assert (out >= out.max() / 2).sum() / fps == pytest.approx(0.2, abs=1.5 / fps)


def test_smoothing_keeps_constants_ranges_and_zero_width():
    motion = motion_of(np.random.default_rng(0).random(100))
    assert smooth(motion, 0.0) is motion
    out = smooth(motion, 0.1).values
    assert out.min() >= motion.values.min() and out.max() <= motion.values.max()
    np.testing.assert_allclose(smooth(motion_of(np.full(30, 0.7)), 1.0).values, 0.7, atol=1e-6)
    for bad in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="smoothing"):
            smooth(motion, bad)


def worst_error(motion, curves):
    frames = np.arange(len(motion.values))
    return np.array([
        np.abs(np.interp(frames, curve.frames, curve.values.astype(np.float64)) - motion.values[:, i]).max()
        for i, curve in enumerate(curves)
    ])  # fmt: skip


@given(
    arrays(np.float32, st.integers(1, 80), elements=st.floats(-2, 2, width=32)),
    st.one_of(st.just(0.0), st.floats(1e-6, 1.0)),
)
@settings(max_examples=200, deadline=None)
def test_no_frame_moves_by_more_than_the_tolerance(curve, tolerance):
    motion = motion_of(curve)
    curves = reduce_keys(motion, tolerance)
    assert worst_error(motion, curves).max() <= max(tolerance, 1e-12)
    keys = curves[0]
    assert keys.frames[0] == 0 and keys.frames[-1] == len(curve) - 1
    assert (np.diff(keys.frames) > 0).all()
    np.testing.assert_array_equal(keys.values, curve[keys.frames.astype(int)])


def test_known_answers():
    assert [c.name for c in reduce_keys(motion_of(np.zeros(5)), 0.1)] == list(CONTROLS)
    triangle = np.concatenate([np.arange(11) / 16, np.arange(9, -1, -1) / 16])  # exact in binary
    assert reduce_keys(motion_of(triangle), 0.0)[0].frames.tolist() == [0, 10, 20]
    assert reduce_keys(motion_of(np.full(1_000, 0.3)), 0.0)[0].frames.tolist() == [0, 999]
    assert reduce_keys(motion_of([0.3]), 0.0)[0].frames.tolist() == [0]
    assert reduce_keys(motion_of([]), 0.0)[0].frames.tolist() == []
    assert reduce_keys(motion_of([0, 1, 0, 1]), float("inf"))[0].frames.tolist() == [0, 3]


def test_tolerance_by_channel():
    wave = 0.5 + 0.5 * np.sin(np.arange(300) / 7)
    bounds = dict.fromkeys(CONTROLS, 0.2) | {"jawOpen": 0.001}
    motion = motion_of(wave)
    curves = reduce_keys(motion, bounds)
    errors = worst_error(motion, curves)
    assert errors[INDEX["jawOpen"]] <= 0.001 < 0.05 < errors[INDEX["mouthClose"]] <= 0.2
    assert len(curves[INDEX["jawOpen"]].frames) > 2 * len(curves[INDEX["mouthClose"]].frames)
    with pytest.raises(ValueError, match="tolerance of jawOpen"):
        reduce_keys(motion, {name: 0.1 for name in CONTROLS if name != "jawOpen"})
    with pytest.raises(ValueError, match="tolerance"):
        reduce_keys(motion, -0.1)


def test_a_minute_takes_well_under_a_second():
    rng = np.random.default_rng(0)
    motion = smooth(Motion(rng.random((3_000, 55)).astype(np.float32)), 0.15)
    start = time.process_time()
    reduce_keys(motion, 0.01)
    assert time.process_time() - start < 0.8


@pytest.mark.data
def test_a_real_capture_needs_a_tenth_of_its_keys(data_dir):
    motion = read_livelink_csv(data_dir / "motion/arkit_captures/livelinkface_rom/alex_rom_3.csv")
    curves = reduce_keys(motion, 0.01)
    assert worst_error(motion, curves).max() <= 0.01
    assert sum(len(curve.frames) for curve in curves) < 0.12 * motion.values.size
