"""The teacher at work: targets for windows of speech, and performances to read styles from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..engine.idle import BLINKS_SCALE, IdleRates, idle_motion
from ..engine.windows import FRAMES
from ..model.motion_style import CLIP_FRAMES, PERFORMANCE_FPS
from ..motion.controls import ENGINE_FPS, N_CONTROLS
from ..rig.lips import LipRig
from .corpus.phones import PHONES, PhoneSegment
from .scenes import Scene
from .speech_data import Crop, Utterance, draw_crop
from .teacher.perform import perform
from .teacher.performer import Performer, as_vector, moved_by_voice
from .teacher.prosody import Prosody, measure_prosody

CLIPS_PER_PERFORMER = 12  # made when first asked for, and kept
CLIP_STRIDE = round(ENGINE_FPS / PERFORMANCE_FPS)  # the teacher plays at 50 Hz, performances are read at 25


def scaled_segments(utterance: Utterance, speed: float) -> list[PhoneSegment]:
    """The utterance's phones when it is played `speed` times as fast."""
    edges = np.append(utterance.starts, utterance.end) / speed
    return [
        PhoneSegment(PHONES[p], float(a), float(b)) for p, (a, b) in zip(utterance.phones, pairwise(edges), strict=True)
    ]


def scaled_prosody(prosody: Prosody, speed: float) -> Prosody:
    """Prosody of the utterance played `speed` times as fast; its pitch is relative, so it stays."""
    frames = max(1, round(len(prosody.loudness) / speed))
    positions = np.arange(frames) * speed
    grid = np.arange(len(prosody.loudness))
    return Prosody(np.interp(positions, grid, prosody.loudness), np.interp(positions, grid, prosody.pitch))


class Rehearsal:
    """Performers and the speech they perform.

    Args:
        utterances: the speech.
        performers: all manners.
        rig: lips of the default head.
        seed: of the performances' choice of sentences.
        probabilities: of each utterance, float64 [N]; None: all alike.
    """

    def __init__(
        self,
        utterances: Sequence[Utterance],
        performers: Sequence[Performer],
        rig: LipRig,
        seed: int,
        probabilities: NDArray[np.float64] | None = None,
    ) -> None:
        self.utterances, self.performers, self.rig, self.seed = utterances, performers, rig, seed
        self.voices = tuple(sorted({utterance.voice for utterance in utterances}))
        self._probabilities = np.full(len(utterances), 1 / len(utterances)) if probabilities is None else probabilities
        self._voice_of = np.array([self.voices.index(utterance.voice) for utterance in utterances])
        self._prosody: dict[int, tuple[Utterance, Prosody]] = {}  # the utterance is held, so that its id stays its own
        self._clips: dict[tuple[int, int], NDArray[np.float32]] = {}

    def draw(self, pairs: int, rng: np.random.Generator) -> list[Scene]:
        """Twice as many scenes: both of a pair by one performer and in one voice, in other words.

        The words are drawn by the utterances' probabilities, the second within the voice of the first.
        """
        scenes = []
        who = rng.choice(len(self.performers), size=pairs, replace=pairs > len(self.performers))
        for performer in who.tolist():
            first = int(rng.choice(len(self.utterances), p=self._probabilities))
            same_voice = np.flatnonzero(self._voice_of == self._voice_of[first])
            if len(same_voice) > 1:
                same_voice = same_voice[same_voice != first]
            shares = self._probabilities[same_voice]
            second = int(rng.choice(same_voice, p=shares / shares.sum()))
            numbers = rng.choice(CLIPS_PER_PERFORMER, size=2, replace=False)
            for index, number in zip((first, second), numbers.tolist(), strict=True):
                scenes.append(self._scene(draw_crop(self.utterances[index], rng), performer, number, index))
        return scenes

    def _scene(self, crop: Crop, performer: int, number: int, index: int) -> Scene:
        manner = self.performers[performer]
        return Scene(
            crop=crop,
            heard=True,
            target=self.target(crop, manner),
            observed=np.ones(N_CONTROLS, np.bool_),
            performer=performer,
            voice=int(self._voice_of[index]),
            performance=self.clip(performer, number, crop.utterance),
            rates=idle_rates(manner),
            traits=as_vector(manner).astype(np.float32),
        )

    def prosody(self, utterance: Utterance) -> Prosody:
        """Loudness and pitch, measured once per utterance."""
        key = id(utterance)
        if key not in self._prosody:
            self._prosody[key] = utterance, measure_prosody(utterance.samples)
        return self._prosody[key][1]

    def motion(self, utterance: Utterance, performer: Performer, speed: float, frames: int) -> NDArray[np.float32]:
        """Spoken motion [frames, 55] of an utterance from its start, without blinks, gaze and drift."""
        segments = scaled_segments(utterance, speed)
        prosody = scaled_prosody(self.prosody(utterance), speed)
        manner = moved_by_voice(performer, segments, prosody)
        return perform(segments, prosody, manner, self.rig, frames)

    def target(self, crop: Crop, performer: Performer) -> NDArray[np.float32]:
        """Motion of the crop's frames [FRAMES, 55]; before its start the utterance's first pose is held."""
        motion = self.motion(crop.utterance, performer, crop.speed, max(1, crop.first + FRAMES))
        window: NDArray[np.float32] = motion[np.arange(crop.first, crop.first + FRAMES).clip(min=0)]
        return window

    def clip(self, performer: int, number: int, avoid: Utterance | None = None) -> NDArray[np.float32]:
        """Performance clip `number` of a performer at 25 Hz [CLIP_FRAMES, 55], blinks and drift included.

        A clip that holds the sentence to avoid is replaced by the next, whatever that holds: in a corpus of thousands
        it is never the same sentence in practice (once in a million draws with 6000).
        """
        if (performer, number) not in self._clips:
            self._clips[performer, number] = self._record(performer, number)
        if avoid is not None and any(self.utterances[i] is avoid for i in self.sentences(performer, number)):
            return self.clip(performer, (number + 1) % CLIPS_PER_PERFORMER)
        return self._clips[performer, number]

    def performances(self) -> list[list[NDArray[np.float32]]]:
        """All clips of all performers, in their order."""
        return [[self.clip(p, n) for n in range(CLIPS_PER_PERFORMER)] for p in range(len(self.performers))]

    def sentences(self, performer: int, number: int) -> NDArray[np.int64]:
        """Indices [4] of the utterances clip `number` of a performer is made of; the clip may end before the last."""
        return np.random.default_rng((self.seed, 3, performer, number)).integers(len(self.utterances), size=4)

    def _record(self, performer: int, number: int) -> NDArray[np.float32]:
        manner, pieces = self.performers[performer], []
        for index in self.sentences(performer, number):
            utterance = self.utterances[index]
            pieces.append(self.motion(utterance, manner, 1.0, round(utterance.seconds * ENGINE_FPS)))
        frames = CLIP_STRIDE * CLIP_FRAMES
        motion = np.concatenate(pieces)[:frames]
        motion = np.pad(motion, ((0, frames - len(motion)), (0, 0)), mode="edge")
        rates = IdleRates(manner.blinks, manner.gaze, manner.drift)
        seed = int(np.random.SeedSequence((self.seed, performer, number)).generate_state(1)[0])
        return np.asarray(motion + idle_motion(len(motion), rates, seed), np.float32)[::CLIP_STRIDE]


def idle_rates(performer: Performer) -> NDArray[np.float32]:
    """What the network reads from a style besides motion [3]: blink rate, gaze, drift, all about 0..1."""
    return np.array([performer.blinks / BLINKS_SCALE, performer.gaze, performer.drift], np.float32)
