"""Batches drawn ahead come in order, not too far ahead, and fail at their own step."""

import threading

import pytest

from ptalker_blender.training.prefetch import prepared, workers_for


@pytest.mark.parametrize("workers", [1, 3, 20])
def test_batches_come_in_order_whatever_the_threads(workers: int) -> None:
    assert list(prepared(lambda step: step * step, range(4, 15), workers)) == [(s, s * s) for s in range(4, 15)]
    assert list(prepared(lambda step: step, range(7, 7), workers)) == []


def test_several_are_drawn_at_once_and_never_more_than_asked_for() -> None:
    together = threading.Barrier(3, timeout=20)  # breaks unless three draw at the same time
    begun: list[int] = []

    def draw(step: int) -> int:
        begun.append(step)
        together.wait()
        return step

    steps = prepared(draw, range(9), 3)
    assert [next(steps) for _ in range(3)] == [(0, 0), (1, 1), (2, 2)]
    assert max(begun) <= 5
    assert [step for step, _ in steps] == [3, 4, 5, 6, 7, 8]


def test_a_failure_arises_at_its_step() -> None:
    steps = prepared(lambda step: 1 // (step - 2), range(5), 2)
    assert [next(steps)[0] for _ in range(2)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(steps)


def test_one_thread_draws_beside_the_cpu() -> None:
    assert workers_for("cpu") == 1 and 1 <= workers_for("cuda:1") <= 8
