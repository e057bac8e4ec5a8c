"""How the style reaches the decoder: style-adaptive layer norm, or one of the ways it is compared with."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# saln: Mimic's, shipped. add: the code is added once to the decoder's input, as in PTalker. none: no style at all.
FUSIONS = ("saln", "add", "none")


class StyleAdaptiveLayerNorm(nn.Module):
    """Layer norm whose scale and shift are read from the style code (Mimic section 2.3: it beats adding it).

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


class PlainLayerNorm(nn.Module):
    """Layer norm that knows no style, with the signature of the other.

    Args:
        width: D.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Normalise x [B, T, D]; the style is not looked at."""
        out: Tensor = self.norm(x)
        return out


def style_norm(fusion: str, width: int) -> StyleAdaptiveLayerNorm | PlainLayerNorm:
    """The norm of the decoder's layers for one of FUSIONS."""
    return StyleAdaptiveLayerNorm(width) if fusion == "saln" else PlainLayerNorm(width)
