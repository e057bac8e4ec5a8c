"""``ptalker face`` and ``ptalker bake --head`` with a head that has no shape keys and parts in objects of their own."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from ptalker_blender.commands import bench
from ptalker_blender.engine.client import worker_environment
from ptalker_blender.model.checkpoint import save_checkpoint
from ptalker_blender.model.config import NetworkConfig
from ptalker_blender.model.network import Network
from ptalker_blender.rig.guide import GUIDE, FacePoints, read_points, write_points
from ptalker_blender.rig.keying.face import face_of_head
from ptalker_blender.rig.keying.marks import guide_points
from tests.split_head import PARTS, ROWAN, rowan

pytestmark = [
    pytest.mark.bpy,
    pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="this Python has no bpy"),
]
ROOT = Path(__file__).parents[2]

MAKE = """
import bpy, os
from tests.split_head import add_split
bpy.ops.wm.read_factory_settings(use_empty=True)
hero = add_split()
far = bpy.data.objects.new("Far Eye", hero["eye_left"].data.copy())
far.location.x = 5.0
bpy.context.scene.collection.objects.link(far)
bpy.ops.wm.save_as_mainfile(filepath={blend!r})
for obj in bpy.context.scene.objects:
    obj.select_set(obj == hero["skin"])
bpy.ops.wm.obj_export(filepath={obj!r}, export_selected_objects=True, export_materials=False)
os._exit(0)
"""
LOOK = """
import bpy, json, os
from ptalker_blender.scene.compat.actions import fcurves
bpy.ops.wm.open_mainfile(filepath={path!r})
found = {{}}
for obj in bpy.data.objects:
    if obj.type != "MESH":
        continue
    keys = obj.data.shape_keys
    animated = keys and keys.animation_data and keys.animation_data.action
    found[obj.name] = [
        len(keys.key_blocks) if keys else 0,
        sorted(c.data_path.split('"')[1] for c in fcurves(keys.animation_data.action, keys)) if animated else [],
    ]
print(json.dumps(found), flush=True)
os._exit(0)
"""


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=worker_environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ptalker(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ptalker_blender.cli", *map(str, arguments)],
        env=worker_environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with hero.blend, hero.obj, the points of both, a line, and a network of random weights."""
    folder = tmp_path_factory.mktemp("hero")
    python(MAKE.format(blend=str(folder / "hero.blend"), obj=str(folder / "hero.obj")))
    points = guide_points(face_of_head(rowan()))
    write_points(FacePoints({n: p[[0, 2, 1]] * [1, -1, 1] for n, p in points.items()}), folder / "hero.json")
    write_points(FacePoints(points), folder / "obj.json")
    torch.manual_seed(0)
    network = Network(NetworkConfig(phones=("a", "b"), width=32, layers=1, feed_forward=64))
    torch.nn.init.normal_(network.decoder.out.weight, std=0.1)
    torch.nn.init.constant_(network.decoder.out.bias, 0.4)
    save_checkpoint(network, folder / "tiny.safetensors")
    soundfile.write(folder / "line.wav", bench.speech_like(0.8), bench.SOURCE_RATE)
    return folder


def bake(files: Path, head: str, out: Path, *extra: object) -> subprocess.CompletedProcess[str]:
    return ptalker(
        "bake", files / "line.wav", "-o", out, "--weights", files / "tiny.safetensors", "--head", files / head, *extra
    )


def test_a_marked_head_gets_keys_on_all_its_parts(files: Path, tmp_path: Path) -> None:
    done = bake(files, "hero.blend", tmp_path / "out.blend", "--points", files / "hero.json")
    assert done.returncode == 0, done.stderr
    assert "guessed" not in done.stderr and "on 5 meshes from given points" in done.stdout
    found = json.loads(python(LOOK.format(path=str(tmp_path / "out.blend"))).splitlines()[-1])
    assert set(found) == set(PARTS.values())  # what lies elsewhere stays where it was
    assert found["Hero"][0] == 53 and "jawOpen" in found["Hero"][1]
    assert found["Eye.L"][1] == [f"eyeLook{way}Left" for way in ("Down", "In", "Out", "Up")]
    assert found["Lower Teeth"][1] == ["jawForward", "jawLeft", "jawOpen", "jawRight"]
    assert "tongueOut" in found["Tongue"][1]
    assert found["Upper Teeth"] == [0, []]


def test_an_obj_file_alone(files: Path, tmp_path: Path) -> None:
    """Points are in the file's own axes, y up."""
    done = bake(files, "hero.obj", tmp_path / "out.blend", "--points", files / "obj.json")
    assert done.returncode == 0, done.stderr
    assert "on 1 mesh from given points" in done.stdout and "No eyeballs" in done.stdout


def test_points_that_are_not_needed_are_said_to_be_unused(files: Path, tmp_path: Path) -> None:
    done = bake(files, str(ROWAN), tmp_path / "out.blend", "--points", files / "hero.json")
    assert done.returncode == 0, done.stderr
    assert "ptalker: --points was not used: 'rowan' has face keys\n" in done.stderr
    done = bake(files, str(ROWAN), tmp_path / "out.blend")
    assert done.returncode == 0 and "--points" not in done.stderr


def test_guessed_points_can_be_corrected(files: Path, tmp_path: Path) -> None:
    done = ptalker("face", files / "hero.blend", "-o", tmp_path / "points.json")
    assert done.returncode == 0, done.stderr
    assert "19 guessed points" in done.stdout
    guessed, truth = read_points(tmp_path / "points.json"), read_points(files / "hero.json")
    assert tuple(guessed.points) == GUIDE
    away = [np.linalg.norm(guessed.points[name] - truth.points[name]) for name in GUIDE]
    assert np.median(away) < 0.008


def test_guessing_is_said(files: Path, tmp_path: Path) -> None:
    done = bake(files, "hero.blend", tmp_path / "out.blend", "--alone")
    assert done.returncode == 0, done.stderr
    assert "points are guessed" in done.stderr and "on 1 mesh from guessed points" in done.stdout


def test_what_cannot_be_is_one_line_and_no_file(files: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    some = read_points(files / "hero.json").points
    write_points(FacePoints({name: some[name] for name in GUIDE[:-1]}), tmp_path / "few.json")
    for extra, words in (
        (("--points", tmp_path / "bad.json"), "no file of face points"),
        (("--points", tmp_path / "few.json"), "1 of 19 points are not placed"),
        (("--points", files / "hero.json", "--faces", "+Y"), "on the left of"),
    ):
        done = bake(files, "hero.blend", tmp_path / "out.blend", *extra)
        assert done.returncode == 2, done.stderr
        assert words in done.stderr.splitlines()[-1]
        assert not (tmp_path / "out.blend").exists()
    for arguments, words in (
        (("face", files / "none.blend", "-o", tmp_path / "p.json"), "no head file"),
        (("face", ROOT / "weights" / "head" / "rowan.npz", "-o", tmp_path / "p.json"), "has shape keys"),
        (("face", files / "hero.blend", "-o", tmp_path / "p.txt"), ".json"),
    ):
        done = ptalker(*arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
