"""What is written is what is read again, and vertices are FLAME's own function of it."""

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.rig.flame_export import require_components, write_flame_track, write_vertices
from ptalker_blender.rig.flame_pose import pose_flame, rotation_matrices
from ptalker_blender.rig.flame_track import JAW, NECK, ROOT, FlameTrack
from ptalker_blender.rig.flame_tracks import read_flame_track
from tests.flame_models import random_flame, real_flame

T = 70  # more than is computed at once


def track(expression=20, shape=12, seed=5):
    rng = np.random.default_rng(seed)
    return FlameTrack(
        rng.normal(size=(T, expression)).astype(np.float32),
        (0.2 * rng.normal(size=(T, 5, 3))).astype(np.float32),
        rng.normal(size=shape).astype(np.float32),
        24000 / 1001,
    )


@pytest.fixture(scope="module")
def model():
    return random_flame()


def test_whole_layout_comes_back_bit_for_bit(tmp_path):
    written = track()
    write_flame_track(written, tmp_path / "take.npz")
    read = read_flame_track(tmp_path / "take.npz")
    np.testing.assert_array_equal(read.expression, written.expression)
    np.testing.assert_array_equal(read.pose, written.pose)
    np.testing.assert_array_equal(read.shape, written.shape)
    assert read.fps == written.fps and read.notes == ()


@pytest.mark.parametrize("layout", ["diffposetalk", "artalk"])
def test_layouts_of_networks_keep_face_and_where_the_head_looks(tmp_path, layout):
    written = track()
    write_flame_track(written, tmp_path / "take.npz", layout)
    read = read_flame_track(tmp_path / "take.npz")
    np.testing.assert_array_equal(read.expression[:, :20], written.expression)
    assert not read.expression[:, 20:].any()
    np.testing.assert_array_equal(read.pose[:, JAW], written.pose[:, JAW])
    looks = rotation_matrices(written.pose[:, ROOT]) @ rotation_matrices(written.pose[:, NECK])
    np.testing.assert_allclose(rotation_matrices(read.pose[:, ROOT]), looks, atol=1e-6)
    np.testing.assert_allclose(read.shape, written.shape, rtol=1e-6)
    with np.load(tmp_path / "take.npz") as arrays:
        widths = {name: arrays[name].shape for name in arrays.files if name not in ("fps", "shape")}
    assert widths == ({"exp": (T, 20), "pose": (T, 6)} if layout == "diffposetalk" else {"motion": (T, 106)})


def test_a_track_without_expression_comes_back(tmp_path):
    bare = track(expression=0, shape=0)
    write_flame_track(bare, tmp_path / "take.npz")
    read = read_flame_track(tmp_path / "take.npz")
    assert read.expression.shape == (T, 0) and read.shape.shape == (0,)
    np.testing.assert_array_equal(read.pose, bare.pose)


def test_unknown_layout():
    with pytest.raises(ValueError, match="maya"):
        write_flame_track(track(), "never.npz", "maya")


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("head_motion", [True, False])
def test_vertices_are_flames_function(tmp_path, model, suffix, head_motion):
    path, take = tmp_path / f"take{suffix}", track()
    write_vertices(model, take, path, head_motion)
    loaded = np.load(path)
    vertices = loaded if suffix == ".npy" else loaded["vertices"]
    assert vertices.shape == (T, 5023, 3) and vertices.dtype == np.float32
    pose = take.pose.copy()
    if not head_motion:
        pose[:, :2] = 0
    np.testing.assert_allclose(vertices, pose_flame(model, take.shape, take.expression, pose), atol=1e-7)
    if suffix == ".npz":
        assert loaded["fps"] == take.fps
        np.testing.assert_array_equal(loaded["faces"], model.faces)


def test_components_the_model_lacks_are_refused_and_nothing_is_written(tmp_path, model):
    for take in (track(expression=21), track(shape=13)):
        with pytest.raises(UserError, match="components"):
            write_vertices(model, take, tmp_path / "take.npy")
    assert not list(tmp_path.iterdir())
    padded = FlameTrack(
        np.pad(track().expression, ((0, 0), (0, 80))), track().pose, np.pad(track().shape, (0, 288)), 25.0
    )
    require_components(model, padded)  # zeros use nothing
    with pytest.raises(UserError, match=r"\.npy or \.npz"):
        write_vertices(model, track(), tmp_path / "take.obj")


@pytest.mark.data
def test_real_flame_says_which_part_is_missing(data_dir, tmp_path):
    with pytest.raises(UserError, match="the FLAME file has 0"):
        write_vertices(real_flame(data_dir), track(), tmp_path / "take.npy")
