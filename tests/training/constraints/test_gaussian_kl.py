"""The divergence of torch.distributions on the same statistics, zero where they agree."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from ptalker_blender.training.constraints.gaussian_kl import gaussian_kl


def with_statistics(mean: float, deviation: float) -> torch.Tensor:
    """[1, 4, 1] of exactly this mean and deviation."""
    return (mean + deviation * torch.tensor([1.0, -1.0, 1.0, -1.0]))[None, :, None]


def test_known_value_and_direction() -> None:
    narrow, wide = with_statistics(0, 1), with_statistics(1, 2)
    first, second = Normal(0.0, 1.0), Normal(1.0, 2.0)
    assert float(gaussian_kl(narrow, wide)) == pytest.approx(float(kl_divergence(first, second)), rel=1e-4)
    assert float(gaussian_kl(wide, narrow)) == pytest.approx(float(kl_divergence(second, first)), rel=1e-4)


def test_it_is_the_mean_over_clips_and_channels() -> None:
    torch.manual_seed(0)
    audio, motion = torch.randn(3, 40, 5), 2 * torch.randn(3, 50, 5) + 1
    parts = [
        kl_divergence(
            Normal(audio[b, :, d].mean(), audio[b, :, d].std(correction=0)),
            Normal(motion[b, :, d].mean(), motion[b, :, d].std(correction=0)),
        )
        for b in range(3)
        for d in range(5)
    ]
    assert float(gaussian_kl(audio, motion)) == pytest.approx(float(torch.stack(parts).mean()), rel=1e-4)


def test_zero_exactly_where_mean_and_variance_agree() -> None:
    torch.manual_seed(0)
    audio = torch.randn(2, 30, 4)
    assert float(gaussian_kl(audio, audio[:, torch.randperm(30)])) == pytest.approx(0, abs=1e-6)
    assert float(gaussian_kl(audio, audio + 0.1)) > 1e-3
    assert float(gaussian_kl(audio, 1.1 * audio)) > 1e-3


def test_common_scale_does_not_count_and_gradients_reach_both() -> None:
    torch.manual_seed(0)
    audio, motion = torch.randn(2, 30, 4, requires_grad=True), torch.randn(2, 30, 4, requires_grad=True)
    loss = gaussian_kl(audio, motion)
    assert float(gaussian_kl(0.1 * audio, 0.1 * motion)) == pytest.approx(float(loss), rel=1e-2)
    loss.backward()
    assert audio.grad.any() and motion.grad.any()


def test_descent_brings_the_statistics_together() -> None:
    torch.manual_seed(0)
    audio, motion = torch.randn(2, 30, 4), (3 * torch.randn(2, 30, 4) + 2).requires_grad_()
    optimizer = torch.optim.Adam([motion], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        gaussian_kl(audio, motion).backward()
        optimizer.step()
    torch.testing.assert_close(motion.mean(1), audio.mean(1), atol=0.05, rtol=0)
    torch.testing.assert_close(motion.std(1), audio.std(1), atol=0.05, rtol=0)


def test_a_motion_that_stands_still_is_finite() -> None:
    motion = torch.zeros(1, 8, 2, requires_grad=True)
    gaussian_kl(torch.randn(1, 8, 2), motion).backward()
    assert torch.isfinite(motion.grad).all()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="differ"):
        gaussian_kl(torch.zeros(2, 5, 3), torch.zeros(2, 5, 4))
