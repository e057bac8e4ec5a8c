"""One utterance with its phones, as training holds it in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..audio.clip import SAMPLE_RATE
from .corpus.phones import PHONE_INDEX, SILENCE


@dataclass(frozen=True)
class Utterance:
    """One utterance in memory.

    Attributes:
        samples: int16 [S] at 16 kHz.
        starts: onset of each phone in seconds, ascending; the last phone ends at `end`.
        phones: index into PHONES of each phone.
        end: end of the last phone in seconds.
        voice: name of the voice.
        confidence: 0 to 1, how far the labels are to be believed.
    """

    samples: NDArray[np.int16]
    starts: NDArray[np.float64]
    phones: NDArray[np.int64]
    end: float
    voice: str
    confidence: float = 1.0

    @property
    def seconds(self) -> float:
        """Duration of the sound."""
        return len(self.samples) / SAMPLE_RATE

    def labels(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        """Phone index at each time in seconds; silence outside the labels."""
        position = np.searchsorted(self.starts, times, side="right") - 1
        inside = (position >= 0) & (times < self.end)
        labels: NDArray[np.int64] = np.where(inside, self.phones[position.clip(min=0)], PHONE_INDEX[SILENCE])
        return labels

    def labels_across(self, times: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
        """Phone on the other side of the nearest boundary where that is within `tolerance` seconds, else `labels`."""
        silence = PHONE_INDEX[SILENCE]
        boundaries = np.append(self.starts, self.end)
        sides = np.concatenate([[silence], self.phones, [silence]])  # boundary k lies between sides k and k + 1
        right = np.searchsorted(boundaries, times).clip(max=len(boundaries) - 1)
        left = (right - 1).clip(min=0)
        nearest = np.where(times - boundaries[left] < boundaries[right] - times, left, right)
        before = times < boundaries[nearest]
        # A rounding error must not decide whether a frame exactly at the tolerance is inside it.
        close = np.abs(times - boundaries[nearest]) <= tolerance + 1e-9
        across = np.where(before, sides[nearest + 1], sides[nearest])
        other: NDArray[np.int64] = np.where(close & (tolerance > 0), across, self.labels(times))
        return other
