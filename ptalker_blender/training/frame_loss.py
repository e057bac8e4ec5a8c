"""Frame cross-entropy that forgives what the labels cannot know: on which side of a boundary a frame lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class FrameTargets:
    """What the loss wants of a batch of windows.

    Attributes:
        labels: phone of each frame, int64 [B, T].
        others: the phone across the nearest boundary where that is close enough to count as right too, else the
            label itself; int64 [B, T].
        weights: of each frame's loss, float32 [B, T], not negative.
        smoothing: label smoothing of each window, float32 [B].
    """

    labels: NDArray[np.int64]
    others: NDArray[np.int64]
    weights: NDArray[np.float32]
    smoothing: NDArray[np.float32]


def frame_loss(logits: Tensor, targets: FrameTargets) -> Tensor:
    """Weighted mean over the frames of the tolerant cross-entropy.

    A frame costs -log(p(label) + p(other)), or -log p(label) where both are one phone. With smoothing e it is
    (1 - e) of that and e of the mean of -log p over all phones, as in `torch.nn.functional.cross_entropy`, which this
    equals where all weights are 1 and no boundary is near.

    Args:
        logits: [B, T, K].
        targets: see `FrameTargets`.

    Returns:
        scalar; 0 when all weights are 0.
    """
    labels, others, weights, smoothing = (
        torch.from_numpy(part).to(logits.device)
        for part in (targets.labels, targets.others, targets.weights, targets.smoothing)
    )
    log = logits.log_softmax(-1)
    own = log.gather(-1, labels[..., None])[..., 0]
    other = log.gather(-1, others[..., None])[..., 0]
    # -inf adds nothing to the sum and, unlike a selection afterwards, nothing to the gradient either.
    right = torch.logaddexp(own, other.masked_fill(labels == others, -torch.inf))
    mixed = -(1 - smoothing[:, None]) * right - smoothing[:, None] * log.mean(-1)
    return (weights * mixed).sum() / weights.sum().clamp(min=1e-6)
