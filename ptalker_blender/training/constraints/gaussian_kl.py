"""Audio and motion content must be spread alike: PTalker's L_KL (papers.md 1.4)."""

from __future__ import annotations

from torch import Tensor

_EPSILON = 1e-6  # PTalker's; added to the variances


def gaussian_kl(audio: Tensor, motion: Tensor) -> Tensor:
    """KL(N(audio) || N(motion)) of normal distributions fitted over time; scalar in nats, >= 0.

    Mean and variance are taken over the frames of each clip and channel,
    1/2 [ln(vm / va) + (va + (ma - mm)^2) / vm - 1], and the result is averaged over channels and clips. Scaling
    both codes changes nothing, so shrinking is no answer. Gradients reach both.

    Args:
        audio: [B, T, D].
        motion: [B, T', D]; the number of frames may differ, since times are not compared.

    Raises:
        ValueError: clips or channels of the two differ.
    """
    if audio.shape[0] != motion.shape[0] or audio.shape[2] != motion.shape[2]:
        raise ValueError(f"audio {tuple(audio.shape)} and motion {tuple(motion.shape)} differ in clips or channels")
    heard, seen = (x.var(dim=1, correction=0) + _EPSILON for x in (audio, motion))
    apart = (audio.mean(dim=1) - motion.mean(dim=1)).square()
    return 0.5 * ((seen / heard).log() + (heard + apart) / seen - 1.0).mean()
