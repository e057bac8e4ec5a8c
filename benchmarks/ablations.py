"""What each part of the network buys, at one reduced budget: python -m benchmarks.ablations CONFIG --out FOLDER

Every variant sees the same scenes in the same order for the same number of steps, beginning with the same speech
encoder (but "no phone stage"), one seed, and is measured on unseen performers and sentences (lip errors, style
identification) and on the labelled real recordings (closures, in the mean manner). A variant that is done with the same
configuration is not trained again: FOLDER/NAME.json stays.

What to know when reading the table: "no phone stage" has the others' motion steps but not the hours of stage 1; "no
constraints" keeps agreement, dual decoding and the teacher's parameters; "linear" sees every frame, the graph two at a
time; one run is one seed, so small differences are noise.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ptalker_blender.audio.clip import AudioClip
from ptalker_blender.model.checkpoint import load_speech_part
from ptalker_blender.model.network import Network
from ptalker_blender.motion.controls import ENGINE_FPS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.linear import mouth_opening
from ptalker_blender.training.baselines.faceformer_network import faceformer_network
from ptalker_blender.training.baselines.faceformer_stage import FaceFormerStage, train_faceformer
from ptalker_blender.training.config import TrainConfig, read_config
from ptalker_blender.training.evaluation.closure_run import evaluate_closures, predicted_closures
from ptalker_blender.training.evaluation.phones import labelled_sets
from ptalker_blender.training.evaluation.recordings import find_data
from ptalker_blender.training.evaluation.style_identity import hit_shares
from ptalker_blender.training.evaluation.style_own import measure_own
from ptalker_blender.training.evaluation.style_run import StyleRun, StyleSettings
from ptalker_blender.training.evaluation.style_system import StyleSystem
from ptalker_blender.training.material import Material, gather_material
from ptalker_blender.training.mix import CorpusShare, load_mix
from ptalker_blender.training.motion_run import make_cast
from ptalker_blender.training.motion_stage import SceneSource, train_motion
from ptalker_blender.training.motion_terms import Constraints, ConstraintWeights
from ptalker_blender.training.run import begin_phones
from ptalker_blender.training.scenes import MotionBatch, make_batch

Change = Callable[[TrainConfig], TrainConfig]


def motion(**settings: object) -> Change:
    """A change of the section [motion]."""
    return lambda config: replace(config, motion=replace(config.motion, **settings))  # type: ignore[arg-type]


def sizes(**settings: object) -> Change:
    """A change of the section [network]."""
    return lambda config: replace(config, network=replace(config.network, **settings))  # type: ignore[arg-type]


def no_phone_stage(config: TrainConfig) -> TrainConfig:
    """From sound to motion in one go, the speech encoder untrained: design.md's toy."""
    phones = replace(config.phones, initial=None)
    return replace(config, phones=phones, motion=replace(config.motion, encoder_learning_rate=1e-3, phones=0.0))


def no_audio_style(config: TrainConfig) -> TrainConfig:
    """The driving voice is no source of style."""
    constraints = replace(config.motion.constraints, audio_infonce=0.0, audio_orthogonality=0.0)
    return replace(config, motion=replace(config.motion, voice_style=False, constraints=constraints))


FACEFORMER = "FaceFormer-type decoder"
VARIANTS: Mapping[str, Change] = {
    "all parts": lambda config: config,
    "style added, not SALN": sizes(fusion="add"),
    "linear, not graph attention": sizes(graph_attention=False),
    "no constraints": motion(constraints=ConstraintWeights()),
    "no audio style": no_audio_style,
    "no phone stage": no_phone_stage,
    "no style at all": sizes(fusion="none"),
    FACEFORMER: motion(constraints=ConstraintWeights()),
}


@dataclass(frozen=True)
class Figures:
    """What a variant reaches.

    Attributes:
        own, wrong: lip vertex error in mm, largest lip vertex, in the own and in others' style.
        voice: the same in the manner of the driving audio alone.
        lower: 1 - own / wrong.
        identified: top-1 of ten unseen performers, from one 6 s gallery clip each; nan where the style says nothing.
        f1, recall, precision: closures on real recordings.
        minutes: of training, on this machine.
        parameters: of the network, millions.
    """

    own: float
    wrong: float
    voice: float
    lower: float
    identified: float
    f1: float
    recall: float
    precision: float
    minutes: float
    parameters: float


def train_variant(config: TrainConfig, material: Material, say: Callable[[str], None], faceformer: bool) -> Network:
    """One variant from the initial speech encoder."""
    cast, _, voices = make_cast(config, material, lambda line: None)
    if faceformer:
        return train_baseline(config, material, cast, say)
    speech = load_mix((CorpusShare(config.corpus),), 0.0, 0.0, lambda line: None)
    network = begin_phones(config, material, speech)
    torch.manual_seed(config.seed + 1)
    constraints = Constraints(network.config.width, len(material.identities), voices, material.lips)
    for made in train_motion(network, constraints, cast, material.criterion, config.motion, config.seed):
        if (made.step + 1) % 50 == 0:
            say(f"  {made.step + 1}: lips {made.terms['lips']:.2f}")
    return network.eval()


