import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.training.corpus.phones import SILENCE, PhoneSegment
from ptalker_blender.training.evaluation.closures import (
    ClosureScore,
    Stretch,
    closed_stretches,
    closed_threshold,
    pool,
    score_gap,
    score_stretches,
)

FPS = 50.0


def trapezoid_curve(closures, seconds=2.0, fps=FPS, high=10.0, ramp=0.1):
    """Opening that is `high` except for V-shaped dips to 0 centred at `closures`, each `ramp` wide on either side."""
    t = np.arange(round(seconds * fps)) / fps
    gap = np.full_like(t, high)
    for centre in closures:
        gap = np.minimum(gap, high * np.clip(np.abs(t - centre) / ramp, 0, 1))
    return gap


def test_threshold_is_a_quarter_of_the_95th_percentile_above_rest():
    gap = np.arange(101, dtype=float)  # 95th percentile: 95
    assert closed_threshold(gap, rest=0.0) == pytest.approx(23.75)
    assert closed_threshold(gap, rest=15.0) == pytest.approx(15 + 0.25 * 80)


def test_ends_are_interpolated_crossings():
    # A dip from 10 to 0 within 100 ms crosses 2.5 at 25 ms on either side of its centre.
    (stretch,) = closed_stretches(trapezoid_curve([1.0]), FPS, rest=0.0)
    assert (stretch.start, stretch.end) == (pytest.approx(0.975), pytest.approx(1.025))


@pytest.mark.parametrize("fps", [25.0, 30.0, 50.0, 59.94, 120.0])
def test_ends_do_not_depend_on_the_frame_rate(fps):
    # Slow ramps with corners on frames of every whole rate; 59.94 is off by less than half a frame of a slow ramp.
    t = np.arange(round(4 * fps)) / fps
    gap = 10.0 * np.clip(np.abs(t - 2.0), 0, 1)
    (stretch,) = closed_stretches(gap, fps, rest=0.0)
    assert stretch.start == pytest.approx(1.75, abs=2e-3)
    assert stretch.end == pytest.approx(2.25, abs=2e-3)


def test_a_stretch_reaches_the_ends_of_the_clip():
    gap = np.array([0.0] * 10 + [10.0] * 80 + [0.0] * 10)
    first, last = closed_stretches(gap, FPS, rest=0.0)
    assert first.start == 0.0
    assert last.end == pytest.approx(2.0)  # the last of 100 frames holds until T / fps


def test_overlapping_lips_are_closed():
    gap = np.array([5.0] * 20 + [-1.0] * 5 + [5.0] * 20)
    assert len(closed_stretches(gap, FPS, rest=0.0)) == 1


def test_a_mouth_that_never_opens_has_no_closures():
    assert closed_threshold(np.full(100, 0.3), rest=0.3) is None
    segments = [PhoneSegment("ah", 0.2, 0.5), PhoneSegment("m", 0.5, 0.6)]
    score = score_gap(np.full(100, 0.3), FPS, 0.3, segments)
    assert (score.met, score.missed, score.false) == (0, 1, 0)


@pytest.mark.parametrize("bad", [np.zeros(0), np.zeros((3, 2)), np.array([0.0, np.nan])])
def test_curves_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="opening curve"):
        closed_stretches(bad, FPS, 0.0)


def speech(*phones):
    return [PhoneSegment(*phone) for phone in phones]


PHRASE = speech((SILENCE, 0.0, 0.3), ("ah", 0.3, 0.5), ("p", 0.5, 0.6), ("iy", 0.6, 1.0), ("m", 1.0, 1.1),
                ("ah", 1.1, 1.5), (SILENCE, 1.5, 2.0))  # fmt: skip


def test_perfect_curve():
    score = score_gap(trapezoid_curve([0.55, 1.05]), FPS, 0.0, PHRASE)
    assert (score.met, score.missed, score.false, score.hits) == (2, 0, 0, 2)
    assert score.f1 == 1.0
    # Each closure runs from centre - 25 ms, the phones start at centre - 50 ms: 25 ms late.
    assert score.onset_errors == (pytest.approx(0.025), pytest.approx(0.025))


def test_hand_counted_mixture():
    # p met, m missed, a closure in the middle of the iy: F1 = 2 / (2 + 1 + 1).
    score = score_gap(trapezoid_curve([0.55, 0.8]), FPS, 0.0, PHRASE)
    assert (score.met, score.missed, score.false) == (1, 1, 1)
    assert (score.recall, score.precision, score.f1) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("start", "end", "met"),
    [
        (0.46, 0.461, 1),  # begins at the widened edge
        (0.40, 0.459, 0),  # ends 1 ms before it
        (0.639, 0.7, 1),
        (0.641, 0.7, 0),
    ],
)
def test_forty_milliseconds_of_tolerance(start, end, met):
    assert score_stretches([Stretch(start, end)], PHRASE).met == met


