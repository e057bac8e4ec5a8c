"""Training stages 2 and 3: motion in the manner of a performance, then the constraints that part manner from content.

Every step draws speech and performers anew, so the same words are seen in many manners and the same manner with many
words. The performance the style is read from is of other sentences than the one to be animated: it can give the manner
and nothing else. Stage 3 goes on where stage 2 is, with the constraints' weights rising from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from ..model.network import Network
from .losses import LossWeights
from .mix import CorpusShare
from .motion_terms import Constraints, ConstraintTerms, ConstraintWeights, Criterion, TermWeights, encode, motion_terms
from .parallel import ALONE, Processes
from .phone_stage import cosine
from .prefetch import prepared, workers_for
from .recordings import RecordedShare
from .scenes import MotionBatch, Scene, make_batch

RISE = 200  # steps over which the constraints' weights rise


@dataclass(frozen=True)
class MotionStage:
    """Settings of stages 2 and 3.

    Attributes:
        steps: optimiser steps of both.
        constraints_from: step at which stage 3 begins; None: there is none.
        batch: windows of 2.9 s per step, an even number of 4 or more.
        learning_rate: peak, of all but the speech encoder.
        encoder_learning_rate: peak, of the speech encoder that stage 1 trained; 0 freezes it, which halves the time.
        judge_learning_rate: peak, of the classifiers beside the network, which must keep up with what they judge.
        weight_decay: of AdamW, see `motion_optimiser`.
        performers: number of the teacher's manners; the library's come first. 0: recorded performers alone.
        dual, phones, agreement, idle, traits, voice_style: see `TermWeights`; phones only counts where the encoder
            learns.
        score_every: steps between two points of the phone curve.
        corpora: speech the teacher performs; none: the run's one corpus.
        recordings: recorded performers.
        initial: weights whose parts beside the speech encoder stages 2 and 3 begin with; None: untrained ones.
        loss: weights of the motion terms.
        constraints: weights of stage 3.
    """

    steps: int
    constraints_from: int | None = None
    batch: int = 12
    learning_rate: float = 1e-3
    encoder_learning_rate: float = 2e-4
    judge_learning_rate: float = 2e-3
    weight_decay: float = 0.01
    performers: int = 240
    dual: float = 0.5
    phones: float = 2.0
    agreement: float = 1.0
    idle: float = 4.0
    traits: float = 15.0
    voice_style: bool = True
    score_every: int = 500
    corpora: tuple[CorpusShare, ...] = ()
    recordings: tuple[RecordedShare, ...] = ()
    initial: Path | None = None
    loss: LossWeights = field(default_factory=LossWeights)
    constraints: ConstraintWeights = field(default_factory=ConstraintWeights)

    def __post_init__(self) -> None:
        if self.steps < 1 or self.score_every < 1 or self.performers < 0:
            raise ValueError("steps and score_every must be at least 1, performers not negative")
        if self.batch < 4 or self.batch % 2:
            raise ValueError(f"batch is {self.batch}; an even number of 4 or more")
        if not self.performers and not self.recordings:
            raise ValueError("performers is 0 and there are no recordings")
        if sum(share.share for share in self.recordings) > 1 + 1e-9:
            raise ValueError("the recordings' shares are more than 1 together")

    def terms(self) -> TermWeights:
        """Weights of what is no error of the motion itself."""
        phones = self.phones if self.encoder_learning_rate > 0 else 0.0
        return TermWeights(self.dual, phones, self.agreement, self.idle, self.traits, self.voice_style)

    def rise(self, step: int) -> float:
        """Factor on the constraints at a step, 0 before stage 3."""
        if self.constraints_from is None or step < self.constraints_from:
            return 0.0
        return min(1.0, (step + 1 - self.constraints_from) / RISE)


class SceneSource(Protocol):
    """Where scenes come from: the teacher, or recordings."""

    def draw(self, pairs: int, rng: np.random.Generator) -> list[Scene]:
        """Twice as many scenes; 2k and 2k + 1 are by one performer and in one voice."""


@dataclass(frozen=True)
class Cast:
    """All sources of a run, each with its share of the pairs; shares sum to 1."""

    sources: tuple[tuple[SceneSource, float], ...]

    def draw(self, pairs: int, rng: np.random.Generator) -> list[Scene]:
        """Scenes of all sources, pairs drawn by their shares."""
        shares = np.array([share for _, share in self.sources])
        counts = rng.multinomial(pairs, shares / shares.sum())
        return [
            scene
            for (source, _), count in zip(self.sources, counts.tolist(), strict=True)
            if count
            for scene in source.draw(count, rng)
        ]


@dataclass(frozen=True)
class MotionStep:
    """What a step leaves behind.

    Attributes:
        step: its number.
        terms: weighted terms of the whole batch, by name.
        figures: accuracies of the constraints' classifiers.
        optimiser: to be saved.
    """

    step: int
    terms: Mapping[str, float]
    figures: Mapping[str, float]
    optimiser: torch.optim.Optimizer


def motion_optimiser(network: Network, constraints: Constraints, stage: MotionStage) -> torch.optim.AdamW:
    """AdamW over the network and the constraints, the speech encoder and the judges at rates of their own.

    A speech encoder at rate 0 is frozen. Biases, norms and other vectors of the network, but for the speech encoder's,
    do not decay: a scale drawn to 0 is no smaller a function, just another one. The judges decay as a whole.
    """
    content = network.audio_content
    held = {id(p): p for p in (*content.encoder.parameters(), *content.phone_head.parameters())}
    encoder = content.tuned_parameters()
    for parameter in held.values():
        parameter.requires_grad_(False)
    for parameter in encoder:
        parameter.requires_grad_(stage.encoder_learning_rate > 0)
    rest = [p for p in network.parameters() if id(p) not in held]
    groups = (
        ([p for p in rest if p.ndim > 1], stage.learning_rate, stage.weight_decay),
        ([p for p in rest if p.ndim < 2], stage.learning_rate, 0.0),
        (encoder, stage.encoder_learning_rate, stage.weight_decay),
        (list(constraints.parameters()), stage.judge_learning_rate, stage.weight_decay),
    )
    return torch.optim.AdamW(
        [{"params": own, "peak": peak, "weight_decay": decay} for own, peak, decay in groups],
        stage.learning_rate,
        betas=(0.9, 0.98),
    )


def train_motion(
    network: Network,
    constraints: Constraints,
    cast: SceneSource,
    criterion: Criterion,
    stage: MotionStage,
    seed: int,
    *,
    first_step: int = 0,
    optimiser_state: Mapping[str, object] | None = None,
    device: torch.device | str = "cpu",
    processes: Processes = ALONE,
) -> Iterator[MotionStep]:
    """Run stages 2 and 3, yielding after each step.

    Draws depend on (seed, step) alone, as in stage 1. Threads that prepare batches draw from numpy generators of their
    own and read only the fixed buffers of the network; torch's generator belongs to this thread.
    """
    optimiser = motion_optimiser(network, constraints, stage)
    if optimiser_state is not None:
        peaks = [group["peak"] for group in optimiser.param_groups]
        optimiser.load_state_dict(dict(optimiser_state))
        for group, peak in zip(optimiser.param_groups, peaks, strict=True):
            group["peak"] = peak  # the configuration's, should it have changed
    parameters = [p for group in optimiser.param_groups for p in group["params"]]

    def prepare(step: int) -> MotionBatch:
        rng = np.random.default_rng((seed, 4, step))
        batch = make_batch(network, cast.draw(stage.batch // 2, rng), rng, device, stage.voice_style)
        return batch.rows(processes.rows(stage.batch))

    # The teacher prepares batches ahead while torch, which frees the interpreter, works on this one.
    for step, batch in prepared(prepare, range(first_step, stage.steps), workers_for(device)):
        torch.manual_seed(processes.seed(seed * 1_000_033 + step))
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * cosine(step, stage.steps, min(150, 1 + stage.steps // 4))
        network.train()
        constraints.train()
        terms, figures = all_terms(network, constraints, criterion, stage, step, batch, processes)
        optimiser.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        processes.sum_gradients(parameters)
        # Apart: while a judge is surprised its large gradient must not hold up the network.
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        nn.utils.clip_grad_norm_(constraints.parameters(), 1.0)
        optimiser.step()
        yield MotionStep(step, _summed(terms, processes), figures, optimiser)


def all_terms(
    network: Network, constraints: Constraints, criterion: Criterion, stage: MotionStage, step: int, batch: MotionBatch,
    processes: Processes = ALONE,
) -> tuple[dict[str, Tensor], dict[str, float]]:  # fmt: skip
    """Weighted terms of a step, and the classifiers' accuracies."""
    codes = encode(network, batch)
    network.track_mean_style(processes.gather_rows(codes.sources[0].detach(), stage.batch))
    terms, predicted = motion_terms(network, criterion, stage.terms(), batch, codes, stage.batch)
    rise = stage.rise(step)
    if not rise:
        return terms, {}
    held = ConstraintTerms(
        network, constraints, stage.constraints, batch, codes, predicted, stage.batch, processes
    )  # fmt: skip
    added = {name: rise * term for name, term in held.terms().items()}
    return terms | added, held.figures


def _summed(terms: Mapping[str, Tensor], processes: Processes) -> dict[str, float]:
    values = processes.sum(torch.stack([term.detach() for term in terms.values()]))
    return dict(zip(terms, values.tolist(), strict=True))


def mean_terms(history: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean of each term over the steps that have it."""
    names = sorted({name for terms in history for name in terms})
    return {name: float(np.mean([terms[name] for terms in history if name in terms])) for name in names}
