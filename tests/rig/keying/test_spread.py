"""Fields carried over a surface: what is simple comes through as it was, what is trusted is met."""

import numpy as np

from ptalker_blender.rig.keying.spread import Spread
from tests.rig.keying.faces import ball, grid, inner

REACH = 0.15


def test_constants_come_through_any_weights():
    points, triangles = ball(20, 30)
    weights = np.random.default_rng(0).uniform(0.01, 10, len(points))
    field = Spread(points, triangles, weights, REACH)(np.full((len(points), 2), [3.0, -1.0]))
    np.testing.assert_allclose(field, np.full((len(points), 2), [3.0, -1.0]), rtol=2e-5)


def test_lines_come_through_away_from_borders():
    points, triangles = grid(60, 60, 0.05)
    line = points @ [[1.0], [2.0], [0.0]]
    field = Spread(points, triangles, np.ones(len(points)), 0.07)(line)
    ids = inner(60, 60, 24)
    np.testing.assert_allclose(field[ids], line[ids], atol=1e-4)


def test_noise_is_smoothed_and_its_mean_kept():
    points, triangles = ball(30, 40)
    noise = np.random.default_rng(1).normal(size=(len(points), 1))
    field = Spread(points, triangles, np.ones(len(points)), REACH)(noise)
    assert field.std() < 0.45 * noise.std()
    rough, smooth = (Spread(points, triangles, np.ones(len(points)), r)(noise).std() for r in (REACH / 10, 3 * REACH))
    assert smooth < field.std() < rough < noise.std()


def test_trusted_vertices_are_met_and_the_rest_lies_between():
    points, triangles = grid(5, 41, 0.1)
    ends = np.isin(points[:, 0], [0.0, 4.0])
    weights = np.where(ends, 1e4, 0.0)
    asked = np.where(points[:, :1] > 2, 1.0, -1.0)
    field = Spread(points, triangles, weights, 0.5)(asked)[:, 0]
    np.testing.assert_allclose(field[ends], asked[ends, 0], atol=1e-3)
    middle = field.reshape(5, 41)[2]
    assert np.abs(middle[20]) < 1e-6 and (np.diff(middle) > -1e-9).all() and np.abs(middle).max() < 1.001


def test_linear_in_the_targets_and_many_at_once_are_each_alone():
    points, triangles = ball()
    rng = np.random.default_rng(2)
    spread = Spread(points, triangles, rng.uniform(0, 1, len(points)), REACH)
    one, two = rng.normal(size=(2, len(points), 1))
    together = spread(np.hstack([one, two, 2 * one - two]))
    np.testing.assert_allclose(together[:, 2], 2 * together[:, 0] - together[:, 1], atol=1e-9)
    np.testing.assert_allclose(together[:, :1], spread(one), atol=1e-12)


def test_a_piece_without_targets_keeps_still():
    points, triangles = ball()
    n = len(points)
    both = np.vstack([points, points + np.array([5, 0, 0])]), np.vstack([triangles, triangles + n])
    weights = np.r_[np.ones(n), np.zeros(n)]
    field = Spread(*both, weights, REACH)(np.ones((2 * n, 1)))
    np.testing.assert_allclose(field[n:], 0, atol=1e-9)
    np.testing.assert_allclose(field[:n], 1, rtol=1e-5)
