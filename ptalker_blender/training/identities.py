"""The last step of training: the identity table is fitted to its performers' own performances.

A performer's row of the table is drawn once in some forty steps, so it lags behind the motion style encoder, whose
codes move all the time. At the end those codes stand still, and the table can follow them: each performer's learned
code becomes, as nearly as the table can say it, the mean of the codes of their performances (the aim of PTalker's
agreement loss between s_p and s_m).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ..model.network import Network

STEPS, LEARNING_RATE = 1500, 5e-3
BATCH = 16  # performances encoded together


def fit_identities(network: Network, performances: Sequence[Sequence[NDArray[np.float32]]]) -> float:
    """Fit the identity style to performances; nothing else of the network changes.

    Args:
        network: with an identity table.
        performances: clips [P, C] at 25 Hz of one length, of each performer, in the table's order.

    Returns:
        mean cosine between the learned codes and their performers' means, both seen from the network's mean style.

    Raises:
        ValueError: no table, or not one list of performances for each row.
    """
    identity = network.identity_style
    if identity is None or len(performances) != len(network.config.identities):
        raise ValueError(f"{len(performances)} performers for the identity table of {network.config.identities[:3]}...")
    network.eval()
    wanted = torch.stack([mean_code(network, clips) for clips in performances])
    everyone = torch.arange(len(wanted), device=wanted.device)
    optimiser = torch.optim.Adam(identity.parameters(), LEARNING_RATE)
    for parameter in identity.parameters():
        parameter.requires_grad_(True)
    for step in range(STEPS):
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * (1 - step / STEPS)
        loss = F.mse_loss(identity(everyone), wanted)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        mean = network.mean_style
        return float(F.cosine_similarity(identity(everyone) - mean, wanted - mean, dim=-1).mean())


@torch.no_grad()
def mean_code(network: Network, clips: Sequence[NDArray[np.float32]]) -> Tensor:
    """Mean style code [D] of clips of one length."""
    device = network.mean_style.device
    parts = [torch.from_numpy(np.stack(clips[k : k + BATCH])).to(device) for k in range(0, len(clips), BATCH)]
    return torch.cat([network.style_of_motion(part) for part in parts]).mean(0)
