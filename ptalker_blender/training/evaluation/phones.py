"""Frame accuracy of the phone classifier (stage 1) on labelled recordings: phones, speech frames, 15 visemes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..corpus.phones import PHONES, SILENCE, VISEME_OF_PHONE, PhoneSegment
from .recordings import LabelledClip, labelled_sets

__all__ = [
    "LabelledClip",
    "PhoneAccuracy",
    "labelled_sets",
    "labels_at",
    "pool_accuracy",
    "score_frames",
]

_VISEME_OF: Mapping[str, int] = dict(zip(PHONES, VISEME_OF_PHONE, strict=True))


@dataclass(frozen=True)
class PhoneAccuracy:
    """Counts of frames; sums over clips. Frames whose label is outside the phone set (coughs) are not counted.

    Attributes:
        frames, right: all frames, and those with the right phone.
        speech_frames, speech_right: likewise of the frames labelled as speech.
        viseme_right: frames with the right viseme group.
        bilabial_frames, bilabial_found, bilabial_right: frames labelled p, b or m; classified so; both.
    """

    frames: int = 0
    right: int = 0
    speech_frames: int = 0
    speech_right: int = 0
    viseme_right: int = 0
    bilabial_frames: int = 0
    bilabial_found: int = 0
    bilabial_right: int = 0

    def __add__(self, other: PhoneAccuracy) -> PhoneAccuracy:
        return PhoneAccuracy(
            self.frames + other.frames,
            self.right + other.right,
            self.speech_frames + other.speech_frames,
            self.speech_right + other.speech_right,
            self.viseme_right + other.viseme_right,
            self.bilabial_frames + other.bilabial_frames,
            self.bilabial_found + other.bilabial_found,
            self.bilabial_right + other.bilabial_right,
        )

    @property
    def all(self) -> float:
        """Share of all frames with the right phone; nan without frames."""
        return self.right / self.frames if self.frames else float("nan")

    @property
    def speech(self) -> float:
        """Share of the frames labelled as speech with the right phone."""
        return self.speech_right / self.speech_frames if self.speech_frames else float("nan")

    @property
    def viseme(self) -> float:
        """Share of all frames with the right viseme group."""
        return self.viseme_right / self.frames if self.frames else float("nan")

    @property
    def bilabial_recall(self) -> float:
        """Share of the frames labelled p, b or m that are classified as one of them."""
        return self.bilabial_right / self.bilabial_frames if self.bilabial_frames else float("nan")

    @property
    def bilabial_precision(self) -> float:
        """Share of the frames classified as p, b or m that are labelled as one of them."""
        return self.bilabial_right / self.bilabial_found if self.bilabial_found else float("nan")


def labels_at(segments: Sequence[PhoneSegment], times: ArrayLike, phones: Sequence[str]) -> NDArray[np.int64]:
    """Class indices of the labels at given instants.

    Args:
        segments: normalised phones in order; time between them counts as silence.
        times: [T] seconds, e.g. the centres of the encoder's frames.
        phones: the classes, ``SILENCE`` among them.

    Returns:
        [T] indices into ``phones``; -1 where the label is none of them. Of overlapping labels the later one holds.
    """
    instants = np.asarray(times, dtype=np.float64)
    index = {phone: i for i, phone in enumerate(phones)}
    labels = np.full(instants.shape, index[SILENCE], dtype=np.int64)
    for segment in segments:
        labels[(instants >= segment.start) & (instants < segment.end)] = index.get(segment.phone, -1)
    return labels


def score_frames(predicted: ArrayLike, truth: ArrayLike, phones: Sequence[str]) -> PhoneAccuracy:
    """Count right frames.

    Args:
        predicted: [T] indices into ``phones``.
        truth: [T] indices into ``phones``, -1 for frames that do not count (``labels_at`` gives these).
        phones: the classes, all of which must be in ``PHONES``.

    Raises:
        ValueError: when the arrays differ in shape.
        KeyError: for a class that is no phone of ours.
    """
    guess, label = np.asarray(predicted), np.asarray(truth)
    if guess.shape != label.shape or label.ndim != 1:
        raise ValueError(f"predictions and labels must be two [T], got {guess.shape} and {label.shape}")
    counted = label >= 0
    guess, label = guess[counted], label[counted]
    visemes = np.array([_VISEME_OF[phone] for phone in phones])
    spoken = label != list(phones).index(SILENCE)
    right = guess == label
    closed = visemes == _VISEME_OF["p"]
    return PhoneAccuracy(
        frames=len(label),
        right=int(right.sum()),
        speech_frames=int(spoken.sum()),
        speech_right=int((right & spoken).sum()),
        viseme_right=int((visemes[guess] == visemes[label]).sum()),
        bilabial_frames=int(closed[label].sum()),
        bilabial_found=int(closed[guess].sum()),
        bilabial_right=int((closed[label] & closed[guess]).sum()),
    )


def pool_accuracy(scores: Iterable[PhoneAccuracy]) -> PhoneAccuracy:
    """The counts of several clips together."""
    total = PhoneAccuracy()
    for score in scores:
        total = total + score
    return total
