"""Real batches: never zero for free, lowest for the right pairing."""

import itertools
import math

import pytest
import torch

from ptalker_blender.training.constraints.infonce import infonce


def test_known_value_of_two_orthogonal_pairs() -> None:
    codes = torch.eye(2) * 3
    assert float(infonce(codes, codes, 0.1)) == pytest.approx(math.log1p(math.exp(-10)), rel=1e-2)
    assert float(infonce(codes, codes.flip(0), 0.1)) == pytest.approx(math.log1p(math.exp(10)), rel=1e-6)
    assert float(infonce(codes, codes, 1.0)) == pytest.approx(math.log1p(math.exp(-1)), rel=1e-6)


def test_it_is_symmetric_and_both_directions_count() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(5, 8), torch.randn(5, 8)
    assert float(infonce(a, b)) == pytest.approx(float(infonce(b, a)), rel=1e-6)


def test_of_all_pairings_the_right_one_is_lowest() -> None:
    torch.manual_seed(0)
    anchors = torch.randn(4, 8)
    positives = anchors + 0.3 * torch.randn(4, 8)
    losses = {order: float(infonce(anchors, positives[list(order)])) for order in itertools.permutations(range(4))}
    assert min(losses, key=losses.__getitem__) == (0, 1, 2, 3)
    assert losses[0, 1, 2, 3] > 0


def test_the_order_of_the_batch_and_the_length_of_codes_do_not_count() -> None:
    torch.manual_seed(0)
    anchors, positives = torch.randn(6, 8), torch.randn(6, 8)
    same = torch.rand(6, 6) > 0.7
    order = torch.randperm(6)
    reference = float(infonce(anchors, positives, same=same))
    shuffled = infonce(3 * anchors[order], 0.1 * positives[order], same=same[order][:, order])
    assert float(shuffled) == pytest.approx(reference, rel=1e-5)


def test_clips_of_one_performer_are_no_negatives() -> None:
    """Anchors 0 and 1 are one performer: as if each stood alone beside performer 2."""
    codes = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    who = torch.tensor([0, 0, 1])
    same = who[:, None] == who
    rows = [math.log1p(math.exp(-1)), math.log1p(math.exp(-1)), math.log1p(2 * math.exp(-1))]
    assert float(infonce(codes, codes, 1.0, same)) == pytest.approx(sum(rows) / 3, rel=1e-6)
    assert float(infonce(codes, codes, 1.0)) > float(infonce(codes, codes, 1.0, same))


def test_a_batch_of_one_performer_is_finite() -> None:
    anchors = torch.randn(3, 4, requires_grad=True)
    loss = infonce(anchors, torch.randn(3, 4), same=torch.ones(3, 3, dtype=torch.bool))
    loss.backward()
    assert float(loss) == 0.0
    assert not anchors.grad.any()


def test_a_single_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="no negatives"):
        infonce(torch.ones(1, 4), torch.ones(1, 4))
    with pytest.raises(ValueError, match="do not fit"):
        infonce(torch.ones(2, 4), torch.ones(3, 4))
