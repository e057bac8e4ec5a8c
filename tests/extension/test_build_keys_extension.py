"""Build Face Keys of the built zip in a real Blender module, with its worker: keys, one undo step, refusals."""

from __future__ import annotations

import importlib.util
import os
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
    environment = {"PTALKER_PYTHON": sys.executable, **os.environ}
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_build_keys_operator(data_dir, tmp_path):
    model = data_dir / "flame" / "flame2023open_partial.npz"
    if not model.is_file():
        pytest.skip("no FLAME arrays in the shared data")
    run(ROOT / "tools" / "build_extension.py", tmp_path / "dist")
    (extension,) = (tmp_path / "dist").glob("*.zip")
    assert "build keys passed" in run(Path(__file__).with_name("build_keys_in_blender.py"), extension, model)
