"""Weights from vertices: known answers, another solver's answers, and what must not change them."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import dct
from scipy.linalg import solveh_banded
from scipy.optimize import lsq_linear

from ptalker_blender.rig.solve import Options, Solution, solve_controls, solve_offsets
from ptalker_blender.rig.solving.spectrum import (
    cosine_transform,
    inverse_cosine_transform,
    roughness_gradient,
    smooth_inverse,
)

EXACT = Options(smoothness=0, ridge=0, tolerance=1e-11, max_iterations=20_000)
N_VERTICES = 25


def keys_and_offsets(seed: int, n_keys: int = 6, n_frames: int = 15) -> tuple[np.ndarray, np.ndarray]:
    """Keys of quite different sizes (centimetres), and a motion that they span only in part."""
    rng = np.random.default_rng(seed)
    sizes = 0.01 * 10.0 ** rng.uniform(-1, 1, n_keys)
    keys = sizes[:, None, None] * rng.normal(size=(n_keys, N_VERTICES, 3))
    mixed = np.tensordot(rng.normal(0.4, 0.6, (n_frames, n_keys)), keys, 1)
    return keys, mixed + 0.01 * rng.normal(size=mixed.shape)


def energy(solution: Solution, keys: np.ndarray, offsets: np.ndarray) -> float:
    return float(np.square(offsets - np.tensordot(solution.weights, keys, 1)).sum())


def same(one: Solution, other: Solution, tolerance: float = 1e-7) -> None:
    np.testing.assert_allclose(one.weights, other.weights, atol=tolerance)


@pytest.mark.parametrize("n_frames", [3, 4, 5, 8, 31, 600])
@pytest.mark.parametrize("smoothness", [1e-3, 1.0, 1e6])
def test_curves_coupled_in_time_are_solved_exactly(n_frames: int, smoothness: float) -> None:
    curves = np.random.default_rng(n_frames).normal(size=(4, n_frames))
    np.testing.assert_allclose(cosine_transform(curves), dct(curves, norm="ortho"), atol=1e-12)
    np.testing.assert_allclose(inverse_cosine_transform(cosine_transform(curves)), curves, atol=1e-12)
    shifts = np.array([0.1, 0.5, 1.0, 7.0])
    solved = smooth_inverse(shifts, smoothness, n_frames)(curves)
    back = shifts[:, None] * solved + smoothness * roughness_gradient(solved)
    bends = np.diff(np.eye(n_frames), 2, axis=0)
    np.testing.assert_allclose(roughness_gradient(curves), curves @ bends.T @ bends, atol=1e-12)
    np.testing.assert_allclose(back, curves, atol=1e-9 * max(1, smoothness))


def test_known_weights_come_back() -> None:
    keys, _ = keys_and_offsets(0)
    known = np.random.default_rng(1).uniform(0, 1, (40, len(keys)))
    known[known < 0.3] = 0  # on the bound
    solution = solve_offsets(keys, np.tensordot(known, keys, 1), np.tile([0, 1], (len(keys), 1)), options=EXACT)
    np.testing.assert_allclose(solution.weights, known, atol=1e-9)
    assert solution.converged
    assert solution.unexplained_percent < 1e-9
    assert solution.worst_mm < 1e-4


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("bounds", [(0.0, 1.0), (-0.2, 0.3), (0.1, np.inf), (-np.inf, np.inf)])
def test_equal_to_scipy_frame_by_frame(seed: int, bounds: tuple[float, float]) -> None:
    keys, offsets = keys_and_offsets(seed)
    emphasis = np.random.default_rng(seed).uniform(0, 3, N_VERTICES)
    emphasis[:3] = 0
    root = np.sqrt(np.repeat(emphasis, 3))
    matrix = (keys.reshape(len(keys), -1) * root).T
    expected = [lsq_linear(matrix, x.ravel() * root, bounds, method="bvls", tol=1e-14).x for x in offsets]
    solution = solve_offsets(keys, offsets, np.tile(bounds, (len(keys), 1)), emphasis, EXACT)
    np.testing.assert_allclose(solution.weights, expected, atol=1e-7)
    assert solution.converged


def test_smoothness_of_one_key_is_the_banded_solution() -> None:
    """One free key of energy a: (a + a s S'S) w = b, with the pentadiagonal matrix written out."""
    keys, offsets = keys_and_offsets(3, n_keys=1, n_frames=30)
    smoothness = 5.0
    size = float(np.square(keys).sum())
    wanted = offsets.reshape(30, -1) @ keys[0].ravel() / size
    bends = np.diff(np.eye(30), 2, axis=0)
    matrix = np.eye(30) + smoothness * bends.T @ bends
    bands = np.stack([np.r_[np.diag(matrix, d), np.zeros(d)] for d in range(3)])
    expected = solveh_banded(bands, wanted, lower=True)
    solution = solve_offsets(keys, offsets, options=Options(smoothness, 0, 1e-12))
    np.testing.assert_allclose(solution.weights[:, 0], expected, atol=1e-10)
    assert solution.iterations == 0


@pytest.mark.parametrize("n_frames", [3, 4, 17, 32])
def test_bounded_and_smooth_is_the_optimum_of_the_whole_problem(n_frames: int) -> None:
    """The same problem as one least-squares matrix over all frames, for scipy."""
    keys, offsets = keys_and_offsets(4, n_keys=4, n_frames=n_frames)
    smoothness, ridge, low, high = 0.7, 0.01, -0.1, 0.5
    flat = keys.reshape(4, -1)
    size = np.sqrt(np.square(flat).sum(axis=1))
    bends = np.diff(np.eye(n_frames), 2, axis=0)
    rows = [np.kron(np.eye(n_frames), flat.T), np.sqrt(smoothness) * np.kron(bends, np.diag(size)),
            np.sqrt(ridge) * np.kron(np.eye(n_frames), np.diag(size))]  # fmt: skip
    matrix = np.concatenate(rows)
    right = np.zeros(len(matrix))
    right[: offsets.size] = offsets.ravel()
    expected = lsq_linear(matrix, right, (low, high), method="bvls", tol=1e-14).x.reshape(n_frames, 4)
    options = Options(smoothness, ridge, 1e-11, 20_000)
    solution = solve_offsets(keys, offsets, np.tile([low, high], (4, 1)), options=options)
    np.testing.assert_allclose(solution.weights, expected, atol=1e-7)
    assert 0.05 < np.mean((expected <= low) | (expected >= high)) < 0.95, "the bounds must matter here"


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_keys=st.integers(1, 9),
    n_frames=st.integers(1, 12),
    smoothness=st.sampled_from([0.0, 0.004, 3.0]),
)
def test_bounds_hold_and_no_step_inside_them_is_better(
    seed: int, n_keys: int, n_frames: int, smoothness: float
) -> None:
    keys, offsets = keys_and_offsets(seed, n_keys, n_frames)
    rng = np.random.default_rng(seed)
    ranges = np.sort(rng.normal(0, 0.5, (n_keys, 2)), axis=1)
    ranges[rng.random(ranges.shape) < 0.2] *= np.inf
    ranges.sort(axis=1)
    ranges[(ranges[:, 0] == np.inf) | (ranges[:, 1] == -np.inf)] = -np.inf, np.inf
    solution = solve_offsets(keys, offsets, ranges, options=Options(smoothness, 0, 1e-9, 20_000))
    assert (solution.weights >= ranges[:, 0] - 1e-9).all()
    assert (solution.weights <= ranges[:, 1] + 1e-9).all()
    assert solution.converged

    def cost(weights: np.ndarray) -> float:
        bend = np.diff(weights, 2, axis=0) if n_frames > 2 else np.zeros((0, n_keys))
        size = np.square(keys).sum(axis=(1, 2))
        return float(np.square(offsets - np.tensordot(weights, keys, 1)).sum() + smoothness * (bend**2 @ size).sum())

    best = cost(solution.weights)
    for _ in range(5):
        other = np.clip(solution.weights + rng.normal(0, 0.1, solution.weights.shape), *ranges.T)
        assert cost(other) >= best * (1 - 1e-9)


