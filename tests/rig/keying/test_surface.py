"""Distances to and along meshes, against counting, brute force and geometry known in advance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.rig.keying.surface import (
    barycentric,
    closest,
    edge_lengths,
    geodesic,
    laplacian,
    vertex_normals,
)
from tests.rig.keying.faces import ball, grid, inner


def test_edges_of_a_square_cut_in_two():
    points, triangles = grid(2, 2)
    lengths = edge_lengths(points, triangles).toarray()
    r = np.sqrt(2)
    np.testing.assert_allclose(lengths, [[0, 1, 1, r], [1, 0, 0, 1], [1, 0, 0, 1], [r, 1, 1, 0]])


def test_vertices_on_one_spot_are_still_joined():
    points, triangles = grid(2, 3)
    points[1] = points[0]
    reached = geodesic(edge_lengths(points, triangles), np.array([0]))
    assert np.isfinite(reached).all() and reached[1] == pytest.approx(0, abs=1e-8)


def test_way_along_a_grid_is_counted_and_ends_at_the_limit():
    points, triangles = grid(5, 9, 0.5)
    lengths = edge_lengths(points, triangles)
    np.testing.assert_allclose(geodesic(lengths, np.array([0]))[:9], 0.5 * np.arange(9))
    np.testing.assert_allclose(
        geodesic(lengths, np.array([0, 8]))[:9], 0.5 * np.minimum(np.arange(9), 8 - np.arange(9))
    )
    short = geodesic(lengths, np.array([0]), limit=1.2)[:9]
    assert np.isfinite(short[:3]).all() and np.isinf(short[3:]).all()


def test_other_pieces_are_out_of_reach():
    points, triangles = grid(3, 3)
    both = np.vstack([points, points + np.array([0, 0, 0.01])]), np.vstack([triangles, triangles + 9])
    away = geodesic(edge_lengths(*both), np.array([4]))
    assert np.isfinite(away[:9]).all() and np.isinf(away[9:]).all()


def test_normals_of_a_ball_point_outwards():
    points, triangles = ball(24, 32)
    loose = np.vstack([points, [[3.0, 0, 0]]])
    normals = vertex_normals(loose, triangles)
    assert np.sum(normals[:-1] * points, axis=1).min() > 0.99
    assert not normals[-1].any()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), flat=st.sampled_from(["no", "line", "point", "two corners on one spot"]))
def test_closest_place_of_a_triangle_beats_a_search(seed, flat):
    rng = np.random.default_rng(seed)
    corners, point = rng.normal(size=(3, 3)), 2 * rng.normal(size=3)
    if flat == "line":
        corners[2] = corners[0] + rng.uniform(-1, 2) * (corners[1] - corners[0])
    elif flat == "point":
        corners[1:] = corners[0]
    elif flat != "no":
        corners[2] = corners[1]
    shares = barycentric(corners[None], point[None])[0]
    assert shares.min() >= -1e-12 and shares.sum() == pytest.approx(1)
    u, v = np.meshgrid(np.linspace(0, 1, 80), np.linspace(0, 1, 80))
    keep = u + v <= 1
    search = np.stack([1 - u[keep] - v[keep], u[keep], v[keep]], axis=1) @ corners
    best = np.linalg.norm(search - point, axis=1).min()
    size = np.ptp(corners, axis=0).max()
    assert best - 0.05 * size - 1e-9 <= np.linalg.norm(shares @ corners - point) <= best + 1e-9


def test_closest_place_of_a_mesh_is_the_best_of_all_triangles():
    points, triangles = ball(10, 14)
    points += np.random.default_rng(0).normal(scale=0.03, size=points.shape)
    queries = np.random.default_rng(1).normal(size=(60, 3))
    found = closest(points, triangles, queries)
    shares = barycentric(points[triangles][None], queries[:, None])
    away = np.linalg.norm(np.einsum("nfc,fcd->nfd", shares, points[triangles]) - queries[:, None], axis=2)
    np.testing.assert_allclose(found.distance, away.min(axis=1), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(found.read(points) - queries, axis=1), found.distance, atol=1e-12)


def test_laplacian_knows_constants_lines_and_area():
    rows, columns = 8, 11
    points, triangles = grid(rows, columns, 0.1)
    stiffness, area = laplacian(points, triangles)
    assert area.sum() == pytest.approx(0.1**2 * (rows - 1) * (columns - 1))
    np.testing.assert_allclose(stiffness @ np.ones(len(points)), 0, atol=1e-12)
    # Diagonals have cotangents of nought, which are kept a little above: a line is still none of their business.
    np.testing.assert_allclose((stiffness @ (points @ [2.0, -3.0, 0.0]))[inner(rows, columns)], 0, atol=1e-12)
    assert np.linalg.eigvalsh(stiffness.toarray()).min() > -1e-12


def test_laplacian_of_slivers_stays_finite_and_positive():
    points, triangles = grid(4, 4)
    points[5] = points[6] = points[9]
    stiffness, area = laplacian(points, triangles)
    assert np.isfinite(stiffness.data).all() and (area > 0).all()
    assert np.linalg.eigvalsh(stiffness.toarray()).min() > -1e-9
