"""Style fusion: the mean of whichever style codes are given, so any one of them works alone.

PTalker adds its three codes, which changes their sum when one is missing; its agreement loss is defined and never used.
A mean of codes that training ties together (`training.motion_terms.untied`) keeps its scale whatever is present.
"""

from __future__ import annotations

import torch
from torch import Tensor


def fuse(codes: list[Tensor], present: list[Tensor] | None = None) -> Tensor:
    """Mean [B, D] of codes [B, D] each, counting only those present (bool [B] each; default: all).

    Raises:
        ValueError: an item without any code, or not one `present` for each code.
    """
    stacked = torch.stack(codes)
    if present is None:
        return stacked.mean(0)
    if len(present) != len(codes):
        raise ValueError(f"{len(codes)} style codes, but {len(present)} marks of presence")
    mask = torch.stack(present).to(stacked.dtype)[..., None]
    if bool((mask.sum(0) == 0).any()):
        raise ValueError("every item needs at least one style source")
    return (stacked * mask).sum(0) / mask.sum(0)
