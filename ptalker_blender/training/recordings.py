"""Recorded performers as a source of scenes: real motion beside the teacher's, or in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..audio.clip import SAMPLE_RATE
from ..engine.windows import FRAMES
from ..errors import UserError
from ..model.motion_style import CLIP_FRAMES, PERFORMANCE_FPS
from ..motion.controls import ENGINE_FPS
from .augment import draw_gain
from .corpus.phones import PHONE_INDEX, SILENCE
from .recorded.clips import RecordedClip, RecordedSet
from .scenes import UNKNOWN, Scene
from .speech_data import Crop, Utterance
from .teacher.performer import RANGES

GAP_S = 0.5  # a performance is cut at least this far from the window it is read for, where takes are long enough


@dataclass(frozen=True)
class RecordedShare:
    """A recorded data set that stage 2 is taught with.

    Attributes:
        kind: a kind of `recorded.read.read_recorded`.
        path: its folder.
        share: of each batch's pairs.
        index, flame, mesh: as `read_recorded` takes them.
        regions: JSON of lip vertices, for sets of vertices; None: our own of FLAME's topology.
        unit_mm: length of a set of vertices' unit, mm.
    """

    kind: str
    path: Path
    share: float = 0.1
    index: Path | None = None
    flame: Path | None = None
    mesh: Path | None = None
    regions: Path | None = None
    unit_mm: float = 1000.0

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share is {self.share}; above 0 to 1 makes sense")
        if not 0 < self.unit_mm < float("inf"):
            raise ValueError(f"unit_mm is {self.unit_mm}; a length in millimetres makes sense")


class Recordings:
    """The training clips of a recorded set.

    Args:
        recorded: the set.
        first_performer, first_voice: index of its first performer and voice in the network's and the run's tables.

    Raises:
        UserError: no training clip.
    """

    def __init__(self, recorded: RecordedSet, first_performer: int, first_voice: int) -> None:
        self.recorded, self.performers = recorded, recorded.performers
        self._clips = recorded.of("train")
        if not self._clips:
            raise UserError(f"{recorded.name} has no clip of the split train", "some to train on", "check the split")
        self._first_performer, self._first_voice = first_performer, first_voice
        self._by_performer = [[c for c in self._clips if c.performer == who] for who in self.performers]
        self._seconds = [np.array([clip.seconds for clip in clips]) for clips in self._by_performer]
        self._speech = {clip.name: _utterance(clip) for clip in self._clips}

    def draw(self, pairs: int, rng: np.random.Generator) -> list[Scene]:
        """Twice as many scenes, both of a pair by one performer."""
        who = rng.choice(len(self.performers), size=pairs, replace=pairs > len(self.performers))
        return [self._scene(performer, rng) for performer in who.tolist() for _ in range(2)]

    def _scene(self, performer: int, rng: np.random.Generator) -> Scene:
        clip, start = self._moment(performer, FRAMES / ENGINE_FPS, rng)
        heard = clip.audio is not None
        crop = Crop(self._speech[clip.name], round(start * ENGINE_FPS), 1.0, draw_gain(rng))
        times = (crop.first + np.arange(FRAMES)) / ENGINE_FPS
        return Scene(
            crop=crop,
            heard=heard,
            target=sampled(clip, times),
            observed=self.recorded.observed,
            performer=self._first_performer + performer,
            voice=self._first_voice + performer if heard else UNKNOWN,
            performance=self._performance(performer, clip, start, rng),
            rates=np.full(3, np.nan, np.float32),
            traits=np.full(len(RANGES), np.nan, np.float32),
        )

    def _moment(self, performer: int, seconds: float, rng: np.random.Generator) -> tuple[RecordedClip, float]:
        """A clip and where in it a window of some seconds begins; it may overhang a clip that is shorter."""
        clips, lengths = self._by_performer[performer], self._seconds[performer]
        clip = clips[int(rng.choice(len(clips), p=lengths / lengths.sum()))]
        return clip, float(rng.uniform(0.0, max(0.0, clip.seconds - seconds)))

    def performances(self, count: int, rng: np.random.Generator) -> list[list[NDArray[np.float32]]]:
        """Some clips [CLIP_FRAMES, C] at 25 Hz of each performer, in their order."""
        return [[self._clip(performer, rng) for _ in range(count)] for performer in range(len(self.performers))]

    def _clip(self, performer: int, rng: np.random.Generator) -> NDArray[np.float32]:
        clip, start = self._moment(performer, CLIP_FRAMES / PERFORMANCE_FPS, rng)
        return sampled(clip, reflected(start + np.arange(CLIP_FRAMES) / PERFORMANCE_FPS, clip.seconds))

    def _performance(
        self, performer: int, avoid: RecordedClip, at: float, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Another stretch of the performer [CLIP_FRAMES, C] at 25 Hz, not overlapping the window where possible."""
        length, window = CLIP_FRAMES / PERFORMANCE_FPS, FRAMES / ENGINE_FPS
        for _ in range(20):
            clip, start = self._moment(performer, length, rng)
            apart = start > at + window + GAP_S or start + length < at - GAP_S
            if clip.name != avoid.name or apart:
                break
        return sampled(clip, reflected(start + np.arange(CLIP_FRAMES) / PERFORMANCE_FPS, clip.seconds))


def sampled(clip: RecordedClip, times: NDArray[np.float64]) -> NDArray[np.float32]:
    """Motion of a clip at some times in seconds, straight between its frames [n, C]; its ends are held."""
    places = (times * clip.fps).clip(0, len(clip.motion) - 1)
    low = np.floor(places).astype(np.int64)
    first = int(low.min())
    frames = np.asarray(clip.motion[first : int(low.max()) + 2], np.float32)
    low -= first
    high = (low + 1).clip(max=len(frames) - 1)
    share = (places % 1.0).astype(np.float32)[:, None]
    mixed: NDArray[np.float32] = (1 - share) * frames[low] + share * frames[high]
    return mixed


def reflected(times: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """Times beyond the end of a clip of some seconds, played backwards from there, and so on: a face never freezes."""
    folded: NDArray[np.float64] = np.abs((times + seconds) % (2 * seconds) - seconds)
    return folded


def _utterance(clip: RecordedClip) -> Utterance:
    """The sound of a clip, or silence, with no phones known."""
    samples = np.zeros(round(clip.seconds * SAMPLE_RATE), np.float32) if clip.audio is None else clip.audio.samples
    level = max(float(np.abs(samples).max(initial=0.0)), 1e-6)
    pcm = np.rint(samples * (0.7 / level) * 32767).astype(np.int16)  # the level a corpus is stored at
    return Utterance(pcm, np.zeros(1), np.array([PHONE_INDEX[SILENCE]]), 0.0, clip.performer, confidence=0.0)


def movement(clips: Sequence[RecordedClip], most: int = 40) -> NDArray[np.float64]:
    """Deviation of each vertex over some clips [V], from at most `most` of them evenly chosen."""
    picked = [clips[k] for k in np.unique(np.linspace(0, len(clips) - 1, most).astype(int))]
    total, square, count = 0.0, 0.0, 0
    for clip in picked:
        motion = np.asarray(clip.motion[0 : len(clip.motion)], np.float64)
        total, square, count = total + motion.sum(0), square + np.square(motion).sum(0), count + len(motion)
    variance = (square / count - np.square(total / count)).reshape(-1, 3).clip(min=0)
    deviation: NDArray[np.float64] = np.sqrt(variance.sum(1))
    return deviation
