"""Each slider does what it says, in numbers, and nothing else; neutral changes no bit."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.motion.blinks import LIDS, find_blinks
from ptalker_blender.motion.controls import CONTROLS, INDEX, N_BLENDSHAPES, N_CONTROLS
from ptalker_blender.motion.direction import (
    EYES,
    HEAD,
    JAW,
    LIMITS,
    LIPS,
    MOUTH,
    UPPER,
    Direction,
    direct,
    source_spans,
)
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.lips import LipRig

FPS = 24.0
JAW_OPEN, CLOSE, SMILE, BROW = (INDEX[n] for n in ("jawOpen", "mouthClose", "mouthSmileLeft", "browInnerUp"))


@pytest.fixture(scope="module")
def rig():
    """39 mm of gap per unit of the jaw, closed by mouthClose, lip openers 8 mm: like the default head's."""
    row = np.zeros(N_BLENDSHAPES)
    row[[JAW_OPEN, CLOSE]] = 39.0, -39.0
    for side in ("Left", "Right"):
        row[INDEX[f"mouthLowerDown{side}"]] = row[INDEX[f"mouthUpperUp{side}"]] = 4.0
    return LipRig(0.2, row)


def lively(frames=240, seed=3):
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.1, 0.45, (frames, N_CONTROLS)).astype(np.float32)
    values[:, LIDS] = 0.0
    for start in (30, 110, 190):
        values[start : start + 4, LIDS] = np.array([[0.5], [1.0], [1.0], [0.5]], np.float32)
    return Motion(values, FPS)


def test_groups_name_every_channel_once_but_those_that_only_intensity_reaches():
    named = [*EYES, *MOUTH, *UPPER, *HEAD]
    assert len(named) == len(set(named)) == N_CONTROLS
    assert not set(JAW) & set(LIPS)


@given(st.integers(0, 40), st.integers(0, 9))
def test_neutral_changes_no_bit(frames, seed):
    motion = lively(max(frames, 0), seed) if frames > 195 else Motion(lively(240, seed).values[:frames], FPS)
    assert direct(motion, Direction()) is motion
    everywhere = Direction(**{f.name: np.full(frames, f.default) for f in fields(Direction)})
    np.testing.assert_array_equal(direct(motion, everywhere).values.view(np.uint32), motion.values.view(np.uint32))


@pytest.mark.parametrize("name", [f.name for f in fields(Direction)])
def test_frames_where_an_animated_setting_is_neutral_stay(name, rig):
    motion = lively()
    setting = np.full(240, getattr(Direction(), name))
    setting[100:130] = {"lag": 0.1, "smoothing": 0.2, "closures": 1.0, "balance": 0.5, "blink_rate": 0.0}.get(name, 1.5)
    result = direct(motion, Direction(**{name: setting}), rig, seed=1)
    away = np.r_[0:95, 140:240]
    np.testing.assert_array_equal(result.values[away], motion.values[away])
    assert (result.values[100:130] != motion.values[100:130]).any()


def test_intensity_doubles_all_but_blinks_and_gaze():
    motion = lively()
    result = direct(motion, Direction(intensity=2.0)).values
    others = [i for i in range(N_BLENDSHAPES) if i not in EYES]
    np.testing.assert_array_equal(result[:, others], 2 * motion.values[:, others])
    np.testing.assert_array_equal(result[:, EYES], motion.values[:, EYES])
    np.testing.assert_array_equal(result[:, HEAD], (2 * motion.values[:, HEAD]).clip(-0.6, np.float32(0.6)))


def test_amplitude_and_upper_face_keep_to_their_channels():
    motion = lively()
    for direction, channels in ((Direction(amplitude=0.5), MOUTH), (Direction(upper_face=0.5), UPPER)):
        result = direct(motion, direction).values
        rest = [i for i in range(N_CONTROLS) if i not in channels]
        np.testing.assert_array_equal(result[:, channels], motion.values[:, channels] / 2)
        np.testing.assert_array_equal(result[:, rest], motion.values[:, rest])


