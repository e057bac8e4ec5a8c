"""Alias-free change of sample rate.

A Kaiser-windowed linear-phase FIR (J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window
function", 1974) applied as a polyphase filter by ``scipy.signal.resample_poly``. With f = half of
the lower of the two rates:

* pass-band 0 .. 0.875 f (7 kHz at 16 kHz), ripple below 0.001 dB;
* stop-band f and above, at least 90 dB down, so nothing folds back;
* no delay: the filter is symmetric and centred.

``benchmarks/resampling.py`` measures the response.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, resample_poly

PASS_BAND = 0.875  # of the lower Nyquist frequency
STOP_BAND = 1.0
STOP_DB = 96.0  # designed; the measured stop-band stays below -90 dB
# The filter's length grows with the larger term of the rate ratio. Every pair of rates up to
# 200 kHz is exact; beyond, a ratio without common factors becomes the nearest one of smaller terms, off by <= 5e-6.
MAX_TERM = 200_000
_BLOCK = 1 << 18  # input samples per filter call: bounds the working memory of an hour-long file


def resample(samples: NDArray[np.floating[Any]], rate_in: int, rate_out: int) -> NDArray[np.float32]:
    """Change the sample rate of ``samples``.

    Args:
        samples: [S] or [S, C].
        rate_in: samples per second of the input.
        rate_out: samples per second wanted.

    Returns:
        float32 [round(S * rate_out / rate_in)] or the same with C; sample n is at n / rate_out seconds. Sound
        outside the array counts as silence. Peaks may pass the input's by the filter's overshoot; nothing is clipped.

    Raises:
        ValueError: when a rate is not positive.
    """
    stream = StreamResampler(rate_in, rate_out)
    parts = [stream.push(samples[i : i + _BLOCK]) for i in range(0, len(samples), _BLOCK)]
    # An empty input still has to give an empty output of the right number of channels.
    parts.append(stream.finish() if parts else np.zeros(samples.shape, np.float32))
    return np.concatenate(parts)


class StreamResampler:
    """The same filter over blocks that follow each other: the joined output does not depend on how the input was cut.

    The input is handled in units of ``down`` samples, each of which becomes exactly ``up`` output samples, with enough
    units kept on both sides for the filter to see past the edges of a block.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        if rate_in <= 0 or rate_out <= 0:
            raise ValueError(f"sample rates must be positive, got {rate_in} and {rate_out}")
        ratio = polyphase_ratio(rate_in, rate_out)
        self._up, self._down = ratio.numerator, ratio.denominator
        self._exact = Fraction(rate_out, rate_in)
        self._identity = rate_in == rate_out
        self._filter = np.ones(1) if self._identity else design_filter(self._up, self._down)
        half = len(self._filter) // 2
        self._margin = math.ceil(half / (self._up * self._down))  # units on each side
        self._held: NDArray[np.float64] = np.zeros(0)
        self._received = self._emitted = 0

    def push(self, block: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Take the next input [n] or [n, C]; return the output samples that no later input can change."""
        self._received += len(block)
        if self._identity:
            self._held = np.zeros((0, *block.shape[1:]))
            return block.astype(np.float32)
        if self._received == len(block):  # silence before the first sample
            self._held = np.zeros((self._margin * self._down, *block.shape[1:]))
        self._held = np.concatenate([self._held, block.astype(np.float64)])
        units = len(self._held) // self._down
        if units <= 2 * self._margin:
            return np.zeros((0, *block.shape[1:]), np.float32)
        return self._run(units)

    def finish(self) -> NDArray[np.float32]:
        """Return the rest, so that the whole output has round(S * rate_out / rate_in) samples."""
        if self._identity or not self._received:
            return np.zeros((0, *self._held.shape[1:]), np.float32)
        total = round(self._received * self._exact)
        whole = -(-len(self._held) // self._down) + self._margin + 1
        silence = np.zeros((whole * self._down - len(self._held), *self._held.shape[1:]))
        self._held = np.concatenate([self._held, silence])
        missing = total - self._emitted
        return self._run(whole)[:missing]

    def _run(self, units: int) -> NDArray[np.float32]:
        ready = resample_poly(self._held[: units * self._down], self._up, self._down, axis=0, window=self._filter)
        ready = ready[self._margin * self._up : (units - self._margin) * self._up]
        self._held = self._held[(units - 2 * self._margin) * self._down :]
        self._emitted += len(ready)
        return np.asarray(ready, np.float32)


def polyphase_ratio(rate_in: int, rate_out: int) -> Fraction:
    """Return rate_out / rate_in in lowest terms, with terms of at most about ``MAX_TERM``."""
    ratio = Fraction(rate_out, rate_in)
    if max(ratio.numerator, ratio.denominator) <= MAX_TERM:
        return ratio
    if ratio < 1:
        return ratio.limit_denominator(MAX_TERM)
    return 1 / (1 / ratio).limit_denominator(MAX_TERM)


def design_filter(up: int, down: int) -> NDArray[np.float64]:
    """Return the odd-length linear-phase low-pass at ``up`` times the input rate, unit gain at 0 Hz."""
    lower_nyquist = 1.0 / max(up, down)  # 1 = the Nyquist frequency of the raised rate
    width = (STOP_BAND - PASS_BAND) * lower_nyquist
    order = math.ceil((STOP_DB - 7.95) / (2.285 * math.pi * width))
    taps = order + 1 + order % 2
    cutoff = 0.5 * (PASS_BAND + STOP_BAND) * lower_nyquist
    return np.asarray(firwin(taps, cutoff, window=("kaiser", 0.1102 * (STOP_DB - 8.7))), np.float64)
