"""Viterbi through a known phone sequence, against answers worked out by hand and by trying every path."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.training.constrained import constrained_viterbi

NEVER = np.inf


def gain(path: tuple[int, ...], scores: np.ndarray, phones: np.ndarray, costs: np.ndarray) -> float:
    """Score of one path: what its frames emit, less the price of every phone it does not visit."""
    emitted = sum(scores[t, phones[j]] for t, j in enumerate(path))
    return float(emitted - sum(costs[j] for j in range(len(phones)) if j not in path))


def test_hand_worked_path_with_a_phone_twice() -> None:
    # Classes a, b; the sequence a b a; the frames clearly say a a b a.
    frames = np.log(np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.9, 0.1]]))
    path = constrained_viterbi(frames, np.array([0, 1, 0]), np.full(3, NEVER))
    assert path.tolist() == [0, 0, 1, 2]


def test_a_phone_that_was_not_said_is_left_out_only_when_that_is_cheaper() -> None:
    # b is never heard: holding it for one frame costs log(0.98 / 0.01) = 4.585 nats against staying in its neighbours.
    frames = np.log(np.tile([0.98, 0.01, 0.01], (6, 1)))
    frames[3:] = np.log([0.01, 0.01, 0.98])
    sequence = np.array([0, 1, 2])
    assert constrained_viterbi(frames, sequence, np.array([9.0, 4.5, 9.0])).tolist() == [0, 0, 0, 2, 2, 2]
    assert 1 in constrained_viterbi(frames, sequence, np.array([9.0, 4.7, 9.0]))


def test_the_first_and_the_last_phone_can_be_left_out() -> None:
    frames = np.log(np.tile([0.01, 0.98, 0.01], (4, 1)))
    assert constrained_viterbi(frames, np.array([0, 1, 2]), np.array([1.0, 1.0, 1.0])).tolist() == [1, 1, 1, 1]


def test_as_many_phones_as_frames_take_one_frame_each_and_more_do_not_fit() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 4))
    assert constrained_viterbi(scores, np.array([3, 3, 1]), np.full(3, NEVER)).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="4 of them needed, do not fit 3 frames"):
        constrained_viterbi(scores, np.array([3, 3, 1, 0]), np.full(4, NEVER))


@given(seed=st.integers(0, 10**6), frames=st.integers(1, 5), count=st.integers(1, 5), free=st.booleans())
def test_no_other_path_is_better(seed: int, frames: int, count: int, free: bool) -> None:
    rng = np.random.default_rng(seed)
    scores, phones = rng.normal(size=(frames, 3)), rng.integers(3, size=count)
    costs = rng.uniform(0, 2, size=count)
    if not free:
        costs[rng.random(count) < min(1.0, frames / count) * 0.5] = NEVER
        costs[np.flatnonzero(np.isinf(costs))[frames:]] = 1.0
    every = list(combinations_with_replacement(range(count), frames))
    best = max(gain(path, scores, phones, costs) for path in every)
    found = constrained_viterbi(scores, phones, costs)
    assert (np.diff(found) >= 0).all()
    assert gain(tuple(found.tolist()), scores, phones, costs) == pytest.approx(best)
