"""The 52 keys on the real FLAME mesh, as it comes and as it is found in files: turned, scaled, reordered, in part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.flame_file import FlameModel
from ptalker_blender.rig.flame_jaw import ANGLE, CORRECTIVE, corrective_weight
from ptalker_blender.rig.flame_landmarks import flame_landmarks, flame_regions
from ptalker_blender.rig.flame_mesh import FaceKeys, build_mesh_keys
from ptalker_blender.rig.flame_pose import pose_flame
from ptalker_blender.rig.head import Head, load_head
from tests.flame_models import real_flame

pytestmark = pytest.mark.data
Floats = NDArray[np.floating]
SIZES = np.full(9976, 3)
TURN, SHIFT = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0], np.array([5.0, 6.0, 7.0])
TURN *= np.linalg.det(TURN)  # a rotation


@pytest.fixture(scope="module")
def flame(data_dir) -> FlameModel:
    return real_flame(data_dir)


@pytest.fixture(scope="module")
def known() -> Head:
    return load_head()


@pytest.fixture(scope="module")
def built(flame: FlameModel, known: Head) -> Callable[[int], tuple[Floats, FaceKeys]]:
    """Vertices and keys of an identity: 0 is the mean head, others are drawn at random."""
    made: dict[int, tuple[Floats, FaceKeys]] = {}

    def of(seed: int) -> tuple[Floats, FaceKeys]:
        if seed not in made:
            betas = 0.8 * np.random.default_rng(seed).normal(size=60) * (seed > 0)
            points = pose_flame(flame, betas.astype(np.float32))
            made[seed] = points, build_mesh_keys(known, points, (flame.faces.ravel(), SIZES))
        return made[seed]

    return of


def key(keys: FaceKeys, name: str) -> Floats:
    return keys.deltas[keys.names.index(name)]


def opened(keys: FaceKeys, weight: float) -> Floats:
    """Displacement at ``jawOpen`` = ``weight``, the driven corrective with it."""
    return weight * key(keys, "jawOpen") + float(corrective_weight(np.array(weight))) * key(keys, CORRECTIVE)


def rms_mm(errors: Floats) -> float:
    return 1000 * float(np.sqrt((np.asarray(errors, np.float64) ** 2).sum(axis=1).mean()))


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_jaw_opens_as_the_articulated_models(flame: FlameModel, built, seed: int) -> None:
    points, keys = built(seed)
    skin, chin = flame_regions()["skin"], points[flame_landmarks()["chin"][0]]
    chin_ids = skin[np.linalg.norm(points[skin] - chin, axis=1) < 0.012]
    ids = np.concatenate([flame_regions()["lips"], chin_ids])
    for angle in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3):
        pose = np.zeros((5, 3), np.float32)
        pose[2, 0] = angle
        truth = pose_flame(replace(flame, v_template=points.astype(np.float32)), pose=pose) - points
        assert rms_mm((opened(keys, angle / ANGLE) - truth)[ids]) <= 1.0, angle
        assert rms_mm(truth[ids]) > 60 * angle  # what is to be met is no small thing


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_what_shall_keep_still_does(built, seed: int) -> None:
    _, keys = built(seed)
    regions = flame_regions()
    assert not keys.deltas[:, np.concatenate([regions["scalp"], regions["ears"]])].any()
    for side in ("left", "right"):
        turning = {name for name in keys.names if key(keys, name)[regions[f"eyeball_{side}"]].any()}
        assert turning == {f"eyeLook{way}{side.title()}" for way in ("In", "Out", "Up", "Down")}


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_mouth_and_lids_close(built, seed: int) -> None:
    points, keys = built(seed)
    marks = flame_landmarks()

    def gap(moved: Floats, upper: str, lower: str) -> float:
        return 1000 * float((moved[marks[upper], 1] - moved[marks[lower], 1])[3:-3].mean())

    rest = gap(points, "inner_lip_upper", "inner_lip_lower")
    for weight in (0.2, 0.4, 0.6):
        open_ = points + opened(keys, weight)
        closed = open_ + weight * key(keys, "mouthClose")
        assert gap(open_, "inner_lip_upper", "inner_lip_lower") > rest + 25 * weight
        assert gap(closed, "inner_lip_upper", "inner_lip_lower") == pytest.approx(rest, abs=0.1)
    for side in ("left", "right"):
        lids = f"lid_upper_{side}", f"lid_lower_{side}"
        assert gap(points, *lids) > 5
        assert abs(gap(points + key(keys, f"eyeBlink{side.title()}"), *lids)) < 0.5


def test_every_control_has_a_key_that_moves(built) -> None:
    _, keys = built(0)
    assert keys.names == (*BLENDSHAPES, CORRECTIVE)
    still = {name for name in keys.names if np.abs(key(keys, name)).max() < 1e-3}
    assert still <= {"tongueOut"}  # FLAME has no tongue


def test_turned_scaled_and_reordered_gives_the_same_keys(flame: FlameModel, known: Head, built) -> None:
    points, plain = built(0)
    place = np.random.default_rng(0).permutation(5023)
    moved = np.empty((5023, 3))
    moved[place] = 1000 * points.astype(np.float64) @ TURN.T + SHIFT  # in millimetres, leaning, elsewhere
    keys = build_mesh_keys(known, moved, (place[flame.faces].ravel(), SIZES))
    back = keys.deltas[:, place] @ TURN / 1000
    assert keys.names == plain.names and keys.unit == 0.001 and plain.unit == 1.0
    assert np.abs(back - plain.deltas).max() < 1e-6
    np.testing.assert_allclose((keys.pivot - SHIFT) @ TURN / 1000, plain.pivot, atol=1e-9)
    np.testing.assert_allclose(keys.axes @ TURN, plain.axes, atol=1e-9)
    np.testing.assert_array_equal(keys.follow[place], plain.follow)


def test_mirrored_keys_are_named_for_the_side_they_move(flame: FlameModel, known: Head, built) -> None:
    points, plain = built(0)
    mirror = np.array([-1.0, 1.0, 1.0])
    keys = build_mesh_keys(known, points * mirror, (flame.faces[:, ::-1].ravel(), SIZES))
    assert any("mirrored" in note for note in keys.notes)
    np.testing.assert_allclose(key(keys, "mouthSmileLeft") * mirror, key(plain, "mouthSmileRight"), atol=1e-6)
    np.testing.assert_allclose(key(keys, "jawOpen") * mirror, key(plain, "jawOpen"), atol=1e-6)
    assert np.linalg.det(keys.axes) == pytest.approx(1) and keys.axes[0, 0] > 0.99


def test_without_eyeballs_and_with_further_geometry(flame: FlameModel, known: Head, built) -> None:
    points, plain = built(0)
    skin = flame.faces[(flame.faces < 3931).all(axis=1)]
    marks = flame_landmarks()
    front = np.array([0.0, 0.0, 1e-3])
    further = np.stack([points[marks["chin"][0]] + front, points[marks["nose_tip"][0]] + 100 * front, [0, 1, 0]])
    keys = build_mesh_keys(
        known,
        np.concatenate([points[:3931], further]),
        (np.concatenate([skin.ravel(), [3931, 3932, 3933]]), np.full(len(skin) + 1, 3)),
    )
    assert any("no eyeballs" in note for note in keys.notes) and any("1 of 3 further" in note for note in keys.notes)
    np.testing.assert_array_equal(key(keys, "jawOpen")[3931], key(keys, "jawOpen")[marks["chin"][0]])
    assert not keys.deltas[:, 3932:].any()
    assert np.abs(key(keys, "jawOpen")[:3931] - key(plain, "jawOpen")[:3931]).max() < 1e-5
    assert keys.follow[3931:].tolist() == [1.0, 1.0, 1.0]


def test_head_turns_and_the_bust_stays(flame: FlameModel, built) -> None:
    for seed in (0, 1, 3):
        points, keys = built(seed)
        joint = flame.j_regressor[1] @ points
        assert np.linalg.norm(keys.pivot - joint) < 0.002  # FLAME's own neck joint
        regions = flame_regions()
        neck = points[regions["neck"], 1]
        lowest, highest = regions["neck"][neck.argmin()], regions["neck"][neck.argmax()]
        assert keys.follow[lowest] == 0 and keys.follow[highest] > 0.9
        assert (keys.follow[np.setdiff1d(np.arange(5023), regions["neck"])] == 1).all()


def test_what_is_no_face_is_refused(flame: FlameModel, known: Head) -> None:
    polygons = flame.faces.ravel(), SIZES
    points = flame.v_template.astype(np.float64)
    for vertices, words in (
        (np.zeros((5023, 3)), "one spot"),
        (np.random.default_rng(0).normal(size=(5023, 3)), "not its shape"),
        (np.full((5023, 3), np.nan), "no numbers"),
    ):
        with pytest.raises(UserError, match=words):
            build_mesh_keys(known, vertices, polygons)
    left = flame.faces[(flame.faces < 5022).all(axis=1)]
    with pytest.raises(UserError, match="stems from FLAME, but was changed: FLAME with 1 vertex deleted"):
        build_mesh_keys(known, points[:5022], (np.delete(left, 0, axis=0).ravel(), SIZES[: len(left) - 1]))
    with pytest.raises(UserError, match="is not FLAME's"):
        build_mesh_keys(known, points[:4], (np.array([0, 1, 2, 0, 2, 3]), np.array([3, 3])))
