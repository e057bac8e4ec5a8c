"""FLAME tracks as performances: recognised by their arrays, refused without a model, read with one."""

import wave

import numpy as np
import pytest

from ptalker_blender.cli import main
from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.motion.files import read_motion
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.npz import write_motion_npz
from ptalker_blender.rig.flame_export import write_flame_track
from ptalker_blender.rig.flame_motion import motion_to_flame
from ptalker_blender.rig.flame_source import FLAME_VARIABLE, flame_path, is_flame_track
from ptalker_blender.rig.flame_track import JAW, NECK, FlameTrack
from ptalker_blender.style.performance import load_performance

T = 40


def talking() -> FlameTrack:
    """A jaw that opens and shuts, and a head that turns."""
    pose = np.zeros((T, 5, 3), np.float32)
    pose[:, JAW, 0] = 0.12 * (1 - np.cos(np.linspace(0, 6 * np.pi, T)))
    pose[:, NECK, 1] = np.linspace(-0.2, 0.2, T)
    return FlameTrack(np.zeros((T, 0), np.float32), pose, np.zeros(3, np.float32), 25.0)


def test_told_apart_from_other_files(tmp_path):
    write_flame_track(talking(), tmp_path / "track.npz")
    write_motion_npz(Motion(np.zeros((3, N_CONTROLS), np.float32)), tmp_path / "motion.npz")
    np.savez(tmp_path / "vertices.npz", vertices=np.zeros((2, 5023, 3)), fps=25)
    np.save(tmp_path / "code.npy", np.zeros((9, 106), np.float32))
    np.save(tmp_path / "vertices.npy", np.zeros((2, 15069), np.float32))
    (tmp_path / "noise.npz").write_bytes(b"PK noise")
    found = [path.name for path in sorted(tmp_path.iterdir()) if is_flame_track(path)]
    assert found == ["code.npy", "track.npz"]
    assert not is_flame_track(tmp_path / "absent.npz") and not is_flame_track(tmp_path / "absent.npy")


def test_without_a_model_it_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.delenv(FLAME_VARIABLE, raising=False)
    write_flame_track(talking(), tmp_path / "track.npz")
    with pytest.raises(UserError, match=f"--flame FILE.*preferences.*{FLAME_VARIABLE}"):
        load_performance(tmp_path / "track.npz")


def test_the_advice_is_the_callers(monkeypatch):
    with pytest.raises(UserError, match="choose it here") as raised:
        flame_path("", "x", {}, advice="choose it here")
    assert "--flame" not in str(raised.value)


def test_the_argument_wins_over_the_environment(tmp_path):
    assert flame_path("a.pkl", "x", {FLAME_VARIABLE: "b.pkl"}).name == "a.pkl"
    assert flame_path(None, "x", {FLAME_VARIABLE: "b.pkl"}).name == "b.pkl"


@pytest.mark.data
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_track_is_a_performance(data_dir, tmp_path, monkeypatch, by):
    model = data_dir / "flame" / "flame2023open_partial.npz"
    if not model.is_file():
        pytest.skip("no FLAME arrays in the shared data")
    write_flame_track(talking(), tmp_path / "track.npz")
    monkeypatch.setenv(FLAME_VARIABLE, str(model if by == "environment" else tmp_path / "absent.npz"))
    motion = read_motion(tmp_path / "track.npz", model if by == "argument" else None)
    assert motion.values.shape == (T, N_CONTROLS) and motion.fps == 25.0
    jaw = talking().pose[:, JAW, 0]
    opening = motion.values[:, INDEX["jawOpen"]]
    assert np.corrcoef(jaw, opening)[0, 1] > 0.98 and opening[jaw.argmax()] > 0.25 and opening[0] < 0.02
    np.testing.assert_allclose(motion.values[:, INDEX["headYaw"]], talking().pose[:, NECK, 1], atol=1e-6)


@pytest.mark.data
def test_a_take_becomes_a_track_and_a_motion_again(data_dir, tmp_path):
    """With no expression in the shared file the jaw alone can follow; it does, also where it is wide open."""
    model = data_dir / "flame" / "flame2023open_partial.npz"
    if not model.is_file():
        pytest.skip("no FLAME arrays in the shared data")
    values = np.zeros((T, N_CONTROLS), np.float32)
    values[:, INDEX["jawOpen"]] = np.linspace(0, 1, T)
    values[:, INDEX["headPitch"]] = 0.1
    fit = motion_to_flame(Motion(values, 50.0), model)
    turned = fit.track.pose[:, JAW, 0]
    assert (np.diff(turned) > 0).all() and 0.3 < turned[-1] < 0.8 and fit.residual.energy_percent < 5
    write_flame_track(fit.track, tmp_path / "take.npz")
    back = read_motion(tmp_path / "take.npz", model)
    assert np.abs(back.values[:, INDEX["jawOpen"]] - values[:, INDEX["jawOpen"]]).max() < 0.1
    np.testing.assert_allclose(back.values[:, INDEX["headPitch"]], 0.1, atol=1e-5)


@pytest.mark.data
def test_expression_of_another_model_is_refused(data_dir, tmp_path):
    model = data_dir / "flame" / "flame2023open_partial.npz"
    if not model.is_file():
        pytest.skip("no FLAME arrays in the shared data")
    np.savez(tmp_path / "track.npz", exp=np.ones((T, 50)), pose=np.zeros((T, 6)), fps=25)
    with pytest.raises(UserError, match="the FLAME file has 0"):
        read_motion(tmp_path / "track.npz", model)


def test_the_command_line_says_so_too(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(FLAME_VARIABLE, raising=False)
    write_flame_track(talking(), tmp_path / "track.npz")
    with wave.open(str(tmp_path / "line.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"\0\0" * 16000)
    line = [
        "predict",
        str(tmp_path / "line.wav"),
        "-o",
        str(tmp_path / "out.npz"),
        "--style",
        str(tmp_path / "track.npz"),
    ]
    assert main(line) == 2
    assert "--flame FILE" in capsys.readouterr().err
    assert main([*line, "--flame", str(tmp_path / "absent.pkl")]) == 2
    assert "absent.pkl" in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()
