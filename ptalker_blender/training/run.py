"""A training run: stage 1, stage 2, the curves, the checkpoints, the weights that ship."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..audio.clip import AudioClip
from ..engine.idle import IdleRates, idle_motion
from ..errors import UserError
from ..model.checkpoint import load_checkpoint, save_checkpoint
from ..model.config import NetworkConfig
from ..model.mel import frames_in
from ..model.network import Network
from ..motion.controls import ENGINE_FPS, INDEX
from ..rig.head import load_head
from .captured import captured_columns
from .checkpointing import Curve, load_state, save_state
from .config import TrainConfig
from .corpus.phones import PHONES
from .evaluation.phones import labelled_sets, labels_at, pool_accuracy, score_frames
from .losses import MotionLoss
from .mix import CorpusShare, SpeechMix, load_mix
from .motion_stage import Rehearsal, train_motion
from .phone_stage import fit_normalisation, phone_posteriors, train_phones
from .speech_data import Utterance, load_utterances
from .style_clips import record_library
from .teacher.performer import LIBRARY, draw_performers
from .teacher.statistics import MotionStatistics, measure, table

SAVE_EVERY = 100  # steps; an interrupted run loses at most this many
Say = Callable[[str], None]


@dataclass(frozen=True)
class ScoredClip:
    """A clip with frame labels at 50 Hz."""

    audio: AudioClip
    labels: NDArray[np.int64]


def scored_sets(config: TrainConfig, data: Path | None) -> dict[str, tuple[ScoredClip, ...]]:
    """Clips the phone curve is drawn on: the configuration's corpora, and real recordings where the data is present."""
    sets = {name: tuple(map(_scored, load_utterances(folder))) for name, folder in config.scored.items()}
    if data is not None:
        for name, clips in labelled_sets(data).items():
            sets[name] = tuple(
                ScoredClip(clip.audio, labels_at(clip.segments, _frame_times(clip.audio), PHONES)) for clip in clips
            )
    return sets


def _frame_times(audio: AudioClip) -> NDArray[np.float64]:
    return np.arange(frames_in(len(audio.samples))) / ENGINE_FPS


def _scored(utterance: Utterance) -> ScoredClip:
    audio = AudioClip((utterance.samples / 32768).astype(np.float32))
    return ScoredClip(audio, utterance.labels(_frame_times(audio)))


def score_phones(network: Network, sets: Mapping[str, Sequence[ScoredClip]]) -> dict[str, float]:
    """Percent of frames right per set: all frames, speech frames, viseme groups; recall and precision of p, b, m.

    What a set does not hold has no entry.
    """
    scores: dict[str, float] = {}
    for name, clips in sets.items():
        score = pool_accuracy(
            score_frames(phone_posteriors(network, clip.audio).argmax(1), clip.labels, PHONES) for clip in clips
        )
        scores |= {f"{name}.phones": score.all, f"{name}.speech": score.speech, f"{name}.visemes": score.viseme}
        scores |= {f"{name}.pbm_recall": score.bilabial_recall, f"{name}.pbm_precision": score.bilabial_precision}
    return {key: round(100 * value, 2) for key, value in scores.items() if not math.isnan(value)}


def network_config(config: TrainConfig) -> NetworkConfig:
    """The network of this run; its identity table holds every performer, the library's under their names."""
    names = [*LIBRARY, *(f"performer_{i:03d}" for i in range(len(LIBRARY), config.motion.performers))]
    return NetworkConfig(
        phones=PHONES, identities=tuple(names[: config.motion.performers]), **asdict(config.network)
    )  # fmt: skip


def new_network(config: TrainConfig) -> Network:
    """An untrained network for this run."""
    torch.manual_seed(config.seed)
    return Network(network_config(config))


def require_same_sizes(network: Network, config: TrainConfig, where: Path) -> None:
    """Refuse to go on with a network of another configuration; only the lead is free, it is measured afterwards.

    Raises:
        UserError: the settings that differ.
    """
    wanted, found = (asdict(c) for c in (network_config(config), network.config))
    differing = [name for name in wanted if name != "lead_frames" and wanted[name] != found[name]]
    if differing:
        raise UserError(
            f"a network in {where} of other {', '.join(differing)} than the configuration",
            "the settings the run was begun with", "restore them, or choose another folder",
        )  # fmt: skip


def train(config: TrainConfig, say: Say, data: Path | None, device: str = "cpu", until: str = "motion") -> Path:
    """Run or resume everything, or stage 1 alone with `until` "phones"; returns the path of the last weights."""
    if not config.corpus.is_dir():
        raise UserError(f"no corpus at {config.corpus}", "a folder made by `ptalker corpus`", "make it first")
    phones = phone_run(config, say, data, device)
    if until == "phones":
        return phones
    return motion_run(config, load_utterances(config.corpus), phones, say, data, device)


