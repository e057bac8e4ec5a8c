"""A motion in bytes: the same numbers back, known errors, and damage refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.packed import STEPS, on_grid, pack_motion, unpack_motion


def speech(frames=600, fps=24.0):
    """Slow waves with noise, most channels at rest, angles of both signs."""
    rng, values = np.random.default_rng(5), np.zeros((frames, N_CONTROLS), np.float32)
    times = np.arange(frames)[:, None] / fps
    waves = 0.3 + 0.3 * np.sin(2 * np.pi * times * rng.uniform(0.5, 5, 20)) + rng.normal(0, 0.01, (frames, 20))
    values[:, 10:30] = waves.clip(0, 1)
    values[:, 52:] = 0.2 * np.sin(times * [0.5, 0.7, 1.1])
    return Motion(values, fps)


def test_the_grid_is_kept_to_the_bit_and_is_fine():
    motion = speech(fps=24000 / 1001)
    kept = on_grid(motion)
    back = unpack_motion(pack_motion(kept))
    np.testing.assert_array_equal(back.values, kept.values)
    assert back.fps == motion.fps
    assert 0 < np.abs(kept.values - motion.values).max() <= 0.5 / STEPS + 1e-8
    assert on_grid(Motion(np.eye(4, N_CONTROLS, dtype=np.float32), 25.0)).values.max() == 1.0


def test_packing_off_the_grid_goes_to_the_nearest():
    motion = speech()
    np.testing.assert_array_equal(unpack_motion(pack_motion(motion)).values, on_grid(motion).values)


@given(st.integers(0, 5), st.lists(st.floats(-1.0, 1.0, width=32), min_size=1, max_size=9))
def test_any_values_come_back(frames, numbers):
    values = np.resize(np.array(numbers, np.float32), (frames, N_CONTROLS))
    kept = on_grid(Motion(values, 30.0))
    np.testing.assert_array_equal(unpack_motion(pack_motion(kept)).values, kept.values)


def test_a_minute_takes_about_a_hundred_kilobytes():
    assert len(pack_motion(speech(1440))) < 130_000


@pytest.mark.parametrize(
    "spoil",
    [
        lambda b: b[:10],
        lambda b: b"PTM9" + b[4:],
        lambda b: b[:4] + (7).to_bytes(4, "little") + b[8:],
        lambda b: b[:4] + (2**31).to_bytes(4, "little") + b[8:],
        lambda b: b[:-9],
        lambda b: b[:24] + bytes(20) + b[44:],
    ],
    ids=["short", "version", "fewer frames", "absurd", "cut", "overwritten"],
)
def test_damage_is_refused(spoil):
    with pytest.raises(UserError):
        unpack_motion(spoil(pack_motion(speech())))


def test_numbers_that_are_none_are_refused():
    values = np.zeros((3, N_CONTROLS), np.float32)
    values[1, 7] = np.nan
    with pytest.raises(ValueError, match="finite"):
        pack_motion(Motion(values, 24.0))
