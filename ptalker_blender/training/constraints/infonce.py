"""InfoNCE between two views of a style (van den Oord et al., 2018; symmetric as in CLIP, Radford et al., 2021).

PTalker's code has it with batches of one, where the only logit is the positive's and the loss is identically zero, and
takes a clip's content and style for a positive pair (papers.md 1.4, 6). Here positives are two views of one thing: two
clips of a performer, or style of motion and of voice.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def infonce(anchors: Tensor, positives: Tensor, temperature: float = 0.1, same: Tensor | None = None) -> Tensor:
    """How badly each anchor finds its positive among those of the batch, and the other way round; scalar, >= 0.

    Args:
        anchors: [B, D]; only directions count.
        positives: [B, D], row i belongs to anchor i.
        temperature: of the softmax over cosines.
        same: bool [B, B]; where [i, j] is true and i is not j, positive j is no negative of anchor i (one performer
            twice in the batch). A row without any negative adds 0.

    Raises:
        ValueError: fewer than two pairs, or shapes that do not fit.
    """
    count = len(anchors)
    if count < 2:
        raise ValueError(f"InfoNCE needs 2 or more pairs, got {count}: a single pair has no negatives")
    if anchors.shape != positives.shape or (same is not None and same.shape != (count, count)):
        raise ValueError(f"anchors {tuple(anchors.shape)}, positives {tuple(positives.shape)} or `same` do not fit")
    logits = F.normalize(anchors, dim=-1) @ F.normalize(positives, dim=-1).T / temperature
    own = torch.arange(count, device=logits.device)
    if same is not None:
        others = same & ~torch.eye(count, dtype=torch.bool, device=logits.device)
        logits = logits.masked_fill(others, -torch.inf)
    return 0.5 * (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own))
