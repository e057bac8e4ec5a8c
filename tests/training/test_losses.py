"""The quadratic forms are the vertex errors they stand for."""

import numpy as np
import pytest
import torch

from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.rig.head import Head, load_head
from ptalker_blender.rig.linear import controls_to_vertices, mouth_opening
from ptalker_blender.rig.lips import lip_rig
from ptalker_blender.training.losses import LossWeights, MotionLoss, VertexLoss, gram_matrix, gram_root


@pytest.fixture(scope="module")
def head() -> Head:
    return load_head()


def controls(frames: int, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).uniform(0, 1, (frames, N_CONTROLS)).astype(np.float32)
    values[:, 52:] = 0
    return values


@pytest.mark.parametrize("region", ["lips", "face"])
def test_gram_matrix_equals_the_vertex_computation(head: Head, region: str) -> None:
    a, b = controls(4, 0), controls(4, 1)
    vertices = (controls_to_vertices(head, x)[:, head.landmarks[region]] for x in (a, b))
    difference = 1000.0 * np.subtract(*vertices)
    by_vertices = np.square(difference).sum(-1).mean(-1)
    error = (a - b)[:, :52].astype(np.float64)
    by_gram = np.einsum("ti,ij,tj->t", error, gram_matrix(head, region), error)
    np.testing.assert_allclose(by_gram, by_vertices, rtol=1e-3)
    root = gram_root(gram_matrix(head, region)).numpy()
    np.testing.assert_allclose(np.square(error @ root).sum(-1), by_gram, rtol=1e-3)


def test_lip_rig_is_the_heads_opening(head: Head) -> None:
    values = controls(5, 2)
    np.testing.assert_allclose(lip_rig(head).gap(values), 1000 * mouth_opening(head, values), rtol=1e-3, atol=1e-3)


def test_perfect_motion_costs_nothing_and_every_error_costs_something(head: Head) -> None:
    criterion = MotionLoss(head, LossWeights())
    target = torch.from_numpy(controls(20, 3))[None] * 0.5
    assert all(float(term) == pytest.approx(0, abs=1e-5) for term in criterion(target, target).values())
    for i in range(N_CONTROLS):
        wrong = target.clone()
        wrong[..., i] += 0.1
        assert float(sum(criterion(wrong, target).values())) > 0
    observed = torch.ones(1, N_CONTROLS, dtype=torch.bool)
    observed[:, INDEX["jawOpen"]] = False
    wrong = target.clone()
    wrong[..., INDEX["jawOpen"]] += 0.1
    assert float(sum(criterion(wrong, target, observed).values())) == pytest.approx(0, abs=1e-5)


def test_an_unclosed_closure_costs_more_than_the_same_error_in_a_vowel(head: Head) -> None:
    criterion = MotionLoss(head, LossWeights())
    closed, opened = torch.zeros(1, 4, N_CONTROLS), torch.zeros(1, 4, N_CONTROLS)
    opened[..., INDEX["jawOpen"]] = 0.3
    step = torch.zeros(1, 4, N_CONTROLS)
    step[..., INDEX["jawOpen"]] = 0.05
    at_closure, in_vowel = (criterion(x + step, x)["contact"] for x in (closed, opened))
    assert float(at_closure) == pytest.approx(4 * float(in_vowel), rel=1e-4)


def test_values_outside_the_range_are_pulled_back(head: Head) -> None:
    criterion = MotionLoss(head, LossWeights())
    inside, outside = torch.full((1, 3, N_CONTROLS), 0.9), torch.full((1, 3, N_CONTROLS), 1.2)
    assert float(criterion(inside, inside)["range"]) == 0
    assert float(criterion(outside, outside)["range"]) > 0


def test_items_of_a_batch_are_counted_one_by_one(head: Head) -> None:
    criterion = MotionLoss(head, LossWeights())
    a, b = (torch.from_numpy(controls(6, k))[None] for k in (4, 5))
    both = criterion(torch.cat([a, b]), torch.cat([b, b]))
    alone = criterion(a, b)
    for name, term in both.items():
        assert term.shape == (2,)
        torch.testing.assert_close(term[:1], alone[name])


def test_vertex_loss_by_hand() -> None:
    """Two vertices, the second a lip; an error of 2 and 3 units along one axis, and the lip's grows by 1 a frame."""
    loss = VertexLoss(np.array([1]), 10.0, LossWeights(face=1, lips=2, velocity=3))
    target = torch.zeros(1, 2, 6)
    predicted = target.clone()
    predicted[0, :, 0] = 2.0
    predicted[0, 0, 4], predicted[0, 1, 4] = 3.0, 4.0
    terms = {name: float(term) for name, term in loss(predicted, target).items()}
    assert terms["face"] == pytest.approx(100 * np.mean([4, 9, 4, 16]))
    assert terms["lips"] == pytest.approx(2 * 100 * np.mean([9, 16]))
    assert terms["velocity"] == pytest.approx(3 * (10.0 * 1.0 * 50 * 0.1) ** 2)
