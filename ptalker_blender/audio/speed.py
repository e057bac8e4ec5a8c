"""Sound played faster or slower: as a tape is, with its pitch, or with the voice's pitch kept.

Keeping the pitch is waveform-similarity overlap-add (W. Verhelst and M. Roelands, "An overlap-add technique based on
waveform similarity (WSOLA) for high quality time-scale modification of speech", ICASSP 1993): windows are taken from
the sound at the new pace, each moved by a few milliseconds to where it continues the one before it best.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .clip import SAMPLE_RATE
from .resample import resample

SPEEDS = (0.1, 10.0)
_LARGEST_TERM = 5000  # of the ratio: a strip's speed is a ratio of two lengths in frames
_WINDOW_S = 0.032  # two periods of a low voice
_SEARCH_S = 0.008  # one period of a low voice, either way


def rate_before(speed: float) -> int:
    """Samples per second to keep of a sound that will be slowed, so that nothing is missing at the top afterwards."""
    return SAMPLE_RATE * max(1, math.ceil(1.0 / speed - 1e-9))


def play_as_tape(samples: NDArray[np.float32], rate: int, speed: float) -> NDArray[np.float32]:
    """A sound [S] at ``rate``, played ``speed`` times as fast, pitch and all; at ``SAMPLE_RATE``."""
    ratio = Fraction(speed).limit_denominator(_LARGEST_TERM)
    return resample(samples, rate * ratio.numerator, SAMPLE_RATE * ratio.denominator)


def play_with_pitch_kept(samples: NDArray[np.float32], speed: float) -> NDArray[np.float32]:
    """A sound [S] at ``SAMPLE_RATE``, played ``speed`` times as fast at its own pitch: [round(S / speed)].

    Output sample n holds what was near sample n * speed, within 8 ms; the level is kept.
    """
    length, total = 2 * round(_WINDOW_S * SAMPLE_RATE / 2), round(len(samples) / speed)
    hop, reach = length // 2, round(_SEARCH_S * SAMPLE_RATE)
    count = total // hop + 2
    before, after = hop + reach, length + hop + reach + math.ceil(speed * hop)
    padded = np.concatenate([np.zeros(before), samples.astype(np.float64), np.zeros(after)])
    taper = np.hanning(length + 1)[:length]  # halves add up to one
    out = np.zeros((count + 1) * hop)
    taken = 0
    for number in range(count):
        wanted = before - hop + round(number * hop * speed)
        wanted = min(wanted, len(padded) - length - reach)
        start = wanted if number == 0 else _best_start(padded, taken + hop, wanted, hop, reach)
        out[number * hop : number * hop + length] += taper * padded[start : start + length]
        taken = min(start, len(padded) - length - hop)
    # The first window begins half a window before the sound.
    return out[hop : hop + total].astype(np.float32)


def _best_start(sound: NDArray[np.float64], goes_on: int, wanted: int, hop: int, reach: int) -> int:
    """Start near ``wanted`` of the stretch most like what follows the last window; ``wanted`` itself in silence."""
    model = sound[goes_on : goes_on + hop]
    first = wanted - reach
    field = sound[first : wanted + reach + hop]
    likeness = np.correlate(field, model, "valid")
    energy = np.convolve(np.square(field), np.ones(hop), "valid")
    score = likeness / np.sqrt(energy + 1e-9)
    return wanted if score.max() <= 1e-6 else first + int(np.argmax(score))
