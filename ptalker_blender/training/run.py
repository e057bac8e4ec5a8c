"""A training run: stage 1, then stages 2 and 3; curves, checkpoints, and the weights that ship."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from ..errors import UserError
from ..model.checkpoint import load_checkpoint, load_speech_part, save_checkpoint
from ..model.network import Network
from .checkpointing import Curve, load_state, save_state
from .config import TrainConfig
from .material import Material, gather_material
from .mix import CorpusShare, SpeechMix, load_mix
from .motion_run import motion_run
from .parallel import ALONE, Processes
from .phone_stage import fit_normalisation, train_phones
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
    if not config.corpus.exists():
        raise UserError(f"no corpus at {config.corpus}", "a folder made by `ptalker corpus`", "make it first")
    material = gather_material(config, say)
    phones = phone_run(config, material, say, data, device, processes)
    if until == "phones":
        return phones
    network = load_checkpoint(phones)
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
    """Stage 1; returns the path of its network. A finished stage is not run again; one of 0 steps only begins."""
    done = config.out / "phones.final.safetensors"
    if done.is_file():
        say("phones: already trained")
        return done
    stage = config.phones
    speech = load_mix(stage.corpora or (CorpusShare(config.corpus),), stage.rare_power, stage.label_smoothing, say)
    state = load_state(config.out, "phones")
    if state is None:
        network, first, optimiser = begin_phones(config, material, speech), 0, None
    else:
        network, first, optimiser = state.network, state.step, state.optimiser
        require_same_sizes(network, config, material, config.out)
        say(f"phones: resumed at step {first}")
    network.to(device)
    sets, curve = scored_sets(config.scored, data), Curve(config.out / "phones.jsonl", first)
    if stage.initial is not None and not curve.points:
        curve.add(0, score_phones(network, sets))  # what the run began with
    losses: list[float] = []
    started = time.monotonic()
    for step, loss, optim in train_phones(
        network, speech, config.phones, config.seed, first_step=first, optimiser_state=optimiser, device=device
    ):
        losses.append(loss)
        last = step + 1 == config.phones.steps
        if (step + 1) % config.phones.score_every == 0 or last:
            scores = score_phones(network, sets)
            curve.add(step + 1, {"loss": float(np.mean(losses[-100:])), **scores})
            say(" ".join(f"{name} {value:.1f}" for name, value in scores.items() if "visemes" in name))
        if (step + 1) % SAVE_EVERY == 0 or last:
            save_state(config.out, "phones", network, optim, step + 1)
            pace = (time.monotonic() - started) / len(losses)
            say(f"phones {step + 1}/{config.phones.steps}: loss {np.mean(losses[-100:]):.3f}, {pace:.2f} s a step")
    save_checkpoint(network, done, {"stage": "phones", "step": str(config.phones.steps)})
    return done
