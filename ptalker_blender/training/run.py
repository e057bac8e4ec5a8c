"""A training run: stage 1, then stages 2 and 3; curves, checkpoints, and the weights that ship."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from ..errors import UserError
from ..model.checkpoint import load_checkpoint, load_speech_part, save_checkpoint
from ..model.network import Network
from .averaging import WeightAverage
from .checkpointing import Curve, load_state, save_state
from .config import TrainConfig
from .material import Material, gather_material
from .mix import CorpusShare, SpeechMix, load_mix
from .motion_run import motion_run
from .parallel import ALONE, Processes
from .phone_stage import PhoneStage, fit_normalisation, train_phones
from .scoring import score_phones, scored_sets

SAVE_EVERY = 100  # steps; an interrupted run loses at most this many
Say = Callable[[str], None]


def new_network(config: TrainConfig, material: Material) -> Network:
    """An untrained network for this run, with the weights of its speech encoder's folder where one is named."""
    torch.manual_seed(config.seed)
    network = Network(material.network_config(config))
    face = material.face
    network.set_face(face.graph, face.basis, face.chosen, face.scale)
    if config.network.speech_encoder is not None:
        from ..model.speech_folder import load_speech_encoder

        network.audio_content.encoder.load_state_dict(load_speech_encoder(config.network.speech_encoder)[1])
    return network


def require_same_sizes(network: Network, config: TrainConfig, material: Material, where: Path) -> None:
    """Refuse to go on with a network of another configuration; only the lead is free, it is measured afterwards.

    Raises:
        UserError: the settings that differ.
    """
    wanted, found = (asdict(c) for c in (material.network_config(config), network.config))
    differing = [name for name in wanted if name != "lead_frames" and wanted[name] != found[name]]
    if differing:
        raise UserError(
            f"a network in {where} of other {', '.join(differing)} than the configuration",
            "the settings the run was begun with", "restore them, or choose another folder",
        )  # fmt: skip


def train(
    config: TrainConfig,
    say: Say,
    data: Path | None,
    device: str = "cpu",
    until: str = "motion",
    processes: Processes = ALONE,
) -> Path:
    """Run or resume everything, or stage 1 alone with `until` "phones"; returns the path of the last weights."""
    material = gather_material(config, say)
    state = None if until == "phones" else load_state(config.out, "motion")
    if state is None:
        phones = phone_run(config, material, say, data, device, processes)
        if until == "phones":
            return phones
        network = load_checkpoint(phones)
    else:
        network = state.network  # stage 1 is over, though a state that was unpacked comes without its network
    require_same_sizes(network, config, material, config.out)
    return motion_run(config, material, network, say, data, device, processes)


def begin_phones(config: TrainConfig, material: Material, speech: SpeechMix) -> Network:
    """The network stage 1 begins with: untrained, or with the speech encoder of the initial weights.

    Raises:
        UserError: the initial weights are missing or of another speech encoder than the configuration.
    """
    network = new_network(config, material)
    if config.phones.initial is None:
        fit_normalisation(network.mel, speech.utterances, np.random.default_rng((config.seed, 0)))
    else:
        load_speech_part(network, config.phones.initial)
    return network


def phone_run(
    config: TrainConfig, material: Material, say: Say, data: Path | None, device: str, processes: Processes = ALONE
) -> Path:
    """Stage 1; returns the path of its network. A finished stage is not run again; one of 0 steps only begins.

    The first process writes and scores, the others only train.
    """
    done = config.out / "phones.final.safetensors"
    finished = done.is_file()
    processes.wait()  # all have looked before the first can write
    if finished:
        say("phones: already trained")
        return done
    stage = config.phones
    speech = load_mix(stage.corpora or (CorpusShare(config.corpus),), stage.rare_power, stage.label_smoothing, say)
    state, first, optimiser = load_state(config.out, "phones"), 0, None
    if state is None:
        network = begin_phones(config, material, speech)
    else:
        network, first, optimiser = state.network, state.step, state.optimiser
        require_same_sizes(network, config, material, config.out)
        say(f"phones: resumed at step {first}")
    network.to(device)
    average = _average(network, stage, {} if state is None else state.beside, say)
    report = _PhoneReport(config, network, average, first, say, data) if processes.first else None
    for step, loss, optim in train_phones(
        network, speech, stage, config.seed, first_step=first, optimiser_state=optimiser, device=device,
        processes=processes, average=average,
    ):  # fmt: skip
        if report is not None:
            report.take(step, loss, optim)
    if processes.first:
        with _applied(average):
            save_checkpoint(network, done, {"stage": "phones", "step": str(stage.steps)})
    processes.wait()  # the others read what the first wrote
    return done


def _average(network: Network, stage: PhoneStage, beside: Mapping[str, torch.Tensor], say: Say) -> WeightAverage | None:
    """The moving average of what stage 1 trains, as it was saved; None where the configuration wants none."""
    if not stage.average:
        return None
    average = WeightAverage(network.audio_content, stage.average)
    if beside:
        average.load_state_dict(beside)
    else:
        say(f"phones: averaging the weights from here on, decay {stage.average:g}")
    return average


def _applied(average: WeightAverage | None) -> AbstractContextManager[None]:
    return nullcontext() if average is None else average.applied()


class _PhoneReport:
    """Curve, checkpoints and lines of progress of stage 1."""

    def __init__(
        self, config: TrainConfig, network: Network, average: WeightAverage | None, first: int, say: Say,
        data: Path | None,
    ) -> None:  # fmt: skip
        self.config, self.network, self.average, self.say = config, network, average, say
        self.sets, self.curve = scored_sets(config.scored, data), Curve(config.out / "phones.jsonl", first)
        self.losses: list[float] = []
        if config.phones.initial is not None and not self.curve.points:
            self.curve.add(0, score_phones(network, self.sets))  # what the run began with
        self.started = time.monotonic()

    def take(self, step: int, loss: float, optimiser: torch.optim.Optimizer) -> None:
        """Note a step; score every `score_every`, save and tell every SAVE_EVERY."""
        self.losses.append(loss)
        stage, done = self.config.phones, step + 1
        mean = float(np.mean(self.losses[-100:]))
        if done % stage.score_every == 0 or done == stage.steps:
            with _applied(self.average):
                scores = score_phones(self.network, self.sets)
            self.curve.add(done, {"loss": mean, **scores})
            self.say(" ".join(f"{name} {value:.1f}" for name, value in scores.items() if "visemes" in name))
        if done % SAVE_EVERY == 0 or done == stage.steps:
            beside = None if self.average is None else self.average.state_dict()
            save_state(self.config.out, "phones", self.network, optimiser, done, beside)
            pace = (time.monotonic() - self.started) / len(self.losses)
            self.say(f"phones {done}/{stage.steps}: loss {mean:.3f}, {pace:.2f} s a step")
