"""The decoder: content and style to motion, all frames of a window at once.

PTalker's and Mimic's decoders are autoregressive, so cost grows with the square of the length and errors drift. This
one is parallel within a window (design.md section 3): frame k starts from the content at frame k, exchanges with its
neighbours through biased self-attention, looks at the content around it through windowed cross-attention, and takes
its manner from the style code at every norm.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from .attention import BiasedAttention, period_bias, reach_bias
from .saln import style_norm


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention and feed-forward, each behind a norm that the style may shape.

    Args:
        width: D.
        heads: attention heads.
        feed_forward: hidden width of the feed-forward part.
        dropout: on each residual branch.
        fusion: see `saln.FUSIONS`.
    """

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float, fusion: str) -> None:
        super().__init__()
        self.self_norm = style_norm(fusion, width)
        self.self_attention = BiasedAttention(width, heads)
        self.cross_norm = style_norm(fusion, width)
        self.cross_attention = BiasedAttention(width, heads)
        self.feed_norm = style_norm(fusion, width)
        self.feed_in = nn.Linear(width, feed_forward)
        self.feed_out = nn.Linear(feed_forward, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, content: Tensor, style: Tensor, self_bias: Tensor, cross_bias: Tensor) -> Tensor:
        """x, content [B, T, D], style [B, D] -> [B, T, D]."""
        normed = self.self_norm(x, style)
        x = x + self.dropout(self.self_attention(normed, normed, self_bias))
        x = x + self.dropout(self.cross_attention(self.cross_norm(x, style), content, cross_bias))
        out: Tensor = x + self.dropout(self.feed_out(F.gelu(self.feed_in(self.feed_norm(x, style)))))
        return out


class Decoder(nn.Module):
    """Content and style codes to motion.

    Args:
        width, layers, heads, feed_forward, dropout: size.
        cross_reach: frames of content either side a frame may look at.
        bias_period: see `attention.period_bias`.
        channels: C of the motion: controls, or three for each vertex.
        fusion: see `saln.FUSIONS`.
    """

    def __init__(
        self,
        *,
        width: int,
        layers: int,
        heads: int,
        feed_forward: int,
        cross_reach: int,
        bias_period: int,
        channels: int,
        dropout: float,
        fusion: str,
    ) -> None:
        super().__init__()
        self.heads, self.cross_reach, self.bias_period = heads, cross_reach, bias_period
        self.start = nn.Linear(width, width)
        self.added = nn.Linear(width, width) if fusion == "add" else None
        self.layers = nn.ModuleList(DecoderLayer(width, heads, feed_forward, dropout, fusion) for _ in range(layers))
        self.norm = style_norm(fusion, width)
        self.out = nn.Linear(width, channels)
        # Untrained, the face rests: the network learns a difference from neutral.
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        """content [B, T, D], style [B, D] -> motion [B, T, C], unclamped."""
        frames, device, dtype = content.shape[1], content.device, content.dtype
        self_bias = period_bias(frames, self.heads, self.bias_period, device, dtype)
        cross_bias = reach_bias(frames, self.cross_reach, device, dtype)
        x = self.start(content)
        if self.added is not None:
            x = x + self.added(style)[:, None]
        for layer in self.layers:
            x = layer(x, content, style, self_bias, cross_bias)
        out: Tensor = self.out(self.norm(x, style))
        return out