def train_baseline(config: TrainConfig, material: Material, cast: SceneSource, say: Callable[[str], None]) -> Network:
    """The autoregressive baseline on the same scenes: reconstruction alone, the style from the performance alone."""
    torch.manual_seed(config.seed)
    network, face, motion = faceformer_network(material.network_config(config)), material.face, config.motion
    network.set_face(face.graph, face.basis, face.chosen, face.scale)
    if config.phones.initial is not None:
        load_speech_part(network, config.phones.initial)

    def batches() -> Iterator[MotionBatch]:
        for step in range(motion.steps):
            rng = np.random.default_rng((config.seed, 4, step))
            yield make_batch(network, cast.draw(motion.batch // 2, rng), rng, "cpu", motion.voice_style)

    stage = FaceFormerStage(motion.steps, motion.learning_rate, motion.encoder_learning_rate, motion.weight_decay)
    for step, terms in train_faceformer(network, batches(), material.criterion, stage, config.seed):
        if (step + 1) % 50 == 0:
            say(f"  {step + 1}: lips {terms['lips']:.2f} (told the truth)")
    return network.eval()


def measure(network: Network, corpora: tuple[Path, ...], data: Path, minutes: float) -> Figures:
    """Figures of a trained variant."""
    head = load_head()
    system = StyleSystem(network, head)
    run = StyleRun(system, StyleSettings(corpora=corpora, people=10, draws=2, clips=2, lines=6))
    found = measure_own(system, run.pools.lines, run.first, run.gallery[:10, 0])
    errors, voice = found.styled[..., 0].mean(0), float(found.voice[..., 0].mean())
    others = ~np.eye(len(errors), dtype=bool)
    own, wrong = float(np.diagonal(errors).mean()), float(errors[others].mean())
    parts = (slice(0, 10), slice(10, 20))
    hits = [hit_shares(run.queries[part], run.gallery[part, :1], system.mean_style) for part in parts]

    def predict(audio: AudioClip) -> Motion:
        return Motion(system.say(system.hear(audio.samples), system.mean_style[None])[0], ENGINE_FPS)

    def opening(made: Motion) -> NDArray[np.float64]:
        return mouth_opening(head, made.values)

    rest = float(opening(Motion(np.zeros((1, 55), np.float32), ENGINE_FPS))[0])
    closures = evaluate_closures("variant", labelled_sets(data), predicted_closures(predict, opening, rest))
    score = closures.by_set()["all"]
    parameters = sum(parameter.numel() for parameter in network.parameters()) / 1e6
    told = float("nan") if network.config.fusion == "none" else float(np.mean(hits))
    return Figures(
        own, wrong, voice, 1 - own / wrong, told, score.f1, score.recall, score.precision, minutes, parameters
    )


def main() -> None:
    """Train what is not there yet, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="unseen sentences; repeatable")
    parser.add_argument("--only", choices=tuple(VARIANTS), action="append", help="some variants")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    base, data = read_config(args.config), find_data(None)
    rows: dict[str, Figures] = {}
    for name in args.only or VARIANTS:
        settings = hashlib.sha256(repr(VARIANTS[name](base)).encode()).hexdigest()[:8]
        kept = args.out / f"{name.replace(' ', '_').replace(',', '')}-{settings}.json"
        if not kept.is_file():
            config = VARIANTS[name](base)
            print(name, file=sys.stderr, flush=True)
            material = gather_material(config, lambda line: None)
            started = time.monotonic()
            network = train_variant(config, material, lambda line: print(line, file=sys.stderr, flush=True),
                                    name == FACEFORMER)  # fmt: skip
            minutes = (time.monotonic() - started) / 60
            figures = measure(network, tuple(args.corpus), data, minutes)
            kept.write_text(json.dumps(figures.__dict__, indent=1))
        rows[name] = Figures(**json.loads(kept.read_text()))
    heads = ("own mm", "wrong", "voice", "lower", "1 of 10", "F1", "recall", "prec.", "M par.")
    print(f"{'variant':<30}" + "".join(f"{head:>8}" for head in heads))
    for name, f in rows.items():
        print(
            f"{name:<30}{f.own:8.3f}{f.wrong:8.3f}{f.voice:8.3f}{f.lower:8.1%}{f.identified:8.2f}{f.f1:8.3f}{f.recall:8.3f}"
            f"{f.precision:8.3f}{f.parameters:8.2f}"
        )


if __name__ == "__main__":
    main()
