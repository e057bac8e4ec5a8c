"""A run's state as one small file, for a machine behind a narrow link; training resumes from it.

The ordinary state of a stage (`checkpointing`) is up to three times as large: every weight and both moments of Adam in
float32. Here weights have 16 bits with a scale for each block, finer than float16 on average; second moments 8 bits on
a logarithmic grid; first moments, which a few steps forget, 8 bits, or 4 where the file would be too large otherwise.
Buffers, small tensors and counts are exact. The bounds are those of `block_codes`; what they cost in training was
measured (docs/decisions.d/training.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save, save_file
from torch import Tensor

from ..errors import UserError
from ..files import atomic_write
from ..model.checkpoint import load_checkpoint
from .block_codes import decode_linear, decode_log, encode_linear, encode_log

FORMAT = "ptalker-portable-1"
LIMIT = 15 * 2**20  # bytes
STAGES = ("phones", "motion")  # in the order of training
SMALL = 512  # tensors of no more values are kept exactly: together they hold little
WEIGHT_BITS, MOMENT_BITS = 16, (8, 4)
NETWORK = "network"  # the part whose metadata hold step and configuration; see checkpointing.save_state
ADVICE = "name a file made by `ptalker train CONFIG --pack FILE`"


@dataclass(frozen=True)
class Packed:
    """What a portable file holds: a stage of training, the next step of it to run, and the file's size in bytes."""

    stage: str
    step: int
    size: int


@dataclass(frozen=True)
class Part:
    """One safetensors file of a state: its metadata and tensors."""

    metadata: Mapping[str, str]
    tensors: Mapping[str, Tensor]


def pack_run(folder: Path, path: Path) -> Packed:
    """Write the latest state in a run's folder, and the curves so far, as one file of at most `LIMIT` bytes.

    Raises:
        UserError: no state in the folder, one of several steps, or one too large.
    """
    stage, step = latest_state(folder)
    parts = {name: read_part(file) for name, file in _part_files(folder, stage).items()}
    steps = {name: part.metadata["step"] for name, part in parts.items() if "step" in part.metadata}
    if set(steps.values()) != {str(step)} or len(steps) < 2:
        raise UserError(f"{stage} state of steps {steps} in {folder}", "network and optimiser of one step",
                        "let the run go on to its next state")  # fmt: skip
    network = load_checkpoint(folder / f"{stage}.{NETWORK}.safetensors")
    exact = {name for name, _ in network.named_buffers()}
    metadata = {
        "format": FORMAT, "stage": stage, "step": str(step),
        "parts": json.dumps({name: dict(part.metadata) for name, part in parts.items()}),
        "curves": json.dumps({name: file.read_text("utf8") for name, file in _curves(folder).items()}),
    }  # fmt: skip
    size = 0
    for bits in MOMENT_BITS:
        tensors, layout = encode_parts(parts, exact, bits)
        size = len(save(tensors, metadata | {"layout": json.dumps(layout)}))
        if size <= LIMIT:
            with atomic_write(path) as temporary:
                save_file(tensors, temporary, metadata | {"layout": json.dumps(layout)})
            return Packed(stage, step, size)
    raise UserError(f"a state of {size / 2**20:.1f} MiB when packed", f"at most {LIMIT // 2**20} MiB",
                    "train a smaller network, or copy the run's folder instead")  # fmt: skip


def unpack_run(path: Path, folder: Path) -> Packed:
    """Write a packed state into a run's folder, from where training resumes. An older state of the run is replaced.

    Raises:
        UserError: not such a file, or the folder holds a state as far or further, or one of another network.
    """
    metadata, tensors = _read(path)
    packed = Packed(metadata["stage"], int(metadata["step"]), path.stat().st_size)
    parts = decode_parts(tensors, json.loads(metadata["layout"]), json.loads(metadata["parts"]))
    _require_older(folder, packed, parts[NETWORK].metadata["config"])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in json.loads(metadata["curves"]).items():
        with atomic_write(folder / f"{name}.jsonl") as temporary:
            temporary.write_text(text, encoding="utf8")
    for name, part in parts.items():
        with atomic_write(folder / f"{packed.stage}.{name}.safetensors") as temporary:
            save_file(dict(part.tensors), temporary, dict(part.metadata))
    return packed


