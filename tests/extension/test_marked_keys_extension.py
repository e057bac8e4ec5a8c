"""Mark Face and Build Keys from Marks of the built zip in a real Blender module: guess, mirror, save, build, undo."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ptalker_blender.rig.guide import FacePoints, write_points
from ptalker_blender.rig.keying.face import face_of_head
from ptalker_blender.rig.keying.marks import guide_points
from tests.split_head import rowan

ROOT = Path(__file__).resolve().parents[2]
LINE = ROOT / "assets" / "demo" / "line.wav"
pytestmark = [
    pytest.mark.bpy,
    pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="this Python has no bpy"),
]


def run(*command: object) -> str:
    environment = {"PTALKER_PYTHON": sys.executable, **os.environ, "PYTHONPATH": str(ROOT)}
    if (ROOT / "weights" / "ptalker.safetensors").is_file() and LINE.is_file():
        environment["PTALKER_TEST_LINE"] = str(LINE)
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_face_is_marked_keyed_and_speaks(tmp_path):
    points = guide_points(face_of_head(rowan()))
    write_points(FacePoints({n: p[[0, 2, 1]] * [1, -1, 1] for n, p in points.items()}), tmp_path / "points.json")
    run(ROOT / "tools" / "build_extension.py", tmp_path / "dist")
    (extension,) = (tmp_path / "dist").glob("*.zip")
    script = Path(__file__).with_name("marked_keys_in_blender.py")
    assert "marked keys passed" in run(script, extension, tmp_path / "points.json")
