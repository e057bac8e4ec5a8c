"""Unseen performers and their sentences: the teacher's side of the style figures.

Performers are drawn with a seed of their own that no training run uses. A performance holds other sentences than the
lines that are said in its style, and the sentences of a gallery are others than those of its queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...engine.idle import IdleRates, idle_motion
from ...errors import UserError
from ...model.motion_style import PERFORMANCE_FPS
from ...motion.controls import ENGINE_FPS, N_BLENDSHAPES
from ...rig.lips import LipRig
from ..corpus.phones import PhoneSegment
from ..corpus.read import read_corpus
from ..teacher.perform import perform
from ..teacher.performer import Performer, draw_performer, moved_by_voice
from ..teacher.prosody import Prosody, measure_prosody

Controls = NDArray[np.float32]

STRIDE = round(ENGINE_FPS / PERFORMANCE_FPS)
REFERENCE_SECONDS = 6.0


@dataclass(frozen=True)
class Sentence:
    """One spoken sentence.

    Attributes:
        text: its words.
        voice: who speaks.
        samples: float32 [S] at 16 kHz.
        segments: its phones in seconds.
        prosody: loudness and pitch at 50 Hz.
    """

    text: str
    voice: str
    samples: NDArray[np.float32]
    segments: tuple[PhoneSegment, ...]
    prosody: Prosody

    @property
    def frames(self) -> int:
        """Length at 50 Hz."""
        return max(1, round(len(self.samples) / 16_000 * ENGINE_FPS))


def make_sentence(text: str, voice: str, samples: NDArray[np.float32], segments: Sequence[PhoneSegment]) -> Sentence:
    """A sentence with its prosody measured."""
    whole = (samples * 32767).astype(np.int16)
    return Sentence(text, voice, samples, tuple(segments), measure_prosody(whole))


def load_sentences(folders: Sequence[Path]) -> tuple[Sentence, ...]:
    """The sentences of corpus folders, in order; a text that comes again is left out.

    Raises:
        UserError: a folder that is no corpus.
    """
    entries = {entry.text: entry for folder in folders for entry in reversed(read_corpus(folder))}
    return tuple(make_sentence(e.text, e.voice, e.samples(), e.segments) for e in reversed(entries.values()))


@dataclass(frozen=True)
class Pools:
    """Sentences by use; no text is in two of them.

    Attributes:
        lines: said by the network in a style.
        gallery, queries: what performances are made of.
    """

    lines: tuple[Sentence, ...]
    gallery: tuple[Sentence, ...]
    queries: tuple[Sentence, ...]


def split_pools(sentences: Sequence[Sentence], lines: int, seed: int) -> Pools:
    """Draw the lines (of 1.5 s or more), then halve the rest.

    Raises:
        UserError: too few sentences for the lines and eight on either side.
    """
    order = np.random.default_rng((seed, 1)).permutation(len(sentences))
    drawn = [sentences[i] for i in order]
    chosen = [s for s in drawn if s.frames >= 1.5 * ENGINE_FPS][:lines]
    rest = [s for s in drawn if all(s is not line for line in chosen)]
    if len(chosen) < lines or len(rest) < 16:
        raise UserError(
            f"{len(sentences)} different sentences", f"{lines} lines and 16 more", "name more corpora with --corpus"
        )
    return Pools(tuple(chosen), tuple(rest[: len(rest) // 2]), tuple(rest[len(rest) // 2 :]))


def draw_cast(count: int, seed: int, first: int = 0) -> tuple[Performer, ...]:
    """Unseen performers ``first`` to ``first + count`` of a seed."""
    return tuple(draw_performer(np.random.default_rng((seed, i))) for i in range(first, first + count))


def spoken(sentence: Sentence, performer: Performer, rig: LipRig) -> Controls:
    """The performer speaking a sentence [T, 55] at 50 Hz, without blinks, gaze and drift: the truth of a line."""
    manner = moved_by_voice(performer, sentence.segments, sentence.prosody)
    return perform(sentence.segments, sentence.prosody, manner, rig, sentence.frames)


def reference(
    pool: Sequence[Sentence],
    performer: Performer,
    rig: LipRig,
    key: tuple[int, ...],
    seconds: float = REFERENCE_SECONDS,
) -> Controls:
    """A performance of sentences drawn from the pool [25 * seconds, 55] at 25 Hz, blinks, gaze and drift included.

    Args:
        pool: sentences.
        performer: who performs.
        rig: lips of the default head.
        key: of all draws.
        seconds: length; every second frame of 50 Hz, as in training.
    """  # fmt: skip
    frames = round(seconds * PERFORMANCE_FPS) * STRIDE
    rng = np.random.default_rng((*key, 2))
    pieces: list[Controls] = []
    while sum(map(len, pieces)) < frames:
        pieces.append(spoken(pool[int(rng.integers(len(pool)))], performer, rig))
    rates = IdleRates(performer.blinks, performer.gaze, performer.drift)
    motion = np.concatenate(pieces)[:frames] + idle_motion(frames, rates, int(rng.integers(2**31)))
    motion[:, :N_BLENDSHAPES] = motion[:, :N_BLENDSHAPES].clip(0, 1)
    return np.ascontiguousarray(motion[::STRIDE], np.float32)  # fmt: skip


def references(
    pool: Sequence[Sentence],
    cast: Sequence[Performer],
    rig: LipRig,
    each: int,
    seed: int,
    seconds: float = REFERENCE_SECONDS,
) -> list[list[Controls]]:
    """``each`` performances of every performer, drawn one by one from ``seed``."""
    return [
        [reference(pool, performer, rig, (seed, who, number), seconds) for number in range(each)]
        for who, performer in enumerate(cast)
    ]  # fmt: skip
