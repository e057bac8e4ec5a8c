"""How well a network hears phones: the curve of stage 1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..audio.clip import AudioClip
from ..model.mel import frames_in
from ..model.network import Network
from ..motion.controls import ENGINE_FPS
from .corpus.phones import PHONES
from .evaluation.phones import labelled_sets, labels_at, pool_accuracy, score_frames
from .phone_stage import phone_posteriors
from .speech_data import Utterance, load_utterances


@dataclass(frozen=True)
class ScoredClip:
    """A clip with frame labels at 50 Hz."""

    audio: AudioClip
    labels: NDArray[np.int64]


def scored_sets(corpora: Mapping[str, Path], data: Path | None) -> dict[str, tuple[ScoredClip, ...]]:
    """Clips the phone curve is drawn on: corpora by name, and the real recordings where the data is present."""
    sets = {name: tuple(map(_scored, load_utterances(folder))) for name, folder in corpora.items()}
    if data is not None:
        for name, clips in labelled_sets(data).items():
            sets[name] = tuple(
                ScoredClip(clip.audio, labels_at(clip.segments, _frame_times(clip.audio), PHONES)) for clip in clips
            )
    return sets


def _frame_times(audio: AudioClip) -> NDArray[np.float64]:
    return np.arange(frames_in(len(audio.samples))) / ENGINE_FPS


def _scored(utterance: Utterance) -> ScoredClip:
    audio = AudioClip((utterance.samples / 32768).astype(np.float32))
    return ScoredClip(audio, utterance.labels(_frame_times(audio)))


def score_phones(network: Network, sets: Mapping[str, Sequence[ScoredClip]]) -> dict[str, float]:
    """Percent of frames right per set: all frames, speech frames, viseme groups; recall and precision of p, b, m.

    What a set does not hold has no entry.
    """
    scores: dict[str, float] = {}
    for name, clips in sets.items():
        score = pool_accuracy(
            score_frames(phone_posteriors(network, clip.audio).argmax(1), clip.labels, PHONES) for clip in clips
        )
        scores |= {f"{name}.phones": score.all, f"{name}.speech": score.speech, f"{name}.visemes": score.viseme}
        scores |= {f"{name}.pbm_recall": score.bilabial_recall, f"{name}.pbm_precision": score.bilabial_precision}
    return {key: round(100 * value, 2) for key, value in scores.items() if not math.isnan(value)}
