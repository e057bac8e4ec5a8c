"""Weights on disk: safetensors with the configuration in the metadata, loaded strictly. Nothing here can execute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import UserError
from ..files import atomic_write
from .config import NetworkConfig
from .network import Network

FORMAT = "ptalker-network-2"
IDENTITIES = "identity_style.table.weight"
SPEECH = ("audio_content.encoder.", "audio_content.phone_head.", "mel.")  # tensors that training stage 1 makes


def save_checkpoint(network: Network, path: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write the network with its configuration; ``metadata`` adds notes such as the stage and the figures."""
    notes = dict(metadata or {}) | {"format": FORMAT, "config": network.config.to_json()}
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic_write(path) as temporary:
        save_file(state, temporary, metadata=notes)


def read_metadata(path: Path, formats: tuple[str, ...] = (FORMAT,)) -> dict[str, str]:
    """Metadata of a weights file of one of some formats.

    Raises:
        UserError: missing, not safetensors, or not ours.
    """
    expected, advice = "weights written by `ptalker train`", "check the weights setting, or leave it empty"
    if not path.is_file():
        raise UserError(f"no weights at {path}", expected, advice)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path.name} is not a readable safetensors file ({error})", expected, advice) from error
    if metadata.get("format") not in formats:
        raise UserError(f"{path.name} has format {metadata.get('format')!r}", formats[0], advice)
    return dict(metadata)


def load_checkpoint(path: Path, device: str | torch.device = "cpu") -> Network:
    """Rebuild the network that `save_checkpoint` wrote, ready to evaluate; every tensor must be there and none besides.

    Raises:
        UserError: the file cannot be used.
    """
    metadata = read_metadata(path)
    with safe_open(path, framework="pt", device=str(device)) as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - safe_open is not a mapping
    return _network_of(metadata, state, path.name).to(device).eval()


def load_speech_part(network: Network, path: Path) -> None:
    """Take what stage 1 makes, the speech encoder with its phone head and input scale, from other weights.

    Those may be of another network otherwise, or of an earlier version.

    Raises:
        UserError: no weights, or of another speech encoder.
    """
    metadata = read_metadata(path, (FORMAT, "ptalker-network-1"))
    try:
        found = json.loads(metadata["config"])
        same = all(
            json.loads(json.dumps(getattr(network.config, name))) == found[name]
            for name in ("speech_encoder", "phones", "mels")
        )
    except (KeyError, ValueError) as error:
        raise UserError(
            f"{path.name} tells no configuration ({error})", "weights of `ptalker train`", "choose others"
        ) from error
    if not same:
        raise UserError(
            f"{path.name} has another speech encoder than the configuration", "the same encoder, phones and mel bands",
            "choose other weights to begin with, or none",
        )  # fmt: skip
    with safe_open(path, framework="pt") as file:
        state = {name: file.get_tensor(name) for name in file.keys() if name.startswith(SPEECH)}  # noqa: SIM118
    missing, unexpected = network.load_state_dict(state, strict=False)
    if unexpected or any(name.startswith(SPEECH) for name in missing):
        raise UserError(f"{path.name} lacks parts of its speech encoder", "whole weights", "choose others")


def load_motion_part(network: Network, path: Path) -> None:
    """Take everything but the speech part from other weights of this version; identities both know, by their names.

    Raises:
        UserError: those are of another configuration.
    """
    other = load_checkpoint(path)
    found, wanted = (replace(one.config, lead_frames=0, identities=()) for one in (other, network))
    if found != wanted:
        raise UserError(
            f"{path.name} is of another configuration", "weights of a network like this one", "choose others, or none"
        )
    state = {name: tensor for name, tensor in other.state_dict().items() if not name.startswith(SPEECH)}
    table = state.pop(IDENTITIES, None)
    if table is not None and network.identity_style is not None:
        rows = network.identity_style.table.weight.detach().clone()
        for row, name in enumerate(network.config.identities):
            if name in other.config.identities:
                rows[row] = table[other.config.identities.index(name)]
        state[IDENTITIES] = rows
    network.load_state_dict(state, strict=False)


def _network_of(metadata: Mapping[str, str], state: Mapping[str, Tensor], name: str) -> Network:
    """The network of a file's metadata and tensors; `name` is the file's, for the line the user sees."""
    try:
        network = Network(NetworkConfig.from_json(metadata["config"]))
        network.load_state_dict(state, strict=True)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:  # torch names missing and misshapen tensors
        reason = " ".join(str(error).split())
        raise UserError(f"{name} does not fit this version: {reason[:300]}", "weights of this version, written by "
                        "`ptalker train`", "leave the weights setting empty, or train anew") from error  # fmt: skip
    return network


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, as stored in a take's provenance."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
