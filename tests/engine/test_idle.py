"""Blinks, gaze and drift."""

import numpy as np
import pytest

from ptalker_blender.engine.idle import IdleRates, idle_motion
from ptalker_blender.motion.controls import INDEX, N_BLENDSHAPES
from ptalker_blender.training.teacher.statistics import blink_onsets, stretches

RATES = IdleRates(blinks=16.0, gaze=0.5, drift=0.5)


def test_same_seed_same_face_and_other_seed_another() -> None:
    np.testing.assert_array_equal(idle_motion(500, RATES, 3), idle_motion(500, RATES, 3))
    assert np.abs(idle_motion(500, RATES, 3) - idle_motion(500, RATES, 4)).max() > 0.1


@pytest.mark.parametrize("frames", [1, 2, 49, 500, 1501])
def test_a_longer_clip_begins_like_a_shorter_one(frames: int) -> None:
    # All but the last frame: a saccade is smoothed over its neighbours.
    np.testing.assert_allclose(idle_motion(3000, RATES, 7)[: frames - 1], idle_motion(frames, RATES, 7)[: frames - 1])


@pytest.mark.parametrize("per_minute", [6.0, 16.0, 32.0])
def test_blink_rate_is_the_one_asked_for(per_minute: float) -> None:
    lids = idle_motion(50 * 60 * 30, IdleRates(per_minute, 0.5, 0.5), 1)[:, INDEX["eyeBlinkLeft"]]
    onsets = blink_onsets(lids.astype(np.float64), 50.0)
    assert len(onsets) / 30 == pytest.approx(per_minute, rel=0.15)
    assert lids.max() == 1.0


def test_values_stay_in_range_and_the_mouth_is_left_alone() -> None:
    motion = idle_motion(5000, IdleRates(40.0, 1.2, 1.2), 2)
    shapes = motion[:, :N_BLENDSHAPES]
    assert shapes.min() >= 0 and shapes.max() <= 1
    assert np.abs(motion[:, N_BLENDSHAPES:]).max() < 0.1
    assert not motion[:, INDEX["jawForward"] : INDEX["browDownLeft"]].any()
    # Both eyes look the same way: in on one side is out on the other.
    np.testing.assert_array_equal(motion[:, INDEX["eyeLookInLeft"]], motion[:, INDEX["eyeLookOutRight"]])


def test_a_blink_has_its_whole_course_and_the_lids_are_open_between() -> None:
    lids = idle_motion(50 * 120, IdleRates(6.0, 0.5, 0.5), 5)[:, INDEX["eyeBlinkLeft"]]
    for first, last in stretches(lids > 0):
        # 0.29 s; a blink that interrupts another, or the clip's end, makes the stretch longer or shorter.
        assert 13 <= last - first <= 15 and lids[first:last].max() > 0.95
