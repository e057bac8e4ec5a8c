"""``ptalker evaluate vertices``: the papers' metrics over folders of vertex sequences."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...rig.flame_file import N_VERTICES
from ..recorded.read import read_recorded
from ..recorded.vertex_sets import read_templates
from .metrics_beats import TOLERANCE_SECONDS
from .vertices import VertexScore, pool_scores, score_pair
from .vertices_files import Pair, folder_pairs, named_set, set_pairs
from .vertices_options import UNITS, refuse_options
from .vertices_regions import Regions, flame_vertex_regions, read_regions

if TYPE_CHECKING:
    from ...model.network import Network
    from .metrics_style import StyleEncoder


@dataclass(frozen=True)
class Row:
    """One figure of the table: attribute of the score, unit and protocol."""

    label: str
    attribute: str
    power: int  # of length: 1 in mm, 2 in square units of the file
    protocol: str


ROWS = (
    Row("LVE squared", "lve_squared", 2, "mean over all frames of the max over lip vertices of squared L2 (released)"),
    Row("LVE", "lve", 1, "the same of L2"),
    Row("FVE squared", "fve_squared", 2, "mean over frames and face vertices of squared L2"),
    Row("FVE", "fve", 1, "the same of L2"),
    Row("FDD signed", "fdd_signed", 2, "truth less prediction: mean over upper face of std in time of squared L2 from "
        "rest, mean over sequences (released; cancels)"),
    Row("FDD", "fdd", 2, "the same, absolute per vertex before any mean"),
    Row("FDD plain", "fdd_distance", 1, "the same of L2"),
    Row("LDD", "ldd", 2, "as FDD on the lips"),
    Row("LDD plain", "ldd_distance", 1, "the same of L2"),
    Row("LDTW", "ldtw", 1, "best warping path of mean lip L2, total over its cells, mean over sequences"),
    Row("jitter", "jitter", 1, "mean length of the lips' third difference, per frame cubed"),
    Row("jitter, truth", "jitter_truth", 1, "idem of the recording"),
)  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Score and print; returns the exit code.

    Raises:
        UserError: for anything that cannot be measured.
    """
    refuse_options(args)
    if not args.truth or (args.predicted is None) == (args.weights is None):
        raise UserError("vertices without --truth, or without one of --predicted and --weights", "what is measured",
                        "ptalker evaluate vertices --truth DIR --predicted DIR --regions FILE.json")  # fmt: skip
    if args.predicted is not None and not args.predicted.is_dir():
        raise UserError(f"no folder {args.predicted}", "the folder of the predictions", "check --predicted")
    if args.fps is not None and not 1 <= args.fps <= 1000:
        raise UserError(f"--fps {args.fps}", "1 to 1000 frames per second", "correct it")
    scores: dict[str, VertexScore] = {}
    regions, metres = None, None
    network = _network(args)
    for pair in _pairs(args, network):
        if regions is None:
            regions, metres = _regions(args.regions, pair), _metres(args.unit, pair)
        scores[pair.name] = score_pair(
            pair.predicted, pair.truth, regions, pair.fps, rest=pair.rest, audio=pair.audio, metres=metres or 1.0,
            encode=_style_encoder(network, pair.fps, args.device),
        )  # fmt: skip
    assert regions is not None  # _pairs yields or raises
    pooled = pool_scores(scores.values())
    if args.json:
        each = {name: figures(score, metres) for name, score in scores.items()}
        report = {"all": figures(pooled, metres), "sequences": each, "notes": list(regions.notes)}
        json.dump(report, sys.stdout, indent=2, allow_nan=False)
        print()
    else:
        print(table(pooled, metres, regions))
    return 0


def figures(score: VertexScore, metres: float | None) -> dict[str, object]:
    """Plain numbers for JSON: squares in the file's unit squared, lengths in mm (in the file's unit where unknown)."""
    scale = {1: 1000.0 * metres if metres else 1.0, 2: 1.0}
    result: dict[str, object] = {"clips": score.clips, "frames": score.frames, "fps": score.fps}
    result["unit"] = {"lengths": "mm" if metres else "file", "squares": "file"}
    for row in ROWS:
        value = getattr(score, row.attribute)
        result[row.attribute] = None if value is None else value * scale[row.power]
    result["scs"] = score.scs
    result["closures"] = None if score.closures is None else score.closures.summary()
    for name, beats in (("beats", score.beats), ("beats_truth", score.beats_truth)):
        result[name] = None if beats is None else {
            "f1": _finite(beats.f1), "chance": _finite(beats.chance), "offset_ms": _finite(beats.offset_ms),
            "onsets": beats.onsets, "beats": beats.beats,
            "tolerance_ms": 1000 * TOLERANCE_SECONDS,
        }  # fmt: skip
    return result


