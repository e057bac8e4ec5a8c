"""Keys per density: the frames and values that are promised."""

from __future__ import annotations

import numpy as np
import pytest

from ptalker_blender.motion.density import ALL, REDUCED, TWOS, choose_keys, interpolation
from ptalker_blender.rig.tolerances import KEY_ERROR, bound_of

LINE = {"jawOpen": np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.0, 0.4, 0.3], np.float32)}


def refuse():
    raise AssertionError("no error bound is needed")


def test_all_is_every_frame():
    (curve,) = choose_keys(LINE, ALL, refuse)
    np.testing.assert_array_equal(curve.frames, np.arange(8))
    np.testing.assert_array_equal(curve.values, LINE["jawOpen"])


def test_reduced_is_within_the_bound_asked_for():
    (curve,) = choose_keys(LINE, REDUCED, lambda: {"jawOpen": 1e-4})
    np.testing.assert_array_equal(curve.frames, [0, 4, 5, 6, 7])
    (coarse,) = choose_keys(LINE, REDUCED, lambda: {"jawOpen": 1.0})
    np.testing.assert_array_equal(coarse.frames, [0, 7])


def test_on_twos_holds_every_other_pose_and_keeps_a_closure_between_them():
    (curve,) = choose_keys(LINE, TWOS, refuse)
    np.testing.assert_array_equal(curve.frames, [0, 2, 4, 6])
    np.testing.assert_array_equal(curve.values, np.float32([0.0, 0.2, 0.0, 0.4]))  # frame 5 is shut: shown at 4
    assert [interpolation(d) for d in (REDUCED, ALL, TWOS)] == ["LINEAR", "LINEAR", "CONSTANT"]


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_short_takes(length):
    (curve,) = choose_keys({"a": np.ones(length, np.float32)}, TWOS, refuse)
    assert len(curve.frames) == (length + 1) // 2 == len(curve.values)


def test_the_bound_follows_the_millimetres():
    assert bound_of(0.2) == KEY_ERROR and bound_of(0.4) == pytest.approx(2 * KEY_ERROR)
    with pytest.raises(ValueError, match="above 0"):
        bound_of(0.0)
    with pytest.raises(ValueError, match="density"):
        choose_keys(LINE, "threes", refuse)
