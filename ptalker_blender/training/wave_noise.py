"""Noise for windows that a speech encoder reads as waves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..audio.clip import SAMPLE_RATE

CHANCE = 0.8  # share of windows that get noise
RATIO_DB = (5.0, 40.0)  # speech to noise
TILT = (-1.5, 0.5)  # power of the noise's density over frequency


def with_noise(windows: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Windows [B, S] with coloured noise of its own kind and level in most of them.

    The same colours and levels as `augment.SpectrumAugment` gives log-mel frames. Its other parts (equaliser, band
    limit, rooms, vocal tracts) work on power spectra, from which there is no way back to a wave; encoders that read
    waves come trained on hundreds of voices and need them less.
    """
    batch, length = windows.shape
    hertz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    density = (hertz / 1000 + 0.1) ** rng.uniform(*TILT, size=(batch, 1))
    spectra = np.fft.rfft(rng.standard_normal((batch, length)), axis=1) * np.sqrt(density)
    noise = np.fft.irfft(spectra, length, axis=1)
    ratio = 10 ** (-rng.uniform(*RATIO_DB, size=(batch, 1)) / 10)
    power = np.square(windows, dtype=np.float64).mean(1, keepdims=True)
    level = np.sqrt(power * ratio / np.square(noise).mean(1, keepdims=True))
    heard = rng.random((batch, 1)) < CHANCE
    noisy: NDArray[np.float32] = (windows + np.where(heard, level * noise, 0.0)).astype(np.float32)
    return noisy