def table(score: VertexScore, metres: float | None, regions: Regions) -> str:
    """The same as text, each figure with its unit and protocol."""
    lines = [f"{score.clips} sequences, {score.frames} frames at {score.fps:g} a second; {len(regions.lips)} lip and "
             f"{len(regions.upper)} upper-face vertices", *regions.notes]  # fmt: skip
    plain = "mm" if metres else "file units"
    for row in ROWS:
        value = getattr(score, row.attribute)
        scale = (1000.0 * metres if metres else 1.0) if row.power == 1 else 1.0
        shown = "-" if value is None else f"{value * scale:.4g}"
        unit = plain if row.power == 1 else "file units^2"
        at = f" at {score.fps:g} frames a second" if row.attribute.startswith("jitter") else ""
        lines.append(f"{row.label:<14}{shown:>11} {unit:<13} {row.protocol}{at}")
    if score.scs is not None:
        lines.append(f"{'SCS':<14}{score.scs:>11.3f} {'':<13} cosine of the network's own style codes of both")
    lines += _closure_lines(score) + _beat_lines(score)
    if score.fdd is None:
        lines.append("FDD, LDD and closures need neutral meshes (--templates) and their regions")
    return "\n".join(lines)


def _closure_lines(score: VertexScore) -> list[str]:
    if (found := score.closures) is None:
        return []
    counts = f"recall {found.recall:.3f}, precision {found.precision:.3f}, {found.met + found.missed} closures"
    return [f"{'closures F1':<14}{found.f1:>11.3f} {'':<13} {counts}, closed {found.closed_share:.0%} of the time "
            "(closures: labels, or the truth's closed stretches under 0.4 s; ruler: docs/evaluation.md)"]  # fmt: skip


def _beat_lines(score: VertexScore) -> list[str]:
    within = f"minima of lip speed against onsets of the voice, within {1000 * TOLERANCE_SECONDS:.0f} ms"
    return [
        f"{name:<14}{beats.f1:>11.3f} {'':<13} chance {beats.chance:.3f}, offset {beats.offset_ms:.0f} ms; {within}"
        for name, beats in (("beats F1", score.beats), ("beats, truth", score.beats_truth))
        if beats is not None
    ]


def _network(args: argparse.Namespace) -> Network | None:
    """The network that says the lines, where no predictions are given."""
    if args.weights is None:
        return None
    # torch is for those who have no predictions yet.
    from ...engine.device import choose_device
    from ...model.checkpoint import load_checkpoint

    return load_checkpoint(args.weights, choose_device(args.device))


def _style_encoder(network: Network | None, fps: float, device: str) -> StyleEncoder | None:
    if network is None:
        return None
    from ...engine.device import choose_device
    from .vertices_network import OwnStyleEncoder

    return OwnStyleEncoder(network, fps, choose_device(device))


def _pairs(args: argparse.Namespace, network: Network | None) -> Iterator[Pair]:
    named = named_set(args.truth)
    if network is not None:
        if named is None or named[0] == "flame":
            raise UserError(f"--weights with --truth {args.truth}", "vocaset:DIR or biwi:DIR, which bring sound and "
                            "performers", "name one, or give --predicted")  # fmt: skip
        from ...engine.device import choose_device
        from .vertices_network import network_pairs

        _refuse(args, ("templates", "fps"), "a folder: a set brings its own")
        device = choose_device(args.device)
        yield from network_pairs(read_recorded(*named), args.split or "test_a", network, device)
        return
    if named is None:
        if not Path(args.truth).is_dir():
            raise UserError(f"no folder {args.truth}", "a folder of sequences, or SET:DIR", "check --truth")
        _refuse(args, ("split", "flame"), "vocaset:DIR, biwi:DIR or flame:DIR")
        templates = None if args.templates is None else read_templates(args.templates)
        yield from folder_pairs(Path(args.truth), args.predicted, templates, args.fps)
        return
    _refuse(args, ("templates", "fps"), "a folder: a set brings its own")
    options = {"vertices": True, "flame": args.flame} if named[0] == "flame" else {}
    yield from set_pairs(read_recorded(*named, **options), args.split or "test_a", args.predicted)


def _refuse(args: argparse.Namespace, names: tuple[str, ...], kind: str) -> None:
    given = [name for name in names if getattr(args, name) is not None]
    if given:
        raise UserError(f"--{given[0]} with --truth {args.truth}", f"it with {kind}", "leave it out")


def _regions(path: Path | None, pair: Pair) -> Regions:
    vertices, rest = pair.truth.shape[1], pair.rest
    if path is not None:
        return read_regions(path, vertices, rest if rest is not None else pair.truth[0])
    if vertices != N_VERTICES:
        raise UserError(
            f"no regions for a mesh of {vertices:,} vertices", "--regions FILE.json", "see docs/datasets.md"
        )
    return flame_vertex_regions(rest)


def _metres(unit: str | None, pair: Pair) -> float | None:
    """Metres of one unit: as told, or 1 for FLAME's mesh where it has the size of a head."""
    if unit is not None:
        return UNITS[unit]
    size: NDArray[np.float64] = np.ptp(pair.truth[0].astype(np.float64), axis=0)
    return 1.0 if pair.truth.shape[1] == N_VERTICES and 0.1 < float(size.max()) < 1.0 else None


def _finite(value: float) -> float | None:
    return None if np.isnan(value) else value
