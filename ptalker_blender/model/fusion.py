"""Style fusion: the mean of whichever style codes are given, so any one of them works alone.

PTalker adds its three codes, which changes their sum when one is missing; its agreement loss is defined and never used.
A mean of codes that the agreement loss ties together keeps its scale whatever is present.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def fuse(codes: list[Tensor], present: list[Tensor] | None = None) -> Tensor:
    """Mean of codes [B, D] each, counting only those present (bool [B] each; default: all)."""
    stacked = torch.stack(codes)
    if present is None:
        return stacked.mean(0)
    mask = torch.stack(present).to(stacked.dtype)[..., None]
    if bool((mask.sum(0) == 0).any()):
        raise ValueError("every item needs at least one style source")
    return (stacked * mask).sum(0) / mask.sum(0)


def agreement_loss(codes: list[Tensor]) -> Tensor:
    """Mean over pairs of 1 - cosine (PTalker's L_cos, here really added to the loss)."""
    pairs = [(a, b) for i, a in enumerate(codes) for b in codes[i + 1 :]]
    return torch.stack([(1 - F.cosine_similarity(a, b, dim=-1)).mean() for a, b in pairs]).mean()
