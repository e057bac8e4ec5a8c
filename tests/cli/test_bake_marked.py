"""``ptalker face`` and ``ptalker bake --head`` with a head that has no shape keys and parts in objects of their own."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from ptalker_blender.commands import bench
from ptalker_blender.model.checkpoint import save_checkpoint
from ptalker_blender.model.config import NetworkConfig
from ptalker_blender.model.network import Network
from ptalker_blender.rig.guide import GUIDE, FacePoints, read_points, write_points
from ptalker_blender.rig.keying.face import face_of_head
from ptalker_blender.rig.keying.marks import guide_points
from tests.split_head import PARTS, ROWAN, add_split, rowan

pytestmark = [
    pytest.mark.bpy,
    pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="this Python has no bpy"),
]
ROOT = Path(__file__).parents[2]


def make(blend: Path, obj: Path) -> None:
    """Files of a head in parts; another eye lies elsewhere in the .blend."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    hero = add_split()
    far = bpy.data.objects.new("Far Eye", hero["eye_left"].data.copy())
    far.location.x = 5.0
    bpy.context.scene.collection.objects.link(far)
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    for one in bpy.context.scene.objects:
        one.select_set(one == hero["skin"])
    bpy.ops.wm.obj_export(filepath=str(obj), export_selected_objects=True, export_materials=False)


def look(path: Path) -> dict[str, tuple[int, list[str]]]:
    """How many keys each mesh of a file has, and which of them are animated."""
    import bpy

    from ptalker_blender.scene.compat.actions import fcurves

    bpy.ops.wm.open_mainfile(filepath=str(path))
    found = {}
    for obj in bpy.data.objects:
        if obj.type != "MESH":
            continue
        keys = obj.data.shape_keys
        action = keys.animation_data.action if keys and keys.animation_data else None
        names = sorted(c.data_path.split('"')[1] for c in fcurves(action, keys)) if action else []
        found[obj.name] = len(keys.key_blocks) if keys else 0, names
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with hero.blend, hero.obj, the points of both, a line, and a network of random weights."""
    folder = tmp_path_factory.mktemp("hero")
    make(folder / "hero.blend", folder / "hero.obj")
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


@pytest.fixture
def bake(files: Path, ptalker: Callable[..., Any]) -> Callable[..., Any]:
    """``bake(head, out, *extra)``"""

    def run(head: str, out: Path, *extra: object) -> Any:
        weights = files / "tiny.safetensors"
        return ptalker("bake", files / "line.wav", "-o", out, "--weights", weights, "--head", files / head, *extra)

    return run


def test_a_marked_head_gets_keys_on_all_its_parts(files: Path, bake: Any, tmp_path: Path) -> None:
    done = bake("hero.blend", tmp_path / "out.blend", "--points", files / "hero.json")
    assert done.returncode == 0, done.stderr
    assert "guessed" not in done.stderr and "on 5 meshes from given points" in done.stdout
    found = look(tmp_path / "out.blend")
    assert set(found) == set(PARTS.values())  # what lies elsewhere stays where it was
    assert found["Hero"][0] == 53 and "jawOpen" in found["Hero"][1]
    assert found["Eye.L"][1] == [f"eyeLook{way}Left" for way in ("Down", "In", "Out", "Up")]
    assert found["Lower Teeth"][1] == ["jawForward", "jawLeft", "jawOpen", "jawRight"]
    assert "tongueOut" in found["Tongue"][1]
    assert found["Upper Teeth"] == (0, [])


def test_an_obj_file_alone(files: Path, bake: Any, tmp_path: Path) -> None:
    """Points are in the file's own axes, y up."""
    done = bake("hero.obj", tmp_path / "out.blend", "--points", files / "obj.json")
    assert done.returncode == 0, done.stderr
    assert "on 1 mesh from given points" in done.stdout and "No eyeballs" in done.stdout


def test_points_that_are_not_needed_are_said_to_be_unused(files: Path, bake: Any, tmp_path: Path) -> None:
    done = bake(str(ROWAN), tmp_path / "out.blend", "--points", files / "hero.json")
    assert done.returncode == 0, done.stderr
    assert "ptalker: --points was not used: 'rowan' has face keys\n" in done.stderr
    done = bake(str(ROWAN), tmp_path / "out.blend")
    assert done.returncode == 0 and "--points" not in done.stderr


def test_guessed_points_can_be_corrected(files: Path, ptalker: Any, tmp_path: Path) -> None:
    done = ptalker("face", files / "hero.blend", "-o", tmp_path / "points.json")
    assert done.returncode == 0, done.stderr
    assert "19 guessed points" in done.stdout
    guessed, truth = read_points(tmp_path / "points.json"), read_points(files / "hero.json")
    assert tuple(guessed.points) == GUIDE
    away = [np.linalg.norm(guessed.points[name] - truth.points[name]) for name in GUIDE]
    assert np.median(away) < 0.008


def test_guessing_is_said(files: Path, bake: Any, tmp_path: Path) -> None:
    done = bake("hero.blend", tmp_path / "out.blend", "--alone")
    assert done.returncode == 0, done.stderr
    assert "points are guessed" in done.stderr and "on 1 mesh from guessed points" in done.stdout


def test_what_cannot_be_is_one_line_and_no_file(files: Path, bake: Any, ptalker: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    some = read_points(files / "hero.json").points
    write_points(FacePoints({name: some[name] for name in GUIDE[:-1]}), tmp_path / "few.json")
    for extra, words in (
        (("--points", tmp_path / "bad.json"), "no file of face points"),
        (("--points", tmp_path / "few.json"), "1 of 19 points are not placed"),
        (("--points", files / "hero.json", "--faces", "+Y"), "on the left of"),
    ):
        done = bake("hero.blend", tmp_path / "out.blend", *extra)
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
