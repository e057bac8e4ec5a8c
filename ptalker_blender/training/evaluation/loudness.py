"""Fixed-gain loudness: the mouth opens as the sound is loud. The baseline every opening curve has to beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...audio.clip import SAMPLE_RATE, AudioClip

_FLOOR = 1e-4  # -80 dB: the level under which silence is silence and its logarithm is not followed further down


def frame_rms(audio: AudioClip, fps: float, frames: int) -> NDArray[np.float64]:
    """RMS of the samples of each frame's own window, k / fps .. (k + 1) / fps; [frames], 0 beyond the sound's end.

    The window and its place are those of the FACEGOOD measurements.
    """
    edges = np.clip(np.round(np.arange(frames + 1) * SAMPLE_RATE / fps).astype(np.int64), 0, len(audio.samples))
    return _rms_between(audio, edges[:-1], edges[1:])


def centred_rms(audio: AudioClip, fps: float, frames: int, window_seconds: float) -> NDArray[np.float64]:
    """RMS over a window centred on each frame's instant k / fps; [frames]. The baseline's curve, gain 1, rest 0."""
    half = 0.5 * window_seconds
    instants = np.arange(frames) / fps
    start, end = (
        np.clip(np.round((instants + side) * SAMPLE_RATE).astype(np.int64), 0, len(audio.samples))
        for side in (-half, half)
    )
    return _rms_between(audio, start, end)


def log_rms(rms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of an RMS curve, floored at -80 dB of full scale."""
    return np.asarray(np.log(np.maximum(rms, _FLOOR)), dtype=np.float64)


def smoothed(curve: NDArray[np.float64], sigma_frames: float) -> NDArray[np.float64]:
    """Gaussian smoothing without delay; 0 frames returns the curve itself."""
    if sigma_frames == 0:
        return curve
    return np.asarray(gaussian_filter1d(curve, sigma_frames, mode="nearest"), dtype=np.float64)


def _rms_between(audio: AudioClip, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    power = np.concatenate(([0.0], np.cumsum(audio.samples.astype(np.float64) ** 2)))
    count = np.maximum(end - start, 1)
    return np.asarray(np.sqrt(np.maximum(power[end] - power[start], 0.0) / count), dtype=np.float64)