def latest_state(folder: Path) -> tuple[str, int]:
    """Stage and next step of the latest state in a run's folder.

    Raises:
        UserError: there is none.
    """
    for stage in reversed(STAGES):
        file = folder / f"{stage}.{NETWORK}.safetensors"
        if file.is_file():
            return stage, int(read_part(file).metadata["step"])
    raise UserError(f"no state of training in {folder}", "a run that has begun", "train for a while first")


def encode_parts(
    parts: Mapping[str, Part], exact: set[str], moment_bits: int
) -> tuple[dict[str, Tensor], dict[str, tuple[str, list[int]]]]:
    """Tensors of all parts in fewer bits, and how to read each: its code and shape.

    Args:
        parts: by name.
        exact: names of tensors to keep as they are.
        moment_bits: of Adam's first moments.
    """
    stored: dict[str, Tensor] = {}
    layout: dict[str, tuple[str, list[int]]] = {}
    for part, content in parts.items():
        for name, tensor in content.tensors.items():
            key = f"{part}/{name}"
            if tensor.dtype != torch.float32 or tensor.numel() <= SMALL or name in exact:
                stored[key] = tensor
                continue
            bits = moment_bits if name.endswith(".exp_avg") else WEIGHT_BITS
            logarithmic = name.endswith(".exp_avg_sq")
            codes, scales = encode_log(tensor) if logarithmic else encode_linear(tensor, bits)
            layout[key] = ("log" if logarithmic else str(bits), list(tensor.shape))
            stored |= {f"{key}:codes": codes, f"{key}:scales": scales}
    return stored, layout


def decode_parts(
    stored: Mapping[str, Tensor], layout: Mapping[str, tuple[str, list[int]]], metadata: Mapping[str, dict[str, str]]
) -> dict[str, Part]:
    """The parts that `encode_parts` was given, by name, with their metadata."""
    tensors: dict[str, dict[str, Tensor]] = {name: {} for name in metadata}
    for key, tensor in stored.items():
        part, name = key.split("/", 1)
        if not name.endswith((":codes", ":scales")):
            tensors[part][name] = tensor
    for key, (code, sizes) in layout.items():
        part, name = key.split("/", 1)
        codes, scales, shape = stored[f"{key}:codes"], stored[f"{key}:scales"], torch.Size(sizes)
        values = decode_log(codes, scales, shape) if code == "log" else decode_linear(codes, scales, int(code), shape)
        tensors[part][name] = values
    return {name: Part(metadata[name], tensors[name]) for name in metadata}


def read_part(path: Path) -> Part:
    """A safetensors file's metadata and tensors.

    Raises:
        UserError: not readable.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return Part(file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path.name} is not readable ({error})", "a whole safetensors file", ADVICE) from error


def _part_files(folder: Path, stage: str) -> dict[str, Path]:
    """Files of a stage's state by name; the network that a finished stage leaves is none."""
    files = {path.name.split(".")[1]: path for path in sorted(folder.glob(f"{stage}.*.safetensors"))}
    return {name: path for name, path in files.items() if name != "final"}


def _curves(folder: Path) -> dict[str, Path]:
    return {stage: folder / f"{stage}.jsonl" for stage in STAGES if (folder / f"{stage}.jsonl").is_file()}


def _read(path: Path) -> tuple[Mapping[str, str], Mapping[str, Tensor]]:
    if not path.is_file():
        raise UserError(f"no file {path}", "a packed state of training", ADVICE)
    part = read_part(path)
    if part.metadata.get("format") != FORMAT or part.metadata["stage"] not in STAGES:
        raise UserError(f"{path.name} has format {part.metadata.get('format')!r}", FORMAT, ADVICE)
    return part.metadata, part.tensors


def _require_older(folder: Path, packed: Packed, config: str) -> None:
    if not any((folder / f"{stage}.{NETWORK}.safetensors").is_file() for stage in STAGES):
        return
    stage, step = latest_state(folder)
    if (STAGES.index(stage), step) >= (STAGES.index(packed.stage), packed.step):
        raise UserError(f"{folder} is at step {step} of {stage}, the packed state at step {packed.step} of "
                        f"{packed.stage}", "a state further than the folder's",
                        "train without --resume-from to go on, or choose another folder")  # fmt: skip
    if read_part(folder / f"{stage}.{NETWORK}.safetensors").metadata["config"] != config:
        raise UserError(f"a run of another network in {folder}", "a folder of the same run, or an empty one",
                        "choose another folder")  # fmt: skip
