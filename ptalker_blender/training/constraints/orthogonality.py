"""Content and style must not say the same thing: PTalker's L_orth, made free of scale.

PTalker takes the Frobenius norm of C^T S (papers.md 1.4). Its cheapest answer is to shrink the codes, which separates
nothing; correlations cannot be shrunk. The form is the off-diagonal term of Barlow Twins (Zbontar et al., 2021).
"""

from __future__ import annotations

from torch import Tensor

_FLOOR = 1e-6  # of the mean variance; a channel that hardly moves must not send a huge gradient
_TINY = 1e-20  # all channels constant: 0 / 0 is 0


def orthogonality(content: Tensor, style: Tensor) -> Tensor:
    """Mean squared correlation between any content and any style channel, scalar in 0..1.

    Correlations are over all frames of all clips of the batch together, so a style that is constant within its clip
    counts too. Codes independent of each other still give about 1 / (B T), or 1 / B where both hardly change in a clip.

    Args:
        content: [B, T, D].
        style: [B, T, D] (its D may differ).

    Raises:
        ValueError: batch or time of the two differ, or there are fewer than two frames in all.
    """
    if content.shape[:2] != style.shape[:2] or content.shape[0] * content.shape[1] < 2:
        raise ValueError(
            f"content {tuple(content.shape)} and style {tuple(style.shape)} need the same 2 or more frames"
        )
    first, second = _standard(content), _standard(style)
    return (first.T @ second / len(first)).square().mean()


def _standard(x: Tensor) -> Tensor:
    """[B * T, D]: each channel with mean 0 and variance 1."""
    flat = x.flatten(0, 1)
    centred = flat - flat.mean(dim=0)
    variance = centred.square().mean(dim=0)
    return centred * (variance + _FLOOR * variance.mean() + _TINY).rsqrt()
