"""A motion as vertices of a FLAME file: the file's own axes, metres, the jaw's corrective, and the file itself."""

from __future__ import annotations

import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.motion.controls import BLENDSHAPES, CONTROLS, INDEX
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.npz import read_motion_npz, read_npz
from ptalker_blender.rig.flame_file import FlameTemplate
from ptalker_blender.rig.flame_jaw import corrective_weight
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.vertex_motion import CHUNK, VertexRig, vertex_frames, vertex_rig, write_vertex_motion
from tests.flame_models import real_flame

V = 7


@pytest.fixture
def rig() -> VertexRig:
    rng = np.random.default_rng(0)
    return VertexRig(*(rng.normal(size=shape).astype(np.float32) for shape in ((V, 3), (53, V, 3))), 1.0, ())


def motion_of(frames: int, **values: float) -> Motion:
    motion = np.zeros((frames, len(CONTROLS)), np.float32)
    for name, value in values.items():
        motion[:, INDEX[name]] = value
    return Motion(motion)


def test_frames_are_sums_of_keys_without_the_heads_rotation(rig: VertexRig) -> None:
    rng = np.random.default_rng(1)
    motion = Motion(rng.random((CHUNK + 3, len(CONTROLS))).astype(np.float32))
    found = np.concatenate(list(vertex_frames(rig, motion)))
    for frame in (0, CHUNK - 1, CHUNK, CHUNK + 2):
        values = motion.values[frame].astype(np.float64)
        expected = rig.rest.astype(np.float64)
        for name, delta in zip(BLENDSHAPES, rig.deltas, strict=False):
            expected = expected + values[INDEX[name]] * delta
        expected = expected + corrective_weight(values[INDEX["jawOpen"]], values[INDEX["mouthClose"]]) * rig.deltas[-1]
        np.testing.assert_allclose(found[frame], expected, atol=1e-4)


def test_the_file_is_a_motion_with_vertices_and_always_the_same(rig: VertexRig, tmp_path: Path) -> None:
    motion = motion_of(CHUNK + 1, jawOpen=0.5, headYaw=0.3)
    told: list[float] = []
    for name in ("a.npz", "b.npz"):
        write_vertex_motion(motion, rig, tmp_path / name, lambda _, done: told.append(done))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert zipfile.ZipFile(tmp_path / "a.npz").testzip() is None
    with np.load(tmp_path / "a.npz") as saved:
        assert set(saved.files) == {"controls", "names", "fps", "vertices"}
        assert saved["vertices"].dtype == np.float32
        np.testing.assert_array_equal(saved["vertices"], np.concatenate(list(vertex_frames(rig, motion))))
    back = read_motion_npz(tmp_path / "a.npz")  # so it serves as a performance
    np.testing.assert_array_equal(back.values, motion.values)
    assert told[-1] == 1.0 and back.fps == motion.fps


def test_vertices_are_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    wide = VertexRig(np.zeros((5023, 3), np.float32), np.zeros((53, 5023, 3), np.float32), 1.0, ())
    motion = motion_of(500)
    tracemalloc.start()
    write_vertex_motion(motion, wide, tmp_path / "long.npz")
    read_motion_npz(tmp_path / "long.npz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    whole = (tmp_path / "long.npz").stat().st_size
    assert whole > 500 * 5023 * 12 and peak < 0.6 * whole
    assert set(read_npz(tmp_path / "long.npz", frozenset({"fps"}))) == {"fps"}


@pytest.mark.data
def test_any_axes_of_the_file_are_kept_and_metres_come_out(data_dir, tmp_path: Path) -> None:
    flame = real_flame(data_dir)
    turn = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])  # z up
    rigs = [
        vertex_rig(load_head(), FlameTemplate((flame.v_template @ axes.T).astype(np.float32), flame.faces))
        for axes in (np.eye(3), turn)
    ]
    plain, other = (next(vertex_frames(rig, motion_of(1, jawOpen=0.9, headPitch=0.5))) for rig in rigs)
    np.testing.assert_array_equal(rigs[0].rest, flame.v_template)
    np.testing.assert_allclose(other @ turn, plain, atol=1e-5)
    assert (flame.v_template[:, 1] - plain[0, :, 1]).max() > 0.02  # the chin goes down
    centimetres = vertex_rig(load_head(), FlameTemplate(100 * flame.v_template, flame.faces))
    assert centimetres.unit == 0.01
    np.testing.assert_allclose(centimetres.rest, flame.v_template, atol=1e-6)
    assert np.abs(centimetres.deltas).max() == pytest.approx(np.abs(rigs[0].deltas).max(), rel=0.05)
