"""Style-adaptive layer norm (Mimic section 2.3: it beats adding or concatenating the style)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class StyleAdaptiveLayerNorm(nn.Module):
    """Layer norm whose scale and shift are read from the style code.

    Args:
        width: D of the features and of the style code.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.affine = nn.Linear(width, 2 * width)
        # Starts as a plain layer norm: scale 1, shift 0, whatever the style.
        nn.init.zeros_(self.affine.weight)
        with torch.no_grad():
            self.affine.bias.copy_(torch.cat([torch.ones(width), torch.zeros(width)]))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Normalise x [B, T, D] in the manner of style [B, D]."""
        scale, shift = self.affine(style)[:, None].chunk(2, dim=-1)
        out: Tensor = F.layer_norm(x, x.shape[-1:]) * scale + shift
        return out
