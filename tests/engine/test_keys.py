"""Keys made by the worker: what they are, and that they come through the protocol unchanged or not at all."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ptalker_blender.engine.key_frames import pack_keys, unpack_keys
from ptalker_blender.engine.keys import ALL, REDUCED, make_keys
from ptalker_blender.engine.mapped_keys import make_mapped_keys
from ptalker_blender.engine.messages import Result, decode_event, event_message
from ptalker_blender.engine.protocol import ProtocolError, read_message, write_message
from ptalker_blender.motion.controls import BLENDSHAPES, CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.reduce import KeyCurve
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.mapping import MotionLost, guess_table
from ptalker_blender.rig.tolerances import key_tolerances


def walk(frames: int, seed: int = 0) -> Motion:
    steps = np.random.default_rng(seed).normal(0, 0.01, (frames, 55))
    return Motion(np.abs(np.cumsum(steps, axis=0)).astype(np.float32), 24.0)


def test_reduced_keys_stay_within_the_bound_of_the_default_head() -> None:
    motion, bounds = walk(200), key_tolerances(load_head())
    curves = make_keys(motion, REDUCED)
    assert tuple(curve.name for curve in curves) == CONTROLS
    for i, curve in enumerate(curves):
        error = np.abs(np.interp(np.arange(200), curve.frames, curve.values) - motion.values[:, i])
        assert error.max() <= bounds[curve.name] + 1e-7
    assert sum(len(curve.frames) for curve in curves) < 55 * 200


def test_all_keys_are_the_motion() -> None:
    motion = walk(7)
    curves = make_keys(motion, ALL)
    np.testing.assert_array_equal(np.stack([curve.values for curve in curves], axis=1), motion.values)
    assert all(np.array_equal(curve.frames, np.arange(7)) for curve in curves)


def test_another_density_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="few"):
        make_keys(walk(2), "few")


def test_a_cancel_is_heard_between_controls() -> None:
    seen: list[float] = []

    def stop_early(part: float) -> None:
        seen.append(part)
        if len(seen) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        make_keys(walk(50), REDUCED, stop_early)
    assert seen == pytest.approx([0.0, 1 / 55, 2 / 55])


@st.composite
def key_curves(draw: st.DrawFn) -> tuple[KeyCurve, ...]:
    names = draw(st.lists(st.sampled_from(CONTROLS), unique=True, max_size=6))
    curves = []
    for name in names:
        frames = sorted(draw(st.sets(st.integers(0, 100_000), min_size=1, max_size=9)))
        values = [draw(st.floats(-2, 2, width=32)) for _ in frames]
        curves.append(KeyCurve(name, np.array(frames, np.float32), np.array(values, np.float32)))
    return tuple(curves)


@given(key_curves())
@settings(max_examples=50, deadline=None)
def test_round_trip_of_a_result(curves: tuple[KeyCurve, ...]) -> None:
    stream = io.BytesIO()
    write_message(stream, event_message(Result(3, walk(4), "w", "a", curves)))
    stream.seek(0)
    message = read_message(stream)
    assert message is not None
    result = decode_event(message)
    assert isinstance(result, Result)
    assert [curve.name for curve in result.keys] == [curve.name for curve in curves]
    for received, sent in zip(result.keys, curves, strict=True):
        np.testing.assert_array_equal(received.frames, sent.frames)
        np.testing.assert_array_equal(received.values, sent.values)


def packed() -> dict[str, NDArray[np.generic]]:
    return dict(pack_keys(make_keys(walk(5), ALL)[:2]))  # controls 0 and 1 with five keys each


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("key_counts", np.array([5, 6], np.int32)),
        ("key_counts", np.array([10, 0], np.int32)),
        ("key_counts", np.array([-5, 15], np.int32)),
        ("key_counts", np.array([10], np.int32)),
        ("key_counts", np.array([2**31 - 1, 11 - 2**31], np.int32)),
        ("key_counts", np.array([5.0, 5.0], np.float32)),
        ("key_controls", np.array([0, 55], np.int32)),
        ("key_controls", np.array([-1, 0], np.int32)),
        ("key_controls", np.array([1, 1], np.int32)),
        ("key_frames", np.zeros(10, np.float32)),
        ("key_frames", np.zeros((2, 5), np.float32)),
        ("key_values", np.full(10, np.nan, np.float32)),
        ("key_values", np.zeros(9, np.float32)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(name: str, array: NDArray[np.generic]) -> None:
    assert len(unpack_keys(packed())) == 2
    with pytest.raises(ProtocolError):
        unpack_keys({**packed(), name: array})


def test_a_missing_array_is_refused() -> None:
    arrays = packed()
    del arrays["key_values"]
    with pytest.raises(ProtocolError):
        unpack_keys(arrays)


@given(key_curves(), key_curves())
@settings(max_examples=30, deadline=None)
def test_round_trip_of_tracks_and_what_is_lost(first: tuple[KeyCurve, ...], second: tuple[KeyCurve, ...]) -> None:
    stream = io.BytesIO()
    lost = MotionLost(0.25, 0.125, (("jawOpen", 0.25, 0.0625),))
    write_message(stream, event_message(Result(3, walk(4), "w", "a", (), (first, (), second), lost)))
    stream.seek(0)
    message = read_message(stream)
    assert message is not None
    result = decode_event(message)
    assert isinstance(result, Result) and result.lost == lost and len(result.tracks) == 3
    for got, sent in zip(result.tracks, (first, (), second), strict=True):
        assert [curve.name for curve in got] == [curve.name for curve in sent]
        for one, other in zip(got, sent, strict=True):
            np.testing.assert_array_equal(one.frames, other.frames)
            np.testing.assert_array_equal(one.values, other.values)


def test_keys_of_a_head_like_ours_are_those_of_the_controls() -> None:
    motion = walk(120)
    motion = Motion(np.clip(motion.values, 0, 1), motion.fps)
    table = guess_table(BLENDSHAPES).table
    made, plain = make_mapped_keys(motion, [table], REDUCED), make_keys(motion, REDUCED)
    by_name = {curve.name: curve for curve in (*made.turns, *made.tracks[0])}
    assert set(by_name) == {curve.name for curve in plain} and made.lost.face < 1e-9
    for curve in plain:
        np.testing.assert_array_equal(by_name[curve.name].frames, curve.frames)
        np.testing.assert_array_equal(by_name[curve.name].values, curve.values)


def test_objects_of_a_character_lose_only_what_none_of_them_shows() -> None:
    values = np.zeros((60, 55), np.float32)
    for name in ("jawOpen", "mouthFunnel", "browInnerUp"):
        values[:, CONTROLS.index(name)] = np.linspace(0, 0.8, 60)
    motion = Motion(values, 24.0)
    face, teeth = (guess_table(names).table for names in (["mouthFunnel"], ["jawOpen"]))
    both = make_mapped_keys(motion, [face, teeth], ALL).lost
    alone = make_mapped_keys(motion, [face], ALL).lost
    assert both.lips < alone.lips
    assert "jawOpen" in [name for name, *_ in alone.controls]
    assert "jawOpen" not in [name for name, *_ in both.controls]
