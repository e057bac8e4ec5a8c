"""``ptalker bake --head`` with FLAME meshes that have no face keys: files of all kinds, and near misses."""

from __future__ import annotations

import importlib.util
import pickle
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
from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.flame_file import FlameModel
from ptalker_blender.rig.flame_jaw import CORRECTIVE
from ptalker_blender.rig.guide import FacePoints, write_points
from ptalker_blender.rig.keying.face import flame_face
from ptalker_blender.rig.keying.marks import guide_points
from tests.flame_models import real_flame

pytestmark = [
    pytest.mark.bpy,
    pytest.mark.data,
    pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="this Python has no bpy"),
]
CHIN, NOSE = 3401, 3564  # vertices of FLAME


def make(path: Path, source: Path) -> None:
    """A FLAME head with a key, a material and a modifier of its artist, and a hat with more keys."""
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)

    def add(name: str, points: object, faces: object) -> bpy.types.Object:
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(points, [], faces)
        obj = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(obj)
        obj.shape_key_add(name="Basis", from_mix=False)
        return obj

    hat = add("Hat", [(0, 0, 0), (1, 0, 0), (1, 1, 0)], [(0, 1, 2)])
    for name in ("Wide", "Tall"):
        hat.shape_key_add(name=name, from_mix=False)
    with np.load(source) as arrays:
        head = add("Hero", arrays["v_template"].tolist(), arrays["faces"].tolist())
    head.scale = (4, 4, 4)
    head.shape_key_add(name="Angry", from_mix=False).value = 0.3
    head.data.materials.append(bpy.data.materials.new("Skin"))
    head.modifiers.new("Smooth", "SUBSURF").levels = 0
    bpy.ops.wm.save_as_mainfile(filepath=str(path))


def look(path: Path) -> dict[str, Any]:
    """What each mesh with keys of a file has, and where FLAME's chin and nose are at every frame, in the world."""
    import bpy

    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene, found = bpy.context.scene, {}
    for obj in (obj for obj in bpy.data.objects if obj.type == "MESH" and obj.data.shape_keys):
        keys, places = obj.data.shape_keys, []
        for frame in range(scene.frame_start, scene.frame_end + 1):
            scene.frame_set(frame)
            mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
            place = np.empty(3 * len(mesh.vertices), np.float32)
            mesh.vertices.foreach_get("co", place)
            if len(mesh.vertices) > NOSE:
                places.append((np.array(obj.matrix_world)[:3, :3] @ place.reshape(-1, 3)[[CHIN, NOSE]].T).T)
        angry = keys.key_blocks.get("Angry")
        found[obj.name] = dict(
            keys=keys.key_blocks.keys(), baked=bool(keys.animation_data and keys.animation_data.action), places=places,
            modifiers=[m.name for m in obj.modifiers], materials=[m.name for m in obj.data.materials],
            vertices=len(obj.data.vertices), first=list(obj.data.vertices[0].co), angry=angry and angry.value,
        )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def flame(data_dir: Path) -> FlameModel:
    return real_flame(data_dir)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A recording, and a network of random weights whose jaw moves."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("line")
    network = Network(NetworkConfig(phones=("a", "b"), width=32, layers=1, feed_forward=64))
    torch.nn.init.normal_(network.decoder.out.weight, std=0.1)
    torch.nn.init.constant_(network.decoder.out.bias, 0.2)
    save_checkpoint(network, folder / "tiny.safetensors")
    soundfile.write(folder / "line.wav", bench.speech_like(0.5), bench.SOURCE_RATE)
    return folder / "line.wav", folder / "tiny.safetensors"


