"""The FLAME buttons of the built zip in a real Blender module: add, import, export, and refusals in words."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.bpy,
    pytest.mark.data,
    pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="this Python has no bpy"),
]


def run(*command: object) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PTALKER_FLAME"}
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_flame_operators(data_dir, tmp_path):
    model = data_dir / "flame" / "flame2023open_partial.npz"
    if not model.is_file():
        pytest.skip("no FLAME arrays in the shared data")
    run(ROOT / "tools" / "build_extension.py", tmp_path / "dist")
    (extension,) = (tmp_path / "dist").glob("*.zip")
    told = run(Path(__file__).with_name("flame_in_blender.py"), extension, model, tmp_path)
    assert "flame passed" in told
    assert told.count("(scene range 1 to 4)") == 3
    assert "no expression components: only jaw, neck and eyes were solved" in told
    assert re.search(r"Left over: \d+\.\d\d mm RMS \(\d+ % of the motion's energy\)", told)
