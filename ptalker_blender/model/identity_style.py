"""Identity style: one learned code per known performer (PTalker's E_p^s)."""

from __future__ import annotations

from torch import Tensor, nn


class IdentityStyle(nn.Module):
    """A table of performers, refined by a small residual network so that neighbours share what they have in common.

    Args:
        count: performers.
        width: D.
    """

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(count, width)
        self.refine = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, identity: Tensor) -> Tensor:
        """Performer indices [B] -> codes [B, D]."""
        embedded = self.table(identity)
        code: Tensor = embedded + self.refine(embedded)
        return code
