# ruff: noqa: E402  (bpy is optional: the file is skipped before it imports what needs it)
"""The scene's clock at the broadcast rates, and that a take stays in sync to its last frame."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from ptalker_blender.scene.actions import write_take
from ptalker_blender.scene.timing import effective_fps, frame_to_seconds, seconds_to_frame, set_range, set_rate

pytestmark = pytest.mark.bpy
RATES = {
    (24, 1.001): Fraction(24000, 1001),
    (30, 1.001): Fraction(30000, 1001),
    (60, 1.001): Fraction(60000, 1001),
    (24, 1.0): Fraction(24),
    (25, 1.0): Fraction(25),
    (30, 1.0): Fraction(30),
    (60, 1.0): Fraction(60),
    (50, 2.0): Fraction(25),
}


@pytest.mark.parametrize(("setting", "rate"), RATES.items(), ids=str)
def test_effective_rate(scene, setting, rate):
    scene.render.fps, scene.render.fps_base = setting
    assert effective_fps(scene) == float(rate)


@pytest.mark.parametrize(("setting", "rate"), RATES.items(), ids=str)
def test_set_rate_round_trip(scene, setting, rate):
    set_rate(scene, float(rate))
    assert effective_fps(scene) == float(rate)


@pytest.mark.parametrize(("typed", "rate"), [(23.976, Fraction(24000, 1001)), (29.97, Fraction(30000, 1001))])
def test_rates_as_people_type_them(scene, typed, rate):
    set_rate(scene, typed)
    assert effective_fps(scene) == float(rate)


@pytest.mark.parametrize("rate", [12.5, 15.0, 119.88, 120.0])
def test_other_rates(scene, rate):
    set_rate(scene, rate)
    assert effective_fps(scene) == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize("rate", [0.0, 0.5, 481.0])
def test_rates_blender_does_not_play(scene, rate):
    with pytest.raises(ValueError, match="frames per second"):
        set_rate(scene, rate)


def test_an_hour_of_film_ends_on_its_frame():
    fps = 24000 / 1001
    assert seconds_to_frame(3600.0, fps, 1001.0) == pytest.approx(1001 + 86313.6863, abs=1e-3)
    assert frame_to_seconds(seconds_to_frame(12.34, fps, 1001.0), fps, 1001.0) == pytest.approx(12.34)


@pytest.mark.parametrize("setting", [(24, 1.001), (30, 1.001), (24, 1.0), (25, 1.0), (30, 1.0), (60, 1.0)], ids=str)
@pytest.mark.parametrize("start", [1.0, 1001.0, 1001.5])
def test_a_moment_of_the_take_is_at_its_frame(scene, make_mesh, make_curve, setting, start):
    """A ramp of one unit over ten minutes, keyed per frame, reads t / 600 at the scene frame of every moment t."""
    scene.render.fps, scene.render.fps_base = setting
    fps = effective_fps(scene)
    frames = np.arange(round(600 * fps) + 1)
    obj = make_mesh(["jawOpen"])
    write_take(obj, [make_curve("jawOpen", frames, frames / fps / 600)], start, "Line", {})
    for moment in (0.0, 0.04, 1.0, 123.456, 599.9):
        frame = seconds_to_frame(moment, fps, start)
        scene.frame_set(int(frame // 1), subframe=frame % 1)
        assert obj.data.shape_keys.key_blocks["jawOpen"].value * 600 == pytest.approx(moment, abs=1e-3)


def test_range_shows_the_take(scene):
    set_range(scene, 1001.5, 48)
    assert (scene.frame_start, scene.frame_end, scene.frame_current) == (1001, 1048, 1001)
