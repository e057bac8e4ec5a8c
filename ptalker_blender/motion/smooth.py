"""Smoothing motion without moving it in time."""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import gaussian_filter1d

from .motion import Motion

_FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))


def smooth(motion: Motion, seconds: float) -> Motion:
    """Average every channel over a Gaussian whose full width at half maximum is ``seconds``.

    The kernel is symmetric, so nothing is delayed, and its weights are positive, so no channel leaves its range. The
    end poses are held beyond the ends. 0 changes nothing.

    Raises:
        ValueError: when ``seconds`` is negative or not a number.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"smoothing width must be 0 or more seconds, got {seconds}")
    if seconds == 0 or len(motion.values) < 2:
        return motion
    sigma = seconds * motion.fps / _FWHM_PER_SIGMA
    values = gaussian_filter1d(motion.values.astype(np.float64), sigma, axis=0, mode="nearest")
    return Motion(values.astype(np.float32), motion.fps)
