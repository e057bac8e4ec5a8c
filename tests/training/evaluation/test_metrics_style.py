"""SCS takes any style encoder."""

import numpy as np
import pytest

from ptalker_blender.training.evaluation.metrics_style import style_cosine


def mean_pose(motion: np.ndarray) -> np.ndarray:
    return motion.mean(axis=0)


def test_cosine_by_hand() -> None:
    a, b = np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([[3.0, 4.0]])
    assert style_cosine(mean_pose, a, b) == pytest.approx(0.6)
    assert style_cosine(mean_pose, a, a) == pytest.approx(1.0)
    assert style_cosine(mean_pose, a, -a) == pytest.approx(-1.0)


def test_a_code_without_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="no direction"):
        style_cosine(mean_pose, np.zeros((3, 2)), np.ones((3, 2)))
    with pytest.raises(ValueError, match="2 and 3 numbers"):
        style_cosine(mean_pose, np.ones((3, 2)), np.ones((3, 3)))
