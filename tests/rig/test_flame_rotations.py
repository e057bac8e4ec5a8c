"""Rotations: known turns, every way there and back, and what happens at 0, at pi and where angles lock."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ptalker_blender.rig import linear
from ptalker_blender.rig.flame_pose import rotation_matrices
from ptalker_blender.rig.flame_rotations import (
    angle_matrices,
    continuous_angles,
    matrices_from_6d,
    matrix_angles,
    mean_rotation,
    rotation_vectors,
)

TURNS = arrays(np.float64, (4, 3), elements=st.floats(-10, 10))


@given(TURNS)
def test_vector_of_a_matrix_gives_the_matrix_again(vectors):
    matrices = rotation_matrices(vectors)
    found = rotation_vectors(matrices)
    np.testing.assert_allclose(rotation_matrices(found), matrices, atol=1e-9)
    assert (np.linalg.norm(found, axis=-1) <= np.pi + 1e-9).all()


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-4, 1.0, np.pi - 1e-7])
def test_short_vectors_come_back_as_they_are(angle):
    vectors = angle * np.array([[1, 0, 0], [0, 0.6, -0.8], [2 / 3, -2 / 3, 1 / 3]])
    np.testing.assert_allclose(rotation_vectors(rotation_matrices(vectors)), vectors, atol=1e-12 + 1e-7 * (angle > 3))


def test_half_turns():
    for axis in np.eye(3):
        assert np.abs(rotation_vectors(rotation_matrices(np.pi * axis))) @ axis == pytest.approx(np.pi)


@given(arrays(np.float64, (5, 3), elements=st.floats(-1.5, 1.5)))
def test_angles_are_those_of_our_heads(angles):
    matrices = angle_matrices(angles)
    np.testing.assert_allclose(matrices, linear.rotation_matrices(angles), atol=1e-12)
    np.testing.assert_allclose(matrix_angles(matrices), angles, atol=1e-7)


@pytest.mark.parametrize("pitch", [np.pi / 2, -np.pi / 2])
def test_locked_angles_still_give_the_rotation(pitch):
    matrix = angle_matrices(np.array([pitch, 0.4, 0.7]))
    np.testing.assert_allclose(angle_matrices(matrix_angles(matrix)), matrix, atol=1e-9)


def test_a_head_that_spins_has_no_jump():
    yaw = np.linspace(0, 9, 200)
    angles = np.stack([np.full(200, 0.1), yaw, np.full(200, -0.2)], axis=1)
    np.testing.assert_allclose(continuous_angles(angle_matrices(angles)), angles, atol=1e-9)


@given(TURNS)
def test_six_numbers_are_the_first_two_rows(vectors):
    matrices = rotation_matrices(vectors)
    np.testing.assert_allclose(matrices_from_6d(1.7 * matrices[:, :2].reshape(-1, 6)), matrices, atol=1e-9)


@pytest.mark.parametrize("rows", [[0, 0, 0, 1, 0, 0], [1, 2, 3, 2, 4, 6]])
def test_six_numbers_without_a_rotation_are_refused(rows):
    with pytest.raises(ValueError, match="row"):
        matrices_from_6d(np.array(rows, float))


def test_mean_of_turns_to_both_sides_is_their_middle():
    middle = rotation_matrices(np.array([2.5, 0.5, -1.0]))
    turns = rotation_matrices(np.array([[0.2, 0, 0], [-0.2, 0, 0], [0, 0.3, 0], [0, -0.3, 0]]))
    np.testing.assert_allclose(mean_rotation(turns @ middle), middle, atol=1e-12)
