"""The same recording said otherwise: level, pitch, tempo and vocal effort changed one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.signal import istft, resample_poly, stft

from ...audio.clip import SAMPLE_RATE

Samples = NDArray[np.float32]

WINDOW, HOP = 1024, 256  # 64 and 16 ms: harmonics of a voice are resolved, consonants hardly smeared
EFFORT_PIVOT_HZ = 500.0


def louder(samples: Samples, decibels: float) -> Samples:
    """The sound [S] at another level."""
    return np.asarray(samples * 10 ** (decibels / 20), np.float32)


def stretched(samples: Samples, factor: float) -> Samples:
    """The sound [S] made ``factor`` times as long at the same pitch [about S * factor].

    A phase vocoder (J. L. Flanagan and R. M. Golden 1966): magnitudes are read at the new times, phases go on at each
    bin's own frequency.
    """
    _, _, spectra = stft(samples, nperseg=WINDOW, noverlap=WINDOW - HOP)
    positions = np.arange(0, spectra.shape[1] - 1, 1 / factor)
    left = positions.astype(int)
    share = positions - left
    magnitude = (1 - share) * np.abs(spectra[:, left]) + share * np.abs(spectra[:, left + 1])
    expected = 2 * np.pi * HOP * np.arange(len(spectra)) / WINDOW
    change = np.angle(spectra[:, 1:]) - np.angle(spectra[:, :-1]) - expected[:, None]
    change = change - 2 * np.pi * np.round(change / (2 * np.pi)) + expected[:, None]
    phase = np.angle(spectra[:, :1]) + np.cumsum(np.pad(change[:, left[:-1]], ((0, 0), (1, 0))), axis=1)
    _, sound = istft(magnitude * np.exp(1j * phase), nperseg=WINDOW, noverlap=WINDOW - HOP)
    return np.asarray(sound, np.float32)


def pitched(samples: Samples, semitones: float) -> Samples:
    """The sound [S] with all its frequencies ``semitones`` higher, the length kept within a hop."""
    ratio = 2 ** (semitones / 12)
    up, down = 1000, round(1000 * ratio)
    return np.asarray(resample_poly(stretched(samples, ratio), up, down), np.float32)


def with_effort(samples: Samples, decibels_per_octave: float) -> Samples:
    """The sound [S] with its spectrum tilted above 500 Hz: shouted speech is flatter, whispered-on speech steeper.

    Vocal effort shows in the tilt more than in the level (H. Traunmueller and A. Eriksson 2000).
    """
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    octaves = np.log2(np.maximum(hertz, EFFORT_PIVOT_HZ) / EFFORT_PIVOT_HZ)
    return np.asarray(np.fft.irfft(spectrum * 10 ** (decibels_per_octave * octaves / 20), len(samples)), np.float32)


CHANGES: Mapping[str, Callable[[Samples], Samples]] = {
    "12 dB softer": lambda samples: louder(samples, -12.0),
    "pitch 3 semitones up": lambda samples: pitched(samples, 3.0),
    "pitch 3 semitones down": lambda samples: pitched(samples, -3.0),
    "a quarter slower": lambda samples: stretched(samples, 1.25),
    "a quarter faster": lambda samples: stretched(samples, 0.8),
    "more effort (tilt +4 dB an octave)": lambda samples: with_effort(samples, 4.0),
    "less effort (tilt -4 dB an octave)": lambda samples: with_effort(samples, -4.0),
}
