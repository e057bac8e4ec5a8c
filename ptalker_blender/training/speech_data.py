"""Speech for training: whole corpus in memory as int16, random windows with their phone labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ..audio.clip import SAMPLE_RATE
from ..engine.windows import FRAMES
from ..errors import UserError
from ..model.mel import FIRST_CENTRE, FRAME, samples_for
from ..motion.controls import ENGINE_FPS
from .augment import crop_at_speed, draw_gain, draw_speed
from .corpus.phones import PHONE_INDEX, SILENCE
from .corpus.read import read_corpus

WINDOW_SAMPLES = samples_for(FRAMES)


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


def load_utterances(folder: Path) -> tuple[Utterance, ...]:
    """Read a corpus made by `ptalker corpus` into memory (115 MB per hour).

    Raises:
        UserError: not a corpus, an empty one, or one with missing or damaged files.
    """
    advice = "make the corpus anew with `ptalker corpus`"
    loaded = []
    for entry in read_corpus(folder):
        try:
            samples, rate = soundfile.read(entry.path, dtype="int16")
        except (soundfile.SoundFileError, OSError) as error:
            raise UserError(f"{entry.path} cannot be read ({error})", "a sound file", advice) from error
        if rate != SAMPLE_RATE or samples.ndim != 1:
            raise UserError(f"{entry.path} at {rate} Hz", "16 kHz mono", advice)
        segments = entry.segments
        unknown = sorted({segment.phone for segment in segments} - set(PHONE_INDEX))
        if unknown or not segments:
            raise UserError(f"{entry.id} in {folder} has {unknown or 'no'} phones", "known phones", advice)
        loaded.append(
            Utterance(
                samples=samples,
                starts=np.array([segment.start for segment in segments]),
                phones=np.array([PHONE_INDEX[segment.phone] for segment in segments]),
                end=segments[-1].end,
                voice=entry.voice,
                confidence=entry.confidence,
            )
        )
    if not loaded:
        raise UserError(f"no utterances in {folder}", "a corpus with speech in it", advice)
    return tuple(loaded)


@dataclass(frozen=True)
class Crop:
    """Where a training window lies: output frame `first` of the utterance played `speed` times as fast."""

    utterance: Utterance
    first: int
    speed: float
    gain: float

    def samples(self) -> NDArray[np.float32]:
        """Window samples [WINDOW_SAMPLES], the first one FIRST_CENTRE before the first frame."""
        start = self.first * FRAME - FIRST_CENTRE
        return self.gain * crop_at_speed(self.utterance.samples, start, WINDOW_SAMPLES, self.speed)

    def source_times(self) -> NDArray[np.float64]:
        """Time in the utterance, in seconds, of each frame [FRAMES]."""
        return (self.first + np.arange(FRAMES)) / ENGINE_FPS * self.speed

    def labels(self) -> NDArray[np.int64]:
        """Phone index of each frame [FRAMES]."""
        return self.utterance.labels(self.source_times())

    def labels_nearby(self, tolerance: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Labels [FRAMES], and those across a boundary within `tolerance` seconds of the recording."""
        times = self.source_times()
        return self.utterance.labels(times), self.utterance.labels_across(times, tolerance)


def draw_crop(utterance: Utterance, rng: np.random.Generator) -> Crop:
    """A random window of an utterance; like the engine's, it may reach beyond either end, by a third at most."""
    speed = draw_speed(rng)
    frames = int(utterance.seconds / speed * ENGINE_FPS)
    first = int(rng.integers(-FRAMES // 3, max(-FRAMES // 3, frames - 2 * FRAMES // 3) + 1))
    return Crop(utterance, first, speed, draw_gain(rng))
