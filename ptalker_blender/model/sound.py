"""What the network hears of a batch of windows."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Sound:
    """Windows of sound, each cut so that its first sample lies ``mel.FIRST_CENTRE`` before its first frame.

    Attributes:
        mel: normalised log-mel frames [B, T, 2M].
        samples: [B, S] at 16 kHz, for speech encoders that read waves (HuBERT, wav2vec 2.0); None where none does.
    """

    mel: Tensor
    samples: Tensor | None = None
