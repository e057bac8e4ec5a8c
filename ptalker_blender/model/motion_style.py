"""Motion style encoder: the manner of a performance, aware of order in time.

The released Mimic, DiffPoseTalk and ARTalk encoders index their positions by batch or by clip length, so a clip and its
own frames shuffled get the same code (papers.md section 6, peers.md section 0). Here convolutions over frames and frame
differences come first, and a transformer with true positions follows: tempo, attack, hold and asymmetry in time all
change the code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import BiasedAttention, period_bias

PERFORMANCE_FPS = 25.0
CLIP_FRAMES = 150  # 6 s, Mimic's clip length; longer performances are cut into clips and their codes averaged


class StyleBlock(nn.Module):
    """Convolution over five frames, then self-attention biased to near frames, both with residuals and layer norm.

    Args:
        width: D.
        heads: attention heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.convolution = nn.Conv1d(width, width, 5, padding=2)
        self.convolution_norm = nn.LayerNorm(width)
        self.attention_norm = nn.LayerNorm(width)
        self.attention = BiasedAttention(width, heads)

    def forward(self, x: Tensor) -> Tensor:
        """[B, P, D] -> [B, P, D]."""
        mixed = self.convolution(self.convolution_norm(x).transpose(1, 2)).transpose(1, 2)
        x = x + F.gelu(mixed)
        normed = self.attention_norm(x)
        bias = period_bias(x.shape[1], self.heads, int(PERFORMANCE_FPS), x.device, x.dtype)
        out: Tensor = x + self.attention(normed, normed, bias)
        return out


class MotionStyleEncoder(nn.Module):
    """A performance to one style code.

    Args:
        controls: input channels C.
        width: D.
        layers: number of blocks.
        heads: attention heads.
    """

    def __init__(self, controls: int, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.inputs = nn.Linear(2 * controls, width)
        self.blocks = nn.ModuleList(StyleBlock(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(2 * width, width)

    def forward(self, performance: Tensor) -> Tensor:
        """Controls at 25 Hz [B, P, C] -> style code [B, D]."""
        change = F.pad(performance[:, 1:] - performance[:, :-1], (0, 0, 1, 0))
        # Differences per frame are about a fifth of the values; bring both to one scale.
        x = self.inputs(torch.cat([performance, 5.0 * change], dim=-1))
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        code: Tensor = self.out(torch.cat([x.mean(1), x.std(1, unbiased=False)], dim=-1))
        return code
