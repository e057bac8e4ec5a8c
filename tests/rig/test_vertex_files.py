"""FLAME vertex sequences as performances: what they say comes back as controls, and what they are not is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import CONTROLS, INDEX
from ptalker_blender.motion.files import read_motion
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.npz import read_motion_npz
from ptalker_blender.rig.flame_file import N_VERTICES, FlameTemplate
from ptalker_blender.rig.flame_rotations import angle_matrices
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.vertex_controls import controls_from_vertices, rest_of
from ptalker_blender.rig.vertex_files import read_vertices
from ptalker_blender.rig.vertex_motion import vertex_frames, vertex_rig
from ptalker_blender.weights_path import weights_dir
from tests.flame_models import real_flame

ANGLES = np.radians((8.0, -12.0, 5.0))  # pitch, yaw, roll at the widest


@pytest.fixture(scope="module")
def flame(data_dir: Path) -> FlameTemplate:
    return real_flame(data_dir)


@pytest.fixture(scope="module")
def spoken() -> Motion:
    """Two seconds of a library style, looking about and turning the head."""
    values = read_motion_npz(weights_dir() / "styles" / "stage.npz").values[50:150].copy()
    wave = np.sin(np.linspace(0, 2 * np.pi, len(values)))
    values[:, INDEX["eyeLookOutLeft"]] = values[:, INDEX["eyeLookInRight"]] = np.clip(0.5 * wave, 0, 1)
    values[:, 52:] = wave[:, None] * ANGLES
    return Motion(values.astype(np.float32), 50.0)


@pytest.fixture(scope="module")
def sequence(flame: FlameTemplate, spoken: Motion) -> np.ndarray:
    """Vertices [T, 5023, 3] in millimetres with z up, the head turned about a place of its own."""
    shown = np.concatenate(list(vertex_frames(vertex_rig(load_head(), flame), spoken)))
    turned = shown @ np.swapaxes(angle_matrices(spoken.values[:, 52:]), 1, 2) + [0.0, 1.5, 0.2]
    return np.asarray(1000 * turned[:, :, [0, 2, 1]] * [1, -1, 1], np.float32)


def test_controls_come_back_from_any_axes_and_units(flame: FlameTemplate, spoken: Motion, sequence: np.ndarray) -> None:
    rest = 1000 * (flame.v_template[:, [0, 2, 1]] * [1, -1, 1])
    fit = controls_from_vertices(load_head(), sequence, flame.faces, 50.0, rest)
    apart = np.abs(fit.motion.values - spoken.values)
    assert fit.motion.fps == 50.0
    assert apart[:, :52].mean() < 2e-3
    assert apart[:, [INDEX[name] for name in ("jawOpen", "mouthFunnel", "mouthPucker")]].max() < 0.02
    assert apart[:, INDEX["eyeLookOutLeft"]].max() < 0.03
    assert np.degrees(apart[:, 52:]).max() < 1.0  # the face's own axes are tilted by some degrees from the file's
    assert fit.residual.rms_mm < 0.05


def test_a_guessed_rest_keeps_what_is_said(flame: FlameTemplate, spoken: Motion, sequence: np.ndarray) -> None:
    """Without the mesh at rest the level of a control is a guess, but not how it moves."""
    fit = controls_from_vertices(load_head(), sequence, flame.faces, 50.0)
    jaw = INDEX["jawOpen"]
    assert np.corrcoef(fit.motion.values[:, jaw], spoken.values[:, jaw])[0, 1] > 0.99
    assert np.abs(fit.motion.values[:, jaw] - spoken.values[:, jaw]).max() < 0.08


def test_rest_is_that_of_closed_lips(flame: FlameTemplate) -> None:
    """Three frames in four have the mouth open; the guess is the shut one, wherever the head was."""
    values = np.zeros((40, len(CONTROLS)), np.float32)
    values[10:, INDEX["jawOpen"]] = 0.5
    shown = np.concatenate(list(vertex_frames(vertex_rig(load_head(), flame), Motion(values, 25.0))))
    shown[5:] += [0.1, 0.0, 0.3]
    found = rest_of(shown)
    np.testing.assert_allclose(found - found[0], flame.v_template - flame.v_template[0], atol=1e-6)


@pytest.mark.parametrize("flat", [False, True])
def test_npy_with_the_flame_file_of_the_argument_or_the_environment(
    flame: FlameTemplate, sequence: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flat: bool
) -> None:
    path, model = tmp_path / "take.npy", tmp_path / "template.npz"
    part = sequence[:30]
    np.save(path, part.reshape(len(part), -1) if flat else part)
    np.savez(model, v_template=flame.v_template, f=flame.faces)
    monkeypatch.delenv("PTALKER_FLAME", raising=False)
    with pytest.raises(UserError, match="in FLAME's vertices, and no FLAME model is named"):
        read_motion(path)
    given = read_motion(path, model)
    monkeypatch.setenv("PTALKER_FLAME", str(model))
    np.testing.assert_array_equal(read_motion(path).values, given.values)
    assert given.fps == 25.0
    faster = read_motion(path, model, 60.0)
    assert faster.fps == 60.0 and np.array_equal(faster.values[:, :52], given.values[:, :52])
    with pytest.raises(UserError, match="a rate of 0"):
        read_motion(path, model, 0.0)
    assert given.values.shape == (30, 55)
    assert given.values[:, INDEX["jawOpen"]].max() > 0.05


def test_npz_of_vertices_says_all_itself(
    flame: FlameTemplate, spoken: Motion, sequence: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PTALKER_FLAME", raising=False)
    rest = 1000 * (flame.v_template[:, [0, 2, 1]] * [1, -1, 1])
    np.savez(tmp_path / "take.npz", vertices=sequence, faces=flame.faces, fps=50.0, template=rest)
    found = read_motion(tmp_path / "take.npz")
    assert found.fps == 50.0 == read_motion(tmp_path / "take.npz", fps=30.0).fps  # what the file says counts
    assert np.abs(found.values - spoken.values)[:, :52].mean() < 2e-3


def test_refusals(tmp_path: Path, flame: FlameTemplate, sequence: np.ndarray) -> None:
    still = np.repeat(sequence[:1], 5, axis=0)
    with pytest.raises(UserError, match="do not move"):
        controls_from_vertices(load_head(), still, flame.faces, 25.0)
    with pytest.raises(UserError, match="mirror image"):
        controls_from_vertices(load_head(), sequence[:20] * [-1, 1, 1], flame.faces, 25.0)
    for array, words in (
        (np.zeros((3, N_VERTICES + 1, 3)), "of shape"),
        (np.zeros((0, N_VERTICES, 3)), "of shape"),
        (np.full((1, 3 * N_VERTICES), np.nan), "NaN"),
        (np.full((1, 3 * N_VERTICES), "x"), "where numbers belong"),
        (np.array([{}]), "cannot be read"),
    ):
        np.save(tmp_path / "bad.npy", array)
        with pytest.raises(UserError, match=words):
            read_vertices(tmp_path / "bad.npy")
    np.savez(tmp_path / "bad.npz", vertices=np.zeros((1, N_VERTICES, 3)), faces=np.zeros((2, 3), int))
    with pytest.raises(UserError, match="faces"):
        read_vertices(tmp_path / "bad.npz")


@given(npst.arrays(st.sampled_from([np.float32, np.int16, np.float64]), npst.array_shapes(max_dims=4)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_other_arrays_are_only_ever_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "any.npy", array)
    with pytest.raises(UserError):
        read_vertices(tmp_path / "any.npy")
