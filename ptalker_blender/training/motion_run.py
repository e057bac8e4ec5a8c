"""Stages 2 and 3 of a run: what they are taught with, the loop around them, and the weights that come out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..engine.idle import IdleRates, idle_motion
from ..model.checkpoint import load_motion_part, save_checkpoint
from ..model.network import Network
from ..motion.controls import ENGINE_FPS, INDEX
from .captured import captured_columns
from .checkpointing import Curve, load_state, save_state
from .config import TrainConfig
from .identities import fit_identities
from .material import Material
from .mix import CorpusShare, load_mix
from .motion_stage import Cast, MotionStep, mean_terms, train_motion
from .motion_terms import Constraints
from .parallel import ALONE, Processes
from .recordings import Recordings
from .rehearsal import Rehearsal
from .scoring import score_phones, scored_sets
from .style_clips import record_library
from .teacher.performer import LIBRARY, draw_performers
from .teacher.statistics import MotionStatistics, measure, table

RECORDED_CLIPS = 24  # performances of each recorded performer that the identity table is fitted to
SAVE_EVERY = 100  # steps; an interrupted run loses at most this many
Say = Callable[[str], None]


def make_cast(config: TrainConfig, material: Material, say: Say) -> tuple[Cast, Rehearsal | None, int]:
    """All sources of scenes; the teacher among them, if it plays; and the number of voices."""
    stage, sources, rehearsal = config.motion, [], None
    performers, voices = stage.performers, 0
    if performers:
        if material.lips is None:
            raise ValueError("the teacher performs controls")
        speech = load_mix(stage.corpora or (CorpusShare(config.corpus),), config.phones.rare_power, 0.0, say)
        rehearsal = Rehearsal(
            speech.utterances, draw_performers(performers, config.seed), material.lips, config.seed,
            speech.probabilities,
        )  # fmt: skip
        voices = len(rehearsal.voices)
    recorded = []
    for found, share in material.recorded:
        recorded.append((Recordings(found, performers, voices), share.share))
        performers += len(found.performers)
        voices += len(found.performers)
    if rehearsal is not None:
        sources.append((rehearsal, max(0.0, 1.0 - sum(share for _, share in recorded))))
    return Cast((*sources, *recorded)), rehearsal, voices


def motion_run(
    config: TrainConfig,
    material: Material,
    network: Network,
    say: Say,
    data: Path | None,
    device: str,
    processes: Processes = ALONE,
) -> Path:
    """Stages 2 and 3 on a network of stage 1; returns the path of the final weights.

    A finished stage is not run again. The first process writes and scores, the others only train.
    """
    done = config.out / "ptalker.safetensors"
    finished = done.is_file()
    processes.wait()  # all have looked before the first can write
    if finished:
        say("motion: already trained")
        return done
    cast, rehearsal, voices = make_cast(config, material, say)
    torch.manual_seed(config.seed + 1)
    constraints = Constraints(network.config.width, len(material.identities), voices, material.lips)
    state, first, optimiser = load_state(config.out, "motion"), 0, None
    if state is not None:
        network, first, optimiser = state.network, state.step, state.optimiser
        constraints.load_state_dict(state.beside)
        say(f"motion: resumed at step {first}")
    elif config.motion.initial is not None:
        load_motion_part(network, config.motion.initial)
    network.to(device)
    constraints.to(device)
    criterion = material.criterion.to(device)
    if rehearsal is not None and processes.first:
        for line in table(teacher_columns(rehearsal, data)):
            say(line)
        record_library(rehearsal, config.out / "styles", config.seed)
    report = _Report(config, network, constraints, first, say, data) if processes.first else None
    for made in train_motion(
        network, constraints, cast, criterion, config.motion, config.seed, first_step=first,
        optimiser_state=optimiser, device=device, processes=processes,
    ):  # fmt: skip
        if report is not None:
            report.take(made)
    if report is not None:
        say(f"identities: cosine {fit_identities(network, all_performances(cast, config.seed)):.3f}")
        network.config = replace(network.config, lead_frames=config.network.lead_frames)  # measured after training
        notes = {"stage": "motion", "phones_curve": json.dumps(_last(config.out / "phones.jsonl"))}
        save_checkpoint(network.cpu(), done, notes)
    processes.wait()
    return done


def all_performances(cast: Cast, seed: int) -> list[list[NDArray[np.float32]]]:
    """Performances of everyone in the identity table, in its order."""
    found: list[list[NDArray[np.float32]]] = []
    for source, _ in cast.sources:
        if isinstance(source, Rehearsal):
            found += source.performances()
        elif isinstance(source, Recordings):
            found += source.performances(RECORDED_CLIPS, np.random.default_rng((seed, 6)))
    return found


class _Report:
    """Curves, checkpoints and the lines of progress."""

    def __init__(
        self, config: TrainConfig, network: Network, constraints: Constraints, first: int, say: Say, data: Path | None
    ) -> None:
        self.config, self.network, self.constraints, self.say = config, network, constraints, say
        self.sets = scored_sets(config.scored, data)
        self.curve = Curve(config.out / "motion.jsonl", first)
        self.history: list[dict[str, float]] = []
        self.started = time.monotonic()

    def take(self, made: MotionStep) -> None:
        """Note a step; save and tell every SAVE_EVERY."""
        stage, done = self.config.motion, made.step + 1
        self.history.append({**made.terms, **made.figures})
        last = done == stage.steps
        if done % stage.score_every == 0 or last:
            self.curve.add(done, score_phones(self.network, self.sets))
        if done % SAVE_EVERY and not last:
            return
        means = mean_terms(self.history[-SAVE_EVERY:])
        self.curve.add(done, means)
        beside = self.constraints.state_dict()
        save_state(self.config.out, "motion", self.network, made.optimiser, done, beside)
        pace = (time.monotonic() - self.started) / len(self.history)
        text = " ".join(f"{name} {value:.3f}" for name, value in means.items())
        self.say(f"motion {done}/{stage.steps}: {text}, {pace:.2f} s a step")


def teacher_columns(rehearsal: Rehearsal, data: Path | None) -> dict[str, MotionStatistics]:
    """Statistics of the teacher's neutral and drawn performers, and of the real captures where they are present."""
    columns = {} if data is None else captured_columns(data)
    utterances, drawn = rehearsal.utterances[:100], rehearsal.performers[len(LIBRARY) :] or rehearsal.performers
    for name, performers in (("neutral", [LIBRARY["neutral"]]), ("drawn", drawn)):
        takes: Sequence[NDArray[np.float32]] = [
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
