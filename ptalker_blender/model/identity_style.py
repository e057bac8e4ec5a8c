"""Identity style: one learned code per known performer (PTalker's E_p^s: embedding, linear, attention, residual)."""

from __future__ import annotations

from torch import Tensor, nn

from .attention import BiasedAttention

TOKENS = 8  # a performer's embedding is read as this many traits, which attend to each other


class IdentityStyle(nn.Module):
    """A table of performers, refined so that performers share what they have in common.

    PTalker attends over the numbers of the embedding one by one, with heads of width one; here they are taken in
    groups, the traits, for the same purpose.

    Args:
        count: performers.
        width: D, a multiple of TOKENS.
    """

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        if width % TOKENS:
            raise ValueError(f"width {width} is not a multiple of {TOKENS}")
        self.table = nn.Embedding(count, width)
        # Small beside the codes of performances: a performer nobody has met yet says nothing, not noise.
        nn.init.normal_(self.table.weight, std=0.1)
        self.linear = nn.Linear(width, width)
        self.attention = BiasedAttention(width // TOKENS, 1)

    def forward(self, identity: Tensor) -> Tensor:
        """Performer indices [B] -> codes [B, D]."""
        embedded = self.table(identity)
        traits = self.linear(embedded).view(len(identity), TOKENS, -1)
        keys = embedded.view(len(identity), TOKENS, -1)
        bias = traits.new_zeros(TOKENS, TOKENS)
        code: Tensor = embedded + self.attention(traits, keys, bias).flatten(1)
        return code
