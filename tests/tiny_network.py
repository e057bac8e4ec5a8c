"""A network of every part in its smallest size, with random weights: what it says is nonsense, the path is the real."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ptalker_blender.model.checkpoint import save_checkpoint
from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.face_graph import FaceGraph, normalised
from ptalker_blender.model.network import Network
from ptalker_blender.motion.controls import N_CONTROLS

POINTS = 8


ENCODER = COMPACT_SPEECH_ENCODER | {"hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 16}


def tiny_network(
    seed: int = 3, identities: tuple[str, ...] = ("a",), speech_encoder: Mapping[str, Any] = ENCODER
) -> Network:
    """A network whose every input reaches its output; the face at rest holds all controls at 0.4.

    Args:
        seed: of the weights.
        identities: of its performers.
        speech_encoder: its configuration.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    ring = np.sort(np.stack([np.arange(POINTS), (np.arange(POINTS) + 1) % POINTS], axis=1), axis=1)
    graph = FaceGraph(normalised(rng.normal(size=(POINTS, 3))), np.unique(ring, axis=0).astype(np.int64))
    network = Network(
        NetworkConfig(
            phones=("sil", "p"),
            speech_encoder=dict(speech_encoder),
            width=16,
            layers=1,
            feed_forward=16,
            style_layers=1,
            content_layers=1,
            identities=identities,
            graph_points=POINTS,
            graph_degree=graph.degree,
            graph_features=4,
        )
    )
    for parameter in network.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    network.mean_style.normal_(std=0.1)
    torch.nn.init.constant_(network.decoder.out.bias, 0.4)
    with torch.no_grad():
        network.idle.bias.copy_(torch.tensor([1.0, 0.6, 0.6]))  # a face that blinks, looks about and drifts
    network.set_face(graph, rng.normal(size=(N_CONTROLS, POINTS, 3)), None, np.ones(POINTS))
    return network


def tiny_weights(path: Path, seed: int = 3, identities: tuple[str, ...] = ("a",)) -> Path:
    """Write `tiny_network` and return the path."""
    save_checkpoint(tiny_network(seed, identities), path)
    return path