@pytest.fixture
def bake(line: tuple[Path, Path], ptalker: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """Bake on a head: how it ended, and what is in the scene."""
    wav, weights = line

    def run(head: Path, *extra: str) -> tuple[Any, Any]:
        out = head.with_name("out.blend")
        done = ptalker("bake", wav, "-o", out, "--weights", weights, "--head", head, *extra)
        if done.returncode:
            assert not out.exists()
            return done, None
        return done, look(out)

    return run


def write_ply(path: Path, points: np.ndarray, faces: np.ndarray) -> None:
    header = (
        f"ply\nformat ascii 1.0\nelement vertex {len(points)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    lines = [f"{x:.7f} {y:.7f} {z:.7f}\n" for x, y, z in points] + [f"3 {a} {b} {c}\n" for a, b, c in faces]
    path.write_text(header + "".join(lines))


def test_files_of_any_axes_and_units_speak_standing_upright(flame: FlameModel, bake: Any, tmp_path: Path) -> None:
    with (tmp_path / "head.pkl").open("wb") as file:
        pickle.dump({"v_template": flame.v_template, "f": flame.faces}, file, 2)
    write_ply(tmp_path / "head.ply", 1000 * flame.v_template, flame.faces)  # y up, millimetres
    places = []
    for name in ("head.pkl", "head.ply"):
        done, found = bake(tmp_path / name)
        assert done.returncode == 0, done.stderr
        assert "a FLAME mesh without face keys, 53 were built" in done.stdout and "52 mapped" not in done.stdout
        (head,) = found.values()
        assert head["keys"] == ["Basis", *BLENDSHAPES, CORRECTIVE] and head["vertices"] == 5023
        places.append(np.array(head["places"]))  # of chin and nose at every frame, in the world
    np.testing.assert_allclose(places[0], places[1], atol=1e-3)
    chin, nose = places[0][:, 0], places[0][:, 1]
    assert (nose[:, 2] - chin[:, 2] > 0.03).all() and (nose[:, 1] < -0.03).all()  # z up, looking along -y, metres
    assert np.ptp(np.linalg.norm(chin - nose, axis=1)) > 0.001  # the jaw moves


def test_in_a_scene_what_the_artist_has_is_kept(data_dir: Path, bake: Any, tmp_path: Path) -> None:
    source = data_dir / "flame" / "flame2023open_partial.npz"
    make(tmp_path / "hero.blend", source)
    done, found = bake(tmp_path / "hero.blend")  # the hat has more keys, but none that is known
    assert done.returncode == 0, done.stderr
    hero = found["Hero"]
    assert hero["keys"] == ["Basis", "Angry", *BLENDSHAPES, CORRECTIVE] and hero["baked"]
    assert hero["angry"] == pytest.approx(0.3) and hero["materials"] == ["Skin"]
    assert hero["modifiers"] == ["PTalker Head Motion", "Smooth"]
    with np.load(source) as arrays:
        np.testing.assert_allclose(hero["first"], arrays["v_template"][0], atol=1e-6)


def test_near_misses_are_explained(flame: FlameModel, bake: Any, tmp_path: Path) -> None:
    few = flame.faces[(flame.faces < 5000).all(axis=1)]
    write_ply(tmp_path / "fewer.ply", flame.v_template[:5000], few[1:])
    done, _ = bake(tmp_path / "fewer.ply")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "is not quite FLAME's" in done.stderr and "23 vertices deleted" in done.stderr
    assert "or mark it: ptalker face HEAD -o points.json, then --points points.json" in done.stderr
    write_ply(tmp_path / "flat.ply", flame.v_template * [1, 0.01, 1], flame.faces)
    done, _ = bake(tmp_path / "flat.ply")
    assert done.returncode == 2 and "not its shape" in done.stderr


def test_what_is_not_quite_flame_can_be_marked(flame: FlameModel, bake: Any, tmp_path: Path) -> None:
    """As in Blender; FLAME itself needs no points, and says so."""
    upright = flame.v_template @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    scalp = int(flame.v_template[:3931, 1].argmax())
    write_ply(tmp_path / "hole.ply", upright, flame.faces[(flame.faces != scalp).all(axis=1)])
    truth = guide_points(flame_face(flame.v_template.astype(np.float64), flame.faces))
    points = tmp_path / "points.json"
    write_points(FacePoints({name: at[[0, 2, 1]] * [1, -1, 1] for name, at in truth.items()}), points)
    done, found = bake(tmp_path / "hole.ply", "--points", str(points))
    assert done.returncode == 0, done.stderr
    assert "on 1 mesh from given points" in done.stdout and "not used" not in done.stderr
    assert "jawOpen" in found["hole"]["keys"] and found["hole"]["baked"]
    write_ply(tmp_path / "whole.ply", upright, flame.faces)
    done, _ = bake(tmp_path / "whole.ply", "--points", str(points))
    assert done.returncode == 0, done.stderr
    assert "ptalker: --points was not used: 'whole' has FLAME's topology" in done.stderr
