"""Correlations, not products: known values, no escape by scale."""

import numpy as np
import pytest
import torch

from ptalker_blender.training.constraints.orthogonality import orthogonality


def test_it_is_the_mean_squared_correlation_coefficient() -> None:
    rng = np.random.default_rng(0)
    content, style = rng.normal(size=(3, 7, 4)), rng.normal(size=(3, 7, 5))
    style[..., 0] += content[..., 2]
    both = np.concatenate([content.reshape(21, 4), style.reshape(21, 5)], axis=1)
    expected = np.square(np.corrcoef(both.T)[:4, 4:]).mean()
    assert float(orthogonality(torch.from_numpy(content), torch.from_numpy(style))) == pytest.approx(expected, rel=1e-4)


def test_uncorrelated_features_cost_nothing_and_equal_ones_all() -> None:
    a = torch.tensor([1.0, 1.0, -1.0, -1.0])[None, :, None]
    b = torch.tensor([1.0, -1.0, 1.0, -1.0])[None, :, None]
    assert float(orthogonality(a + 5, b - 3)) == pytest.approx(0, abs=1e-7)
    assert float(orthogonality(a, 2 - 3 * a)) == pytest.approx(1, rel=1e-4)


def test_neither_scale_nor_offset_counts() -> None:
    torch.manual_seed(0)
    content, style = torch.randn(4, 30, 6), torch.randn(4, 30, 6)
    style = style + 0.5 * content
    reference = float(orthogonality(content, style))
    assert float(orthogonality(1e-4 * content, style)) == pytest.approx(reference, rel=1e-3)
    per_channel = torch.tensor([0.1, 1, 2, 5, 10, 0.3])
    assert float(orthogonality(content * per_channel + 7, style)) == pytest.approx(reference, rel=1e-2)


def test_a_style_constant_in_its_clip_is_compared_across_clips() -> None:
    torch.manual_seed(0)
    style = torch.randn(16, 1, 3).expand(16, 20, 3)
    assert float(orthogonality(torch.randn(16, 20, 3), style)) < 0.02
    assert float(orthogonality(style + 0.1 * torch.randn(16, 20, 3), style)) > 0.25


def test_descent_separates_instead_of_shrinking() -> None:
    torch.manual_seed(0)
    style = torch.randn(4, 50, 3)
    content = (torch.randn(4, 50, 3) + style).requires_grad_()
    optimizer = torch.optim.Adam([content], lr=0.05)
    first = orthogonality(content, style)
    for _ in range(60):
        optimizer.zero_grad()
        orthogonality(content, style).backward()
        optimizer.step()
    assert float(orthogonality(content, style)) < 0.05 * float(first)
    assert float(content.detach().std()) > 0.7


def test_constant_and_equal_clips_are_finite() -> None:
    content = torch.ones(2, 5, 3, requires_grad=True)
    loss = orthogonality(content, torch.randn(2, 5, 3))
    loss.backward()
    assert float(loss) == 0.0
    assert torch.isfinite(content.grad).all()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="same 2 or more frames"):
        orthogonality(torch.zeros(2, 5, 3), torch.zeros(2, 6, 3))
    with pytest.raises(ValueError, match="same 2 or more frames"):
        orthogonality(torch.zeros(1, 1, 3), torch.zeros(1, 1, 3))
