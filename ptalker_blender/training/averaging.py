"""An exponential moving average of the weights during training.

Averaging the iterates of stochastic gradient descent (Polyak and Juditsky, "Acceleration of stochastic approximation
by averaging", 1992) removes the noise of the last steps, as a falling learning rate does, but at any moment of a run:
it is the averaged network that is scored and kept, while the steps go on from the noisy one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

UPDATES = "updates"  # name of the count among the saved tensors; no parameter is called so


class WeightAverage:
    """The average of a module's parameters over the steps taken so far, most weight on the latest.

    After n updates the decay is min(decay, (1 + n) / (10 + n)), so that the weights a run begins with are soon
    forgotten. Parameters that never change cost memory and nothing else; buffers are not averaged.

    Args:
        module: whose parameters; the average begins with their present values.
        decay: share of the old average kept at each update, above 0 and below 1; 0.999 remembers about 1000 steps.

    Raises:
        ValueError: an impossible decay.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        if not 0 < decay < 1:
            raise ValueError(f"decay is {decay}; above 0 and below 1 makes sense")
        self.decay = decay
        self.updates = 0
        self._parameters: dict[str, nn.Parameter] = dict(module.named_parameters())
        self._average = {name: parameter.detach().clone() for name, parameter in self._parameters.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take the present weights in; call it after each step of the optimiser."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        for name, parameter in self._parameters.items():
            self._average[name].lerp_(parameter.detach(), 1 - decay)
        self.updates += 1

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The module has the averaged weights inside the `with` block, and exactly its own again after it."""
        own = {name: parameter.detach().clone() for name, parameter in self._parameters.items()}
        self._put(self._average)
        try:
            yield
        finally:
            self._put(own)

    @torch.no_grad()
    def _put(self, values: Mapping[str, Tensor]) -> None:
        for name, parameter in self._parameters.items():
            parameter.copy_(values[name])

    def state_dict(self) -> dict[str, Tensor]:
        """The averages by the parameters' names, and their count, on the CPU; tensors alone, as safetensors wants."""
        count = {UPDATES: torch.tensor(self.updates)}
        return count | {name: tensor.detach().cpu().clone() for name, tensor in self._average.items()}

    @torch.no_grad()
    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on with what `state_dict` gave.

        Raises:
            ValueError: averages of other parameters than the module's, or of other shapes.
        """
        wanted = {UPDATES: torch.Size()} | {name: tensor.shape for name, tensor in self._average.items()}
        found = {name: tensor.shape for name, tensor in state.items()}
        if found != wanted:
            differing = sorted(name for name in wanted | found if wanted.get(name) != found.get(name))
            raise ValueError(f"averaged weights of other parameters than the network's: {', '.join(differing[:5])}")
        self.updates = int(state[UPDATES])
        for name, tensor in self._average.items():
            tensor.copy_(state[name])
