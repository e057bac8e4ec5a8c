"""What stage 1 is trained on: one corpus or several, each with its share of the windows and its own loss.

Labels made by forced alignment are right on 84-88 % of frames and off by up to 20 ms at boundaries, and a speaker may
not have said what stands in the text. So a corpus can be smoothed more, weigh less, and be forgiven near boundaries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .frame_loss import FrameTargets
from .speech_data import Crop, Utterance, draw_crop, load_utterances

RARE_POWER = 0.25  # see draw_weights; both stages draw their utterances with it


@dataclass(frozen=True)
class CorpusShare:
    """One corpus of the mix.

    Attributes:
        path: folder made by `ptalker corpus`.
        weight: share of the windows drawn from it, on any scale common to the corpora.
        loss_weight: factor on the loss of its frames.
        label_smoothing: of its cross-entropy; None: the stage's.
        boundary_tolerance: seconds from a boundary between phones within which either of the two counts as right.
        boundary_weight: further factor on the loss of the frames within that distance; 0 leaves them out.
        least_confidence: utterances whose labels are less certain are left out.
    """

    path: Path
    weight: float = 1.0
    loss_weight: float = 1.0
    label_smoothing: float | None = None
    boundary_tolerance: float = 0.0
    boundary_weight: float = 1.0
    least_confidence: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.weight < float("inf") or not 0 < self.loss_weight < float("inf"):
            raise ValueError("weight and loss_weight must be positive")
        if self.label_smoothing is not None and not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing is {self.label_smoothing}; 0 to below 1 makes sense")
        if not 0 <= self.boundary_tolerance <= 0.1:
            raise ValueError(f"boundary_tolerance is {self.boundary_tolerance}; 0 to 0.1 seconds make sense")
        if not 0 <= self.boundary_weight <= 1 or not 0 <= self.least_confidence <= 1:
            raise ValueError("boundary_weight and least_confidence must be 0 to 1")


@dataclass(frozen=True)
class SpeechMix:
    """Utterances of all corpora with the probability of each.

    Attributes:
        shares: the corpora.
        utterances: of all of them.
        share_of: index into `shares` of each utterance, int64 [N].
        probabilities: float64 [N], sum 1.
        smoothing: label smoothing of corpora that do not set it.
    """

    shares: tuple[CorpusShare, ...]
    utterances: tuple[Utterance, ...]
    share_of: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    smoothing: float

    def draw(self, size: int, rng: np.random.Generator) -> tuple[list[Crop], FrameTargets]:
        """Random windows, and what the loss wants of their frames."""
        picks = rng.choice(len(self.utterances), size=size, p=self.probabilities)
        crops = [draw_crop(self.utterances[i], rng) for i in picks]
        return crops, self._targets(crops, [self.shares[k] for k in self.share_of[picks]])

    def _targets(self, crops: Sequence[Crop], shares: Sequence[CorpusShare]) -> FrameTargets:
        pairs = [crop.labels_nearby(share.boundary_tolerance) for crop, share in zip(crops, shares, strict=True)]
        labels, others = (np.stack(part) for part in zip(*pairs, strict=True))
        weights = np.stack(
            [
                share.loss_weight * np.where(label == other, 1.0, share.boundary_weight)
                for (label, other), share in zip(pairs, shares, strict=True)
            ]
        )
        smoothing = [self.smoothing if s.label_smoothing is None else s.label_smoothing for s in shares]
        return FrameTargets(labels, others, weights.astype(np.float32), np.array(smoothing, np.float32))


def draw_weights(utterances: Sequence[Utterance], power: float) -> NDArray[np.float64]:
    """Probability of each utterance: those with rare phones are drawn more often."""
    seconds = np.zeros(int(max(u.phones.max() for u in utterances)) + 1)
    for utterance in utterances:
        lengths = np.diff(np.append(utterance.starts, utterance.end))
        np.add.at(seconds, utterance.phones, lengths)
    rarity = (seconds.sum() / seconds.clip(min=1e-3)) ** power
    weights = np.array([rarity[u.phones].max() for u in utterances])
    probabilities: NDArray[np.float64] = weights / weights.sum()
    return probabilities


def draw_batch(
    utterances: Sequence[Utterance], weights: NDArray[np.float64], size: int, rng: np.random.Generator
) -> list[Crop]:
    """Random windows."""
    return [draw_crop(utterances[i], rng) for i in rng.choice(len(utterances), size=size, p=weights)]


def mix_speech(
    parts: Sequence[tuple[CorpusShare, Sequence[Utterance]]], rare_power: float, smoothing: float
) -> SpeechMix:
    """Corpora in memory to a mix. Rare phones count within each corpus, so that they do not shift the shares.

    Raises:
        UserError: a corpus has no utterance of the confidence asked for.
    """
    kept = [(share, [u for u in spoken if u.confidence >= share.least_confidence]) for share, spoken in parts]
    for share, spoken in kept:
        if not spoken:
            found = f"no utterance of {share.path} with a confidence of {share.least_confidence:g}"
            raise UserError(found, "some", "lower least_confidence")
    total = sum(share.weight for share, _ in kept)
    return SpeechMix(
        shares=tuple(share for share, _ in kept),
        utterances=tuple(u for _, spoken in kept for u in spoken),
        share_of=np.repeat(np.arange(len(kept)), [len(spoken) for _, spoken in kept]),
        probabilities=np.concatenate([share.weight / total * draw_weights(s, rare_power) for share, s in kept]),
        smoothing=smoothing,
    )


def load_mix(
    shares: Sequence[CorpusShare], rare_power: float, smoothing: float, say: Callable[[str], None]
) -> SpeechMix:
    """Read the corpora of a mix into memory, telling what each holds.

    Raises:
        UserError: a folder that is no corpus.
    """
    mix = mix_speech([(share, load_utterances(share.path)) for share in shares], rare_power, smoothing)
    for k, share in enumerate(mix.shares):
        spoken = [u for u, of in zip(mix.utterances, mix.share_of, strict=True) if of == k]
        hours, voices = sum(u.seconds for u in spoken) / 3600, len({u.voice for u in spoken})
        part = 100 * float(mix.probabilities[mix.share_of == k].sum())
        held = f"{len(spoken)} utterances, {hours:.2f} h, {voices} voices"
        say(f"corpus {share.path}: {held}, {part:.0f} % of the windows")
    return mix
