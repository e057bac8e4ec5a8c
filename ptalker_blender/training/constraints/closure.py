"""Lips that should be closed must be closed: a hinge on the inner-lip gap, in millimetres on the default head.

An ordinary error lets a network average a closure away, since p, b and m are short and rare; here only the closed
frames count, and only what is too wide.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ...motion.controls import N_BLENDSHAPES


class ClosureLoss(nn.Module):
    """Excess opening where the target's lips are closed. Build it from `rig.lips.lip_rig`.

    Args:
        rest_mm: inner-lip gap of the resting face, mm.
        gap_row: [52], change of the gap per unit of each blendshape, mm.
        closed_mm: lips count as closed up to this far above the resting gap.

    Raises:
        ValueError: a row of another length.
    """

    gap_row: Tensor

    def __init__(self, rest_mm: float, gap_row: NDArray[np.float64], closed_mm: float = 1.0) -> None:
        super().__init__()
        if gap_row.shape != (N_BLENDSHAPES,):
            raise ValueError(f"gap_row must be [{N_BLENDSHAPES}], got {gap_row.shape}")
        self.rest_mm, self.limit_mm = rest_mm, rest_mm + closed_mm
        self.register_buffer("gap_row", torch.from_numpy(gap_row.astype(np.float32)))

    def forward(self, predicted: Tensor, target: Tensor, where: Tensor | None = None) -> Tensor:
        """Mean over the closed frames of max(0, gap - limit)^2 in mm^2; scalar, 0 without closed frames.

        Args:
            predicted: controls [B, T, 55].
            target: controls [B, T, 55]; no gradient.
            where: bool [B, T], frames that may count, such as those of p, b and m; None: all.
        """
        excess = F.relu(self._gap(predicted) - self.limit_mm)
        closed = (self._gap(target.detach()) < self.limit_mm).to(excess.dtype)
        if where is not None:
            closed = closed * where
        return (closed * excess.square()).sum() / closed.sum().clamp(min=1.0)

    def _gap(self, controls: Tensor) -> Tensor:
        """Inner-lip gap [B, T], mm; negative where the lips are pressed."""
        return self.rest_mm + controls[..., :N_BLENDSHAPES] @ self.gap_row
