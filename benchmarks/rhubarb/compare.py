"""Rhubarb Lip Sync (WebAssembly build) on the labelled recordings, by our closure ruler and by that of speech.md.

    npm install rhubarb-lip-sync-wasm                                  (in a scratch folder, MIT, Node 16 or newer)
    python benchmarks/rhubarb/compare.py SCRATCH [--data DIR] [--json]

Cues are kept in SCRATCH and made again only when they are not there. See README.md for what this build is.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ptalker_blender.errors import UserError
from ptalker_blender.training.evaluation.closure_run import (
    ClosureReport,
    cue_closures,
    evaluate_closures,
    loudness_closures,
)
from ptalker_blender.training.evaluation.closures import BILABIALS
from ptalker_blender.training.evaluation.cues import CLOSED_SHAPES, Cue, cue_stretches, sequential
from ptalker_blender.training.evaluation.recordings import LabelledClip, find_data, labelled_sets

SCRIPT = Path(__file__).with_name("cues.mjs")
SPEECH_MD_TOLERANCE = 0.030
Sets = Mapping[str, Sequence[LabelledClip]]


def make_cues(scratch: Path, sets: Sets, with_dialog: bool) -> dict[str, list[Cue]]:
    """Cues by clip name, from SCRATCH or by running Rhubarb there."""
    kind = "dialog" if with_dialog else "plain"
    out = scratch / f"cues_{kind}.json"
    if not out.is_file():
        manifest = scratch / f"manifest_{kind}.json"
        manifest.write_text(json.dumps([_entry(scratch, clip, with_dialog) for clip in _clips(sets)]), encoding="utf-8")
        subprocess.run(["node", str(SCRIPT.resolve()), manifest.name, out.name], cwd=scratch, check=True)
    report = json.loads(out.read_text(encoding="utf-8"))
    seconds, sound = (
        sum(clip["seconds"] for clip in report["clips"].values()),
        sum(c.audio.seconds for c in _clips(sets)),
    )
    print(f"{kind}: {report['package']} {report['version']}, {seconds / sound:.2f} s per s of sound", file=sys.stderr)
    return {
        name: [Cue(cue["start"], cue["end"], cue["value"]) for cue in clip["cues"]]
        for name, clip in report["clips"].items()
    }


def speech_md_rule(sets: Sets, cues: Mapping[str, Iterable[Cue]]) -> dict[str, float]:
    """Recall: p, b, m met by an A or X cue within 30 ms. Precision: A cues that meet one.

    Where an A cue adjoins an X cue, both count for recall, as in speech.md section 4.
    """
    met = bilabials = true_cues = all_cues = 0
    for clip in _clips(sets):
        phones = [s for s in clip.segments if s.phone in BILABIALS]
        shown = sequential(cues[clip.name])
        closed = [cue for cue in shown if cue.shape in "AX"]
        pressed = [cue for cue in shown if cue.shape == "A"]
        met += sum(any(_near(cue, p.start, p.end) for cue in closed) for p in phones)
        bilabials += len(phones)
        true_cues += sum(any(_near(cue, p.start, p.end) for p in phones) for cue in pressed)
        all_cues += len(pressed)
    return {"recall": round(met / bilabials, 4), "precision": round(true_cues / all_cues, 4)}


def main() -> int:
    """Print one table per system, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=Path, help="folder with node_modules/rhubarb-lip-sync-wasm")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        sets = labelled_sets(find_data(args.data))
    except UserError as error:
        parser.error(str(error))
    reports: list[ClosureReport] = []
    rules: dict[str, dict[str, float]] = {}
    for name, with_dialog in (("Rhubarb", False), ("Rhubarb with the transcript", True)):
        cues = make_cues(args.scratch, sets, with_dialog)
        for label, shapes in ((name, CLOSED_SHAPES), (f"{name}, A cues only", {"A"})):
            stretches = {clip: cue_stretches(shown, shapes) for clip, shown in cues.items()}
            reports.append(evaluate_closures(label, sets, cue_closures(stretches)))
        rules[name] = speech_md_rule(sets, cues)
    reports.append(evaluate_closures("fixed-gain loudness", sets, loudness_closures()))
    if args.json:
        print(json.dumps({"speech_md_rule": rules, **{r.name: r.as_json() for r in reports}}, indent=2))
        return 0
    print("\n\n".join(report.table() for report in reports))
    print("\nrule of speech.md (A or X within 30 ms; precision of A cues)")
    for name, figures in rules.items():
        print(f"{name:<30}recall {figures['recall']:.3f}  precision {figures['precision']:.3f}")
    return 0


def _clips(sets: Sets) -> list[LabelledClip]:
    return [clip for clips in sets.values() for clip in clips]


def _entry(scratch: Path, clip: LabelledClip, with_dialog: bool) -> dict[str, str]:
    pcm = scratch / (clip.name.replace("/", "_") + ".pcm")
    pcm.write_bytes(np.round(np.clip(clip.audio.samples, -1, 1) * 32767).astype("<i2").tobytes())
    # <VOCNOISE>, [adif] and the like mark events; they are no words.
    words = re.sub(r"<[^>]*>|\[[^\]]*\]", " ", clip.transcript) if with_dialog else ""
    return {"id": clip.name, "pcm": pcm.name, "dialog": " ".join(words.split())}


def _near(cue: Cue, start: float, end: float) -> bool:
    return cue.start <= end + SPEECH_MD_TOLERANCE and cue.end >= start - SPEECH_MD_TOLERANCE


if __name__ == "__main__":
    sys.exit(main())