@pytest.mark.parametrize("balance", [-1.0, -0.5, 0.5, 1.0])
def test_balance_moves_the_weight_and_keeps_closed_lips_closed(rig, balance):
    values = np.zeros((3, N_CONTROLS), np.float32)
    values[:, [JAW_OPEN, CLOSE, SMILE]] = [[0.4, 0.4, 0.2], [0.3, 0.1, 0.0], [0.0, 0.0, 0.5]]
    result = direct(Motion(values, FPS), Direction(balance=balance)).values
    assert rig.gap(result[:1])[0] == pytest.approx(rig.rest, abs=1e-5)
    np.testing.assert_allclose(result[:, JAW_OPEN], values[:, JAW_OPEN] * (1 - balance), atol=1e-7)
    np.testing.assert_allclose(result[:, SMILE], (values[:, SMILE] * (1 + balance)).clip(0, 1), atol=1e-7)


def test_lag_of_whole_frames_is_a_shift_of_the_mouth_alone():
    motion = lively()
    result = direct(motion, Direction(lag=2 / FPS)).values
    np.testing.assert_allclose(result[2:, MOUTH], motion.values[:-2, MOUTH], atol=1e-6)
    np.testing.assert_array_equal(result[:2, MOUTH], motion.values[[0, 0]][:, MOUTH])
    others = [i for i in range(N_CONTROLS) if i not in MOUTH]
    np.testing.assert_array_equal(result[:, others], motion.values[:, others])
    earlier = direct(motion, Direction(lag=-2 / FPS)).values
    np.testing.assert_allclose(earlier[:-2, MOUTH], motion.values[2:, MOUTH], atol=1e-6)


def test_half_a_frame_of_lag_keeps_a_closure_shut():
    values = np.zeros((20, N_CONTROLS), np.float32)
    values[:, JAW_OPEN] = 0.5
    values[10, JAW_OPEN] = 0.0
    result = direct(Motion(values, FPS), Direction(lag=0.5 / FPS)).values[:, JAW_OPEN]
    assert result.min() == 0.0 and np.argmin(result) in (10, 11)


def test_smoothing_is_a_gaussian_of_that_width():
    values = np.zeros((101, N_CONTROLS), np.float32)
    values[50, BROW] = 1.0
    values[50, LIDS] = 1.0
    result = direct(Motion(values, 50.0), Direction(smoothing=0.2)).values
    curve = result[:, BROW].astype(np.float64)
    assert curve.sum() == pytest.approx(1.0, abs=1e-5) and np.argmax(curve) == 50
    assert curve[45] / curve[50] == pytest.approx(0.5, abs=1e-3)  # 0.1 s, half of the width, from its middle
    np.testing.assert_array_equal(result[:, LIDS], values[:, LIDS])
    steady = direct(Motion(np.full((40, N_CONTROLS), 0.25, np.float32), 50.0), Direction(smoothing=0.1)).values
    np.testing.assert_allclose(steady, 0.25, atol=1e-7)


def test_blinks_are_found_and_thinned_one_by_one():
    motion = lively()
    assert [(a <= s, b >= s + 3) for (a, b), s in zip(find_blinks(motion.values, FPS), (30, 110, 190), strict=True)]
    counts = []
    for rate in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0):
        values = direct(motion, Direction(blink_rate=rate), seed=4).values
        counts.append(len(find_blinks(values, FPS)))
        same = [i for i in range(N_CONTROLS) if i not in LIDS]
        np.testing.assert_array_equal(values[:, same], motion.values[:, same])
    assert counts == sorted(counts, reverse=True) and counts[0] == 3 and counts[-1] == 0
    assert direct(motion, Direction(blink_rate=0.0)).values[:, LIDS].max() == 0.0


