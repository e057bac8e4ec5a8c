"""Motion style encoder: the manner of a performance, aware of order in time.

The released Mimic, DiffPoseTalk and ARTalk encoders index their positions by batch or by clip length, so a clip and its
own frames shuffled get the same code (papers.md section 6, peers.md section 0). Here velocities come in with the
features, convolutions over frames come first, and a transformer with true positions follows: tempo, attack, hold and
asymmetry in time all change the code. Layer norm keeps what the content branch's instance norm takes away.

Beside the transformer the code is drawn from plain statistics of the features: where they stay, how far they go, and
how far they go within a few frames. Layer norm makes a small nod and a large one alike, frame by frame; these do not
(measured in docs/decisions.d/network.md).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import BiasedAttention, period_bias

PERFORMANCE_FPS = 25.0
LAGS = (2, 4, 8)  # frames, 80 to 320 ms; even, since the motion encoder's two frames of a step differ in their weights
_FLAT = 1e-4  # the root's slope stays finite where a feature (about 1 in size) does not move
CLIP_FRAMES = 150  # 6 s, Mimic's clip length; longer performances are cut into clips and their codes averaged


def movement_statistics(features: Tensor) -> Tensor:
    """How features [B, P, D] behave in time: [B, (2 + lags) D].

    Mean, deviation, and root mean square change over each of LAGS (a structure function: with the deviation it says how
    fast a movement is, whatever its size). A clip shorter than a lag is compared over its whole length.
    """
    parts = [features.mean(1), (features.var(1, correction=0) + _FLAT).sqrt()]
    for lag in LAGS:
        reach = min(lag, features.shape[1] - 1)
        change = features[:, reach:] - features[:, : features.shape[1] - reach]
        parts.append((change.square().mean(1) + _FLAT).sqrt())
    return torch.cat(parts, dim=-1)


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
    """Features of a performance to one style code.

    Args:
        width: D.
        layers: number of blocks.
        heads: attention heads.
    """

    def __init__(self, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(StyleBlock(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear((4 + len(LAGS)) * width, width)

    def frames(self, features: Tensor) -> Tensor:
        """Style of each frame [B, P, D] from the motion encoder's features [B, P, D] at 25 Hz."""
        x = features
        for block in self.blocks:
            x = block(x)
        out: Tensor = self.norm(x)
        return out

    def forward(self, features: Tensor) -> Tensor:
        """[B, P, D] -> code [B, D]: of the frames their mean and deviation, of the features their movement."""
        frames = self.frames(features)
        pooled = [frames.mean(1), frames.std(1, unbiased=False), movement_statistics(features)]
        code: Tensor = self.out(torch.cat(pooled, dim=-1))
        return code
