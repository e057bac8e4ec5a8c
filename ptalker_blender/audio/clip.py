"""The audio clip: the one form in which sound reaches the engine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class AudioClip:
    """Mono sound at 16 kHz.

    Attributes:
        samples: float32 [S] at ``SAMPLE_RATE``, within [-1, 1]; the level is that of the file, never normalised.

    Raises:
        ValueError: when the samples are not a one-dimensional float32 array.
    """

    samples: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(f"clip samples must be float32 [S], got {self.samples.dtype} {self.samples.shape}")

    @property
    def seconds(self) -> float:
        """Duration."""
        return len(self.samples) / SAMPLE_RATE

    def sha256(self) -> str:
        """Hash of the samples as little-endian float32, in hexadecimal: the same on any machine."""
        return hashlib.sha256(self.samples.astype("<f4", copy=False).tobytes()).hexdigest()
