"""Training curves as one picture."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import atomic_write
from .motion_terms import ConstraintWeights

MOTION = ("face", "lips", "velocity", "contact", "head", "dual")
CODES = ("agreement", *(entry.name for entry in fields(ConstraintWeights)))


def plot_curves(run: Path, out: Path) -> None:
    """Draw a run folder's curves: viseme accuracy per set, the motion terms, and the terms on the codes.

    Raises:
        UserError: matplotlib is absent or the run has no curve.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise UserError("matplotlib is not installed", "it for plots", "pip install 'ptalker[plots]'")
    from matplotlib.figure import Figure

    phones, motion = (_read(run / f"{stage}.jsonl") for stage in ("phones", "motion"))
    if not phones and not motion:
        raise UserError(f"no training curve in {run}", "phones.jsonl written by `ptalker train`", "train first")
    figure = Figure(figsize=(16, 4.5), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    sets = sorted({name for point in phones for name in point if name.endswith(".visemes")})
    _draw(left, phones, sets, marker=".")
    left.set(title="stage 1: frames with the right viseme, %", xlabel="step", ylim=(40, 100))
    _draw(middle, motion, MOTION)
    middle.set(title="stages 2 and 3: motion terms (weighted)", xlabel="step", yscale="log")
    _draw(right, motion, CODES)
    right.set(title="stages 2 and 3: terms on the codes (weighted)", xlabel="step", yscale="log")
    with atomic_write(out) as temporary:
        figure.savefig(temporary, dpi=110)


def _draw(axes: Any, curve: Sequence[Mapping[str, float]], names: Iterable[str], marker: str = "") -> None:
    """One line for each name that the curve has."""
    for name in names:
        points = [point for point in curve if name in point]
        if points:
            steps, values = [point["step"] for point in points], [point[name] for point in points]
            axes.plot(steps, values, marker=marker, label=name.removesuffix(".visemes").replace("_", " "))
    if axes.lines:
        axes.legend(fontsize=7)


def _read(path: Path) -> list[dict[str, float]]:
    lines = path.read_text(encoding="utf8").splitlines() if path.is_file() else []
    return [json.loads(line) for line in lines]
