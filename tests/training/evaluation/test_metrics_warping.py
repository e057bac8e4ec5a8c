"""LDTW: small matrices by hand, and what warping must and must not forgive."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.training.evaluation.metrics_warping import best_path, frame_distances, lip_warping_distance


def lips(curve: np.ndarray) -> np.ndarray:
    """Three lip vertices that open by a curve, [T, 3, 3]."""
    vertices = np.zeros((len(curve), 3, 3))
    vertices[..., 1] = curve[:, None] * np.array([1.0, 0.5, 0.0])
    return vertices


def test_by_hand() -> None:
    assert best_path(np.array([[1.0, 9.0], [9.0, 2.0]])) == (3.0, 2)
    # Around the 5 along zeros, one diagonal step among them.
    assert best_path(np.array([[0.0, 9.0, 9.0], [0.0, 5.0, 9.0], [0.0, 0.0, 0.0]])) == (0.0, 4)
    a, b = np.zeros((1, 1, 3)), np.zeros((2, 1, 3))
    b[:, 0] = [[3, 4, 0], [0, 0, 1]]
    assert lip_warping_distance(a, b) == (5 + 1) / 2


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 999))
@settings(max_examples=60)
def test_no_path_is_cheaper(rows: int, columns: int, seed: int) -> None:
    costs = np.random.default_rng(seed).integers(0, 9, (rows, columns)).astype(float)
    steps = [(1, 1), (1, 0), (0, 1)]
    totals = []
    for length in range(max(rows, columns) - 1, rows + columns - 1):
        for way in itertools.product(steps, repeat=length):
            cells = np.cumsum([(0, 0), *way], axis=0)
            if tuple(cells[-1]) == (rows - 1, columns - 1):
                totals.append(costs[tuple(cells.T)].sum())
    assert best_path(costs)[0] == min(totals)


def test_a_delay_with_held_ends_costs_nothing() -> None:
    curve = np.concatenate([np.zeros(10), np.sin(np.linspace(0, 9, 60)) ** 2, np.zeros(10)])
    late = np.roll(curve, 5)
    assert lip_warping_distance(lips(late), lips(curve)) == pytest.approx(0, abs=1e-12)
    slower = np.interp(np.linspace(0, 79, 120), np.arange(80), curve)
    assert lip_warping_distance(lips(slower), lips(curve)) < 0.02
    smaller = lip_warping_distance(lips(0.5 * curve), lips(curve))
    assert smaller > 0.05  # size is not time, and is not forgiven


def test_it_is_symmetric_and_scales(seed: int = 3) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, 9, 4, 3))
    assert lip_warping_distance(a, b) == pytest.approx(lip_warping_distance(b, a))
    assert lip_warping_distance(1000 * a, 1000 * b) == pytest.approx(1000 * lip_warping_distance(a, b))
    assert frame_distances(a, b)[2, 5] == pytest.approx(np.linalg.norm(a[2] - b[5], axis=1).mean())


def test_different_lips_are_refused() -> None:
    with pytest.raises(ValueError, match="lips of shapes"):
        lip_warping_distance(np.zeros((3, 2, 3)), np.zeros((3, 4, 3)))
