"""The network with a decoder of FaceFormer's type in place of its own: same encoders, same size, same checkpoints."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from ...errors import UserError
from ...model.checkpoint import read_metadata, save_checkpoint
from ...model.config import NetworkConfig
from ...model.network import Network
from .faceformer import FaceFormerDecoder

NOTE, KIND = "decoder", "faceformer"  # in the metadata of a checkpoint


def faceformer_network(config: NetworkConfig) -> Network:
    """An untrained network whose decoder is a `FaceFormerDecoder` with as many parameters as the one it replaces.

    Layers, heads, width and period are the configuration's. What the style-adaptive norms and the queries and keys of
    the cross-attention would have held goes into the feed-forward part.
    """
    network = Network(config)
    aim = parameter_count(network.decoder)
    network.add_module("decoder", _decoder(config, equal_feed_forward(config, aim)))
    return network


def parameter_count(module: nn.Module) -> int:
    """Numbers that a module may learn."""
    return sum(parameter.numel() for parameter in module.parameters())


def equal_feed_forward(config: NetworkConfig, aim: int) -> int:
    """Feed-forward width with which the decoder comes nearest to `aim` parameters, at least 1.

    With very many channels the embedding of past motion alone may exceed it: the decoder is then larger.
    """
    with torch.device("meta"):
        one, two = (parameter_count(_decoder(config, width)) for width in (1, 2))
    return max(1, 1 + round((aim - one) / (two - one)))


def _decoder(config: NetworkConfig, feed_forward: int) -> FaceFormerDecoder:
    return FaceFormerDecoder(
        width=config.width,
        layers=config.layers,
        heads=config.heads,
        feed_forward=feed_forward,
        period=config.bias_period,
        channels=config.channels,
        dropout=config.dropout,
    )


def save_faceformer(network: Network, path: Path) -> None:
    """Write a network of `faceformer_network`."""
    save_checkpoint(network, path, {NOTE: KIND})


def load_faceformer(path: Path, device: str | torch.device = "cpu") -> Network:
    """Rebuild what `save_faceformer` wrote, ready to evaluate; every tensor must be there and none besides.

    Raises:
        UserError: the file is no such network.
    """
    metadata = read_metadata(path)
    if metadata.get(NOTE) != KIND:
        raise UserError(f"{path.name} has another decoder", "a FaceFormer-type baseline", "load it as other weights")
    network = faceformer_network(NetworkConfig.from_json(metadata["config"]))
    try:
        network.load_state_dict(load_file(path), strict=True)
    except RuntimeError as error:  # torch names missing and misshapen tensors
        reason = " ".join(str(error).split())
        raise UserError(f"{path.name}: {reason[:300]}", "a baseline of this version", "train it anew") from error
    return network.to(device).eval()
