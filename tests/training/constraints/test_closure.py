"""Only closed frames count, only what is too wide, in millimetres of the default head."""

import numpy as np
import pytest
import torch

from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.linear import mouth_opening
from ptalker_blender.rig.lips import lip_rig
from ptalker_blender.training.constraints.closure import ClosureLoss


@pytest.fixture
def jaw_only() -> ClosureLoss:
    """A head at rest with 0.5 mm gap that opens by 40 mm per unit of jawOpen and closes by mouthClose."""
    row = np.zeros(52)
    row[INDEX["jawOpen"]], row[INDEX["mouthClose"]] = 40.0, -40.0
    return ClosureLoss(0.5, row)


def jaw(*values: float) -> torch.Tensor:
    motion = torch.zeros(1, len(values), N_CONTROLS)
    motion[0, :, INDEX["jawOpen"]] = torch.tensor(values)
    return motion


def test_by_hand(jaw_only: ClosureLoss) -> None:
    """Of four frames the first two are closed in the target; the prediction stands 3 mm and 0 mm beyond the limit."""
    target, predicted = jaw(0.0, 0.02, 0.5, 0.03), jaw(0.1, 0.02, 0.0, 0.9)
    assert float(jaw_only(predicted, target)) == pytest.approx((3.0**2 + 0) / 2, rel=1e-5)


def test_closed_lips_pressed_lips_and_open_targets_cost_nothing(jaw_only: ClosureLoss) -> None:
    closed, opened = jaw(0.0, 0.0), jaw(0.3, 0.3)
    pressed = closed.clone()
    pressed[..., INDEX["mouthClose"]] = 0.2
    assert float(jaw_only(closed, closed)) == 0.0
    assert float(jaw_only(pressed, closed)) == 0.0
    assert float(jaw_only(jaw(1.0, 1.0), opened)) == 0.0


def test_a_jaw_that_is_compensated_is_closed(jaw_only: ClosureLoss) -> None:
    target = jaw(0.4)
    target[..., INDEX["mouthClose"]] = 0.4
    assert float(jaw_only(jaw(0.4), target)) == pytest.approx(15.0**2, rel=1e-5)


def test_the_gradient_closes_the_mouth_and_leaves_the_target(jaw_only: ClosureLoss) -> None:
    predicted, target = jaw(0.2, 0.2).requires_grad_(), jaw(0.0, 0.4).requires_grad_()
    jaw_only(predicted, target).backward()
    assert float(predicted.grad[0, 0, INDEX["jawOpen"]]) == pytest.approx(2 * 7.0 * 40.0, rel=1e-5)
    assert float(predicted.grad[0, 0, INDEX["mouthClose"]]) == pytest.approx(-2 * 7.0 * 40.0, rel=1e-5)
    assert not predicted.grad[0, 1].any()
    assert target.grad is None


def test_on_the_default_head_it_is_the_excess_of_the_measured_opening() -> None:
    head = load_head()
    rig = lip_rig(head)
    rng = np.random.default_rng(0)
    target = rng.uniform(0, 0.06, (40, N_CONTROLS)).astype(np.float32)
    predicted = rng.uniform(0, 0.3, (40, N_CONTROLS)).astype(np.float32)
    wanted, made = (1000 * mouth_opening(head, x) - rig.rest for x in (target, predicted))
    closed = wanted < 1.0
    assert 5 < closed.sum() < 35
    expected = np.square(np.maximum(made[closed] - 1.0, 0)).mean()
    loss = ClosureLoss(rig.rest, rig.row)(torch.from_numpy(predicted)[None], torch.from_numpy(target)[None])
    assert float(loss) == pytest.approx(float(expected), rel=1e-3)


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="gap_row"):
        ClosureLoss(0.2, np.zeros(55))
