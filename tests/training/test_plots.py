"""The curves' picture."""

import json
from pathlib import Path

import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.training.plots import plot_curves


def test_curves_are_drawn_and_a_run_without_them_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "curves.png"
    with pytest.raises(UserError, match="no training curve"):
        plot_curves(tmp_path, out)
    points = [{"step": s, "loss": 1.0, "librivox.visemes": 60.0 + s} for s in (1, 2, 3)]
    (tmp_path / "phones.jsonl").write_text("".join(json.dumps(p) + "\n" for p in points))
    (tmp_path / "motion.jsonl").write_text(json.dumps({"step": 1, "lips": 2.0}) + "\n")
    plot_curves(tmp_path, out)
    assert out.read_bytes().startswith(b"\x89PNG") and out.stat().st_size > 10_000