def begin_phones(config: TrainConfig, speech: SpeechMix) -> Network:
    """The network stage 1 begins with: the initial weights, or untrained with the normalisation of this speech.

    Raises:
        UserError: the initial weights are missing or of other sizes than the configuration.
    """
    if config.phones.initial is None:
        network = new_network(config)
        fit_normalisation(network.mel, speech.utterances, np.random.default_rng((config.seed, 0)))
        return network
    network = load_checkpoint(config.phones.initial)
    require_same_sizes(network, config, config.phones.initial)
    return network


def phone_run(config: TrainConfig, say: Say, data: Path | None, device: str) -> Path:
    """Stage 1; returns the path of its network. A finished stage is not run again."""
    done = config.out / "phones.final.safetensors"
    if done.is_file():
        say("phones: already trained")
        return done
    stage = config.phones
    speech = load_mix(stage.corpora or (CorpusShare(config.corpus),), stage.rare_power, stage.label_smoothing, say)
    state = load_state(config.out, "phones")
    if state is None:
        network, first, optimiser = begin_phones(config, speech), 0, None
    else:
        network, first, optimiser = state.network, state.step, state.optimiser
        require_same_sizes(network, config, config.out)
        say(f"phones: resumed at step {first}")
    network.to(device)
    sets, curve = scored_sets(config, data), Curve(config.out / "phones.jsonl", first)
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


def motion_run(
    config: TrainConfig, utterances: Sequence[Utterance], phones: Path, say: Say, data: Path | None, device: str
) -> Path:
    """Stage 2; returns the path of the final weights. A finished stage is not run again."""
    done = config.out / "ptalker.safetensors"
    if done.is_file():
        say("motion: already trained")
        return done
    state = load_state(config.out, "motion")
    network, first, optimiser = (load_checkpoint(phones), 0, None) if state is None else (
        state.network, state.step, state.optimiser,
    )  # fmt: skip
    require_same_sizes(network, config, config.out)
    if first:
        say(f"motion: resumed at step {first}")
    network.to(device)
    criterion = MotionLoss(load_head(), config.motion.loss).to(device)
    performers = draw_performers(config.motion.performers, config.seed)
    rehearsal = Rehearsal(utterances, performers, criterion.rig, config.seed)
    for line in table(teacher_columns(rehearsal, data)):
        say(line)
    record_library(rehearsal, config.out / "styles", config.seed)
    sets, curve = scored_sets(config, data), Curve(config.out / "motion.jsonl", first)
    history: list[dict[str, float]] = []
    started = time.monotonic()
    for step, terms, optim in train_motion(
        network, rehearsal, criterion, config.motion, config.seed, first_step=first, optimiser_state=optimiser,
        device=device,
    ):  # fmt: skip
        history.append(terms)
        last = step + 1 == config.motion.steps
        if (step + 1) % config.motion.score_every == 0 or last:
            curve.add(step + 1, score_phones(network, sets))
        if (step + 1) % SAVE_EVERY == 0 or last:
            means = {name: float(np.mean([h[name] for h in history[-100:]])) for name in terms}
            curve.add(step + 1, means)
            save_state(config.out, "motion", network, optim, step + 1)
            pace = (time.monotonic() - started) / len(history)
            text = " ".join(f"{name} {value:.3f}" for name, value in means.items())
            say(f"motion {step + 1}/{config.motion.steps}: {text}, {pace:.2f} s a step")
    network.config = replace(network.config, lead_frames=config.network.lead_frames)  # measured after training
    notes = {"stage": "motion", "phones_curve": json.dumps(_last(config.out / "phones.jsonl"))}
    save_checkpoint(network.cpu(), done, notes)
    return done


def teacher_columns(rehearsal: Rehearsal, data: Path | None) -> dict[str, MotionStatistics]:
    """Statistics of the teacher's neutral and drawn performers, and of the real captures where they are present."""
    columns = {} if data is None else captured_columns(data)
    utterances, drawn = rehearsal.utterances[:100], rehearsal.performers[len(LIBRARY) :] or rehearsal.performers
    for name, performers in (("neutral", [LIBRARY["neutral"]]), ("drawn", drawn)):
        takes = [
            rehearsal.motion(u, performers[i % len(performers)], 1.0, round(u.seconds * ENGINE_FPS))
            for i, u in enumerate(utterances)
        ]
        opening = np.concatenate([rehearsal.rig.gap(take) - rehearsal.rig.rest for take in takes])
        idle = idle_motion(len(opening), IdleRates(performers[0].blinks, 0.5, 0.5), 1)
        lids = [idle[:, INDEX["eyeBlinkLeft"]].astype(np.float64)] if name == "neutral" else []
        columns[name] = measure([opening], lids, ENGINE_FPS)
    return columns


def _last(path: Path) -> dict[str, float]:
    lines = path.read_text(encoding="utf8").splitlines() if path.is_file() else []
    return json.loads(lines[-1]) if lines else {}