def test_smoothness_takes_jitter_and_leaves_mean_and_slope() -> None:
    keys, _ = keys_and_offsets(5)
    rng = np.random.default_rng(6)
    slow = np.linspace(0.2, 0.7, 200)[:, None] * np.ones(len(keys))
    shaken = slow + 0.05 * rng.normal(size=slow.shape)
    offsets = np.tensordot(shaken, keys, 1)
    rough = solve_offsets(keys, offsets, options=EXACT).weights
    smooth = solve_offsets(keys, offsets, options=Options(smoothness=100.0, ridge=0)).weights
    straight = solve_offsets(keys, np.tensordot(slow, keys, 1), options=Options(smoothness=100.0, ridge=0)).weights
    np.testing.assert_allclose(smooth.mean(axis=0), rough.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(straight, slow, atol=1e-6)
    jitter = [np.abs(np.diff(weights, 2, axis=0)).mean() for weights in (rough, smooth)]
    assert jitter[1] < 0.03 * jitter[0]


def test_ways_to_say_the_same_give_the_same() -> None:
    keys, offsets = keys_and_offsets(7)
    ranges = np.tile([0.0, 1.0], (len(keys), 1))
    emphasis = np.random.default_rng(8).uniform(0.1, 2, N_VERTICES)
    options = Options(tolerance=1e-10, max_iterations=20_000)
    one = solve_offsets(keys, offsets, ranges, emphasis, options)
    order = np.random.default_rng(9).permutation(N_VERTICES)
    same(one, solve_offsets(keys[:, order], offsets[:, order], ranges, emphasis[order], options))
    turn, _ = np.linalg.qr(np.random.default_rng(10).normal(size=(3, 3)))
    bigger = solve_offsets(7.3 * keys @ turn, 7.3 * offsets @ turn, ranges, emphasis, options)
    same(one, bigger)
    assert bigger.residual_mm == pytest.approx(7.3 * one.residual_mm, rel=1e-5)
    assert bigger.unexplained_percent == pytest.approx(one.unexplained_percent, rel=1e-5)
    same(one, solve_offsets(keys, offsets, ranges, 5 * emphasis, options))
    backwards = solve_offsets(keys, offsets[::-1], ranges, emphasis, options)
    np.testing.assert_allclose(backwards.weights[::-1], one.weights, atol=1e-8)
    again = solve_offsets(keys, offsets, ranges, emphasis, options)
    assert np.array_equal(again.weights, one.weights)


def test_a_key_of_twice_the_size_gets_half_the_weight() -> None:
    """Smoothness and ridge are of what is seen, not of the sliders."""
    keys, offsets = keys_and_offsets(11)
    factors = np.array([2.0, 1, 10, 1, 0.1, 1])
    options = Options(smoothness=0.5, ridge=0.01, tolerance=1e-10)
    ranges = np.tile([-0.3, 0.6], (6, 1))
    one = solve_offsets(keys, offsets, ranges, options=options)
    other = solve_offsets(keys * factors[:, None, None], offsets, ranges / factors[:, None], options=options)
    np.testing.assert_allclose(other.weights * factors, one.weights, atol=1e-8)


def test_controls_are_their_product() -> None:
    keys, _ = keys_and_offsets(12)
    source, _ = keys_and_offsets(13, n_keys=4)
    controls = np.random.default_rng(14).uniform(0, 1, (50, 4))
    ranges = np.tile([0.0, 1.0], (len(keys), 1))
    one = solve_controls(keys, source, controls, ranges)
    other = solve_offsets(keys, np.tensordot(controls, source, 1), ranges)
    same(one, other)
    assert one.residual_mm == pytest.approx(other.residual_mm, rel=1e-5)
    assert one.worst_mm == pytest.approx(other.worst_mm, rel=1e-5)


def test_figures_by_hand() -> None:
    """Two vertices of three count; one is met, the other is missed by (1, 2, 2) mm in one of two frames."""
    keys = np.zeros((1, 3, 3))
    keys[0, 0, 0] = 0.002
    offsets = np.zeros((2, 3, 3))
    offsets[:, 0, 0] = 0.002
    offsets[1, 1] = 0.001, 0.002, 0.002
    offsets[:, 2] = 1.0  # weighs nothing
    solution = solve_offsets(keys, offsets, vertex_weights=np.array([1.0, 5.0, 0.0]), options=EXACT)
    np.testing.assert_allclose(solution.weights, 1, atol=1e-12)
    assert solution.worst_mm == pytest.approx(3, rel=1e-6)
    assert solution.residual_mm == pytest.approx(np.sqrt(9 / 4), rel=1e-6)
    assert solution.unexplained_percent == pytest.approx(100 * 9 / (9 + 8), rel=1e-6)


def test_emphasis_moves_the_compromise() -> None:
    """One key moves two vertices alike, the motion asks 0 of one and 1 of the other: the weighted mean."""
    keys, offsets = np.zeros((1, 2, 3)), np.zeros((5, 2, 3))
    keys[0, :, 1] = 0.01
    offsets[:, 1, 1] = 0.01
    solution = solve_offsets(keys, offsets, vertex_weights=np.array([1.0, 3.0]), options=EXACT)
    np.testing.assert_allclose(solution.weights, 0.75, atol=1e-12)


def test_doubled_keys_share_and_empty_keys_rest() -> None:
    keys, _ = keys_and_offsets(15, n_keys=3)
    known = np.random.default_rng(16).uniform(0.2, 1, (20, 3))
    rig = np.concatenate([keys, keys[:1], np.zeros((2, N_VERTICES, 3)), -keys[1:2]])
    ranges = np.array([[0, 1]] * 5 + [[0.25, 0.5], [0, 1]], float)
    solution = solve_offsets(rig, np.tensordot(known, keys, 1), ranges, options=Options(smoothness=0))
    weights = solution.weights
    np.testing.assert_allclose(weights[:, 0], weights[:, 3], atol=1e-6)
    np.testing.assert_allclose(weights[:, 0] + weights[:, 3], known[:, 0], atol=1e-3)
    np.testing.assert_allclose(weights[:, 2], known[:, 2], atol=1e-3)
    assert (weights[:, 4] == 0).all()
    assert (weights[:, 5] == 0.25).all()
    assert weights[:, 6].max() < 1e-3, "keys that undo each other must not both be up"
    assert solution.unexplained_percent < 1e-5
    assert np.isfinite(solve_offsets(rig, np.tensordot(known, keys, 1), options=EXACT).weights).all()


def test_stillness_no_keys_and_no_frames() -> None:
    keys, offsets = keys_and_offsets(17)
    still = solve_offsets(keys, 0 * offsets, np.tile([0, 1], (6, 1)))
    assert not still.weights.any()
    assert (still.residual_mm, still.worst_mm, still.unexplained_percent) == (0, 0, 0)
    pushed = solve_offsets(keys, 0 * offsets, np.tile([0.5, 1], (6, 1)))
    assert pushed.unexplained_percent == np.inf
    bare = solve_offsets(keys[:0], offsets)
    assert bare.weights.shape == (15, 0)
    assert bare.unexplained_percent == pytest.approx(100)
    assert solve_offsets(keys, offsets[:0]).weights.shape == (0, 6)
    assert solve_offsets(keys, offsets, vertex_weights=np.zeros(N_VERTICES)).worst_mm == 0


def test_a_fixed_key_is_worked_around() -> None:
    keys, offsets = keys_and_offsets(18)
    ranges = np.tile([-np.inf, np.inf], (6, 1))
    ranges[2] = 0.3, 0.3
    solution = solve_offsets(keys, offsets, ranges, options=EXACT)
    rest = [0, 1, 3, 4, 5]
    reduced = solve_offsets(keys[rest], offsets - 0.3 * keys[2], options=EXACT)
    np.testing.assert_allclose(solution.weights[:, rest], reduced.weights, atol=1e-8)
    assert (solution.weights[:, 2] == 0.3).all()


def test_without_time_it_says_so() -> None:
    keys, offsets = keys_and_offsets(19)
    solution = solve_offsets(
        keys, offsets, np.tile([0, 0.4], (6, 1)), options=Options(tolerance=1e-14, max_iterations=3)
    )
    assert (solution.converged, solution.iterations) == (False, 3)
    assert (solution.weights >= 0).all()
    assert (solution.weights <= 0.4).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keys": np.zeros((6, 24, 3))}, "keys"),
        ({"keys": np.full((6, N_VERTICES, 3), np.nan)}, "finite"),
        ({"offsets": np.full((2, N_VERTICES, 3), np.inf)}, "finite"),
        ({"offsets": np.zeros((2, N_VERTICES * 3))}, "offsets"),
        ({"ranges": np.tile([1, 0], (6, 1))}, "low <= high"),
        ({"ranges": np.full((6, 2), np.nan)}, "low <= high"),
        ({"ranges": np.full((6, 2), np.inf)}, "low <= high"),
        ({"ranges": np.zeros((5, 2))}, "ranges"),
        ({"vertex_weights": -np.ones(N_VERTICES)}, "0 or above"),
        ({"vertex_weights": np.ones(3)}, "vertex weights"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, np.ndarray], message: str) -> None:
    keys, offsets = keys_and_offsets(20)
    with pytest.raises(ValueError, match=message):
        solve_offsets(**{"keys": keys, "offsets": offsets, **change})


def test_options_are_checked() -> None:
    for wrong in ({"smoothness": -1}, {"ridge": np.nan}, {"tolerance": 0}, {"max_iterations": 0}):
        with pytest.raises(ValueError, match="must be"):
            Options(**wrong)
    with pytest.raises(ValueError, match="controls"):
        solve_controls(np.zeros((1, 4, 3)), np.zeros((2, 4, 3)), np.zeros((5, 3)))


def test_blender_can_load_it() -> None:
    """Blender's Python has numpy and no scipy; this one has both, so what was loaded is asked of a fresh one."""
    code = "import sys, ptalker_blender.rig.solving.flame; print(*{'scipy', 'torch', 'bpy'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