@pytest.mark.parametrize(
    ("start", "end", "false"),
    [
        (0.70, 0.80, 1),  # short, inside speech
        (1.15, 1.45, 1),  # 0.3 s
        (0.30, 0.40, 0),  # from the first label's start: not yet opened
        (0.05, 0.20, 0),  # in the silence before speech
        (0.20, 0.35, 0),  # begins before the first label: the mouth at rest, opening late
        (1.45, 1.60, 0),  # goes on after the last label
    ],
)
def test_what_is_false(start, end, false):
    assert score_stretches([Stretch(start, end)], PHRASE).false == false


def test_a_long_stretch_is_a_pause_and_not_false():
    segments = speech(("ah", 0.0, 1.0), ("s", 1.0, 2.0))
    assert score_stretches([Stretch(0.5, 0.899)], segments).false == 1
    assert score_stretches([Stretch(0.5, 0.9 + 1e-9)], segments).false == 0


def test_a_stretch_wholly_in_a_labelled_pause_is_not_false():
    segments = speech(("ah", 0.0, 0.5), (SILENCE, 0.5, 0.8), ("s", 0.8, 1.2))
    assert score_stretches([Stretch(0.55, 0.75)], segments).false == 0
    assert score_stretches([Stretch(0.461, 0.839)], segments).false == 0  # within the tolerance of labels
    poking_out = score_stretches([Stretch(0.45, 0.75)], segments)
    assert (poking_out.false, poking_out.false_at_pauses) == (1, 1)
    inside = score_stretches([Stretch(0.1, 0.3)], segments)
    assert (inside.false, inside.false_at_pauses) == (1, 0)


def test_a_slip_between_labels_is_no_pause():
    segments = speech(("ah", 0.0, 0.5), (SILENCE, 0.5, 0.53), ("s", 0.53, 1.2))
    assert score_stretches([Stretch(0.49, 0.54)], segments).false == 1


def test_one_stretch_may_meet_two_adjacent_phones():
    segments = speech(("ah", 0.0, 0.4), ("m", 0.4, 0.5), ("b", 0.5, 0.55), ("ah", 0.55, 1.0))
    score = score_stretches([Stretch(0.42, 0.54)], segments)
    assert (score.met, score.hits, score.false) == (2, 1, 0)
    assert score.onset_errors == (pytest.approx(0.02),)


def test_a_mouth_kept_shut_shows_in_the_closed_share():
    segments = speech(("ah", 0.0, 0.5), ("m", 0.5, 0.6), ("ah", 0.6, 1.0))
    assert score_stretches([Stretch(0.0, 1.0)], segments).closed_share == pytest.approx(1.0)
    assert score_stretches([Stretch(0.5, 0.6)], segments).closed_share == pytest.approx(0.1)


def test_counts_are_pooled_not_averaged():
    total = pool([ClosureScore(met=1, missed=0), ClosureScore(met=0, missed=3, false=4)])
    assert total.recall == 0.25
    assert total.precision == 0.2
    assert total.f1 == pytest.approx(2 / 9)


def test_a_clip_without_bilabials_still_counts_its_false_closures():
    score = score_stretches([Stretch(0.2, 0.3)], speech(("ah", 0.0, 1.0)))
    assert (score.met, score.missed, score.false) == (0, 0, 1)
    assert score.summary()["recall"] is None


@given(
    gap=st.lists(st.floats(0, 1, width=32), min_size=2, max_size=200),
    scale=st.floats(0.5, 100),
    offset=st.floats(-1, 1),
)
def test_stretches_are_ordered_disjoint_and_free_of_units(gap, scale, offset):
    curve = np.asarray(gap)
    stretches = closed_stretches(curve, FPS, rest=0.0)
    edges = [edge for s in stretches for edge in (s.start, s.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(curve) / FPS for edge in edges)
    if closed_threshold(curve, 0.0) is None or np.percentile(curve, 95) < 1e-3:
        return  # too near the smallest opening for a change of unit
    level = closed_threshold(curve, 0.0)
    if np.abs(curve - level).min() < 1e-6:
        return  # a sample on the threshold may fall on either side after rounding
    moved = closed_stretches(curve * scale + offset, FPS, rest=offset)
    np.testing.assert_allclose([(s.start, s.end) for s in moved], [(s.start, s.end) for s in stretches], atol=1e-4)
