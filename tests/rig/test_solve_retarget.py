"""Motion of one keyed mesh onto another of its topology: our head's, and the real FLAME's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES, INDEX, N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.flame_file import N_VERTICES, FlameModel, read_flame
from ptalker_blender.rig.flame_landmarks import flame_regions
from ptalker_blender.rig.flame_pose import pose_flame, rotation_matrices
from ptalker_blender.rig.head import Head, load_head
from ptalker_blender.rig.solve import Options
from ptalker_blender.rig.solving.retarget import (
    KeyedMesh,
    flame_emphasis,
    head_emphasis,
    keyed_flame,
    keyed_head,
    retarget,
    retarget_offsets,
)
from ptalker_blender.rig.solving.rigid import fit_similarity, without_head_motion
from ptalker_blender.style.library import load_style

TURN = rotation_matrices(np.array([0.3, -1.2, 0.7]))


@pytest.fixture(scope="module")
def head() -> Head:
    return load_head()


@pytest.fixture(scope="module")
def speech() -> Motion:
    """Three seconds of a library style; the head turns, which must play no part."""
    motion = load_style("stage").motion
    return replace(motion, values=motion.values[100:250])


def columns(values: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    return values[:, [INDEX[name] for name in names]]


def mixed(head: Head) -> tuple[KeyedMesh, np.ndarray]:
    """Other keys for the same head: pairs joined into one and its difference, jaw with a smile in it, and spare copies.

    Returns the rig and the matrix that makes its keys of ours.
    """
    rows: list[dict[str, float]] = []
    for name in BLENDSHAPES:
        if name.endswith("Left") and name != "jawLeft" and name != "mouthLeft":
            right = name.removesuffix("Left") + "Right"
            rows += [{name: 1, right: 1}, {name: 1, right: -1}]
        elif not name.endswith("Right") or name in ("jawRight", "mouthRight"):
            rows.append({name: 1})
    rows += [{"jawOpen": 0.6, "mouthFunnel": 0.5}, {"mouthClose": 2.0}]
    matrix = np.zeros((len(rows), len(head.key_names)))
    for k, row in enumerate(rows):
        for name, share in row.items():
            matrix[k, head.key_names.index(name)] = share
    ranges = np.array([[-1, 1] if min(row.values()) < 0 else [0, 1] for row in rows], float)
    names = tuple(f"key {k}" for k in range(len(rows)))
    return KeyedMesh(head.vertices, names, np.tensordot(matrix, head.key_deltas, 1), ranges), matrix


def test_a_head_onto_itself(head: Head, speech: Motion) -> None:
    solution = retarget(keyed_head(head), speech, keyed_head(head), None, head_emphasis(head))
    assert solution.converged
    assert solution.unexplained_percent < 0.01
    assert solution.worst_mm < 0.3
    jaw = head.key_names.index("jawOpen")
    np.testing.assert_allclose(solution.weights[:, jaw], speech.values[:, INDEX["jawOpen"]], atol=0.01)


def test_joined_and_split_keys_of_the_same_head(head: Head, speech: Motion) -> None:
    rig, matrix = mixed(head)
    solution = retarget(keyed_head(head), speech, rig, None, head_emphasis(head))
    assert solution.unexplained_percent < 0.05
    assert solution.residual_mm < 0.05
    assert (solution.weights >= rig.ranges[:, 0]).all()
    assert (solution.weights <= rig.ranges[:, 1]).all()
    # The figures are those of the vertices, worked out apart. Their weights back in our controls:
    missed = columns(speech.values, head.key_names) - solution.weights @ matrix
    moved = np.tensordot(missed, head.key_deltas, 1)
    counted = head.key_deltas.any(axis=(0, 2))
    assert solution.worst_mm == pytest.approx(1e3 * np.linalg.norm(moved, axis=2).max(), rel=1e-2)
    assert solution.residual_mm == pytest.approx(
        1e3 * np.sqrt(np.square(moved[:, counted]).sum(axis=2).mean()), rel=0.05
    )


def test_what_is_lost_without_the_jaw_is_said(head: Head, speech: Motion) -> None:
    rest = [k for k, name in enumerate(head.key_names) if not name.startswith("jaw")]
    poor = KeyedMesh(head.vertices, tuple(head.key_names[k] for k in rest), head.key_deltas[rest], None)
    assert retarget(keyed_head(head), speech, poor).unexplained_percent > 20


def test_where_the_target_stands_and_how_it_is_numbered_changes_nothing(head: Head, speech: Motion) -> None:
    rig, _ = mixed(head)
    source, short = keyed_head(head), replace(speech, values=speech.values[:40])
    one = retarget(source, short, rig)
    order = np.random.default_rng(0).permutation(len(head.vertices))[:-500]  # some are gone
    hair = np.ones((300, 3), np.float32)
    moved = KeyedMesh(
        np.concatenate([100 * head.vertices[order] @ TURN.T + [5, 6, 7], hair]),
        rig.key_names,
        np.concatenate([100 * rig.key_deltas[:, order] @ TURN.T, 9 * np.ones((len(rig.key_names), 300, 3))], axis=1),
        rig.ranges,
    )
    correspondence = np.concatenate([order, np.full(300, -1)])
    other = retarget(source, short, moved, correspondence)
    assert other.residual_mm == pytest.approx(one.residual_mm, abs=0.01)
    assert np.abs(other.weights - one.weights).mean() < 0.01
    assert other.unexplained_percent < 0.05


def test_other_meshes_are_refused(head: Head, speech: Motion) -> None:
    source = keyed_head(head)
    shuffled = np.random.default_rng(1).permutation(len(head.vertices))
    wrong = KeyedMesh(head.vertices[shuffled], head.key_names, head.key_deltas[:, shuffled])
    with pytest.raises(UserError, match="in other places"):
        retarget(source, speech, wrong)
    fewer = KeyedMesh(head.vertices[:-1], head.key_names, head.key_deltas[:, :-1])
    with pytest.raises(UserError, match=f"{len(head.vertices) - 1:,} vertices instead of {len(head.vertices):,}"):
        retarget(source, speech, fewer)
    with pytest.raises(UserError, match="no vertices"):
        retarget(source, speech, source, np.full(len(head.vertices), -1))
    with pytest.raises(ValueError, match="no key of the source"):
        retarget(mixed(head)[0], speech, source)
    with pytest.raises(ValueError, match="names"):
        KeyedMesh(head.vertices, ("one",), head.key_deltas)


def test_umeyama_finds_what_was_done() -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(size=(40, 3))
    turns = rotation_matrices(rng.normal(size=(5, 3)))
    fit = fit_similarity(
        np.einsum("nij,vj->nvi", turns, 0.02 * points) + rng.normal(size=(5, 1, 3)), points, scaled=True
    )
    np.testing.assert_allclose(fit.scale, 50, rtol=1e-9)
    np.testing.assert_allclose(fit.rotation @ turns, np.tile(np.eye(3), (5, 1, 1)), atol=1e-9)
    assert fit.misfit.max() < 1e-6
    mirrored = fit_similarity((points * [-1, 1, 1])[None], points, scaled=False)
    assert np.linalg.det(mirrored.rotation[0]) == pytest.approx(1)
    assert mirrored.misfit[0] > 0.1


def test_head_motion_is_taken_out_of_a_tracked_sequence() -> None:
    rng = np.random.default_rng(3)
    rest, still = rng.normal(size=(60, 3)) * 0.1, np.arange(20)
    offsets = 0.01 * rng.normal(size=(9, 60, 3))
    offsets[:, still] = 0
    turns, places = rotation_matrices(0.4 * rng.normal(size=(9, 3))), rng.normal(size=(9, 1, 3))
    tracked = np.einsum("nij,nvj->nvi", turns, rest + offsets) + places
    np.testing.assert_allclose(without_head_motion(tracked, rest, still), offsets, atol=1e-7)
    with pytest.raises(ValueError, match="still"):
        without_head_motion(tracked, rest, still[:2])


# ---- FLAME. The file at hand has no expression basis, so its identity components, which are as smooth and as little
# local, stand in for it, or smooth fields over the face do.


@pytest.fixture(scope="module")
def flame(data_dir: Path) -> FlameModel:
    path = data_dir / "flame" / "flame2023open_partial.npz"
    if not path.is_file():
        pytest.skip("FLAME is not here")
    return read_flame(path)


def smooth_fields(model: FlameModel, count: int, seed: int) -> np.ndarray:
    """Components [5023, 3, count] over the face: random waves of 4 to 16 cm, 1 mm large, orthogonal as PCA's are."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(count, 3, 3)) * 2 * np.pi / rng.uniform(0.04, 0.16, (count, 1, 1)) / 2
    phases = np.einsum("vj,kij->vik", model.v_template, waves) + rng.uniform(0, 2 * np.pi, (3, count))
    fields = np.sin(phases)
    outside = np.setdiff1d(np.arange(N_VERTICES), flame_regions()["face"])
    fields[outside] = 0
    basis, _ = np.linalg.qr(fields.reshape(-1, count))
    fields = basis.reshape(N_VERTICES, 3, count)
    return (0.001 * np.sqrt(len(flame_regions()["face"])) * fields).astype(np.float32)


