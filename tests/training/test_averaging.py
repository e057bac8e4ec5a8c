"""The average of the weights: its numbers, its leave-taking, and what it is good for."""

import pytest
import torch
from torch import nn

from ptalker_blender.training.averaging import WeightAverage


def module(value: float) -> nn.Linear:
    made = nn.Linear(2, 1)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.fill_(value)
    return made


def set_to(made: nn.Module, value: float) -> None:
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.fill_(value)


def test_the_average_is_the_written_sum() -> None:
    made = module(1.0)
    average = WeightAverage(made, 0.15)
    for value in (3.0, 5.0):
        set_to(made, value)
        average.update()
    # Decays 1/10 and then 0.15 (2/11 is more): 0.1 * 1 + 0.9 * 3 = 2.8, 0.15 * 2.8 + 0.85 * 5 = 4.67.
    with average.applied():
        assert made.weight.tolist() == [[pytest.approx(4.67), pytest.approx(4.67)]]
        assert made.bias.item() == pytest.approx(4.67)
    assert made.weight.tolist() == [[5.0, 5.0]]


def test_the_modules_own_weights_come_back_even_after_a_failure() -> None:
    made = module(1.0)
    average = WeightAverage(made, 0.9)
    set_to(made, 2.0)
    with pytest.raises(RuntimeError, match="scoring"), average.applied():
        assert made.bias.item() == 1.0
        raise RuntimeError("scoring")
    assert made.bias.item() == 2.0


def test_a_resumed_average_goes_on_as_an_uninterrupted_one() -> None:
    made = module(0.0)
    whole = WeightAverage(made, 0.99)
    for value in range(30):
        set_to(made, float(value))
        whole.update()
        if value == 11:
            other = module(7.0)
            resumed = WeightAverage(other, 0.99)
            resumed.load_state_dict(whole.state_dict())
    for value in range(12, 30):
        set_to(other, float(value))
        resumed.update()
    assert resumed.updates == whole.updates == 30
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], tensor, rtol=0, atol=0)


def test_averages_of_another_module_are_refused() -> None:
    average = WeightAverage(nn.Linear(2, 1), 0.9)
    with pytest.raises(ValueError, match="weight"):
        average.load_state_dict(WeightAverage(nn.Linear(3, 1), 0.9).state_dict())
    with pytest.raises(ValueError, match="updates"):
        average.load_state_dict({k: v for k, v in average.state_dict().items() if k != "updates"})


@pytest.mark.parametrize("decay", [0.0, 1.0, -0.1, float("nan")])
def test_impossible_decays_are_refused(decay: float) -> None:
    with pytest.raises(ValueError, match="decay"):
        WeightAverage(nn.Linear(1, 1), decay)


def test_the_average_is_nearer_to_the_answer_than_the_last_step() -> None:
    # Least squares by single noisy samples at a constant rate: the last iterate keeps wandering, its average does not.
    generator = torch.Generator().manual_seed(0)
    truth = torch.tensor([[1.5, -2.0]])
    made = module(0.0)
    average = WeightAverage(made, 0.99)
    optimiser = torch.optim.SGD(made.parameters(), 0.1)
    for _ in range(1500):
        x = torch.randn(1, 2, generator=generator)
        y = x @ truth.T + torch.randn(1, 1, generator=generator)
        optimiser.zero_grad()
        (made(x) - y).square().mean().backward()
        optimiser.step()
        average.update()
    last = float((made.weight.detach() - truth).norm())
    with average.applied():
        averaged = float((made.weight.detach() - truth).norm())
    assert averaged < 0.5 * last
