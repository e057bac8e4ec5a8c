"""The decoder's two attentions: biased self-attention and windowed cross-attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def period_bias(frames: int, heads: int, period: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Self-attention bias [heads, T, T]: each head pays its own price per `period` frames of distance.

    FaceFormer's and PTalker's ALiBi-like bias, made two-sided because decoding is parallel, and without their steps:
    the price rises evenly, so a take does not change character every `period` frames.
    """
    position = torch.arange(frames, device=device, dtype=dtype)
    distance = (position[:, None] - position[None, :]).abs() / period
    slopes = 8.0 * 2.0 ** -torch.arange(heads, device=device, dtype=dtype)
    return -slopes[:, None, None] * distance


def reach_bias(frames: int, reach: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Cross-attention bias [T, T]: 0 within `reach` frames, minus infinity beyond."""
    position = torch.arange(frames, device=device)
    far = (position[:, None] - position[None, :]).abs() > reach
    return torch.zeros(frames, frames, device=device, dtype=dtype).masked_fill(far, float("-inf"))


class BiasedAttention(nn.Module):
    """Multi-head attention with an additive bias.

    Args:
        width: D.
        heads: number of heads; must divide D.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor, bias: Tensor) -> Tensor:
        """Attend from x [B, T, D] to memory [B, L, D] under a bias broadcastable to [B, heads, T, L]."""
        batch, frames, width = x.shape
        query = self.query(x).view(batch, frames, self.heads, -1).transpose(1, 2)
        key, value = (
            part.view(batch, memory.shape[1], self.heads, -1).transpose(1, 2)
            for part in self.key_value(memory).chunk(2, dim=-1)
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(batch, frames, width))
        return out
