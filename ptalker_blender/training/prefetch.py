"""Batches drawn ahead of the steps that use them: torch frees the interpreter while it works, above all on a GPU."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Batch = TypeVar("Batch")

MOST_WORKERS = 8


def workers_for(device: torch.device | str) -> int:
    """Threads that draw: one beside training on the CPU, which needs the cores itself, several beside a GPU."""
    if torch.device(device).type == "cpu":
        return 1
    return max(1, min(MOST_WORKERS, (os.cpu_count() or 1) - 1))


def prepared(prepare: Callable[[int], Batch], steps: range, workers: int) -> Iterator[tuple[int, Batch]]:
    """Yield (step, prepare(step)) in order, while the next `workers` are being prepared in as many threads.

    Args:
        prepare: draws a batch from its step alone, so that neither order nor thread matters; it may fail, and the
            failure arises at its step.
        steps: which, ascending by one.
        workers: threads, at least 1.
    """
    with ThreadPoolExecutor(workers) as pool:
        coming: deque[Future[Batch]] = deque(pool.submit(prepare, step) for step in steps[:workers])
        for place, step in enumerate(steps):
            batch = coming.popleft().result()
            following = place + workers
            if following < len(steps):
                coming.append(pool.submit(prepare, steps[following]))
            yield step, batch
