"""Resumable training state: network, optimiser, step and curve, all in safetensors and JSON (no pickle anywhere)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ..errors import UserError
from ..files import atomic_write
from ..model.checkpoint import load_checkpoint, read_metadata, save_checkpoint
from ..model.network import Network

BESIDE = "beside."  # begins the names of tensors that are no part of the optimiser


@dataclass(frozen=True)
class TrainingState:
    """Where a run stands.

    Attributes:
        network: as it was.
        step: the next step of the stage.
        optimiser: to go on with.
        beside: tensors that are learned or kept beside the network, by name.
    """

    network: Network
    step: int
    optimiser: dict[str, Any]
    beside: dict[str, torch.Tensor]


def save_state(
    folder: Path,
    stage: str,
    network: Network,
    optimiser: torch.optim.Optimizer,
    step: int,
    beside: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Write `STAGE.network.safetensors` and `STAGE.optimiser.safetensors`; see `TrainingState`."""
    folder.mkdir(parents=True, exist_ok=True)
    state = optimiser.state_dict()
    tensors = {f"{BESIDE}{name}": tensor.detach().cpu().contiguous() for name, tensor in (beside or {}).items()}
    scalars = {}
    for index, values in state["state"].items():
        for name, value in values.items():
            tensors[f"{index}.{name}"] = torch.as_tensor(value).contiguous()
    scalars["groups"] = json.dumps(state["param_groups"])
    with atomic_write(folder / f"{stage}.optimiser.safetensors") as temporary:
        save_file(tensors, temporary, metadata=scalars | {"step": str(step)})
    save_checkpoint(network, folder / f"{stage}.network.safetensors", {"stage": stage, "step": str(step)})


def load_state(folder: Path, stage: str) -> TrainingState | None:
    """What `save_state` wrote, or None when the stage has not begun.

    Raises:
        UserError: one of the two files is missing, or they are of different steps (the run was interrupted between
            the two writes). Hours of training are not thrown away without a word.
    """
    paths = network_path, optimiser_path = tuple(folder / f"{stage}.{k}.safetensors" for k in ("network", "optimiser"))
    advice = f"put the other file back, or delete {network_path.name} and {optimiser_path.name} to begin the stage anew"
    present = [path for path in paths if path.is_file()]
    if not present:
        return None
    if len(present) == 1:
        raise UserError(f"only {present[0].name} in {folder}", "the network and its optimiser", advice)
    step = int(read_metadata(network_path)["step"])
    tensors = load_file(optimiser_path)
    with safe_open(optimiser_path, framework="pt") as file:
        metadata: Mapping[str, str] = file.metadata()
    if int(metadata["step"]) != step:
        raise UserError(f"the {stage} network of step {step} and the optimiser of step {metadata['step']} in {folder}",
                        "both of one step", advice)  # fmt: skip
    beside = {key.removeprefix(BESIDE): tensors.pop(key) for key in list(tensors) if key.startswith(BESIDE)}
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = tensor
    optimiser = {"state": state, "param_groups": json.loads(metadata["groups"])}
    return TrainingState(load_checkpoint(network_path), step, optimiser, beside)


class Curve:
    """A training curve kept as JSON lines, appended to as training goes on and cut back on resuming.

    A point's step is the number of steps done. It is added before the state of that step is saved, so a resumed run
    has every point up to where it goes on.

    Args:
        path: the file.
        first_step: steps done at the start; points beyond it are of work that was lost and are dropped.
    """

    def __init__(self, path: Path, first_step: int) -> None:
        self.path = path
        self.points: list[dict[str, float]] = []
        if path.is_file():
            lines = path.read_text(encoding="utf8").splitlines()
            self.points = [point for point in map(json.loads, lines) if point["step"] <= first_step]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write()

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Add one point."""
        self.points.append({"step": step, **values})
        self._write()

    def _write(self) -> None:
        with atomic_write(self.path) as temporary:
            temporary.write_text("".join(json.dumps(point) + "\n" for point in self.points), encoding="utf8")
