"""Lines joined: each in its own frames to the bit, life between them, and what happens where they overlap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.engine.joining import TAIL_S, TAKEOVER_S, Piece, heard_spans, idle_rates, join_lines, overlaps
from ptalker_blender.motion.blinks import find_blinks
from ptalker_blender.motion.controls import CONTROLS, HEAD_ANGLES, INDEX
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.packed import on_grid

JAW, LID, PITCH = INDEX["jawOpen"], INDEX["eyeBlinkLeft"], INDEX["headPitch"]
FPS = 24.0


def line(frames, seed=0, fps=FPS, level=None):
    """A line of a given level, or of random values, on the grid that takes keep."""
    rng = np.random.default_rng(seed)
    values = rng.random((frames, len(CONTROLS)), np.float32) * 0.4 if level is None else np.zeros((frames, 55))
    if level is not None:
        values[:, JAW] = level
    return on_grid(Motion(values.astype(np.float32), fps))


def part(joined, piece):
    return joined.motion.values[piece.start - joined.start : piece.end - joined.start]


@settings(max_examples=40, deadline=None)
@given(
    gaps=st.lists(st.integers(0, 90), min_size=1, max_size=5),
    lengths=st.lists(st.integers(1, 60), min_size=5, max_size=5),
    fps=st.sampled_from([1.0, 12.0, 24000 / 1001, 60.0]),
)
def test_lines_apart_stay_to_the_bit(gaps, lengths, fps):
    pieces, start = [], 100
    for number, gap in enumerate(gaps):
        start += gap
        pieces.append(Piece(start, line(lengths[number], number, fps)))
        start = pieces[-1].end
    joined = join_lines(pieces[::-1], 3)  # in any order
    assert not joined.overlaps
    for piece in pieces:
        assert np.array_equal(part(joined, piece), piece.motion.values)
    assert joined.motion.fps == fps and np.isfinite(joined.motion.values).all()
    assert np.array_equal(on_grid(joined.motion).values, joined.motion.values)


def test_a_take_comes_from_rest_and_goes_to_it():
    joined = join_lines([Piece(10, line(30, level=0.5))], 0)
    tail = round(TAIL_S * FPS)
    assert joined.start == 10 - tail and len(joined.motion.values) == 30 + 2 * tail
    assert not joined.motion.values[[0, -1]].any()
    assert (np.diff(joined.motion.values[: tail + 1, JAW]) >= 0).all()


def test_between_lines_the_mouth_rests_and_the_eyes_live():
    pieces = [Piece(0, line(48, level=0.6)), Piece(48 + 20 * 24, line(48, level=0.6))]
    joined = join_lines(pieces, 1)
    gap = joined.motion.values[pieces[0].end - joined.start : pieces[1].start - joined.start]
    assert not gap[24:-24, JAW].any()
    assert len(find_blinks(gap, FPS)) >= 2  # 5 in 20 seconds are usual
    assert np.ptp(gap[:, PITCH]) > 0.005
    step = np.abs(np.diff(joined.motion.values[:, JAW])).max()
    assert step < 0.6 / 4, "the mouth does not jump"
    again = join_lines(pieces, 1)
    assert np.array_equal(again.motion.values, joined.motion.values)
    assert not np.array_equal(join_lines(pieces, 2).motion.values, joined.motion.values)


def test_a_short_gap_goes_from_one_line_to_the_next():
    joined = join_lines([Piece(0, line(20, level=0.6)), Piece(22, line(20, level=0.6))], 0)
    inside = joined.motion.values[20 - joined.start : 22 - joined.start, JAW]
    assert (inside > 0.0).all() and (inside <= 0.6).all()


def test_a_mood_outlasts_a_short_gap_and_not_a_long_one():
    smile = INDEX["mouthSmileLeft"]
    values = np.zeros((40, len(CONTROLS)), np.float32)
    values[:, [smile, JAW]] = 0.6
    said = on_grid(Motion(values, FPS))
    for gap, least, most in ((12, 0.4, 0.6), (24 * 10, 0.0, 0.0)):
        joined = join_lines([Piece(0, said), Piece(40 + gap, said)], 0)
        between = joined.motion.values[40 - joined.start : 40 + gap - joined.start]
        assert least <= between[:, smile].min() <= most, gap
        assert between[:, JAW].min() < 0.2, "the mouth closes"


def test_between_lines_one_blinks_whole_or_not_at_all():
    said, blinks = line(40, level=0.3), 0
    for gap in range(6, 40, 3):
        for seed in range(8):
            joined = join_lines([Piece(0, said), Piece(40 + gap, said)], seed)
            lids = joined.motion.values[40 - joined.start : 40 + gap - joined.start, LID]
            assert lids.max() == 0.0 or lids.max() > 0.9, (gap, seed)
            blinks += int(lids.max() > 0.9)
    assert blinks > 5


def test_of_two_that_overlap_the_later_takes_over_without_a_jump():
    pieces = [Piece(0, line(60, level=0.0)), Piece(40, line(60, level=0.8))]
    joined = join_lines(pieces, 0)
    jaw = joined.motion.values[:, JAW]
    assert joined.overlaps == ((0, 1),)
    assert not jaw[-joined.start : 40 - joined.start].any()
    assert np.allclose(jaw[45 - joined.start : 100 - joined.start], 0.8, atol=1e-4)
    assert np.abs(np.diff(jaw[: 99 - joined.start])).max() < 0.5


def test_a_line_within_another_gives_back():
    joined = join_lines([Piece(0, line(100, level=0.2)), Piece(40, line(20, level=0.8))], 0)
    jaw = joined.motion.values[-joined.start :, JAW]
    assert np.allclose(jaw[[39, 60, 99]], 0.2, atol=1e-4) and np.isclose(jaw[50], 0.8, atol=1e-4)
    assert np.abs(np.diff(jaw[:100])).max() < 0.5


def test_overlaps_are_pairs():
    assert overlaps([(0, 10), (5, 8), (9, 20), (20, 30)], [7, 8, 9, 6]) == ((7, 8), (7, 9))


def test_life_is_measured_where_there_is_enough_to_measure():
    still = Motion(np.zeros((24 * 60, len(CONTROLS)), np.float32), FPS)
    assert idle_rates([still]).blinks == 0.0 and idle_rates([still]).gaze == 0.0
    assert idle_rates([Motion(still.values[:24], FPS)]).blinks == 15.0


def test_nonsense_is_refused():
    for pieces in ([], [Piece(0, line(0))], [Piece(0, line(3)), Piece(9, line(3, fps=25.0))]):
        with pytest.raises(ValueError, match="lines to join"):
            join_lines(pieces, 0)
    assert set(HEAD_ANGLES) < set(CONTROLS)


def test_of_lines_that_overlap_the_later_is_seen_for_as_long_as_it_lasts():
    assert heard_spans(((1, 100), (50, 149))) == ((1, 49, 0), (50, 149, 1))
    assert heard_spans(((50, 70), (1, 100))) == ((1, 49, 1), (50, 70, 0), (71, 100, 1))
    assert heard_spans(((1, 10), (20, 30), (11, 19))) == ((1, 10, 0), (11, 19, 2), (20, 30, 1))
    assert heard_spans(((5, 9), (5, 20))) == ((5, 20, 1),) and heard_spans(()) == ()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 120), st.integers(1, 80)), min_size=1, max_size=5))
def test_what_is_seen_of_lines_is_what_was_joined(placed):
    pieces = [Piece(start, line(frames, level=(k + 1) / 8)) for k, (start, frames) in enumerate(placed)]
    joined = join_lines(pieces, 0)
    blend, jaw = round(TAKEOVER_S * FPS) + 1, joined.motion.values[:, JAW]
    for first, last, number in heard_spans([(piece.start, piece.end - 1) for piece in pieces]):
        inside = jaw[first + blend - joined.start : last + 1 - blend - joined.start]
        np.testing.assert_array_equal(inside, pieces[number].motion.values[0, JAW])
