"""What every reader of recorded motion returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import SAMPLE_RATE, AudioClip

# test_a: performers that are trained on, sentences that are not; test_b: performers that are not (PTalker, Mimic).
SPLITS = ("train", "val", "test_a", "test_b")
MOVES = 1e-3  # a control that stays within this over a whole set was not recorded


class Frames(Protocol):
    """Motion [T, C] that may lie on disk: an array in all that training needs, read when frames are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(T, C)."""

    def __len__(self) -> int: ...

    def __getitem__(self, frames: slice, /) -> NDArray[np.float32]:
        """The frames of a slice, float32 [n, C]."""


@dataclass(frozen=True)
class RecordedClip:
    """One take of one performer; motion and audio begin together and end within a frame of each other.

    Attributes:
        name: unique in its set; that of its files.
        performer: who it is.
        sentence: what is said, as the set numbers it.
        split: one of ``SPLITS``.
        audio: the voice; None where there is none.
        motion: [T, C] float32 controls, or vertex offsets from the performer's neutral mesh in the set's own unit.
        fps: frames per second; frame k is at k / fps.
    """

    name: str
    performer: str
    sentence: str
    split: str
    audio: AudioClip | None
    motion: Frames
    fps: float

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise ValueError(f"{self.name} is in split {self.split!r}, which is none of {SPLITS}")
        if len(self.motion.shape) != 2 or not len(self.motion) or not self.fps > 0:
            raise ValueError(f"{self.name} has motion of shape {self.motion.shape} at {self.fps} frames per second")

    @property
    def seconds(self) -> float:
        """Duration of the motion."""
        return len(self.motion) / self.fps


@dataclass(frozen=True)
class RecordedSet:
    """A data set.

    Attributes:
        name: of the set.
        clips: in the order of their names.
        observed: bool [C], channels the recordings really have; the others are 0 in all clips and teach nothing.
        templates: neutral mesh float32 [V, 3] by performer, in the set's unit and axes; None for controls.
        faces: int32 [F, 3] triangles of vertex sets; None for controls, and where the set brings none.
        notes: what was assumed or left out in reading, a sentence each.
    """

    name: str
    clips: tuple[RecordedClip, ...]
    observed: NDArray[np.bool_]
    templates: Mapping[str, NDArray[np.float32]] | None = None
    faces: NDArray[np.int32] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        widths = {clip.motion.shape[1] for clip in self.clips}
        if widths != {len(self.observed)}:
            raise ValueError(f"{self.name}: {len(self.observed)} channels, but clips of {sorted(widths)}")
        if len({clip.name for clip in self.clips}) != len(self.clips):
            raise ValueError(f"{self.name} names a clip twice")

    def of(self, split: str) -> tuple[RecordedClip, ...]:
        """The clips of one split, maybe none."""
        return tuple(clip for clip in self.clips if clip.split == split)

    @property
    def performers(self) -> tuple[str, ...]:
        """Who is trained on, sorted: the classes of an identity style."""
        return tuple(sorted({clip.performer for clip in self.of("train")}))


def moving(motions: Sequence[NDArray[np.float32]]) -> NDArray[np.bool_]:
    """Channels bool [C] that move anywhere in some motions [T, C], or stand elsewhere than at 0."""
    highest = np.max([np.abs(motion).max(axis=0) for motion in motions], axis=0)
    return np.asarray(highest > MOVES, np.bool_)


def cut(frames: int, fps: float, audio: AudioClip | None) -> tuple[int, AudioClip | None]:
    """Number of frames and sound that both motion and audio cover.

    Args:
        frames: of the motion.
        fps: their rate.
        audio: sound that begins with the motion.
    """
    if audio is None:
        return frames, None
    kept = max(1, min(frames, round(audio.seconds * fps)))
    return kept, AudioClip(audio.samples[: round(kept / fps * SAMPLE_RATE)])
