import numpy as np
import pytest

from ptalker_blender.training.corpus.phones import SILENCE, PhoneSegment
from ptalker_blender.training.evaluation.phones import labels_at, pool_accuracy, score_frames

CLASSES = (SILENCE, "p", "b", "aa", "ah", "s")


def test_labels_at_instants():
    segments = (PhoneSegment("p", 0.1, 0.2), PhoneSegment("spn", 0.2, 0.3), PhoneSegment("aa", 0.4, 0.5))
    times = [0.0, 0.1, 0.199, 0.2, 0.35, 0.45, 0.5]
    assert labels_at(segments, times, CLASSES).tolist() == [0, 1, 1, -1, 0, 3, 0]


def test_hand_counted_accuracy():
    # p heard as b: same viseme; aa as ah: same viseme; silence as s: wrong; the frame of label -1 does not count.
    truth = [0, 0, 1, 3, 3, 5, -1]
    guess = [0, 5, 2, 4, 3, 5, 3]
    score = score_frames(guess, truth, CLASSES)
    assert (score.frames, score.right) == (6, 3)
    assert (score.speech_frames, score.speech_right) == (4, 2)
    assert score.viseme == pytest.approx(5 / 6)


def test_pooling_weighs_clips_by_their_frames():
    total = pool_accuracy([score_frames([3], [3], CLASSES), score_frames([0, 0, 0], [3, 3, 3], CLASSES)])
    assert (total.all, total.speech) == (0.25, 0.25)


def test_arrays_of_unlike_length_are_refused():
    with pytest.raises(ValueError, match=r"two \[T\]"):
        score_frames(np.zeros(3, int), np.zeros(4, int), CLASSES)
