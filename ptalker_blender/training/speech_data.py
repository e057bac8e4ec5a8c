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
from .corpus.packed import packed_path, read_packed
from .corpus.phones import PHONE_INDEX
from .corpus.read import CorpusEntry, read_corpus
from .utterance import Utterance

__all__ = ["WINDOW_SAMPLES", "Crop", "Utterance", "draw_crop", "load_utterance", "load_utterances", "spoken"]

WINDOW_SAMPLES = samples_for(FRAMES)
_ADVICE = "make the corpus anew with `ptalker corpus`"


def load_utterances(path: Path) -> tuple[Utterance, ...]:
    """Read a corpus made by `ptalker corpus` into memory (115 MB per hour).

    Args:
        path: a corpus folder, a packed file, or one part of such a file: `FILE/PART`.

    Raises:
        UserError: not a corpus, an empty one, or one with missing or damaged files.
    """
    packed = packed_path(path)
    loaded = tuple(read_packed(*packed)) if packed else tuple(map(load_utterance, read_corpus(path)))
    if not loaded:
        raise UserError(f"no utterances in {path}", "a corpus with speech in it", _ADVICE)
    return loaded


def load_utterance(entry: CorpusEntry) -> Utterance:
    """One utterance of a corpus folder into memory. Raises UserError."""
    try:
        samples, rate = soundfile.read(entry.path, dtype="int16")
    except (soundfile.SoundFileError, OSError) as error:
        raise UserError(f"{entry.path} cannot be read ({error})", "a sound file", _ADVICE) from error
    if rate != SAMPLE_RATE or samples.ndim != 1:
        raise UserError(f"{entry.path} at {rate} Hz", "16 kHz mono", _ADVICE)
    return spoken(entry, samples)


def spoken(entry: CorpusEntry, samples: NDArray[np.int16]) -> Utterance:
    """An entry of a corpus with its samples [S], or none where only its labels are wanted.

    Raises:
        UserError: no phones, or phones that are not ours.
    """
    segments = entry.segments
    unknown = sorted({segment.phone for segment in segments} - set(PHONE_INDEX))
    if unknown or not segments:
        raise UserError(f"{entry.id} in {entry.path.parent} has {unknown or 'no'} phones", "known phones", _ADVICE)
    return Utterance(
        samples=samples,
        starts=np.array([segment.start for segment in segments]),
        phones=np.array([PHONE_INDEX[segment.phone] for segment in segments]),
        end=segments[-1].end,
        voice=entry.voice,
        confidence=entry.confidence,
    )


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
