"""Each number of a judgement on a motion whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from ptalker_blender.motion.blinks import LIDS
from ptalker_blender.motion.controls import INDEX, N_BLENDSHAPES, N_CONTROLS
from ptalker_blender.motion.judging import judge
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.closing import close_at
from ptalker_blender.rig.lips import LipRig

JAW, CLOSE = INDEX["jawOpen"], INDEX["mouthClose"]


@pytest.fixture(scope="module")
def rig():
    row = np.zeros(N_BLENDSHAPES)
    row[[JAW, CLOSE]] = 40.0, -40.0
    return LipRig(0.2, row)


def line():
    """5 s at 24 frames: open at 10 mm, shut at 20 and 40, nearly (3.2 mm) at 60, half (5 mm) at 80."""
    values = np.zeros((120, N_CONTROLS), np.float32)
    values[:, JAW] = 0.25
    for frame, level in ((20, 0.0), (40, 0.0), (60, 0.08), (80, 0.125)):
        values[frame - 1 : frame + 2, JAW] = (level + 0.25) / 2
        values[frame, JAW] = level
    return values


def test_closures_by_eye(rig):
    made = judge(Motion(line(), 24.0), rig)
    assert (made.closures, made.expected, made.met, made.seconds) == (2, None, None, 5.0)
    assert made.missed == ((60, 60),)
    assert made.opening == pytest.approx(10.0, abs=1e-4) and made.jitter == pytest.approx(0.0, abs=1e-6)
    assert [(s.frame, s.reason) for s in made.suspects] == [(60, "Lips Stay Open")]


def test_closures_by_the_text_and_their_fix(rig):
    holds, values = [(19, 20), (41, 42), (60, 61), (100, 102)], line()
    made = judge(Motion(values, 24.0), rig, holds)
    assert (made.expected, made.met, made.missed) == (4, 2, ((60, 61), (100, 102)))
    fixed = close_at(values, 24.0, made.missed, rig)
    again = judge(Motion(fixed, 24.0), rig, holds)
    assert (again.met, again.missed) == (4, ())
    assert rig.gap(fixed)[[60, 61, 100, 101, 102]] == pytest.approx(rig.rest, abs=1e-4)
    np.testing.assert_array_equal(fixed[:57], values[:57])
    np.testing.assert_array_equal(fixed[64:97], values[64:97])


def test_jitter_is_that_of_the_noise(rig):
    values = np.full((4000, N_CONTROLS), 0.0, np.float32)
    noise = np.random.default_rng(1).normal(0, 0.01, 4000)
    values[:, JAW] = 0.5 + noise
    made = judge(Motion(values, 24.0), rig)
    assert made.jitter == pytest.approx(0.4 * np.sqrt(1.5), rel=0.05)  # x - (y + z) / 2 of three draws of 0.4 mm


def test_odd_frames_are_named(rig):
    values = np.zeros((120, N_CONTROLS), np.float32)
    values[:, JAW] = 0.2 + 0.05 * np.sin(np.arange(120) / 3)
    values[30, JAW] = 0.9
    values[50:, INDEX["headYaw"]] = 0.2
    values[60:100, LIDS] = 1.0
    values[10:20, INDEX["browInnerUp"]] = 0.5
    made = judge(Motion(values, 24.0), rig)
    assert {(s.frame, s.reason) for s in made.suspects} == {
        (30, "Mouth Bursts Open"),
        (50, "Head Jumps"),
        (60, "Eyes Stay Shut"),
    }
    assert made.brows == 0.5 and made.turn == pytest.approx(np.degrees(0.2), abs=1e-4)


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_short_and_still_takes(rig, frames):
    made = judge(Motion(np.zeros((frames, N_CONTROLS), np.float32), 24.0), rig)
    assert (made.closures, made.missed, made.suspects, made.opening) == (0, (), (), 0.0)
