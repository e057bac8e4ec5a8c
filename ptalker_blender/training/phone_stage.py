"""Training stage 1: the audio content encoder learns phones, frame by frame.

End to end from sound to motion in one go is the toy (design.md section 3): the teacher's motion says too little about
sounds, phones say exactly what the lips must do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..audio.clip import AudioClip
from ..engine.windows import FRAMES, batches, blend, slice_padded, window_starts
from ..model.mel import FIRST_CENTRE, FRAME, LogMel, frames_in, samples_for
from ..model.network import Network
from ..model.sound import Sound
from .augment import SpectrumAugment
from .averaging import WeightAverage
from .frame_loss import FrameTargets, frame_loss
from .mix import RARE_POWER, CorpusShare, SpeechMix
from .parallel import ALONE, Processes
from .prefetch import prepared, workers_for
from .speech_data import WINDOW_SAMPLES, Crop, Utterance, draw_crop
from .wave_noise import with_noise


@dataclass(frozen=True)
class PhoneStage:
    """Settings of stage 1.

    Attributes:
        steps: optimiser steps; 0 leaves the encoder as it begins (an ablation).
        batch: windows of 2.9 s per step.
        learning_rate: peak of a one-cycle cosine schedule.
        weight_decay: of AdamW.
        label_smoothing: of the cross-entropy.
        rare_power: utterances are drawn in proportion to (rarity of their rarest phone) ** rare_power.
        score_every: steps between two points of the curve.
        average: decay of the weights' moving average, which is then what is scored and kept; 0: no average.
        corpora: what the windows are drawn from; none: the run's one corpus.
        initial: weights to begin from; None: untrained ones, and the normalisation of this speech.
    """

    steps: int
    batch: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    rare_power: float = RARE_POWER
    score_every: int = 500
    average: float = 0.0
    corpora: tuple[CorpusShare, ...] = ()
    initial: Path | None = None

    def __post_init__(self) -> None:
        if self.steps < 0 or self.batch < 1 or self.score_every < 1:
            raise ValueError("steps must not be negative, batch and score_every must be at least 1")
        if not 0 <= self.average < 1:
            raise ValueError(f"average is {self.average}; 0 to below 1 makes sense")


def fit_normalisation(mel: LogMel, utterances: Sequence[Utterance], rng: np.random.Generator, count: int = 200) -> None:
    """Set the mean and deviation of each mel band from `count` augmented windows of the corpus; `mel` on the CPU."""
    augment = SpectrumAugment(mel.bands, rng)
    picks = rng.choice(len(utterances), size=min(count, len(utterances)), replace=False)
    samples = torch.from_numpy(np.stack([draw_crop(utterances[i], rng).samples() for i in picks]))
    mel.mean.zero_()
    mel.std.fill_(1.0)
    with torch.no_grad():
        power, banks = augment(mel.power(samples))
        frames = mel.normalise(power, banks).reshape(-1, mel.bands)
    mel.mean.copy_(frames.mean(0))
    mel.std.copy_(frames.std(0))


def cosine(step: int, steps: int, warm_up: int) -> float:
    """Learning-rate factor: linear warm-up, then half a cosine down to a fiftieth."""
    return min(1.0, (step + 1) / warm_up) * max(0.02, 0.5 * (1 + math.cos(math.pi * step / steps)))


def train_phones(
    network: Network,
    speech: SpeechMix,
    stage: PhoneStage,
    seed: int,
    *,
    first_step: int = 0,
    optimiser_state: Mapping[str, object] | None = None,
    device: torch.device | str = "cpu",
    processes: Processes = ALONE,
    average: WeightAverage | None = None,
) -> Iterator[tuple[int, float, torch.optim.Optimizer]]:
    """Run stage 1, yielding (step, loss, optimiser) after each step; the caller scores, plots and checkpoints.

    Draws depend on (seed, step) alone, so a resumed run sees what an uninterrupted one would have seen. Several
    processes share the rows of each batch; all of them get the loss of the whole. The average, if any, follows.
    """
    content = network.audio_content
    parameters = content.tuned_parameters()
    optimiser = torch.optim.AdamW(parameters, stage.learning_rate, betas=(0.9, 0.98), weight_decay=stage.weight_decay)
    if optimiser_state is not None:
        optimiser.load_state_dict(dict(optimiser_state))
    rows = processes.rows(stage.batch)

    def prepare(step: int) -> PhoneBatch:
        return draw_phone_batch(network, speech, stage.batch, rows, np.random.default_rng((seed, 1, step)), device)

    for step, batch in prepared(prepare, range(first_step, stage.steps), workers_for(device)):
        torch.manual_seed(processes.seed(seed * 1_000_003 + step))  # dropout
        for group in optimiser.param_groups:
            group["lr"] = stage.learning_rate * cosine(step, stage.steps, min(100, 1 + stage.steps // 4))
        network.train()
        loss = batch.share * frame_loss(content.phone_head(content.hidden(batch.sound)), batch.targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        processes.sum_gradients(parameters)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        if average is not None:
            average.update()
        yield step, float(processes.sum(loss)), optimiser


@dataclass(frozen=True)
class PhoneBatch:
    """A process's windows of a batch, on the device: what is heard, what the loss wants, their share of its weight."""

    sound: Sound
    targets: FrameTargets
    share: float


