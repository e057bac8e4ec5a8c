"""Controls to FLAME and back: what FLAME can do comes back exactly, what it cannot is reported."""

from dataclasses import replace

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import INDEX, N_BLENDSHAPES, N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.flame_controls import controls_from_flame, flame_from_controls, head_angles
from ptalker_blender.rig.flame_gaze import (
    ACROSS,
    DOWN,
    LOOK_CONTROLS,
    controls_from_eyes,
    eyes_from_controls,
    full_angles,
)
from ptalker_blender.rig.flame_landmarks import flame_regions
from ptalker_blender.rig.flame_pose import flame_joints, pose_flame, rotation_matrices
from ptalker_blender.rig.flame_rotations import angle_matrices
from ptalker_blender.rig.flame_track import EYE_LEFT, JAW, NECK, ROOT, FlameTrack
from ptalker_blender.rig.solve import Options
from tests.flame_models import random_flame, real_flame

EXACT = Options(smoothness=0.0, ridge=1e-9, tolerance=1e-8, max_iterations=5000)
T, N = 24, 20
SEEN = [name for name in ("mouthSmileLeft", "mouthFunnel", "browInnerUp", "cheekPuff", "noseSneerLeft")]


@pytest.fixture(scope="module", params=["random", pytest.param("real", marks=pytest.mark.data)])
def model(request):
    """Of the real file identity components stand in for the expression it lacks."""
    if request.param == "random":
        return random_flame(expression=N)
    flame = real_flame(request.getfixturevalue("data_dir"))
    return replace(flame, expression_dirs=flame.shapedirs[:, :, 10 : 10 + N], shapedirs=flame.shapedirs[:, :, :10])


def keys_of(model, **poses):
    """52 keys on the model: five of ``SEEN`` are expression components, others zero or the poses given."""
    keys = np.zeros((N_BLENDSHAPES, 5023, 3), np.float32)
    for k, name in enumerate(SEEN):
        keys[INDEX[name]] = model.expression_dirs[:, :, k]
    for name, pose in poses.items():
        keys[INDEX[name]] = pose_flame(model, None, None, pose) - model.v_template
    return keys


def jaw(angle):
    pose = np.zeros((5, 3))
    pose[JAW, 0] = angle
    return pose


def motion(frames=T, **curves):
    values = np.zeros((frames, N_CONTROLS), np.float32)
    for name, curve in curves.items():
        values[:, INDEX[name]] = curve
    return Motion(values, 50.0)


def waves(seed=0):
    rng = np.random.default_rng(seed)
    time = np.linspace(0, 1, T)
    return {name: 0.5 + 0.45 * np.sin(2 * np.pi * time * rng.uniform(1, 3) + rng.uniform(0, 6)) for name in SEEN}


def test_components_come_out_as_their_coefficients(model):
    curves = waves()
    fit = flame_from_controls(motion(**curves), model, keys_of(model), options=EXACT)
    np.testing.assert_allclose(fit.track.expression[:, : len(SEEN)], np.stack(list(curves.values()), 1), atol=2e-4)
    assert np.abs(fit.track.expression[:, len(SEEN) :]).max() < 2e-4 and np.abs(fit.track.pose[:, JAW]).max() < 2e-4
    assert fit.converged and fit.residual.energy_percent < 1e-3 and fit.track.fps == 50.0


