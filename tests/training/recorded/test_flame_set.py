"""FLAME tracks as controls and as vertices."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import INDEX
from ptalker_blender.rig.flame_file import IDENTITY_COMPONENTS, FlameModel
from ptalker_blender.rig.flame_pose import pose_flame
from ptalker_blender.training.recorded.read import read_recorded
from tests.flame_models import random_flame, real_flame

JAW = 0.2  # radians


def save(model: FlameModel, path: Path) -> Path:
    identity = np.zeros((5023, 3, IDENTITY_COMPONENTS), np.float32)
    identity[:, :, : model.shapedirs.shape[2]] = model.shapedirs
    np.savez(
        path, v_template=model.v_template, f=model.faces, posedirs=model.posedirs, weights=model.weights,
        shapedirs=np.concatenate([identity, model.expression_dirs], axis=2), J_regressor=model.j_regressor,
    )  # fmt: skip
    return path


def write_track(path: Path, expression: np.ndarray, turned: float = 0.0, shape: float = 0.5) -> np.ndarray:
    """A track in the layout of DECA: exp, pose = global rotation and jaw, shape, fps."""
    pose = np.zeros((len(expression), 6), np.float32)
    pose[:, 3] = JAW * np.sin(np.arange(len(expression)) / 3) ** 2
    pose[:, 1] = turned
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, exp=expression, pose=pose, shape=np.full(4, shape, np.float32), fps=25)
    return pose


def test_vertices_are_flame_without_head_rotation(tmp_path: Path) -> None:
    model = random_flame()
    flame = save(model, tmp_path / "flame.npz")
    expression = np.random.default_rng(1).normal(size=(26, 20)).astype(np.float32)
    pose = write_track(tmp_path / "set" / "ann" / "a.npz", expression, turned=0.4)
    soundfile.write(tmp_path / "set" / "ann" / "a.wav", np.full(16_000, 0.1), 16_000)
    found = read_recorded("flame", tmp_path / "set", flame=flame, vertices=True)
    clip = found.clips[0]
    assert (clip.performer, clip.fps, clip.motion.shape) == ("ann", 25.0, (25, 15069))
    still = np.zeros((26, 5, 3), np.float32)
    still[:, 2] = pose[:, 3:]
    betas = np.full(4, 0.5, np.float32)
    posed = pose_flame(model, betas, expression, still)
    assert found.templates is not None and found.faces is not None
    np.testing.assert_allclose(found.templates["ann"] + clip.motion[:].reshape(-1, 5023, 3), posed[:25], atol=1e-6)
    np.testing.assert_array_equal(clip.motion[5:20:3], clip.motion[:][5:20:3])
    assert any("head rotation was set to zero in 1" in note for note in found.notes)


def test_identity_noise_of_the_tracker_is_no_motion(tmp_path: Path) -> None:
    flame = save(random_flame(), tmp_path / "flame.npz")
    still = np.zeros((5, 20), np.float32)
    for name, shape in (("a", 0.2), ("b", 0.6)):
        write_track(tmp_path / "set" / "ann" / f"{name}.npz", still, shape=shape)
    found = read_recorded("flame", tmp_path / "set", flame=flame, vertices=True)
    np.testing.assert_allclose(found.clips[0].motion[:1], 0, atol=1e-7)  # the jaw is at rest in frame 0
    assert found.templates is not None
    middle = pose_flame(random_flame(), np.full(4, 0.4, np.float32))
    np.testing.assert_allclose(found.templates["ann"], middle, atol=1e-6)


@pytest.mark.data
def test_an_opening_jaw_becomes_jaw_open(tmp_path: Path, data_dir: Path) -> None:
    flame = save(real_flame(data_dir), tmp_path / "flame.npz")
    write_track(tmp_path / "set" / "ann" / "a.npz", np.zeros((20, 0), np.float32), turned=0.3, shape=0.0)
    (tmp_path / "cache").mkdir()
    found = read_recorded("flame", tmp_path / "set", flame=flame, cache=tmp_path / "cache")
    opening = found.clips[0].motion[:][:, INDEX["jawOpen"]]
    angle = np.sin(np.arange(20) / 3) ** 2
    assert np.corrcoef(opening, angle)[0, 1] > 0.98 and opening.max() > 0.2
    assert found.observed[INDEX["headYaw"]] and not found.observed[INDEX["eyeLookUpLeft"]]
    assert any("the keys miss" in note for note in found.notes)
    again = read_recorded("flame", tmp_path / "set", flame=flame, cache=tmp_path / "cache")
    np.testing.assert_array_equal(again.clips[0].motion[:], found.clips[0].motion[:])
    assert any("solved before" in note for note in again.notes)


def test_a_track_of_a_larger_model_is_refused(tmp_path: Path) -> None:
    flame = save(random_flame(), tmp_path / "flame.npz")
    write_track(tmp_path / "set" / "a.npz", np.ones((5, 50), np.float32))
    with pytest.raises(UserError, match="50 expression components, the FLAME file has 20"):
        read_recorded("flame", tmp_path / "set", flame=flame)


def test_no_tracks_and_no_cache_folder(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(UserError, match="no tracks"):
        read_recorded("flame", tmp_path / "set", flame=tmp_path / "flame.npz")
    flame = save(random_flame(), tmp_path / "flame.npz")
    write_track(tmp_path / "set" / "a.npz", np.zeros((5, 2), np.float32))
    with pytest.raises(UserError, match="is no folder"):
        read_recorded("flame", tmp_path / "set", flame=flame, cache=tmp_path / "missing")
