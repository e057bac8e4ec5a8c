from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.resample import resample_motion

RATES = [24_000 / 1_001, 24.0, 25.0, 30_000 / 1_001, 30.0, 48.0, 50.0, 60_000 / 1_001, 60.0, 120.0]


def motion_of(curve, fps=50.0):
    """The same curve in every channel."""
    return Motion(np.repeat(np.asarray(curve, np.float32)[:, None], N_CONTROLS, axis=1), fps)


def sampled(function, frames, fps):
    return motion_of(function(np.arange(frames) / fps), fps)


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("source", RATES)
def test_a_slow_movement_is_the_same_at_every_rate(source, fps):
    def slow(t):
        return 0.5 - 0.5 * np.cos(2 * np.pi * 1.5 * t)

    out = resample_motion(sampled(slow, round(4 * source), source), fps)
    assert out.fps == fps
    inner = slice(int(0.2 * fps), int(3.8 * fps))  # frame k is at k / fps
    np.testing.assert_allclose(out.values[inner, 0], slow(np.arange(len(out.values)) / fps)[inner], atol=0.03)


@given(st.integers(1, 100_000), st.sampled_from(RATES), st.sampled_from(RATES))
@settings(max_examples=50, deadline=None)
def test_frame_count_is_round_of_duration_times_rate(frames, source, fps):
    from ptalker_blender.motion.resample import frame_count

    assert abs(frame_count(frames, source, fps) - Fraction(frames) * Fraction(fps) / Fraction(source)) <= Fraction(1, 2)


def test_an_hour_ends_at_the_right_frame():
    # 24 fps over a base of 1.001: 86313.69 frames, where 24.0 would give 86400 and drift by 3.6 s.
    out = resample_motion(motion_of(np.linspace(0, 1, 180_000)[:, None].ravel()), 24 / 1.001)
    assert len(out.values) == 86_314
    np.testing.assert_allclose(out.values[43_157, 0], 43_157 * 1.001 / 24 / (179_999 / 50), atol=1e-6)


def test_equal_rates_change_nothing():
    motion = motion_of(np.random.default_rng(0).random(40))
    np.testing.assert_array_equal(resample_motion(motion, 50.0).values, motion.values)
    single_precision = float(np.float32(1.0) * np.float32(50.0) / np.float32(1.0000001))
    np.testing.assert_array_equal(resample_motion(motion, single_precision).values, motion.values)


@pytest.mark.parametrize("fps", [24.0, 50.0, 60.0])
def test_frames_override_cuts_or_holds(fps):
    motion = motion_of(np.linspace(0, 1, 51))
    longer = resample_motion(motion, fps, frames=500)
    assert len(longer.values) == 500
    np.testing.assert_allclose(longer.values[400:], 1.0, atol=1e-6)
    assert len(resample_motion(motion, fps, frames=7).values) == 7


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=60), st.sampled_from(RATES), st.sampled_from(RATES))
@settings(max_examples=80, deadline=None)
def test_no_value_leaves_the_range_of_its_channel(curve, source, fps):
    out = resample_motion(motion_of(curve, source), fps).values
    if out.size:
        assert out.min() >= min(curve) - 1e-6 and out.max() <= max(curve) + 1e-6


def test_upsampling_passes_through_the_frames_without_overshoot():
    motion = motion_of([0, 0, 1, 1, 0.2, 0.9, 0], 25.0)
    out = resample_motion(motion, 100.0).values[:, 0]
    np.testing.assert_allclose(out[::4], motion.values[:, 0], atol=1e-6)
    assert (np.diff(out[4:9]) >= 0).all() and (out[:5] == 0).all() and (out[8:13] == 1).all()


@pytest.mark.parametrize("fps", [24_000 / 1_001, 24.0, 25.0, 30.0])
@pytest.mark.parametrize("centre", range(40, 50))
@pytest.mark.parametrize("frames", [1, 3, 5])
def test_a_short_closure_still_closes(fps, centre, frames):
    jaw = np.full(100, 0.6)
    jaw[centre - frames // 2 : centre + frames // 2 + 1] = 0.0
    out = resample_motion(motion_of(jaw), fps)
    closed = out.values[:, INDEX["jawOpen"]]
    assert closed.min() == 0.0
    at = np.flatnonzero(closed == 0.0) / fps
    assert np.abs(at - centre / 50).min() <= 0.5 / fps + 1e-9


@pytest.mark.parametrize("centre", range(60, 66))
def test_a_blink_still_shuts(centre):
    blink = np.zeros(150)
    blink[centre - 4 : centre + 5] = [0.1, 0.4, 0.7, 0.95, 1.0, 0.95, 0.7, 0.4, 0.1]
    assert resample_motion(motion_of(blink, 60.0), 24.0).values.max() == 1.0


@pytest.mark.parametrize("hertz", [18, 20, 22, 23])
def test_jitter_above_the_new_nyquist_frequency_does_not_become_wobble(hertz):
    jitter = 0.5 + 0.2 * np.sin(2 * np.pi * hertz * np.arange(400) / 50)
    out = resample_motion(motion_of(jitter), 24.0).values[10:-10, 0]
    assert np.ptp(out) < 0.02
    naive = jitter[np.rint(np.arange(190) * 50 / 24).astype(int)]
    assert np.ptp(naive) > 0.3  # what picking frames would have done


def test_edges_and_errors():
    assert len(resample_motion(Motion(np.zeros((0, 55), np.float32)), 24.0).values) == 0
    np.testing.assert_array_equal(resample_motion(motion_of([0.25]), 120.0).values, np.float32(0.25))
    for fps in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="fps"):
            resample_motion(motion_of([0.0]), fps)
    with pytest.raises(ValueError, match="cannot make"):
        resample_motion(motion_of([0.0]), 24.0, frames=-1)
    with pytest.raises(ValueError, match="cannot make"):
        resample_motion(Motion(np.zeros((0, 55), np.float32)), 24.0, frames=3)