def test_jaw_opening_is_the_jaws_rotation(model):
    """The key is the model's own mouth at 0.3 rad: at 1 exactly so, half way nearly, as the key goes straight."""
    opening = np.linspace(0, 1, T)
    fit = flame_from_controls(motion(jawOpen=opening), model, keys_of(model, jawOpen=jaw(0.3)), options=EXACT)
    turned = fit.track.pose[:, JAW]
    assert turned[0, 0] == pytest.approx(0, abs=1e-6) and turned[-1, 0] == pytest.approx(0.3, abs=2e-3)
    assert turned[T // 2, 0] == pytest.approx(0.3 * opening[T // 2], abs=0.02) and (np.diff(turned[:, 0]) > 0).all()
    assert fit.residual.energy_percent < 1.0


def test_residual_is_what_the_vertices_miss(model):
    """Measured once more from the written track, without anything of the solver."""
    rng = np.random.default_rng(4)
    keys = keys_of(model, jawOpen=jaw(0.3))
    centre = model.v_template[flame_regions()["lips"]].mean(axis=0)
    near = np.exp(-((model.v_template - centre) ** 2).sum(axis=1) / 0.03**2)
    keys[INDEX["mouthPucker"]] = 0.004 * near[:, None] * rng.normal(size=3)
    wanted = motion(jawOpen=0.8, mouthPucker=np.linspace(0, 1, T), **waves())
    fit = flame_from_controls(wanted, model, keys)
    skin, pose = flame_regions()["skin"], fit.track.pose.copy()
    pose[:, [ROOT, NECK]] = 0
    moved = pose_flame(model, None, fit.track.expression, pose) - model.v_template
    goal = np.tensordot(wanted.values[:, :N_BLENDSHAPES], keys, axes=1)
    missed = ((moved - goal)[:, skin].astype(float) ** 2).sum(axis=2)
    assert fit.residual.energy_percent == pytest.approx(
        100 * missed.sum() / (goal[:, skin].astype(float) ** 2).sum(), rel=1e-3
    )
    assert fit.residual.worst_mm == pytest.approx(1e3 * missed.max() ** 0.5, rel=1e-3)
    assert 0.01 < fit.residual.energy_percent < 100


def test_there_and_back_gives_the_controls(model):
    """Keys of several kinds, eyes and head included; opposite looks are never on together."""
    curves = waves() | {"jawOpen": np.linspace(0, 0.9, T), "headPitch": 0.2, "headYaw": np.linspace(-0.4, 0.3, T)}
    curves |= {"eyeLookDownLeft": 0.5, "eyeLookOutRight": np.linspace(0, 1, T), "headRoll": -0.1}
    keys = keys_of(model, jawOpen=jaw(0.2))
    there = flame_from_controls(motion(**curves), model, keys, options=EXACT)
    back = controls_from_flame(there.track, model, keys, options=EXACT)
    np.testing.assert_allclose(back.motion.values, motion(**curves).values, atol=0.04)
    free = [k for k in range(N_CONTROLS) if k not in {INDEX[name] for name in (*SEEN, "jawOpen")}]
    np.testing.assert_allclose(back.motion.values[:, free], motion(**curves).values[:, free], atol=1e-5)
    assert back.motion.fps == 50.0 and back.notes == ()


def test_controls_stay_within_0_and_1(model):
    rng = np.random.default_rng(1)
    track = FlameTrack(rng.normal(scale=3, size=(T, N)).astype(np.float32), np.zeros((T, 5, 3), np.float32),
                       np.zeros(0, np.float32), 25.0)  # fmt: skip
    fit = controls_from_flame(track, model, keys_of(model, jawOpen=jaw(0.3)))
    assert fit.motion.values.min() >= 0 and fit.motion.values.max() <= 1
    assert fit.residual.energy_percent > 10  # coefficients below 0 and those without a key


def test_identity_moves_the_joints_and_is_kept(model):
    betas = np.array([2.0, -1.5, 1.0], np.float32)
    keys = keys_of(model)
    keys[INDEX["jawOpen"]] = pose_flame(model, betas, None, jaw(0.3)) - pose_flame(model, betas)
    wanted = motion(jawOpen=np.linspace(0, 1, T))
    own = flame_from_controls(wanted, model, keys, betas, options=EXACT)
    np.testing.assert_array_equal(own.track.shape, betas)
    assert own.track.pose[-1, JAW, 0] == pytest.approx(0.3, abs=2e-3)
    back = controls_from_flame(own.track, model, keys, options=EXACT)
    np.testing.assert_allclose(back.motion.values, wanted.values, atol=0.02)


def test_smoothness_calms_components_that_take_turns(model):
    """Two components that are nearly one: jitter between them is not seen, and is not there when smooth."""
    dirs = model.expression_dirs.copy()
    dirs[:, :, 1] = dirs[:, :, 0] + 0.02 * dirs[:, :, 2]
    twins = replace(model, expression_dirs=dirs[:, :, :2])
    rng = np.random.default_rng(2)
    keys = keys_of(model)
    keys[INDEX["mouthPucker"]] = 0.3 * model.expression_dirs[:, :, 2]
    shaky = motion(mouthSmileLeft=0.5, mouthPucker=rng.random(T) * 0.5)
    rough, calm = (
        np.abs(np.diff(flame_from_controls(shaky, twins, keys, options=options).track.expression, 2, axis=0)).max()
        for options in (EXACT, Options())
    )
    assert calm < 0.5 * rough


def test_without_expression_components_the_jaw_still_follows(model):
    bare = replace(model, expression_dirs=model.expression_dirs[:, :, :0])
    fit = flame_from_controls(motion(jawOpen=0.5), bare, keys_of(model, jawOpen=jaw(0.3)))
    assert fit.track.expression.shape == (T, 0) and fit.track.pose[5, JAW, 0] == pytest.approx(0.15, abs=0.02)
    back = controls_from_flame(fit.track, bare, keys_of(model, jawOpen=jaw(0.3)))
    np.testing.assert_allclose(back.motion.values[:, INDEX["jawOpen"]], 0.5, atol=0.03)


def test_refusals(model):
    with pytest.raises(ValueError, match="52"):
        flame_from_controls(motion(), model, np.zeros((51, 5023, 3)))
    track = FlameTrack(np.ones((T, N + 1), np.float32), np.zeros((T, 5, 3), np.float32), np.zeros(0, np.float32), 25.0)
    with pytest.raises(UserError, match="components"):
        controls_from_flame(track, model, keys_of(model))


def test_head_that_looks_ahead_in_the_cameras_axes_looks_ahead():
    angles = 0.1 * np.sin(np.linspace(0, 6, T))[:, None] * np.array([1.0, 0.5, -0.3])
    found, notes = head_angles(angle_matrices(angles))
    np.testing.assert_allclose(found, angles, atol=1e-9)
    assert notes == ()
    camera = rotation_matrices(np.array([np.pi - 0.05, 0.0, 0.1]))
    found, notes = head_angles(camera @ angle_matrices(angles))
    np.testing.assert_allclose(found, angles - angles.mean(axis=0), atol=5e-3)
    assert "degrees aside" in notes[0]


def test_global_rotation_and_neck_both_turn_the_head(model):
    pose = np.zeros((T, 5, 3), np.float32)
    pose[:, ROOT, 1], pose[:, NECK, 1] = 0.2, 0.15
    track = FlameTrack(np.zeros((T, N), np.float32), pose, np.zeros(0, np.float32), 25.0)
    values = controls_from_flame(track, model, keys_of(model)).motion.values
    np.testing.assert_allclose(values[:, INDEX["headYaw"]], 0.35, atol=1e-6)
    assert not values[:, :N_BLENDSHAPES].any()


def test_eyes_look_where_controls_say():
    values = motion(1, eyeLookOutLeft=1, eyeLookDownLeft=0, eyeLookInRight=1, eyeLookDownRight=1).values
    keys = np.zeros((N_BLENDSHAPES, 5023, 3), np.float32)
    left, right = rotation_matrices(eyes_from_controls(values, full_angles(random_flame().v_template, keys)))[0]
    np.testing.assert_allclose(left @ [0, 0, 1], [np.sin(ACROSS), 0, np.cos(ACROSS)], atol=1e-9)  # to the left: +x
    looks = right @ [0, 0, 1]
    assert looks[0] > 0.3 and looks[1] == pytest.approx(-np.sin(DOWN), abs=1e-9)  # down: -y


@pytest.mark.data
def test_angles_are_the_keys_own_where_they_turn_the_eyeball(data_dir):
    flame = real_flame(data_dir)
    rest, keys = flame.v_template, np.zeros((N_BLENDSHAPES, 5023, 3), np.float32)
    pose = np.zeros((5, 3))
    pose[EYE_LEFT] = [0, 0.3, 0]
    ball = flame_regions()["eyeball_left"]
    keys[INDEX["eyeLookOutLeft"], ball] = (pose_flame(flame, None, None, pose) - rest)[ball]
    angles = full_angles(rest, keys)
    assert angles["eyeLookOutLeft"] == pytest.approx(0.3, abs=1e-3)
    assert angles["eyeLookInLeft"] == -ACROSS and angles["eyeLookDownRight"] == DOWN
    assert np.abs(flame_joints(flame)[EYE_LEFT] - rest[ball].mean(axis=0)).max() < 0.01  # the ball is about its joint


def test_gaze_round_trip():
    rng = np.random.default_rng(3)
    values = motion(50).values
    for first, second in zip(LOOK_CONTROLS[::2], LOOK_CONTROLS[1::2], strict=True):
        amount = rng.uniform(-1, 1, 50)
        values[:, INDEX[first]], values[:, INDEX[second]] = np.maximum(amount, 0), np.maximum(-amount, 0)
    angles = full_angles(random_flame().v_template, np.zeros((N_BLENDSHAPES, 5023, 3)))
    found = controls_from_eyes(rotation_matrices(eyes_from_controls(values, angles)), angles)
    for name in LOOK_CONTROLS:
        np.testing.assert_allclose(found[name], values[:, INDEX[name]], atol=1e-6)
