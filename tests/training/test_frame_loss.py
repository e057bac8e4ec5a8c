"""The boundary-tolerant loss against numbers worked out by hand and against torch's own."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from ptalker_blender.training.frame_loss import FrameTargets, frame_loss


def targets(labels: list[int], others: list[int], weights: list[float], smoothing: float = 0.0) -> FrameTargets:
    return FrameTargets(
        np.array([labels]), np.array([others]), np.array([weights], np.float32), np.array([smoothing], np.float32)
    )


def logits(*probabilities: list[float]) -> torch.Tensor:
    return torch.log(torch.tensor([probabilities]))


def test_near_a_boundary_either_phone_counts() -> None:
    frames = logits([0.5, 0.25, 0.25], [0.125, 0.5, 0.375])
    loss = frame_loss(frames, targets([0, 0], [0, 1], [1, 1]))
    # First frame: -log 0.5. Second: -log(0.125 + 0.5).
    assert float(loss) == pytest.approx((math.log(2) - math.log(0.625)) / 2, rel=1e-6)


def test_frames_weigh_as_told() -> None:
    frames = logits([0.5, 0.5], [0.25, 0.75], [0.9, 0.1])
    loss = frame_loss(frames, targets([0, 0, 1], [0, 0, 1], [3, 1, 0]))
    assert float(loss) == pytest.approx((3 * math.log(2) + math.log(4)) / 4, rel=1e-6)
    assert float(frame_loss(frames, targets([0, 0, 1], [0, 0, 1], [0, 0, 0]))) == 0


def test_smoothing_of_each_window_is_its_own() -> None:
    frames = logits([0.5, 0.25, 0.25]).repeat(2, 1, 1)
    both = FrameTargets(*(np.zeros((2, 1), np.int64),) * 2, np.ones((2, 1), np.float32), np.float32([0.0, 0.3]))
    uniform = -(math.log(0.5) + 2 * math.log(0.25)) / 3
    expected = (math.log(2) + 0.7 * math.log(2) + 0.3 * uniform) / 2
    assert float(frame_loss(frames, both)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.4])
def test_without_boundaries_it_is_the_usual_cross_entropy_and_its_gradient(smoothing: float) -> None:
    generator = torch.Generator().manual_seed(3)
    ours = torch.randn(2, 7, 5, generator=generator).requires_grad_()
    usual = ours.detach().clone().requires_grad_()
    labels = np.random.default_rng(0).integers(5, size=(2, 7))
    plain = FrameTargets(labels, labels, np.ones((2, 7), np.float32), np.full(2, smoothing, np.float32))
    a = frame_loss(ours, plain)
    b = F.cross_entropy(usual.flatten(0, 1), torch.from_numpy(labels).flatten(), label_smoothing=smoothing)
    a.backward()
    b.backward()
    torch.testing.assert_close(a, b)
    torch.testing.assert_close(ours.grad, usual.grad)


def test_a_frame_left_out_has_no_gradient_and_a_tolerated_phone_is_not_pushed_down() -> None:
    frames = torch.zeros(1, 2, 3, requires_grad=True)
    frame_loss(frames, targets([0, 0], [0, 1], [0, 1])).backward()
    assert frames.grad is not None and torch.isfinite(frames.grad).all()
    assert not frames.grad[0, 0].any()
    assert frames.grad[0, 1, 1] < 0 < frames.grad[0, 1, 2]  # descent raises the tolerated one, lowers the third
