"""What stage 2 is taught with: scenes, one for each item of a batch, and the batch made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..engine.windows import FRAMES
from ..model.motion_style import CLIP_FRAMES
from ..model.network import Network
from ..model.sound import Sound
from .phone_stage import augmented_sound, sound_rows
from .speech_data import Crop

UNKNOWN = -1  # voice of a scene without sound
UNLABELLED = -100  # phone of a frame nobody has labelled; cross-entropy leaves it out
SHORTEST_CLIP = 25  # frames at 25 Hz, 1 s: performances are read from 1 to 6 s
# How often each set of style sources (performance, driving audio, identity) is the one given.
SOURCES = (
    ((True, False, False), 0.45),
    ((False, True, False), 0.15),
    ((False, False, True), 0.10),
    ((True, False, True), 0.15),
    ((True, True, False), 0.15),
)


@dataclass(frozen=True)
class Scene:
    """One window of motion with its sound, and another performance by the same performer.

    Attributes:
        crop: the sound; silence where the motion came without.
        heard: whether it came with sound.
        target: motion of the window at 50 Hz, float32 [FRAMES, C].
        observed: channels that the recording has, bool [C]; the teacher has all.
        performer: index in the identity table.
        voice: index of the voice; UNKNOWN without sound.
        performance: at 25 Hz, float32 [CLIP_FRAMES, C], of other sentences.
        rates: blink rate, gaze and drift, see `rehearsal.idle_rates`; nan where nobody knows.
        traits: the performer's parameters, `teacher.performer.as_vector` [27]; nan where nobody knows.
    """

    crop: Crop
    heard: bool
    target: NDArray[np.float32]
    observed: NDArray[np.bool_]
    performer: int
    voice: int
    performance: NDArray[np.float32]
    rates: NDArray[np.float32]
    traits: NDArray[np.float32]


@dataclass(frozen=True)
class MotionBatch:
    """One batch of stage 2, on the device. Items 2k and 2k + 1 are by one performer and in one voice.

    Attributes:
        sound: augmented windows; silence where nothing is heard.
        heard: which items have sound, bool [B].
        target: motion [B, FRAMES, C].
        observed: channels the target has, bool [B, C].
        performance: another clip of the same performers at 25 Hz [B, P, C].
        performer, voice: indices [B].
        present: which style sources each item is given, bool [B, 3].
        labels: phones [B, FRAMES]; UNLABELLED where nobody knows them.
        rates: blink rate, gaze and drift [B, 3]; nan where unknown.
        traits: the teacher's parameters of each performer [B, 27]; nan where unknown.
    """

    sound: Sound
    heard: Tensor
    target: Tensor
    observed: Tensor
    performance: Tensor
    performer: Tensor
    voice: Tensor
    present: Tensor
    labels: Tensor
    rates: Tensor
    traits: Tensor

    def rows(self, rows: slice) -> MotionBatch:
        """Some items of the batch."""
        parts = {entry.name: getattr(self, entry.name)[rows] for entry in fields(self) if entry.name != "sound"}
        return MotionBatch(sound=sound_rows(self.sound, rows), **parts)


def make_batch(
    network: Network, scenes: Sequence[Scene], rng: np.random.Generator, device: torch.device | str, voice_style: bool
) -> MotionBatch:
    """Scenes to tensors; the length the performances are read at is drawn, 1 to 6 s, short ones more often.

    Args:
        network: whose fixed filters hear the sound; runs beside training, so nothing that learns is read here.
        scenes: an even number.
        rng: of augmentation, of the performances' cut and of the style sources.
        device: where the tensors go.
        voice_style: whether the driving audio may be a style source.
    """
    heard = np.array([scene.heard for scene in scenes])
    length = round(float(np.exp(rng.uniform(np.log(SHORTEST_CLIP), np.log(CLIP_FRAMES)))))
    first = int(rng.integers(CLIP_FRAMES - length + 1))

    def stack(parts: list[NDArray[np.generic]]) -> Tensor:
        return torch.from_numpy(np.stack(parts)).to(device)

    return MotionBatch(
        sound=augmented_sound(network, [scene.crop for scene in scenes], rng, device),
        heard=torch.from_numpy(heard).to(device),
        target=stack([scene.target for scene in scenes]),
        observed=stack([scene.observed for scene in scenes]),
        performance=stack([scene.performance[first : first + length] for scene in scenes]),
        performer=torch.tensor([scene.performer for scene in scenes], device=device),
        voice=torch.tensor([scene.voice for scene in scenes], device=device),
        present=torch.from_numpy(draw_sources(heard & voice_style, rng)).to(device),
        labels=stack([_labels(scene.crop) for scene in scenes]),
        rates=stack([scene.rates for scene in scenes]),
        traits=stack([scene.traits for scene in scenes]),
    )


def _labels(crop: Crop) -> NDArray[np.int64]:
    return crop.labels() if crop.utterance.confidence > 0 else np.full(FRAMES, UNLABELLED)


def draw_sources(voice: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which style sources each item is given [B, 3]; without a voice [B] the performance stands in for it."""
    sets, shares = zip(*SOURCES, strict=True)
    drawn: NDArray[np.bool_] = np.array(sets)[rng.choice(len(sets), size=len(voice), p=np.array(shares))]
    drawn[:, 0] |= drawn[:, 1] & ~voice
    drawn[:, 1] &= voice
    return drawn
