"""Audio style encoder: how it is said (effort, tempo, emotion, speaker), pooled over a window of the driving voice.

PTalker pools two large emotion and speaker networks; ours is a small convolutional one trained with the rest. It pools
over one window, not the whole clip, so the manner follows the voice as it changes and audio appended later cannot alter
what came before.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class AudioStyleEncoder(nn.Module):
    """Log-mel frames to one style code.

    Args:
        features: values per frame, 2M.
        width: D.
    """

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(inputs, width, 5, stride=2, padding=2) for inputs in (features, width, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in self.convolutions)
        self.out = nn.Linear(2 * width, width)

    def frames(self, mel: Tensor) -> Tensor:
        """Style frame by frame, [B, T, 2M] -> [B, T / 8, D]."""
        x = mel
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = F.gelu(norm(convolution(x.transpose(1, 2)).transpose(1, 2)))
        return x

    def forward(self, mel: Tensor) -> Tensor:
        """[B, T, 2M] -> [B, D]."""
        x = self.frames(mel)
        pooled = torch.cat([x.mean(1), x.std(1, unbiased=False)], dim=-1)
        code: Tensor = self.out(pooled)
        return code
