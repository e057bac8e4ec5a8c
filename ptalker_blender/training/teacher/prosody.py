"""Loudness and pitch of an utterance at the engine's frame rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...audio.clip import SAMPLE_RATE
from ...motion.controls import ENGINE_FPS

HOP = int(SAMPLE_RATE / ENGINE_FPS)
WINDOW = 1024  # 64 ms: two periods of a 60 Hz voice fit
LOWEST_HZ, HIGHEST_HZ = 65.0, 400.0
VOICED = 0.45  # share of the energy that repeats after one period


@dataclass(frozen=True)
class Prosody:
    """Per frame at 50 Hz, frame k at k / 50 s.

    Attributes:
        loudness: [T] 0..1, from the clip's quiet to its loud level in decibels.
        pitch: [T] semitones above the clip's median, smooth, 0 where nothing is voiced.
    """

    loudness: NDArray[np.float64]
    pitch: NDArray[np.float64]


def frame_windows(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Windows of WINDOW samples centred on each frame [T, WINDOW], silence outside the clip."""
    frames = max(1, round(len(samples) / HOP))
    padded = np.pad(samples, (WINDOW // 2, WINDOW // 2 + HOP))
    return np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:frames]


def measure_prosody(samples: NDArray[np.int16]) -> Prosody:
    """Loudness and pitch of a clip at 16 kHz.

    Pitch is the highest peak of the autocorrelation between 65 and 400 Hz where it repeats well enough: crude, and
    enough to move eyebrows by.
    """
    windows = frame_windows(samples.astype(np.float64) / 32768) * np.hanning(WINDOW)
    decibels = 10 * np.log10(np.square(windows).mean(1) + 1e-8)
    smooth = gaussian_filter1d(decibels, 1.5)
    quiet, loud = np.percentile(smooth, 10), np.percentile(smooth, 95)
    loudness = ((smooth - max(quiet, loud - 35)) / max(6.0, loud - max(quiet, loud - 35))).clip(0, 1)
    spectrum = np.fft.rfft(windows, 2 * WINDOW)
    correlation = np.fft.irfft(spectrum * spectrum.conj())[:, :WINDOW]
    shortest, longest = int(SAMPLE_RATE / HIGHEST_HZ), int(SAMPLE_RATE / LOWEST_HZ)
    lags = correlation[:, shortest:longest]
    best = lags.argmax(1)
    share = lags[np.arange(len(lags)), best] / (correlation[:, 0] + 1e-9)
    voiced = (share > VOICED) & (loudness > 0.3)
    if voiced.sum() < 5:
        return Prosody(loudness, np.zeros(len(loudness)))
    semitones = 12 * np.log2(SAMPLE_RATE / (shortest + best) / 100.0)
    semitones = (semitones - np.median(semitones[voiced])).clip(-9, 9)
    weight = gaussian_filter1d(voiced.astype(float), 4) + 1e-3
    pitch = gaussian_filter1d(np.where(voiced, semitones, 0.0), 4) / weight
    return Prosody(loudness, pitch * weight.clip(0, 1))