def controls(speech: Motion, head_rotation: float) -> Motion:
    values = speech.values.copy()
    values[:, 52:] = head_rotation
    return replace(speech, values=values)


@pytest.mark.data
@pytest.mark.parametrize("limit", [np.inf, 3.0])
def test_flame_keys_within_the_span_of_its_components_and_jaw(flame: FlameModel, speech: Motion, limit: float) -> None:
    """52 keys that 100 components and the jaw can show: the bar is 2 % of the motion's energy."""
    target = keyed_flame(replace(flame, expression_dirs=smooth_fields(flame, 100, 0)))
    assert target.key_names[:2] + target.key_names[-3:] == (
        "expression_001",
        "expression_002",
        "jaw_x",
        "jaw_y",
        "jaw_z",
    )
    target = replace(target, ranges=np.tile([-limit, limit], (103, 1)))
    rng = np.random.default_rng(4)
    mixing = rng.normal(size=(52, 103)) * 0.4
    mixing[:, 100:] = 0
    mixing[BLENDSHAPES.index("jawOpen"), 100] = 0.3
    keys = np.tensordot(mixing, target.key_deltas, 1).astype(np.float32)
    source = KeyedMesh(target.vertices, BLENDSHAPES, keys)
    solution = retarget(source, controls(speech, 0.0), target, None, flame_emphasis())
    assert solution.converged
    assert solution.unexplained_percent < 0.1
    assert solution.worst_mm < 0.5
    np.testing.assert_allclose(solution.weights, speech.values[:, :52] @ mixing, atol=0.15)
    same = retarget(source, controls(speech, 0.5), target, None, flame_emphasis())
    assert np.array_equal(same.weights, solution.weights), "head rotation is no key"


