"""Cycle losses by hand; what went in is a constant."""

import pytest
import torch

from ptalker_blender.training.constraints.cycle import content_cycle, style_cycle


def test_style_cycle_is_one_minus_cosine() -> None:
    wanted = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    again = torch.tensor([[5.0, 0.0], [0.0, 2.0], [-1.0, 0.0], [1.0, 1.0]])
    assert float(style_cycle(again[:1], wanted[:1])) == pytest.approx(0, abs=1e-6)
    assert float(style_cycle(again, wanted)) == pytest.approx((0 + 1 + 2 + 1 - 0.5**0.5) / 4, rel=1e-6)


def test_content_cycle_by_hand() -> None:
    """Two clips at a right angle stand sqrt(2) > 1 apart and are left alone; at 30 degrees they are pushed."""
    right = torch.tensor([[[1.0], [0.0]], [[0.0], [1.0]]])
    assert float(content_cycle(4 * right, right)) == pytest.approx(0, abs=1e-5)
    assert float(content_cycle(right.flip(0), right)) == pytest.approx(2 + 1, rel=1e-3)
    angle = torch.tensor(torch.pi / 6)
    leaning = torch.stack([torch.tensor([[1.0], [0.0]]), torch.stack([angle.cos(), angle.sin()])[:, None]])
    apart = 2 * float((angle / 2).sin())
    assert float(content_cycle(leaning, leaning)) == pytest.approx((1 - apart) ** 2, rel=1e-3)
    assert float(content_cycle(right, right, margin=1.6)) == pytest.approx((1.6 - 2**0.5) ** 2, rel=1e-3)


def test_one_clip_is_only_pulled() -> None:
    wanted = torch.tensor([[[1.0], [0.0]]])
    assert float(content_cycle(torch.tensor([[[0.0], [3.0]]]), wanted)) == pytest.approx(2)


def test_the_order_of_the_batch_does_not_count() -> None:
    torch.manual_seed(0)
    wanted = torch.randn(5, 6, 3)
    again, order = wanted + torch.randn(5, 6, 3), torch.randperm(5)
    for loss in (content_cycle, lambda a, b: style_cycle(a[:, 0], b[:, 0])):
        assert float(loss(again[order], wanted[order])) == pytest.approx(float(loss(again, wanted)), rel=1e-5)


def test_only_what_came_back_gets_a_gradient_and_descent_brings_it_home() -> None:
    torch.manual_seed(0)
    wanted = torch.randn(4, 10, 6, requires_grad=True)
    again = torch.randn(4, 10, 6, requires_grad=True)
    optimizer = torch.optim.Adam([again], lr=0.05)
    first = float(content_cycle(again, wanted))
    for _ in range(150):
        optimizer.zero_grad()
        (content_cycle(again, wanted) + style_cycle(again[:, 0], wanted[:, 0])).backward()
        optimizer.step()
    assert wanted.grad is None
    assert float(content_cycle(again, wanted)) < 0.05 * first


def test_equal_clips_have_a_finite_gradient() -> None:
    again = torch.ones(3, 4, 2, requires_grad=True)
    content_cycle(again, torch.ones(3, 4, 2)).backward()
    assert torch.isfinite(again.grad).all()
