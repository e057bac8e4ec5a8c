"""Training on several processes that together do exactly what one would do.

    torchrun --nproc-per-node 2 -m ptalker_blender.cli train CONFIG    # as many processes as GPUs, or a few on a CPU

Every process draws the whole batch from (seed, step) and works on its own rows of it. Each scales its loss by its
share of the whole batch's weight and the gradients are summed, so the step is that of the whole batch, whatever the
weights of the rows and however unevenly they divide. Contrasts between the items of a batch need the codes of all rows:
`Processes.gather_rows` brings them and carries the gradient back. The first process alone writes, prints and scores.

The collectives are those of `torch.distributed` (Li et al., "PyTorch Distributed: experiences on accelerating data
parallel training", VLDB 2020) without its wrapper module, which averages gradients as if all rows weighed the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed

from ..errors import UserError

PATIENCE = timedelta(hours=2)  # the others wait that long while the first process scores and writes
RANK_SEEDS = 1_000_000_007  # between the seeds of two processes, far beyond any (seed, step) of one


@dataclass(frozen=True)
class Processes:
    """Which of how many training processes this one is. Every method is called by all of them, in the same order.

    Attributes:
        rank: 0 .. world - 1.
        world: number of processes; 1 takes no process group and costs nothing.
    """

    rank: int
    world: int

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.world:
            raise ValueError(f"process {self.rank} of {self.world}")

    @classmethod
    def alone(cls) -> Processes:
        """The only process."""
        return cls(0, 1)

    @property
    def first(self) -> bool:
        """Whether this is the one that writes, prints and scores."""
        return self.rank == 0

    def rows(self, count: int) -> slice:
        """The rows of a batch of `count` that are this process's; the first processes have one more if need be.

        Raises:
            UserError: fewer rows than processes.
        """
        if count < self.world:
            raise UserError(f"{self.world} processes for a batch of {count}", "a row or more for each",
                            "start fewer processes, or raise the batch")  # fmt: skip
        each, more = divmod(count, self.world)
        first = self.rank * each + min(self.rank, more)
        return slice(first, first + each + (self.rank < more))

    def seed(self, seed: int) -> int:
        """A seed for what each process draws for its own rows, such as dropout; the first one's is `seed` itself."""
        return seed + RANK_SEEDS * self.rank

    def gather_rows(self, own: Tensor, count: int) -> Tensor:
        """The rows of all processes [count, ...] from each one's own [rows(count), ...], in order.

        The gradient flows back to each row's process from the losses of all: with losses scaled by their share (see
        `sum_gradients`) it is that of the whole batch's loss.

        Raises:
            ValueError: other than this process's rows of `count`.
        """
        rows = self.rows(count)
        if len(own) != rows.stop - rows.start:
            raise ValueError(f"{len(own)} rows of process {self.rank}, which has {rows.stop - rows.start} of {count}")
        if self.world == 1:
            return own
        gathered: Tensor = _GatherRows.apply(own, self, count)  # type: ignore[no-untyped-call]
        return gathered

    def sum(self, own: Tensor) -> Tensor:
        """Sum over the processes of a tensor of one shape, the same to the bit in all; carries no gradient."""
        total = own.detach().clone()
        if self.world > 1:
            distributed.all_reduce(total)
        return total

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Replace each gradient by the sum over the processes, of losses scaled by their share of the whole batch.

        A parameter without a gradient in every process stays without one, as in a single process, where AdamW then
        passes it over; without one in some, it counts as zero there.
        """
        if self.world == 1:
            return
        learning = [parameter for parameter in parameters if parameter.requires_grad]
        grads = [p.grad if p.grad is not None else torch.zeros_like(p) for p in learning]
        present = grads[0].new_tensor([float(p.grad is not None) for p in learning])
        # One message instead of hundreds of small ones.
        flat = self.sum(torch.cat([present, *(grad.flatten() for grad in grads)]))
        counts, summed = flat[: len(learning)], flat[len(learning) :]
        parts = torch.split(summed, [parameter.numel() for parameter in learning])
        for parameter, part, processes in zip(learning, parts, counts.tolist(), strict=True):
            parameter.grad = part.view_as(parameter) if processes else None

    def wait(self) -> None:
        """Go on when all processes have come here: before a file that all read is written, and after it was."""
        if self.world > 1:
            distributed.barrier()


class _GatherRows(torch.autograd.Function):
    """All-gather along the first axis; backward, each row's gradients are summed over the processes."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, processes: Processes, count: int) -> Tensor:
        ctx.processes, ctx.count = processes, count
        # Processes may have a row more or less, which an all-gather does not take; a sum of what others left zero does.
        whole = own.new_zeros((count, *own.shape[1:]))
        whole[processes.rows(count)] = own
        return processes.sum(whole)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        processes: Processes = ctx.processes
        return processes.sum(gradients[0].contiguous())[processes.rows(ctx.count)], None, None


ALONE = Processes.alone()  # the default where processes can be given


@contextmanager
def joined(device: str, environment: Mapping[str, str] = os.environ) -> Iterator[tuple[Processes, str]]:
    """Join the processes `torchrun` started, and part on leaving; alone where it did not.

    Args:
        device: "cpu", "cuda" or another name `engine.device.choose_device` gave. With several processes each takes
            the GPU of its own number.
        environment: where `torchrun` says which process this is.

    Yields:
        the processes, and this one's device.

    Raises:
        UserError: more processes than GPUs, or a device that cannot work together.
    """
    if "WORLD_SIZE" not in environment or int(environment["WORLD_SIZE"]) == 1:
        yield Processes.alone(), device
        return
    device = _own_device(device, int(environment["LOCAL_RANK"]))
    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo", timeout=PATIENCE)
    try:
        yield Processes(distributed.get_rank(), distributed.get_world_size()), device
    finally:
        distributed.destroy_process_group()


def _own_device(device: str, number: int) -> str:
    kind = device.partition(":")[0]
    if kind == "cpu":
        return device
    if kind != "cuda":
        raise UserError(f"several processes on {device!r}", "cpu or cuda", "train with one process there")
    if number >= torch.cuda.device_count():
        raise UserError(f"process {number + 1} of this machine and {torch.cuda.device_count()} GPUs", "a GPU for each",
                        "start as many processes as there are GPUs")  # fmt: skip
    return f"cuda:{number}"