@pytest.mark.data
def test_flame_own_components_and_what_lies_outside(flame: FlameModel, speech: Motion) -> None:
    """Half of the motion's energy in FLAME's real components, half orthogonal to them: half is reported missed."""
    target = keyed_flame(replace(flame, expression_dirs=flame.shapedirs))
    target = replace(target, key_names=target.key_names[:60], key_deltas=target.key_deltas[:60])
    coefficients = speech.values[:, :60] @ np.random.default_rng(5).normal(size=(N_CONTROLS, 60))
    inside = np.tensordot(coefficients, target.key_deltas, 1)
    flat = target.key_deltas.reshape(60, -1).astype(float)
    outside = np.random.default_rng(6).normal(size=inside.shape).reshape(len(inside), -1)
    outside -= outside @ np.linalg.pinv(flat) @ flat
    outside *= np.linalg.norm(inside) / np.linalg.norm(outside)
    exact = Options(smoothness=0, ridge=0)
    spanned = retarget_offsets(flame.v_template, inside, target, options=exact)
    np.testing.assert_allclose(spanned.weights, coefficients, atol=1e-3)
    assert spanned.unexplained_percent < 1e-6
    half = retarget_offsets(flame.v_template, inside + outside.reshape(inside.shape), target, options=exact)
    assert half.unexplained_percent == pytest.approx(50, abs=0.01)


@pytest.mark.data
def test_the_real_jaw_as_a_straight_key(flame: FlameModel) -> None:
    """FLAME's own jaw swings on an arc: a line follows it to 1 % of the energy at 0.3 rad, and to 4 mm."""
    target = keyed_flame(flame)
    pose = np.zeros((30, 5, 3))
    pose[:, 2, 0] = 0.3 * np.sin(np.linspace(0, np.pi, 30))
    solution = retarget_offsets(flame.v_template, pose_flame(flame, pose=pose) - flame.v_template, target)
    assert 0.1 < solution.unexplained_percent < 1
    assert 2 < solution.worst_mm < 5
    np.testing.assert_allclose(solution.weights[:, 0], pose[:, 2, 0], atol=0.01)
