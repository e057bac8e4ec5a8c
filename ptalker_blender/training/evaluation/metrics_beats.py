"""Beat timing: do turning points of the motion fall on the onsets of the voice?

Motion beats are local minima of speed, as in the beat alignment of dance (R. Li et al., AI Choreographer, ICCV 2021);
sound beats are onsets by spectral flux (J. P. Bello et al., IEEE Trans. Speech and Audio Processing 13(5), 2005).
Speech has many of both, so a motion of any other sentence meets a good part of them: figures stand beside what the
same motion scores when the sound is shifted in a circle.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks, stft

from ...audio.clip import SAMPLE_RATE, AudioClip

TOLERANCE_SECONDS = 0.080  # a motion beat and an onset this near meet
SHIFTS = 24  # of the sound, evenly over the clip, for chance
_HOP = SAMPLE_RATE // 100
_WINDOW = 400
_BANDS = 24  # from 100 Hz to 8 kHz, evenly in the logarithm
_FLOOR = 1e-4  # of the loudest band and frame: 40 dB below, what is quieter is no sound
_RISE = 2  # frames over which a rise is taken
_ONSET_DECIBELS = 2.0  # mean rise over the bands; gives read English its 4 to 5 syllables a second
_APART_SECONDS = 0.08  # of two onsets, and of two motion beats
_SMOOTH_SECONDS = 0.04  # at half of it, noise of 2 % in the controls made beats and raised the score of real motion
_NEAR_SECONDS = 0.2  # offsets beyond are of another syllable
_DIP = 0.1  # of the 95th percentile of speed: how far a minimum must lie below its surroundings

Vertices = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class BeatScore:
    """Counts over one or more clips.

    Attributes:
        onsets: of the voice.
        onsets_met: those with a motion beat within ``TOLERANCE_SECONDS``.
        beats: of the motion.
        beats_met: those with an onset as near.
        chance_onsets_met: mean of ``onsets_met`` over sound that is shifted in a circle.
        chance_beats_met: idem.
        offsets: seconds, nearest motion beat minus onset, of the onsets that have one within 0.2 s.
    """

    onsets: int = 0
    onsets_met: float = 0
    beats: int = 0
    beats_met: float = 0
    chance_onsets_met: float = 0.0
    chance_beats_met: float = 0.0
    offsets: tuple[float, ...] = ()

    def __add__(self, other: BeatScore) -> BeatScore:
        return BeatScore(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def f1(self) -> float:
        """Harmonic mean of the shares of onsets and of beats that are met; nan where there are none of one kind."""
        return self._f1(self.onsets_met, self.beats_met)

    @property
    def chance(self) -> float:
        """The same at chance."""
        return self._f1(self.chance_onsets_met, self.chance_beats_met)

    @property
    def offset_ms(self) -> float:
        """Median of the offsets, milliseconds; positive when the motion is later; nan without any."""
        return 1000.0 * float(np.median(self.offsets)) if self.offsets else float("nan")

    def _f1(self, onsets_met: float, beats_met: float) -> float:
        if not self.onsets or not self.beats:
            return float("nan")
        recall, precision = onsets_met / self.onsets, beats_met / self.beats
        return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def score_beats(lips: Vertices, fps: float, audio: AudioClip) -> BeatScore:
    """Compare a motion's beats with a voice's.

    Args:
        lips: [T, n, 3] vertices; frame k is at k / fps.
        fps: frames per second.
        audio: beginning with the motion.
    """
    seconds = min(len(lips) / fps, audio.seconds)
    beats, onsets = motion_beats(lips, fps), onset_times(audio)
    beats, onsets = beats[beats < seconds], onsets[onsets < seconds]
    met = _met(onsets, beats, seconds, circular=False), _met(beats, onsets, seconds, circular=False)
    shifted = [(onsets + seconds * k / SHIFTS) % seconds for k in range(1, SHIFTS)]
    chance = np.array([(_met(s, beats, seconds, True), _met(beats, s, seconds, True)) for s in shifted])
    by_chance = chance.mean(axis=0)
    return BeatScore(
        len(onsets), met[0], len(beats), met[1], float(by_chance[0]), float(by_chance[1]), _offsets(onsets, beats)
    )


def motion_beats(lips: Vertices, fps: float) -> Doubles:
    """Seconds at which the mean speed of the vertices has a local minimum.

    The speed between frames k and k + 1 is at (k + 0.5) / fps. It is smoothed by a Gaussian of 40 ms; minima count that
    lie below their surroundings by a tenth of the 95th percentile of speed, and 80 ms apart.

    Args:
        lips: [T, n, 3].
        fps: frames per second.
    """
    if len(lips) < 4:
        return np.zeros(0)
    speed = np.sqrt(np.square(np.diff(lips, axis=0), dtype=np.float64).sum(axis=2)).mean(axis=1)
    speed = gaussian_filter1d(speed, _SMOOTH_SECONDS * fps, mode="nearest")
    least = _DIP * float(np.percentile(speed, 95))
    if least <= 0:
        return np.zeros(0)
    minima, _ = find_peaks(-speed, prominence=least, distance=max(1, round(_APART_SECONDS * fps)))
    return np.asarray((minima + 0.5) / fps, np.float64)


def onset_times(audio: AudioClip) -> Doubles:
    """Seconds at which the voice sets in or rises: peaks of the mean rise of 24 bands' levels over 20 ms.

    Args:
        audio: any level; what is 40 dB under the loudest band is silence.
    """
    _, _, spectrum = stft(
        audio.samples.astype(np.float64), SAMPLE_RATE, nperseg=_WINDOW, noverlap=_WINDOW - _HOP, boundary="zeros"
    )
    power = np.square(np.abs(spectrum))
    # Band edges in bins; low bands would share a bin, so an edge lies at least one above the last.
    edges = np.rint(np.geomspace(100.0, SAMPLE_RATE / 2, _BANDS + 1) * _WINDOW / SAMPLE_RATE).astype(int)
    edges = np.maximum.accumulate(edges - np.arange(_BANDS + 1)) + np.arange(_BANDS + 1)
    bands = np.add.reduceat(power, edges[:-1], axis=0)
    if bands.max(initial=0.0) <= 0:
        return np.zeros(0)
    levels = 10 * np.log10(bands + _FLOOR * bands.max())
    levels = np.concatenate([np.repeat(levels.min(axis=1)[:, None], _RISE, axis=1), levels], axis=1)
    rise = np.maximum(levels[:, _RISE:] - levels[:, :-_RISE], 0).mean(axis=0)
    peaks, _ = find_peaks(np.append(rise, 0.0), height=_ONSET_DECIBELS, distance=round(_APART_SECONDS * 100))
    # The rise from frame k - 2 to frame k is at frame k - 1; the zero appended lets the last frame be a peak.
    return np.asarray(np.maximum(peaks - _RISE / 2, 0) / 100, np.float64)


def _offsets(onsets: Doubles, beats: Doubles) -> tuple[float, ...]:
    if not len(beats):
        return ()
    apart = beats - onsets[:, None]
    nearest = np.take_along_axis(apart, np.abs(apart).argmin(axis=1)[:, None], axis=1)[:, 0]
    return tuple(float(value) for value in nearest[np.abs(nearest) <= _NEAR_SECONDS])


def _met(wanted: Doubles, given: Doubles, seconds: float, circular: bool) -> int:
    """How many of ``wanted`` have one of ``given`` within the tolerance."""
    if not len(wanted) or not len(given):
        return 0
    apart = np.abs(wanted[:, None] - given)
    apart = np.minimum(apart, seconds - apart) if circular else apart
    return int(np.count_nonzero(apart.min(axis=1) <= TOLERANCE_SECONDS + 1e-9))
