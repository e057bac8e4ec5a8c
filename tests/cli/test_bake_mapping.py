"""``ptalker bake --head character.blend``: keys under other names, several meshes, and a mapping file."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from ptalker_blender.commands import bench
from ptalker_blender.engine.client import worker_environment
from ptalker_blender.model.checkpoint import save_checkpoint
from ptalker_blender.model.config import NetworkConfig
from ptalker_blender.model.network import Network
from ptalker_blender.rig.mapping import MappingTable, Row, save_table

pytestmark = [
    pytest.mark.bpy,
    pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="this Python has no bpy"),
]


def make(path: Path) -> None:
    """A character of two meshes under one rig, and a hat."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.scene.collection.objects.link(rig)
    for name, keys in (("Hero", ["Jaw_Open", "Mouth_Funnel", "Gob"]), ("Teeth", ["jawOpen"]), ("Hat", ["Wide"])):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0)], [], [(0, 1, 2)])
        obj = bpy.data.objects.new(name, mesh)
        obj.parent = rig
        bpy.context.scene.collection.objects.link(obj)
        obj.shape_key_add(name="Basis", from_mix=False)
        for key in keys:
            block = obj.shape_key_add(name=key, from_mix=False)
            block.value, block.data[0].co.z = 0.0, 1.0
    bpy.ops.wm.save_as_mainfile(filepath=str(path))


def look(path: Path) -> dict[str, Any]:
    """The points of each curve of each animated mesh of a file, and what the take says is lost."""
    import bpy

    from ptalker_blender.scene.compat.actions import fcurves

    bpy.ops.wm.open_mainfile(filepath=str(path))
    found: dict[str, Any] = {}
    for obj in bpy.data.objects:
        keys = obj.data.shape_keys if obj.type == "MESH" else None
        if keys and keys.animation_data and keys.animation_data.action:
            action = keys.animation_data.action
            found[obj.name] = {c.data_path: [list(p.co) for p in c.keyframe_points] for c in fcurves(action, keys)}
            found["lost"] = json.loads(action["ptalker"])["lost"]["face"]
    return found


@pytest.fixture(scope="module")
def hero(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hero") / "hero.blend"
    make(path)
    return path


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A recording, and a network of random weights whose jaw moves."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("line")
    network = Network(NetworkConfig(phones=("a", "b"), width=32, layers=1, feed_forward=64))
    torch.nn.init.normal_(network.decoder.out.weight, std=0.1)
    torch.nn.init.constant_(network.decoder.out.bias, 0.4)
    save_checkpoint(network, folder / "tiny.safetensors")
    soundfile.write(folder / "line.wav", bench.speech_like(0.8), bench.SOURCE_RATE)
    return str(folder / "line.wav"), str(folder / "tiny.safetensors")


@pytest.fixture
def bake(line: tuple[str, str], ptalker: Callable[..., Any]) -> Callable[..., Any]:
    """``bake(head, out, *extra)``"""
    wav, weights = line

    def run(head: Path, out: Path, *extra: object) -> Any:
        return ptalker("bake", wav, "-o", out, "--weights", weights, "--head", head, "--keys", "all", *extra)

    return run


def test_a_character_with_other_names_just_bakes(bake: Any, hero: Path, tmp_path: Path) -> None:
    done = bake(hero, tmp_path / "out.blend")
    assert done.returncode == 0, done.stderr
    assert "'Hero': 2 of 52 mapped" in done.stdout and "'Teeth': 1 of 52 mapped" in done.stdout
    assert "cannot show" in done.stdout
    found = look(tmp_path / "out.blend")
    assert set(found) == {"Hero", "Teeth", "lost"}
    assert set(found["Hero"]) == {'key_blocks["Jaw_Open"].value', 'key_blocks["Mouth_Funnel"].value'}
    jaw, teeth = found["Hero"]['key_blocks["Jaw_Open"].value'], found["Teeth"]['key_blocks["jawOpen"].value']
    assert jaw == teeth and max(value for _, value in jaw) > 0.05


def test_a_mapping_file_speaks_and_stays_in_the_scene(bake: Any, hero: Path, tmp_path: Path) -> None:
    save_table(MappingTable((Row("jawOpen", "Gob", 0.5),)), tmp_path / "hero.json")
    done = bake(hero, tmp_path / "out.blend", "--mapping", tmp_path / "hero.json", "--alone")
    assert done.returncode == 0, done.stderr
    found = look(tmp_path / "out.blend")
    assert set(found) == {"Hero", "lost"}
    assert set(found["Hero"]) == {'key_blocks["Gob"].value', 'key_blocks["Mouth_Funnel"].value'}
    again = bake(tmp_path / "out.blend", tmp_path / "again.blend", "--alone")
    assert again.returncode == 0, again.stderr
    first, second = (
        np.array(found["Hero"]['key_blocks["Gob"].value']) for found in (found, look(tmp_path / "again.blend"))
    )
    np.testing.assert_array_equal(first, second)


def test_what_cannot_speak_is_one_line_and_no_file(bake: Any, hero: Path, tmp_path: Path) -> None:
    save_table(MappingTable((Row("jawOpen", "Kiefer"),)), tmp_path / "other.json")
    for extra, words in (
        (("--object", "Hat"), "none of the 1 shape keys of 'Hat' is known"),
        (("--mapping", tmp_path / "other.json"), "names none of the shape keys"),
        (("--mapping", tmp_path / "none.json"), "none.json"),
    ):
        done = bake(hero, tmp_path / "out.blend", *extra)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert words in done.stderr
        assert not (tmp_path / "out.blend").exists()


def test_a_head_that_cannot_speak_is_refused_before_torch_is_loaded(
    line: tuple[str, str], hero: Path, tmp_path: Path
) -> None:
    """In a process of its own, as users start it: with bpy loaded it ends by a way of its own."""
    wav, weights = line
    command = ["bake", wav, "-o", tmp_path / "out.blend", "--weights", weights, "--head", hero, "--object", "Hat"]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ptalker_blender.cli", *map(str, command)],
        env=worker_environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    imports = [text for text in done.stderr.splitlines() if text.startswith("import time:")]
    said = [text for text in done.stderr.splitlines() if not text.startswith("import time:")]
    loaded = {text.rpartition("|")[2].strip() for text in imports}
    assert (done.returncode, done.stdout, len(said)) == (2, "", 1), done.stderr[-3000:]
    assert "'Hat' is known" in said[0]
    assert "bpy" in loaded and not {"torch", "transformers"} & loaded
