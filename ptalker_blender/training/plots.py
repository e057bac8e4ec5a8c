"""Training curves as one picture."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from ..errors import UserError
from ..files import atomic_write


def plot_curves(run: Path, out: Path) -> None:
    """Draw `phones.jsonl` and `motion.jsonl` of a run folder: viseme accuracy per set, and the motion terms.

    Raises:
        UserError: matplotlib is absent or the run has no curve.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise UserError("matplotlib is not installed", "it for plots", "pip install 'ptalker[plots]'")
    from matplotlib.figure import Figure

    phones, motion = (_read(run / f"{stage}.jsonl") for stage in ("phones", "motion"))
    if not phones:
        raise UserError(f"no training curve in {run}", "phones.jsonl written by `ptalker train`", "train first")
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for key in sorted({name for point in phones for name in point if name.endswith(".visemes")}):
        points = [point for point in phones if key in point]
        left.plot([p["step"] for p in points], [p[key] for p in points], marker=".", label=key.removesuffix(".visemes"))
    left.set(title="stage 1: frames with the right viseme, %", xlabel="step", ylim=(40, 100))
    left.legend(fontsize=7)
    for key in ("face", "lips", "velocity", "contact", "head"):
        points = [point for point in motion if key in point]
        right.plot([p["step"] for p in points], [p[key] for p in points], label=key)
    right.set(title="stage 2: loss terms (weighted)", xlabel="step", yscale="log")
    if motion:
        right.legend(fontsize=7)
    with atomic_write(out) as temporary:
        figure.savefig(temporary, dpi=110)


def _read(path: Path) -> list[dict[str, float]]:
    lines = path.read_text(encoding="utf8").splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines]
