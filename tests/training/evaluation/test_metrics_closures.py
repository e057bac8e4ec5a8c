"""The closure ruler with the true lips as labels."""

import numpy as np
import pytest

from ptalker_blender.training.corpus.phones import PhoneSegment
from ptalker_blender.training.evaluation.metrics_closures import labels_of, score_closures

FPS = 50.0


def opening(*shut: tuple[float, float], seconds: float = 3.0) -> np.ndarray:
    """10 mm open, shut in some stretches of time."""
    at = np.arange(round(seconds * FPS)) / FPS
    curve = np.full(len(at), 10.0)
    for start, end in shut:
        curve[(at >= start) & (at < end)] = 0.0
    return curve


TRUTH = opening((0.0, 0.3), (0.8, 0.9), (1.2, 1.8), (2.2, 2.3))


def test_short_closed_stretches_are_bilabials_and_others_pauses() -> None:
    phones = [segment.phone for segment in labels_of(TRUTH, FPS, 0.0)]
    assert phones == ["sil", "ah", "p", "ah", "sil", "ah", "p", "ah"]


def test_the_truth_meets_itself() -> None:
    score = score_closures(TRUTH, TRUTH, FPS, 0.0)
    assert (score.met, score.missed, score.false) == (2, 0, 0)


def test_one_missed_one_false() -> None:
    score = score_closures(opening((0.5, 0.6), (0.82, 0.88), (1.2, 1.8)), TRUTH, FPS, 0.0)
    assert (score.met, score.missed, score.false) == (1, 1, 1)
    assert score.f1 == pytest.approx(0.5)


def test_phones_come_before_the_true_lips() -> None:
    phones = [PhoneSegment("ah", 0.0, 2.2), PhoneSegment("b", 2.2, 2.3), PhoneSegment("ah", 2.3, 3.0)]
    score = score_closures(opening((2.2, 2.3)), TRUTH, FPS, 0.0, phones)
    assert (score.met, score.missed, score.false) == (1, 0, 0)


def test_rest_is_where_lips_touch() -> None:
    # On FLAME's neutral head the contact edges overlap: rest is below 0, and everything is shifted by it.
    assert score_closures(TRUTH - 1.0, TRUTH - 1.0, FPS, -1.0) == score_closures(TRUTH, TRUTH, FPS, 0.0)
