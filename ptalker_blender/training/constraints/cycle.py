"""A motion made with a swapped style must give both codes back: Mimic's latent cycles (papers.md 2.4).

`wanted` is what went into the decoder, `again` what the encoders read from what came out. The wanted codes are
constants here: otherwise the encoders could agree on saying nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_TINY = 1e-12  # keeps the slope of a root finite where two codes are equal


def style_cycle(again: Tensor, wanted: Tensor) -> Tensor:
    """Mean of 1 - cosine of style codes [B, D]; scalar in 0..2."""
    return (1.0 - F.cosine_similarity(again, wanted.detach(), dim=-1)).mean()


def content_cycle(again: Tensor, wanted: Tensor, margin: float = 1.0) -> Tensor:
    """Contrastive loss over the batch between clips' contents; scalar, >= 0.

    A clip's code is its whole content [T * D] brought to length 1, so distances d lie in 0..2. Own pairs cost d^2,
    others max(0, margin - d)^2 (Hadsell et al., 2006), each averaged over its pairs. One clip alone has no others.

    Args:
        again: [B, T, D], content of the made motion.
        wanted: [B, T, D], content it was made from.
        margin: distance at which other clips are left alone.
    """
    codes, targets = F.normalize(again.flatten(1), dim=-1), F.normalize(wanted.detach().flatten(1), dim=-1)
    squared = (2.0 - 2.0 * codes @ targets.T).clamp(min=0.0)  # |a - b|^2 of vectors of length 1
    pull = squared.diagonal().mean()
    if len(codes) == 1:
        return pull
    others = ~torch.eye(len(codes), dtype=torch.bool, device=codes.device)
    push = F.relu(margin - (squared[others] + _TINY).sqrt()).square().mean()
    return pull + push
