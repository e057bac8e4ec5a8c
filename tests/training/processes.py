"""What test_parallel does in two processes that torchrun started, and in one."""

import json
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch

from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.face_graph import FaceGraph, normalised
from ptalker_blender.model.network import Network
from ptalker_blender.motion.controls import N_CONTROLS
from ptalker_blender.rig.head import load_head
from ptalker_blender.training.averaging import WeightAverage
from ptalker_blender.training.checkpointing import load_state, save_state
from ptalker_blender.training.corpus.phones import PHONES
from ptalker_blender.training.losses import LossWeights, MotionLoss
from ptalker_blender.training.mix import CorpusShare, SpeechMix, mix_speech
from ptalker_blender.training.motion_stage import MotionStage, train_motion
from ptalker_blender.training.motion_terms import Constraints, ConstraintWeights
from ptalker_blender.training.parallel import Processes, joined
from ptalker_blender.training.phone_stage import PhoneStage, fit_normalisation, train_phones
from ptalker_blender.training.rehearsal import Rehearsal
from ptalker_blender.training.speech_data import Utterance
from ptalker_blender.training.teacher.performer import draw_performers

STEPS, HALF = 6, 3
ROWS, WIDTH = 5, 4  # five rows do not divide by two
PAIRS, PERFORMERS = 3, 4  # three pairs neither
POINTS = 8


def speech() -> SpeechMix:
    """Two corpora whose frames weigh differently, so that the processes' shares of the loss differ too."""
    rng = np.random.default_rng(0)

    def spoken(voice: str) -> Utterance:
        phones = rng.integers(1, len(PHONES), 10)
        sound = rng.normal(0, 3000, 32_000).astype(np.int16)
        return Utterance(sound, np.arange(10) * 0.2, phones, 2.0, voice)

    parts = [
        (CorpusShare(Path("made")), [spoken("made") for _ in range(4)]),
        (
            CorpusShare(Path("real"), loss_weight=0.25, boundary_tolerance=0.02, boundary_weight=0.0),
            [spoken("real") for _ in range(4)],
        ),
    ]
    return mix_speech(parts, rare_power=0.25, smoothing=0.05)


def network(mix: SpeechMix) -> Network:
    """A tiny one without dropout, whose draws would differ from process to process."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "intermediate_size": 32}
    encoder = COMPACT_SPEECH_ENCODER | sizes | {"conformer_conv_dropout": 0.0, "hidden_dropout": 0.0}
    made = Network(
        NetworkConfig(
            phones=PHONES, speech_encoder=encoder, width=32, layers=1, feed_forward=32, dropout=0.0,
            identities=tuple("abcd"), graph_points=POINTS, graph_degree=2,
        )
    )  # fmt: skip
    rng = np.random.default_rng(0)
    ring = np.stack([np.arange(POINTS - 1), np.arange(1, POINTS)], axis=1)
    graph = FaceGraph(normalised(rng.normal(size=(POINTS, 3))), ring)
    made.set_face(graph, rng.normal(size=(N_CONTROLS, POINTS, 3)), None, np.ones(POINTS))
    fit_normalisation(made.mel, mix.utterances, np.random.default_rng(0), 4)
    return made


def train(folder: Path, processes: Processes) -> dict[str, list[float]]:
    """Stage 1 in one go with a state saved half way, then again from that state; losses of both."""
    mix, stage, losses = speech(), PhoneStage(steps=STEPS, batch=ROWS), []
    learner = network(mix)
    average = WeightAverage(learner.audio_content, 0.9)
    for step, loss, optimiser in train_phones(learner, mix, stage, 1, processes=processes, average=average):
        losses.append(loss)
        if step + 1 == HALF and processes.first:
            save_state(folder, "phones", learner, optimiser, HALF)
    keep(folder / f"weights{processes.rank}.json", learner, average)
    processes.wait()
    state = load_state(folder, "phones")
    assert state is not None and state.step == HALF
    steps = train_phones(
        state.network, mix, stage, 1, first_step=HALF, optimiser_state=state.optimiser, processes=processes
    )
    return {"losses": losses, "resumed": [loss for _, loss, _ in steps]}


def keep(path: Path, learner: Network, average: WeightAverage) -> None:
    """Write the weights that learn, and their averages, as lists."""
    tensors = dict(learner.audio_content.named_parameters())
    tensors |= {f"average.{name}": tensor for name, tensor in average.state_dict().items()}
    path.write_text(json.dumps({name: tensor.flatten().tolist() for name, tensor in tensors.items()}))


def perform(folder: Path, processes: Processes) -> dict[str, list[float]]:
    """Stages 2 and 3 with every constraint, from the first step on; sums of the terms, and weights as they end."""
    mix = speech()
    learner, criterion = network(mix), MotionLoss(load_head(), LossWeights())
    rehearsal = Rehearsal(mix.utterances, draw_performers(PERFORMERS, 0), criterion.rig, 0)
    # They rise from 1/200 of their weights.
    weights = ConstraintWeights(**{entry.name: 200.0 for entry in fields(ConstraintWeights)})
    stage = MotionStage(
        steps=2, constraints_from=0, batch=2 * PAIRS, performers=PERFORMERS, encoder_learning_rate=1e-3,
        constraints=weights,
    )  # fmt: skip
    constraints = Constraints(learner.config.width, PERFORMERS, len(rehearsal.voices), criterion.rig)
    found: dict[str, list[float]] = {}
    for step in train_motion(learner, constraints, rehearsal, criterion, stage, 1, processes=processes):
        found |= {f"{name} {step.step}": [value] for name, value in step.terms.items()}
    tensors = dict(learner.named_parameters()) | dict(constraints.named_parameters())
    tensors["mean_style"] = learner.mean_style
    kept = {name: tensor.detach().flatten().tolist() for name, tensor in tensors.items()}
    (folder / f"performed{processes.rank}.json").write_text(json.dumps(kept))
    return found


def contrast(processes: Processes) -> dict[str, list[float]]:
    """Loss and gradients of an in-batch contrast, of rows that weigh differently and of parameters used by some."""
    generator = torch.Generator().manual_seed(1)
    inputs, weights = torch.randn(ROWS, WIDTH, generator=generator), torch.arange(1.0, ROWS + 1)
    layer, used, unused = torch.nn.Linear(WIDTH, WIDTH), torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    rows = processes.rows(ROWS)
    own = layer(inputs[rows])
    scores = own @ processes.gather_rows(own, ROWS).T
    anchors = torch.nn.functional.cross_entropy(scores, torch.arange(ROWS)[rows], reduction="none")
    share = weights[rows].sum() / weights.sum()
    loss = share * (weights[rows] * anchors).sum() / weights[rows].sum()
    if processes.first:
        loss = loss + used(torch.ones(1, 1)).sum() * 0.5
    loss.backward()
    processes.sum_gradients([*layer.parameters(), *used.parameters(), *unused.parameters()])
    assert unused.weight.grad is None and used.weight.grad is not None and layer.weight.grad is not None
    return {
        "contrast": layer.weight.grad.flatten().tolist(),
        "used": used.weight.grad.flatten().tolist(),
        "total": [float(processes.sum((share * (weights[rows] * anchors).sum() / weights[rows].sum()).detach()))],
    }


def main(folder: Path) -> None:
    """Do everything, and write what the first process was told."""
    torch.set_num_threads(1)
    with joined("cpu") as (processes, device):
        assert device == "cpu"
        found = train(folder, processes) | contrast(processes)
        terms = perform(folder, processes)
        if processes.first:
            (folder / "found.json").write_text(json.dumps(found))
            (folder / "terms.json").write_text(json.dumps(terms))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
