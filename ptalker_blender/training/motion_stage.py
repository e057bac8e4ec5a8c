"""Training stage 2: motion in the manner of a performance.

Every step draws utterances and performers anew, so the same words are seen in many manners and the same manner with
many words. The performance the style is read from is of other sentences than the one to be animated (see
`Rehearsal.clip`): it can give the manner and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ..engine.idle import BLINKS_SCALE, IdleRates, idle_motion
from ..engine.windows import FRAMES
from ..model.fusion import fuse
from ..model.mel import LogMel
from ..model.motion_style import CLIP_FRAMES, PERFORMANCE_FPS
from ..model.network import Network
from ..motion.controls import ENGINE_FPS
from ..rig.lips import LipRig
from .corpus.phones import PHONES, PhoneSegment
from .losses import LossWeights, MotionLoss
from .mix import RARE_POWER, draw_batch, draw_weights
from .phone_stage import augmented_mel, cosine
from .speech_data import Crop, Utterance
from .teacher.perform import perform
from .teacher.performer import Performer, moved_by_voice
from .teacher.prosody import Prosody, measure_prosody

CLIPS_PER_PERFORMER = 4
CLIP_STRIDE = round(ENGINE_FPS / PERFORMANCE_FPS)  # the teacher plays at 50 Hz, performances are read at 25
# How often each set of style sources (performance, driving audio, identity) is the one given.
SOURCES = (
    ((True, False, False), 0.45),
    ((False, True, False), 0.15),
    ((False, False, True), 0.10),
    ((True, False, True), 0.15),
    ((True, True, False), 0.15),
)


@dataclass(frozen=True)
class MotionStage:
    """Settings of stage 2.

    Attributes:
        steps: optimiser steps.
        batch: windows of 2.9 s per step.
        learning_rate: peak, of all but the speech encoder.
        encoder_learning_rate: peak, of the speech encoder that stage 1 trained; 0 freezes it, which halves the time.
        weight_decay: of AdamW.
        performers: number of manners; the library's come first.
        phones: weight of the phone loss that keeps the encoder's knowledge while it is not frozen.
        agreement: weight of the loss that ties the style sources.
        idle: weight of reading blink rate, gaze and drift from the style code.
        score_every: steps between two points of the curve.
        loss: weights of the motion terms.
    """

    steps: int
    batch: int = 12
    learning_rate: float = 1e-3
    encoder_learning_rate: float = 2e-4
    weight_decay: float = 0.01
    performers: int = 240
    phones: float = 2.0
    agreement: float = 1.0
    idle: float = 4.0
    score_every: int = 500
    loss: LossWeights = field(default_factory=LossWeights)

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.performers < 2 or self.score_every < 1:
            raise ValueError("steps, batch and score_every must be at least 1, performers at least 2")


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
    """The teacher at work: targets for crops, and performances to read styles from.

    Args:
        utterances: the corpus.
        performers: all manners.
        rig: lips of the default head.
        seed: of the performances' choice of sentences.
    """

    def __init__(
        self, utterances: Sequence[Utterance], performers: Sequence[Performer], rig: LipRig, seed: int
    ) -> None:
        self.utterances, self.performers, self.rig, self.seed = utterances, performers, rig, seed
        self._prosody: dict[int, tuple[Utterance, Prosody]] = {}  # the utterance is held, so that its id stays its own
        self._clips: dict[tuple[int, int], NDArray[np.float32]] = {}

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


def idle_targets(performers: Sequence[Performer]) -> NDArray[np.float32]:
    """What the network reads from a style besides motion [N, 3]: blink rate, gaze, drift, all about 0..1."""
    return np.array([[p.blinks / BLINKS_SCALE, p.gaze, p.drift] for p in performers], np.float32)


def train_motion(
    network: Network,
    rehearsal: Rehearsal,
    criterion: MotionLoss,
    stage: MotionStage,
    seed: int,
    *,
    first_step: int = 0,
    optimiser_state: Mapping[str, object] | None = None,
    device: torch.device | str = "cpu",
) -> Iterator[tuple[int, dict[str, float], torch.optim.Optimizer]]:
    """Run stage 2, yielding (step, weighted loss terms, optimiser) after each step.

    Draws depend on (seed, step) alone, as in stage 1. The teacher's thread draws from its own numpy generator and
    reads only the fixed buffers of `network.mel`; torch's generator belongs to this thread.
    """
    encoder = list(network.audio_content.encoder.parameters()) + list(network.audio_content.phone_head.parameters())
    held = {id(parameter) for parameter in encoder}
    for parameter in encoder:
        parameter.requires_grad_(stage.encoder_learning_rate > 0)
    rest = [parameter for parameter in network.parameters() if id(parameter) not in held]
    optimiser = torch.optim.AdamW(
        [{"params": rest, "peak": stage.learning_rate}, {"params": encoder, "peak": stage.encoder_learning_rate}],
        stage.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=stage.weight_decay,
    )
    if optimiser_state is not None:
        optimiser.load_state_dict(dict(optimiser_state))
    weights = draw_weights(rehearsal.utterances, RARE_POWER)

    def prepare(step: int) -> MotionBatch:
        rng = np.random.default_rng((seed, 4, step))
        crops = draw_batch(rehearsal.utterances, weights, stage.batch, rng)
        return draw_motion_batch(network.mel, rehearsal, crops, rng, device)

    # The teacher prepares the next batch while torch, which frees the interpreter, works on this one.
    with ThreadPoolExecutor(max_workers=1) as teacher:
        coming = teacher.submit(prepare, first_step)
        for step in range(first_step, stage.steps):
            batch = coming.result()
            if step + 1 < stage.steps:
                coming = teacher.submit(prepare, step + 1)
            torch.manual_seed(seed * 1_000_033 + step)
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * cosine(step, stage.steps, min(150, 1 + stage.steps // 4))
            network.train()
            terms = motion_terms(network, criterion, stage, batch)
            optimiser.zero_grad(set_to_none=True)
            torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            yield step, {name: float(term.detach()) for name, term in terms.items()}, optimiser


@dataclass(frozen=True)
class MotionBatch:
    """One batch of stage 2, on the device.

    Attributes:
        mel: augmented log-mel frames [B, FRAMES, 2M].
        target: the teacher's motion [B, FRAMES, 55].
        performance: another clip of the same performers at 25 Hz [B, P, 55].
        performer: indices [B].
        present: which style sources each item is given, bool [B, 3].
        labels: phones [B, FRAMES].
        rates: blink rate, gaze and drift [B, 3], see `idle_targets`.
    """

    mel: Tensor
    target: Tensor
    performance: Tensor
    performer: Tensor
    present: Tensor
    labels: Tensor
    rates: Tensor


def draw_motion_batch(
    mel: LogMel, rehearsal: Rehearsal, crops: Sequence[Crop], rng: np.random.Generator, device: torch.device | str
) -> MotionBatch:
    """Give each crop a performer, the teacher's motion and a performance of 2 to 6 s to read the style from."""
    who = rng.integers(len(rehearsal.performers), size=len(crops))
    target = [rehearsal.target(crop, rehearsal.performers[p]) for crop, p in zip(crops, who, strict=True)]
    length = int(rng.integers(CLIP_FRAMES // 3, CLIP_FRAMES + 1))
    first = int(rng.integers(CLIP_FRAMES - length + 1))
    clips = [
        rehearsal.clip(int(p), int(rng.integers(CLIPS_PER_PERFORMER)), crop.utterance)[first : first + length]
        for crop, p in zip(crops, who, strict=True)
    ]
    present = draw_sources(len(crops), rng)
    return MotionBatch(
        mel=augmented_mel(mel, crops, rng, device),
        target=torch.from_numpy(np.stack(target)).to(device),
        performance=torch.from_numpy(np.stack(clips)).to(device),
        performer=torch.from_numpy(who).to(device),
        present=torch.from_numpy(present).to(device),
        labels=torch.from_numpy(np.stack([crop.labels() for crop in crops])).to(device),
        rates=torch.from_numpy(idle_targets([rehearsal.performers[p] for p in who])).to(device),
    )


def motion_terms(network: Network, criterion: MotionLoss, stage: MotionStage, batch: MotionBatch) -> dict[str, Tensor]:
    """Weighted loss terms of one batch."""
    codes = network.style_codes(batch.performance, batch.mel, batch.performer)
    style = fuse(codes, list(batch.present.unbind(1)))
    network.track_mean_style(codes[0].detach())
    predicted, logits = network(batch.mel, style)
    terms: dict[str, Tensor] = criterion(predicted, batch.target)
    if stage.encoder_learning_rate > 0:
        loss = F.cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), label_smoothing=0.05)
        terms["phones"] = stage.phones * loss
    terms["idle"] = stage.idle * F.mse_loss(network.idle(style), batch.rates)
    terms["agreement"] = stage.agreement * tied(codes)
    return terms


def tied(codes: Sequence[Tensor]) -> Tensor:
    """Mean of 1 - cosine (PTalker's L_cos) of the other sources to the performance's code, which has the whole manner.

    The performance's code is a fixed target here: were it pulled as well, it would forget what the voice cannot tell.
    """
    target = codes[0].detach()
    return torch.stack([(1 - F.cosine_similarity(code, target, dim=-1)).mean() for code in codes[1:]]).mean()


def draw_sources(count: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which style sources each item is given [count, 3]."""
    sets, shares = zip(*SOURCES, strict=True)
    drawn: NDArray[np.bool_] = np.array(sets)[rng.choice(len(sets), size=count, p=np.array(shares))]
    return drawn
