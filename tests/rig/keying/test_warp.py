"""Maps of space: exact where they must be, straight where nothing bends them, with the derivative they claim."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from ptalker_blender.rig.keying.warp import fit_warp, rigid, similarity

SEEDS = st.integers(0, 2**32 - 1)


def scattered(seed: int, count: int = 40) -> tuple[np.random.Generator, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng, rng.uniform(-0.1, 0.1, (count, 3))


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_warp_meets_its_points_exactly(seed):
    rng, source = scattered(seed)
    target = source + rng.normal(scale=0.01, size=source.shape)
    np.testing.assert_allclose(fit_warp(source, target)(source), target, atol=1e-10)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_affine_maps_are_reproduced_everywhere_whatever_the_softness(seed):
    rng, source = scattered(seed)
    matrix, shift = rng.normal(size=(3, 3)), rng.normal(size=3)
    warp = fit_warp(source, source @ matrix + shift, rng.uniform(0, 0.1, len(source)))
    far = rng.uniform(-1, 1, (50, 3))
    np.testing.assert_allclose(warp(far), far @ matrix + shift, atol=1e-9)
    np.testing.assert_allclose(warp.jacobian(far), np.broadcast_to(matrix.T, (50, 3, 3)), atol=1e-8)


def test_soft_points_are_missed_by_softness_times_weight():
    rng, source = scattered(3)
    target = source + rng.normal(scale=0.01, size=source.shape)
    softness = rng.uniform(0, 0.05, len(source))
    warp = fit_warp(source, target, softness)
    np.testing.assert_allclose(warp(source) - target, softness[:, None] * warp.weights, atol=1e-10)


def test_softer_is_further_from_the_points_and_bends_less():
    rng, source = scattered(4)
    target = source + rng.normal(scale=0.01, size=source.shape)
    maps = [fit_warp(source, target, soft) for soft in (0.0, 0.01, 0.1, 1.0)]
    misses = [np.abs(warp(source) - target).max() for warp in maps]
    bends = [np.abs(warp.weights).max() for warp in maps]
    assert misses == sorted(misses) and bends == sorted(bends, reverse=True)


def test_jacobian_is_the_derivative():
    rng, source = scattered(5)
    warp = fit_warp(source, source + rng.normal(scale=0.01, size=source.shape))
    at, step = rng.uniform(-0.1, 0.1, (30, 3)), 1e-6
    numeric = np.stack([(warp(at + e) - warp(at - e)) / (2 * step) for e in step * np.eye(3)], axis=2)
    np.testing.assert_allclose(warp.jacobian(at), numeric, atol=1e-4)


def test_blurred_jacobian_has_no_jump_beside_a_centre():
    rng, source = scattered(6)
    warp = fit_warp(source, source + rng.normal(scale=0.01, size=source.shape))
    beside = source[:1] + 1e-5 * np.vstack([np.eye(3), -np.eye(3)])
    exact, blurred = (np.ptp(warp.jacobian(beside, blur), axis=0).max() for blur in (0.0, 0.01))
    assert blurred < 0.01 * exact


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, scale=st.floats(1e-3, 1e3))
def test_made_transforms_are_found(seed, scale):
    rng, source = scattered(seed, 8)
    turn, shift = Rotation.random(random_state=seed % 2**31).as_matrix(), rng.normal(size=3)
    rotation, moved = rigid(source, source @ turn.T + shift)
    np.testing.assert_allclose(rotation, turn, atol=1e-9)
    np.testing.assert_allclose(moved, shift, atol=1e-9)
    found, rotation, moved = similarity(source, scale * source @ turn.T + shift)
    assert found == pytest.approx(scale, rel=1e-6)
    np.testing.assert_allclose(rotation, turn, atol=1e-6)
    np.testing.assert_allclose(moved, shift, atol=1e-6 * max(scale, 1))


def test_mirrored_points_are_met_by_a_rotation_not_a_mirror():
    _, source = scattered(7)
    rotation, _ = rigid(source, source * [-1, 1, 1])
    assert np.linalg.det(rotation) == pytest.approx(1.0)
