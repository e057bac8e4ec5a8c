"""``ptalker evaluate``: closures and opening here, vertices and style in their own modules."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...motion.controls import N_CONTROLS
from . import style_options, vertices_options
from .recordings import LabelledClip, find_data, labelled_sets

if TYPE_CHECKING:
    from ...audio.clip import AudioClip
    from ...motion.motion import Motion

MEASURES = ("closures", "opening", "limits", "style", "vertices")


@dataclass(frozen=True)
class System:
    """What is scored: a predictor, and the default head that turns its motion into an opening.

    Attributes:
        predict: audio -> motion.
        opening: motion -> mouth opening [T] on the default head, metres, head motion ignored.
        rest: opening at zero controls, metres.
        provenance: plain facts for the report (weights hash, device, style).
    """

    predict: Callable[[AudioClip], Motion]
    opening: Callable[[Motion], NDArray[np.float64]]
    rest: float
    provenance: Mapping[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``ptalker evaluate``."""
    parser.add_argument(
        "measure",
        choices=MEASURES,
        help="closures: p, b, m on labelled speech; opening: FACEGOOD takes; limits: what keeps closures from being "
        "better; style: the manner and its code; vertices: the papers' metrics",
    )
    parser.add_argument("--data", type=Path, help="recordings (default: PTALKER_DATA, else ../shared/data)")
    parser.add_argument("--weights", type=Path, help="network weights (default: those that ship)")
    parser.add_argument(
        "--style", metavar="NAME", help="library style or performance file (default: the driving audio)"
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda, mps or auto (default)")
    parser.add_argument("--sets", nargs="+", metavar="SET", help="closures: only these sets")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="closures: also draw one PNG per clip")
    parser.add_argument(
        "--text", action="store_true", help="closures: also with the recordings' own transcripts (needs pocketsphinx)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    vertices_options.add_arguments(parser)
    style_options.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Score the network and print the result on stdout; returns the exit code.

    Raises:
        UserError: for data, weights, style or an output folder that cannot be used.
    """
    style_options.refuse_options(args)
    if args.measure == "limits":
        vertices_options.refuse_options(args)
        return _run_limits(args, find_data(args.data))
    if args.measure == "vertices":
        from .vertices_run import run as run_vertices

        return run_vertices(args)
    vertices_options.refuse_options(args)
    if args.measure == "style":
        return style_options.run(args)
    data = find_data(args.data)
    if args.measure == "opening":
        refused = [
            option for option, value in (("--sets", args.sets), ("--plots", args.plots), ("--text", args.text)) if value
        ]
        if refused:
            raise UserError(f"{refused[0]} with opening", "it with closures only", "leave it out")
        return _run_opening(args, data)
    return _run_closures(args, data)


def load_system(weights: Path | None, style: str | None, device: str) -> System:
    """The network in this process with the default head.

    Raises:
        UserError: for weights, a style or a device that cannot be used.
    """
    # Imported here: torch and the weights take seconds, and bad arguments should be told at once.
    from ...engine.request import Request, resolve_style
    from ...engine.session import Session
    from ...rig.head import load_head
    from ...rig.linear import mouth_opening

    performance = resolve_style(style)
    head = load_head()
    session = Session(weights, device)

    def predict(audio: AudioClip) -> Motion:
        return session.predict(Request(audio=audio, style=performance))

    def opening(motion: Motion) -> NDArray[np.float64]:
        return mouth_opening(head, motion.values)

    rest = float(mouth_opening(head, np.zeros((1, N_CONTROLS), dtype=np.float32))[0])
    provenance = {"weights_sha256": session.weights_sha256, "device": session.device, "style": style or "driving audio"}
    return System(predict, opening, rest, provenance)


def _run_closures(args: argparse.Namespace, data: Path) -> int:
    from .closure_run import evaluate_closures, loudness_closures, predicted_closures, refined_closures
    from .transcripts import TranscriptStage, detect, other_labels

    sets = _chosen_sets(labelled_sets(data), args.sets)
    if args.plots is not None and not args.plots.is_dir():
        raise UserError(f"{args.plots} is no folder", "an existing folder for the plots", "create it first")
    stage = TranscriptStage() if args.text else None
    system = load_system(args.weights, args.style, args.device)
    predict = _remembering(system.predict) if args.plots is not None or args.text else system.predict
    reports = [
        evaluate_closures("ptalker", sets, predicted_closures(predict, system.opening, system.rest)),
        evaluate_closures("fixed-gain loudness", sets, loudness_closures()),
    ]
    of_text: dict[str, object] = {}
    lines: list[str] = []
    if stage is not None:
        close = refined_closures(predict, stage.refine, system.opening, system.rest)
        refined = evaluate_closures("ptalker with transcript", sets, close)
        reports.insert(1, refined)
        detection, others = detect(stage, sets), other_labels(refined)
        of_text = {"transcripts": detection.as_json(), "with transcript, labels of other makers": others.summary()}
        lines = [f"with transcript, labels of other makers than its aligner: F1 {others.f1:.3f}\n{detection.table()}"]
    if args.plots is not None:
        _draw(args.plots, sets, predict, system)
    if args.json:
        _print_json({**system.provenance, **{report.name: report.as_json() for report in reports}, **of_text})
    else:
        print("\n\n".join([*(report.table() for report in reports), *lines]))
    return 0


def _run_opening(args: argparse.Namespace, data: Path) -> int:
    from .facegood import load_takes
    from .opening import evaluate_opening, opening_report, opening_table

    takes = load_takes(data)
    system = load_system(args.weights, args.style, args.device)
    scores = evaluate_opening(takes, system.predict, system.opening)
    if args.json:
        _print_json({**system.provenance, **opening_report(scores)})
    else:
        print(opening_table(scores))
    return 0


def _run_limits(args: argparse.Namespace, data: Path) -> int:
    from ...engine.device import choose_device
    from ...model.checkpoint import load_checkpoint
    from ...rig.head import load_head
    from ...weights_path import weights_file
    from .limits import corpus_sets, measure_limits
    from .style_system import StyleSystem

    sets = {**_chosen_sets(labelled_sets(data), args.sets), **corpus_sets(args.corpus or ())}
    device = choose_device(args.device)
    network = load_checkpoint(weights_file(args.weights), device)
    limits = measure_limits(StyleSystem(network, load_head(), device), sets)
    if args.json:
        _print_json(limits.as_json())
    else:
        print(limits.table())
        print(f"threshold of the encoder: {limits.threshold:g}")
    return 0


def _chosen_sets(
    sets: Mapping[str, tuple[LabelledClip, ...]], names: Sequence[str] | None
) -> Mapping[str, tuple[LabelledClip, ...]]:
    unknown = [name for name in names or () if name not in sets]
    if unknown:
        raise UserError(f"no set {unknown[0]!r}", f"one of: {', '.join(sets)}", "choose one of these")
    return {name: clips for name, clips in sets.items() if not names or name in names}


def _remembering(predict: Callable[[AudioClip], Motion]) -> Callable[[AudioClip], Motion]:
    """Predict each clip once although it is both scored and drawn; clips are told apart by identity."""
    made: dict[int, Motion] = {}

    def remembered(audio: AudioClip) -> Motion:
        if id(audio) not in made:
            made[id(audio)] = predict(audio)
        return made[id(audio)]

    return remembered


def _draw(
    folder: Path,
    sets: Mapping[str, tuple[LabelledClip, ...]],
    predict: Callable[[AudioClip], Motion],
    system: System,
) -> None:
    from .plots import plot_closures

    for clip in (clip for clips in sets.values() for clip in clips):
        motion = predict(clip.audio)
        name = Path(clip.name).with_suffix(".png")
        plot_closures(folder / "_".join(name.parts), clip, system.opening(motion), motion.fps, system.rest)


def _print_json(report: Mapping[str, object]) -> None:
    json.dump(report, sys.stdout, indent=2, allow_nan=False)
    print()
