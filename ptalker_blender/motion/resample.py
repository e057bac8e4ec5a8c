"""Motion from one frame rate to another.

Up: piecewise cubic Hermite interpolation with monotone slopes (F. N. Fritsch and R. E. Carlson, "Monotone piecewise
cubic interpolation", SIAM J. Numer. Anal. 17, 1980), which never passes the captured values, so a closed mouth stays
closed.

Down: a low-pass alone would lift every short closure and blink off its stop, and picking frames alone would turn
jitter above the new Nyquist frequency into slow wobble. So the curve is low-passed, held within its own local range,
and then each event that the new rate can carry gets its full height back at the nearest frame. An event is an
extremum of prominence ``MIN_PROMINENCE`` or more with no other of its kind within two of the new frames; faster
alternation cannot be carried and is averaged away.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import find_peaks
from scipy.sparse import csr_matrix

from .motion import Motion

MIN_PROMINENCE = 0.05  # of a shape's full range; 3 degrees for a head angle
_HALF_WIDTH = 3  # new frames on each side of the low-pass
_KAISER_BETA = 5.0  # about -50 dB from 1.5 times the new Nyquist frequency on
# Blender keeps fps_base in single precision: rates nearer than that are the same rate.
_SAME_RATE = 1e-6


def frame_count(frames: int, fps_in: float, fps_out: float) -> int:
    """Return round(duration * fps_out), exact in the given rates, for ``frames`` frames at ``fps_in``."""
    return round(Fraction(frames) * Fraction(fps_out) / Fraction(fps_in))


def resample_motion(motion: Motion, fps: float, frames: int | None = None) -> Motion:
    """Bring ``motion`` to ``fps``; frame k of the result is at k / fps seconds.

    Args:
        motion: [T, 55] at any rate.
        fps: the effective rate, e.g. scene fps / fps_base.
        frames: number of frames wanted; None is round(duration * fps). Beyond the end the last pose is held.

    Returns:
        Motion [frames, 55] at ``fps``. Every value lies within the range of its channel. Equal rates change nothing.

    Raises:
        ValueError: when ``fps`` is not a positive number, ``frames`` is negative, or there is no frame to start from.
    """
    if not (math.isfinite(fps) and fps > 0):
        raise ValueError(f"fps must be positive, got {fps}")
    count = frame_count(len(motion.values), motion.fps, fps) if frames is None else frames
    if count < 0 or (count > 0 and not len(motion.values)):
        raise ValueError(f"cannot make {count} frames from {len(motion.values)}")
    if count == 0:
        return Motion(motion.values[:0].copy(), fps)
    step = motion.fps / fps  # source frames per new frame
    if abs(step - 1.0) < _SAME_RATE:
        held = np.minimum(np.arange(count), len(motion.values) - 1)
        return Motion(motion.values[held], fps)
    at = np.arange(count) * step
    values = _upsample(motion.values, at) if step < 1.0 else _downsample(motion.values, at, step)
    return Motion(values.astype(np.float32), fps)


def _upsample(values: NDArray[np.float32], at: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(values) == 1:
        return np.repeat(values.astype(np.float64), len(at), axis=0)
    source = values.astype(np.float64)
    at = np.minimum(at, len(source) - 1.0)
    curve = PchipInterpolator(np.arange(len(source)), source, axis=0)(at)
    left = np.floor(at).astype(np.intp)
    right = np.minimum(left + 1, len(source) - 1)
    # Monotone between samples by construction; the clip removes the last bit of rounding.
    low, high = np.minimum(source[left], source[right]), np.maximum(source[left], source[right])
    return np.asarray(np.clip(curve, low, high), np.float64)


def _downsample(values: NDArray[np.float32], at: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    source = values.astype(np.float64)
    smooth = _low_pass(len(source), at, step) @ source
    nearest = np.minimum(np.rint(at), len(source) - 1).astype(np.intp)
    reach = 2 * math.ceil(step) + 1  # one new frame on each side
    low = minimum_filter1d(source, reach, axis=0, mode="nearest")[nearest]
    high = maximum_filter1d(source, reach, axis=0, mode="nearest")[nearest]
    result: NDArray[np.float64] = np.clip(smooth, low, high)
    for channel in range(source.shape[1]):
        _restore_events(source[:, channel], result[:, channel], step)
    return result


def _low_pass(length: int, at: NDArray[np.float64], step: float) -> Any:
    """Return the [len(at), length] matrix of a Kaiser-windowed sinc with its cutoff at the new Nyquist frequency."""
    half = _HALF_WIDTH * step
    offsets = np.arange(-math.ceil(half), math.ceil(half) + 1)
    index = np.rint(at)[:, None] + offsets
    distance = (index - at[:, None]) / half
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1.0 - distance**2, 0.0, None)))
    weight = np.where(np.abs(distance) <= 1.0, np.sinc((index - at[:, None]) / step) * window, 0.0)
    weight /= weight.sum(axis=1, keepdims=True)
    # Before the first and after the last frame the pose is held: their weights pile up on the edge frames.
    columns = np.clip(index, 0, length - 1).astype(np.intp)
    rows = np.repeat(np.arange(len(at)), len(offsets))
    return csr_matrix((weight.ravel(), (rows, columns.ravel())), shape=(len(at), length))


def _restore_events(source: NDArray[np.float64], result: NDArray[np.float64], step: float) -> None:
    """Give the frame nearest to each lone extremum of ``source`` its value, the more prominent of two winning."""
    if np.ptp(source) < MIN_PROMINENCE:
        return
    events = [(*pair, kind) for kind in (1.0, -1.0) for pair in _lone_peaks(kind * source, step)]
    for prominence, at, _ in sorted(events):  # the most prominent is written last
        frame = round(at / step)
        if frame < len(result) and prominence >= MIN_PROMINENCE:
            result[frame] = source[at]


def _lone_peaks(curve: NDArray[np.float64], step: float) -> list[tuple[float, int]]:
    peaks, found = find_peaks(curve, prominence=MIN_PROMINENCE)
    gaps = np.diff(peaks, prepend=-np.inf, append=np.inf)
    lone = np.minimum(gaps[:-1], gaps[1:]) >= 2.0 * step
    return [(float(p), int(at)) for p, at in zip(found["prominences"][lone], peaks[lone], strict=True)]
