"""Vertex metrics against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.training.evaluation.metrics_vertices import (
    distances,
    dynamics_deviation,
    face_vertex_error,
    gap,
    jitter,
    lip_vertex_error,
    spread,
)


def line(*values: float) -> np.ndarray:
    """One vertex on the x axis over time, [T, 1, 3]."""
    return np.array([[[value, 0.0, 0.0]] for value in values])


def test_lve_and_fve_by_hand() -> None:
    truth = np.zeros((2, 3, 3))
    predicted = np.zeros((2, 3, 3))
    predicted[0, 0] = (3, 4, 0)  # 5 away
    predicted[0, 1] = (1, 0, 0)
    predicted[1, 1] = (0, 2, 0)
    predicted[1, 2] = (0, 0, 10)  # no lip
    lips = np.array([0, 1], np.int32)
    assert lip_vertex_error(distances(predicted, truth, lips)) == ((25 + 4) / 2, (5 + 2) / 2)
    everything = np.arange(3, dtype=np.int32)
    assert face_vertex_error(distances(predicted, truth, everything)) == (130 / 6, 18 / 6)


def test_ids_are_of_vertices_not_of_coordinates() -> None:
    """On the flattened axis id 3 would be x of vertex 1; PTalker's loss weights that."""
    truth, predicted = np.zeros((1, 4, 3)), np.zeros((1, 4, 3))
    predicted[0, 1] = 9.0
    assert lip_vertex_error(distances(predicted, truth, np.array([3], np.int32))) == (0.0, 0.0)
    predicted[0, 3] = (0, 0, 2)
    assert lip_vertex_error(distances(predicted, truth, np.array([3], np.int32))) == (4.0, 2.0)


def test_spread_by_hand() -> None:
    # Distances 0, 2: mean 1, deviation 1. Their squares 0, 4: mean 2, deviation 2.
    assert spread(line(0, 2), squared=False).tolist() == [1.0]
    assert spread(line(0, 2), squared=True).tolist() == [2.0]


def test_fdd_is_positive_where_the_prediction_moves_too_little() -> None:
    assert dynamics_deviation(line(0, 1), line(0, 2), squared=True) == (2.0 - 0.5, 2.0 - 0.5)
    assert dynamics_deviation(line(0, 2), line(0, 1), squared=True) == (-1.5, 1.5)


def test_signed_fdd_cancels_over_vertices_and_unsigned_does_not() -> None:
    truth = np.concatenate([line(0, 2), line(0, 1)], axis=1)
    swapped = truth[:, ::-1]
    assert dynamics_deviation(swapped, truth, squared=False) == (0.0, 0.5)


@given(shift=st.floats(-3, 3), seed=st.integers(0, 99))
def test_dynamics_ignore_the_order_of_frames_and_lve_a_common_move(shift: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.normal(size=(2, 7, 4, 3))
    order = rng.permutation(7)
    before = dynamics_deviation(predicted, truth, squared=True)
    np.testing.assert_allclose(dynamics_deviation(predicted[order], truth, squared=True), before, atol=1e-12)
    ids = np.arange(4, dtype=np.int32)
    moved = distances(predicted + shift, truth + shift, ids)
    np.testing.assert_allclose(moved, distances(predicted, truth, ids), atol=1e-12)


def test_jitter_by_hand() -> None:
    assert jitter(line(0, 1, 4, 9, 16)) == pytest.approx(0)  # a parabola has no third difference
    assert jitter(line(0, 1, 8, 27, 64)) == pytest.approx(6)  # that of k cubed is 3!
    assert jitter(line(0, 1, 0, 1)) == pytest.approx(4)  # 1 - 3*0 + 3*1 - 0
    assert jitter(line(0, 1, 0)) is None


def test_jitter_of_noise_is_what_statistics_say() -> None:
    # Third differences of noise have variance 1 + 9 + 9 + 1 = 20; the mean length of 3 normals is 2 sqrt(2 / pi).
    noise = np.random.default_rng(0).normal(size=(4000, 5, 3))
    assert jitter(noise) == pytest.approx(np.sqrt(20) * 2 * np.sqrt(2 / np.pi), rel=0.01)


def test_gap_is_along_up_and_signed() -> None:
    vertices = np.zeros((2, 4, 3))
    vertices[0, 0], vertices[0, 1] = (0, 3, 9), (0, 1, 9)
    vertices[1, 2:] = (0, 1, 0)
    found = gap(vertices, np.array([0, 1], np.int32), np.array([2, 3], np.int32), np.array([0.0, 1.0, 0.0]))
    assert found.tolist() == [2.0, -1.0]


def test_unequal_or_empty_input_is_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        distances(np.zeros((2, 3, 3)), np.zeros((3, 3, 3)), np.array([0], np.int32))
    with pytest.raises(ValueError, match="nothing to measure"):
        distances(np.zeros((2, 3, 3)), np.zeros((2, 3, 3)), np.zeros(0, np.int32))
