"""Motion content encoder: what is said, read from a motion (PTalker's and Mimic's E_c).

Instance norm over time takes away what stays the same through a clip, the mean and the size of the movement: that is
manner, not content.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..motion.controls import INDEX
from .attention import BiasedAttention, period_bias
from .motion_encoder import STRIDE

CONTENT_STRIDE = 2  # content is read at 25 Hz and handed out at 50 Hz


#: Controls that are no speech: blinks, gaze and the carriage of the head. Content is read from a motion without them,
#: in training and when an existing motion is restyled.
UNSPOKEN = tuple(index for name, index in INDEX.items() if name.startswith(("eyeBlink", "eyeLook", "head")))


def spoken(motion: Tensor) -> Tensor:
    """A motion of controls [B, T, 55] with lids, gaze and head at rest."""
    kept = torch.ones(motion.shape[-1], dtype=motion.dtype, device=motion.device)
    kept[list(UNSPOKEN)] = 0.0
    return motion * kept


class ContentBlock(nn.Module):
    """Convolution over five frames, then self-attention biased to near frames; instance norm over time before each.

    Args:
        width: D.
        heads: attention heads.
        period: frames over which the attention's bias falls by its slope.
    """

    def __init__(self, width: int, heads: int, period: int) -> None:
        super().__init__()
        self.heads, self.period = heads, period
        self.convolution = nn.Conv1d(width, width, 5, padding=2)
        self.attention = BiasedAttention(width, heads)

    def forward(self, x: Tensor) -> Tensor:
        """[B, P, D] -> [B, P, D]."""
        x = x + F.gelu(self.convolution(over_time(x).transpose(1, 2)).transpose(1, 2))
        normed = over_time(x)
        bias = period_bias(x.shape[1], self.heads, self.period, x.device, x.dtype)
        out: Tensor = x + self.attention(normed, normed, bias)
        return out


def over_time(x: Tensor) -> Tensor:
    """Instance norm without scale and shift: each channel of each clip [B, P, D] to mean 0 and deviation 1 over time.

    The motion encoder hands out STRIDE frames at a time, each by weights of its own, so what stays the same through a
    clip differs between them: each of the STRIDE interleaved series has its own mean and deviation. The small constant
    is a tenth of an ordinary deviation squared: a face that rests is not blown up into noise.
    """
    series = min(STRIDE, x.shape[1])
    of_frame = torch.arange(x.shape[1], device=x.device) % series
    parts = [x[:, k::series] for k in range(series)]
    mean = torch.stack([part.mean(1) for part in parts], dim=1)[:, of_frame]
    spread = torch.stack([part.var(1, correction=0) for part in parts], dim=1)[:, of_frame]
    return (x - mean) * torch.rsqrt(spread + 0.01)


class MotionContentEncoder(nn.Module):
    """Features of a motion to content codes, in the space of the audio content encoder's.

    Args:
        width: D.
        layers: number of blocks.
        heads: attention heads.
        period: see `ContentBlock`.
    """

    def __init__(self, width: int, layers: int, heads: int, period: int) -> None:
        super().__init__()
        self.inputs = nn.Linear(width, width)
        self.blocks = nn.ModuleList(ContentBlock(width, heads, period) for _ in range(layers))
        self.out = nn.Linear(width, width)

    def forward(self, features: Tensor, frames: int) -> Tensor:
        """Features [B, P, D] of every CONTENT_STRIDE-th frame -> content [B, frames, D]."""
        x = self.inputs(over_time(features))
        for block in self.blocks:
            x = block(x)
        x = self.out(over_time(x))
        return between(x, frames)


def between(x: Tensor, frames: int) -> Tensor:
    """Codes [B, P, D] of frames 0, 2, 4, ... to [B, frames, D]: those between are the mean of their neighbours."""
    following = torch.cat([x[:, 1:], x[:, -1:]], dim=1)
    doubled = torch.stack([x, 0.5 * (x + following)], dim=2).flatten(1, 2)
    return doubled[:, :frames]