def test_more_blinks_are_whole_apart_and_drawn_from_the_seed():
    values = np.zeros((24 * 120, N_CONTROLS), np.float32)
    for start in range(48, len(values) - 10, 96):  # 15 a minute
        values[start : start + 4, LIDS] = np.array([[0.5], [1.0], [1.0], [0.5]], np.float32)
    motion, counts = Motion(values, FPS), []
    for rate in (1.0, 1.5, 2.0, 3.0):
        made = direct(motion, Direction(blink_rate=rate), seed=2).values
        found = find_blinks(made, FPS)
        counts.append(len(found))
        assert all(made[a : b + 1, LIDS[0]].max() >= 0.99 for a, b in found)
        assert (np.diff([a for a, _ in found]) / FPS > 0.3).all()
    assert counts[0] == 30 and counts == sorted(counts)
    assert 48 <= counts[2] <= 66 and 66 <= counts[3] <= 90  # some find no room
    one, other = (direct(motion, Direction(blink_rate=2.0), seed=seed).values for seed in (2, 3))
    assert (one != other).any()


def test_closures_shut_dips_and_leave_other_valleys(rig):
    values = np.zeros((120, N_CONTROLS), np.float32)
    values[:, JAW_OPEN] = 0.3
    near, valley = [0.1, 0.05, 0.1], [0.2, 0.18, 0.2]
    values[30:33, JAW_OPEN], values[80:83, JAW_OPEN] = near, valley
    half, full = (direct(Motion(values, FPS), Direction(closures=a), rig).values for a in (0.5, 1.0))
    assert rig.gap(full)[31] == pytest.approx(rig.rest, abs=1e-4)
    assert rig.gap(half)[31] - rig.rest == pytest.approx(39 * 0.05 / 2, abs=1e-3)
    np.testing.assert_array_equal(full[70:95], values[70:95])
    np.testing.assert_array_equal(full[:28], values[:28])
    assert (full[:, :N_BLENDSHAPES] >= 0).all() and (full[:, :N_BLENDSHAPES] <= 1).all()


def test_a_silent_mouth_is_not_closed_further(rig):
    values = np.full((60, N_CONTROLS), 0.001, np.float32)
    np.testing.assert_array_equal(direct(Motion(values, FPS), Direction(closures=1.0), rig).values, values)


def test_shapes_stay_in_range_under_all_at_once(rig):
    most = Direction(**{name: high for name, (_, high) in LIMITS.items()})
    values = direct(lively(), most, rig).values
    assert values.dtype == np.float32 and np.isfinite(values).all()
    assert values[:, :N_BLENDSHAPES].min() >= 0.0 and values[:, :N_BLENDSHAPES].max() <= 1.0
    assert np.abs(values[:, N_BLENDSHAPES:]).max() <= np.float32(0.6)


@pytest.mark.parametrize("wrong", [{"lag": 3.0}, {"closures": np.nan}, {"intensity": np.array([1.0, -1.0])}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Direction(**wrong)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"\[240\]"):
        direct(lively(), Direction(lag=np.zeros(3)))
    with pytest.raises(ValueError, match="lips"):
        direct(lively(), Direction(closures=1.0))
    assert CONTROLS[MOUTH[0]].startswith("jaw")


@pytest.mark.parametrize(("lag", "span"), [(0.0, (30, 33)), (0.25, (24, 27)), (-0.25, (36, 39)), (0.03, (29, 33))])
def test_a_span_of_the_lagged_mouth_is_found_in_the_motion(lag, span):
    direction = Direction(lag=lag)
    assert source_spans([(30, 33)], direction, 60, FPS) == [span]
    motion = Motion(lively().values[:60], FPS)
    shown, (first, last) = direct(motion, direction).values[30:34, JAW_OPEN], span
    kept = motion.values[first : last + 1, JAW_OPEN]
    assert shown.min() >= kept.min() - 1e-6 and shown.max() <= kept.max() + 1e-6


def test_a_span_follows_an_animated_lag_and_stays_within_the_motion():
    lag = np.where(np.arange(60) < 40, 0.0, 0.25)
    assert source_spans([(10, 12), (50, 55), (58, 59)], Direction(lag=lag), 60, FPS) == [(10, 12), (44, 49), (52, 53)]
    assert source_spans([(0, 2), (56, 59)], Direction(lag=-0.25), 60, FPS) == [(6, 8), (59, 59)]