def draw_phone_batch(
    network: Network,
    speech: SpeechMix,
    size: int,
    rows: slice,
    rng: np.random.Generator,
    device: torch.device | str,
) -> PhoneBatch:
    """Draw a batch of `size` windows and keep some; runs beside training, so nothing that learns is read here."""
    crops, whole = speech.draw(size, rng)
    targets = FrameTargets(whole.labels[rows], whole.others[rows], whole.weights[rows], whole.smoothing[rows])
    share = float(targets.weights.sum()) / max(float(whole.weights.sum()), 1e-6)
    return PhoneBatch(sound_rows(augmented_sound(network, crops, rng, device), rows), targets, share)


def augmented_sound(
    network: Network, crops: Sequence[Crop | None], rng: np.random.Generator, device: torch.device | str
) -> Sound:
    """The crops as a network in training hears them; silence for None.

    Log-mel frames are augmented as spectra; waves, for the encoders that read them, get noise of their own and no
    trick that works on spectra alone.
    """
    silence = np.zeros(WINDOW_SAMPLES, np.float32)
    mel, samples = network.mel, np.stack([silence if crop is None else crop.samples() for crop in crops])
    with torch.no_grad():
        power, banks = SpectrumAugment(mel.bands, rng)(mel.power(torch.from_numpy(samples).to(device)).cpu())
        frames = mel.normalise(power.to(device), banks.to(device))
    if not network.audio_content.reads_waves:
        return Sound(frames)
    return Sound(frames, torch.from_numpy(with_noise(samples, rng)).to(device))


def sound_rows(sound: Sound, rows: slice) -> Sound:
    """Some windows of a batch."""
    return Sound(sound.mel[rows], None if sound.samples is None else sound.samples[rows])


@torch.no_grad()
def phone_posteriors(network: Network, audio: AudioClip) -> NDArray[np.float32]:
    """Phone posteriors [T, K] at 50 Hz of a whole clip, through the engine's own windows; leaves evaluation mode on."""
    network.eval()
    device = network.mel.bank.device
    frames = frames_in(len(audio.samples))

    def windows() -> Iterator[NDArray[np.float32]]:
        for starts in batches(window_starts(frames), 16):
            pieces = [slice_padded(audio.samples, s * FRAME - FIRST_CENTRE, samples_for(FRAMES)) for s in starts]
            sound = network.hear(torch.from_numpy(np.stack(pieces)).to(device))
            logits = network.audio_content.phone_head(network.audio_content.hidden(sound))
            yield from logits.softmax(-1).cpu().numpy()

    return blend(windows(), frames)
