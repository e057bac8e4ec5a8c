"""A decoder of FaceFormer's type, to compare the parallel one with.

FaceFormer (Fan et al., CVPR 2022) and, after it, PTalker and Mimic speak one frame at a time: what was said last goes
back in. Written from the description in the papers (reference/papers.md, 1.3 and 2.3): periodic positional encoding,
causal self-attention whose bias falls by one step per period, cross-attention with a strictly diagonal mask, the style
added to every motion embedding, a norm after each part, a zero-initialised output.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

KeyValues = tuple[Tensor, Tensor]  # keys and values of the frames so far, each [B, heads, L, D / heads]


def period_table(period: int, width: int) -> Tensor:
    """Periodic positional encoding [period, D]: the usual sines and cosines, of the frame modulo the period."""
    frame = torch.arange(period, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    return torch.stack([torch.sin(frame * rate), torch.cos(frame * rate)], dim=-1).flatten(1)


def causal_bias(frames: int, heads: int, period: int, device: torch.device) -> Tensor:
    """Self-attention bias [heads, T, T]: minus infinity for later frames, minus slope * floor(age / period) for others.

    The slopes are a geometric series from 2^(-8 / heads) (ALiBi, Press et al. 2022).
    """
    position = torch.arange(frames, device=device)
    age = position[:, None] - position[None, :]
    slopes = 2.0 ** (-8.0 / heads * torch.arange(1, heads + 1, device=device))
    bias = -slopes[:, None, None] * torch.div(age, period, rounding_mode="floor")
    return bias.masked_fill(age < 0, float("-inf"))


class CausalAttention(nn.Module):
    """Multi-head self-attention that can be fed a frame at a time.

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

    def forward(self, x: Tensor, past: KeyValues | None, bias: Tensor) -> tuple[Tensor, KeyValues]:
        """Attend from new frames x [B, n, D] to all L + n; bias [heads, n, L + n]. Also gives the next `past`."""
        query, *new = (self._split(part) for part in (self.query(x), *self.key_value(x).chunk(2, dim=-1)))
        key, value = new if past is None else (torch.cat(pair, dim=2) for pair in zip(past, new, strict=True))
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out, (key, value)

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class DiagonalAttention(nn.Module):
    """Cross-attention in which frame k sees the content of frame k alone.

    The softmax over a single key is 1 whatever the query, so queries and keys would be parameters without a gradient;
    values and output are what remains of it.

    Args:
        width: D.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, content: Tensor) -> Tensor:
        """Content [B, n, D] of the frames that attend to [B, n, D]."""
        out: Tensor = self.out(self.value(content))
        return out


class FaceFormerLayer(nn.Module):
    """Self-attention, cross-attention and feed-forward, a norm after each.

    Args:
        width: D.
        heads: attention heads.
        feed_forward: hidden width of the feed-forward part.
        dropout: on each residual branch.
    """

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.self_attention = CausalAttention(width, heads)
        self.cross_attention = DiagonalAttention(width)
        self.feed_in = nn.Linear(width, feed_forward)
        self.feed_out = nn.Linear(feed_forward, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, content: Tensor, past: KeyValues | None, bias: Tensor) -> tuple[Tensor, KeyValues]:
        """New frames x and their content [B, n, D] -> [B, n, D], and the next `past`."""
        seen, past = self.self_attention(x, past, bias)
        x = self.norms[0](x + self.dropout(seen))
        x = self.norms[1](x + self.dropout(self.cross_attention(content)))
        fed = self.feed_out(F.relu(self.feed_in(x)))
        x = self.norms[2](x + self.dropout(fed))
        return x, past


class FaceFormerDecoder(nn.Module):
    """Content and style codes to motion, a frame at a time; stands where `model.decoder.Decoder` does.

    Args:
        width, layers, heads, feed_forward, dropout: size.
        period: frames, of the positional encoding and of the steps of the attention's bias.
        channels: C of the motion: controls, or three for each vertex.
    """

    table: Tensor

    def __init__(
        self, *, width: int, layers: int, heads: int, feed_forward: int, period: int, channels: int, dropout: float
    ) -> None:
        super().__init__()
        self.heads, self.period, self.channels = heads, period, channels
        self.embed = nn.Linear(channels, width)
        self.register_buffer("table", period_table(period, width), persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(FaceFormerLayer(width, heads, feed_forward, dropout) for _ in range(layers))
        self.out = nn.Linear(width, channels)
        # Untrained, the face rests, as with the other decoder.
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, content: Tensor, style: Tensor, motion: Tensor | None = None) -> Tensor:
        """Content [B, T, D], style [B, D] -> motion [B, T, C].

        Args:
            content: what is said.
            style: in which manner.
            motion: true motion [B, T, C], for training: every frame is told the true frame before it (teacher forcing),
                so all are made at once. None: every frame is told what the decoder itself made of the one before.
        """
        if motion is None:
            return self.run_free(content, style)
        before = F.pad(motion[:, :-1], (0, 0, 1, 0))  # before the first frame the face rests
        frames = content.shape[1]
        bias = causal_bias(frames, self.heads, self.period, content.device)
        made, _ = self._frames(before, content, style, 0, [None] * len(self.layers), bias)
        return made

    def run_free(self, content: Tensor, style: Tensor) -> Tensor:
        """As `forward` without a motion. Keys and values of past frames are kept; cost grows with T^2 all the same."""
        batch, frames = content.shape[:2]
        bias = causal_bias(frames, self.heads, self.period, content.device)
        past: list[KeyValues | None] = [None] * len(self.layers)
        made = [content.new_zeros(batch, 1, self.channels)]
        for k in range(frames):
            now, past = self._frames(made[-1], content[:, k : k + 1], style, k, past, bias[:, k : k + 1, : k + 1])
            made.append(now)
        return torch.cat(made[1:], dim=1)

    def _frames(
        self, before: Tensor, content: Tensor, style: Tensor, first: int, past: list[KeyValues | None], bias: Tensor
    ) -> tuple[Tensor, list[KeyValues | None]]:
        """Frames `first`, `first` + 1, ... from the frames before them [B, n, C] and their content [B, n, D]."""
        place = torch.arange(first, first + content.shape[1], device=content.device) % self.period
        x = self.dropout(self.embed(before) + style[:, None] + self.table[place])
        kept: list[KeyValues | None] = []
        for layer, old in zip(self.layers, past, strict=True):
            x, new = layer(x, content, old, bias)
            kept.append(new)
        return self.out(x), kept
