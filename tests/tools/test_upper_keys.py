"""Keys of eyes, lids, brows, cheek and nose: what must hold of their mechanisms, measured on the assembled head."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tools.make_head.keys_upper import upper_keys
from tools.make_head.lashes import roots
from tools.make_head.measures import EYE, EYE_RADIUS, Array, Ids
from tools.make_head.mesh import Mesh
from tools.make_head.model import assemble
from tools.make_head.query import height

LOOKS = {"Up": 25.0, "Down": 30.0, "In": 30.0, "Out": 30.0}
EYE_KEYS = ("eyeBlink", "eyeSquint", "eyeWide", *(f"eyeLook{way}" for way in LOOKS))
BROW_KEYS = ("browInnerUp", "browDownLeft", "browOuterUpLeft")


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return assemble()


@pytest.fixture(scope="module")
def keys(mesh: Mesh) -> Mapping[str, Array]:
    return upper_keys(mesh)


def _margins(mesh: Mesh) -> tuple[Ids, Ids]:
    return np.array(mesh.groups["lid_upper_left"]), np.array(mesh.groups["lid_lower_left"])


def _lids(mesh: Mesh) -> Ids:
    """Margin and plate of both lids, without the corners, which lie off the eyeball."""
    return np.array([mesh.groups[f"eye_ring_{k}_left"] for k in range(6)]).ravel()


def _posed(mesh: Mesh, keys: Mapping[str, Array], **weights: float) -> Array:
    posed = mesh.points()
    for name, weight in weights.items():
        posed += weight * keys[f"{name}Left"]
    return posed


def test_blink_shuts_the_eye_with_the_upper_lid_in_front(mesh: Mesh, keys: Mapping[str, Array]) -> None:
    upper, lower = _margins(mesh)
    posed = _posed(mesh, keys, eyeBlink=1.0)
    gap = posed[upper, 1] - posed[lower, 1]
    assert gap.max() <= 0.02
    assert gap.min() > -0.5
    assert np.abs(posed[upper, 0] - posed[lower, 0]).max() < 0.01
    out = np.linalg.norm(posed[upper] - EYE, axis=1) - np.linalg.norm(posed[lower] - EYE, axis=1)
    assert out.min() > 0.0
    rest = mesh.points()
    middle = len(upper) // 2
    risen = (posed[lower] - rest[lower])[middle, 1] / (rest[upper] - rest[lower])[middle, 1]
    assert 0.15 < risen < 0.3


@pytest.mark.parametrize("name", [*EYE_KEYS, "cheekSquint"])
def test_lids_never_enter_the_eyeball_on_their_way(mesh: Mesh, keys: Mapping[str, Array], name: str) -> None:
    ids = _lids(mesh)
    for weight in np.linspace(0, 1, 21):
        away = np.linalg.norm(_posed(mesh, keys, **{name: weight})[ids] - EYE, axis=1)
        assert away.min() > EYE_RADIUS + 0.3


@pytest.mark.parametrize("way", LOOKS)
@pytest.mark.parametrize("weight", [0.25, 0.5, 0.75, 1.0])
def test_lids_stay_off_the_eyeball_in_every_gaze(
    mesh: Mesh, keys: Mapping[str, Array], way: str, weight: float
) -> None:
    posed = _posed(mesh, keys, eyeBlink=weight, **{f"eyeLook{way}": 1.0})
    assert np.linalg.norm(posed[_lids(mesh)] - EYE, axis=1).min() > EYE_RADIUS + 0.15


@pytest.mark.parametrize("way", LOOKS)
def test_gaze_is_a_rotation_about_the_eyeballs_centre(mesh: Mesh, keys: Mapping[str, Array], way: str) -> None:
    ids = np.array(mesh.groups["eye_left"])
    before, after = mesh.points()[ids] - EYE, _posed(mesh, keys, **{f"eyeLook{way}": 1.0})[ids] - EYE
    rotation = np.linalg.lstsq(before, after, rcond=None)[0].T
    np.testing.assert_allclose(before @ rotation.T, after, atol=1e-9)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    gaze = rotation @ [0.0, 0.0, 1.0]
    assert np.degrees(np.arccos(gaze[2])) == pytest.approx(LOOKS[way], abs=1e-6)
    aim = {"Up": (0, 1), "Down": (0, -1), "In": (-1, 0), "Out": (1, 0)}[way]  # the left eye's outside is at +x
    assert gaze[:2] @ aim > 0.4
    # Half way the chord flattens it by no more than the cosine of half the angle.
    radius = np.linalg.norm((before + after) / 2, axis=1) / np.linalg.norm(before, axis=1)
    assert radius.min() >= np.cos(np.radians(LOOKS[way] / 2)) - 1e-9


@pytest.mark.parametrize("way", LOOKS)
def test_shut_lids_stay_shut_in_every_gaze(mesh: Mesh, keys: Mapping[str, Array], way: str) -> None:
    upper, lower = _margins(mesh)
    posed = _posed(mesh, keys, eyeBlink=1.0, **{f"eyeLook{way}": 1.0})
    assert (posed[upper, 1] - posed[lower, 1]).max() < 0.4


def test_upper_lid_follows_the_gaze(mesh: Mesh, keys: Mapping[str, Array]) -> None:
    upper, lower = _margins(mesh)
    middle = len(upper) // 2
    heights = {
        name: (keys[f"{name}Left"][upper[middle], 1], keys[f"{name}Left"][lower[middle], 1]) for name in EYE_KEYS
    }
    assert -6.5 < heights["eyeLookDown"][0] < -4.0
    assert 1.5 < heights["eyeLookUp"][0] < 4.0
    assert heights["eyeWide"][0] > 2.5
    assert heights["eyeSquint"][1] > 2.0
    assert -2.0 < heights["eyeSquint"][0] < 0.0


@pytest.mark.parametrize("name", EYE_KEYS)
def test_lid_skin_stretches_evenly(mesh: Mesh, keys: Mapping[str, Array], name: str) -> None:
    rest, posed = mesh.points(), _posed(mesh, keys, **{name: 1.0})
    rings = np.array([mesh.groups[f"eye_ring_{k}_left"] for k in range(13)])
    length = [np.linalg.norm(np.diff(p[rings], axis=0), axis=2) for p in (rest, posed)]
    assert (length[1] / length[0]).max() < 3.5


def test_lashes_keep_their_distance_from_the_margin(mesh: Mesh, keys: Mapping[str, Array]) -> None:
    ring = np.array(mesh.groups["eye_ring_0_left"])
    half = len(ring) // 2
    margin = {"upper": ring[: half + 1], "lower": ring[np.r_[0, len(ring) - 1 : half - 1 : -1]]}
    rest, posed = mesh.points(), _posed(mesh, keys, eyeBlink=1.0)
    for lid, column in margin.items():
        ids, index = roots(mesh, lid, "left")
        before, after = (np.linalg.norm(p[ids] - p[column[index]], axis=1) for p in (rest, posed))
        np.testing.assert_allclose(after, before, atol=1e-9)


@pytest.mark.parametrize("name", BROW_KEYS)
def test_brow_keys_leave_lids_and_hairline_still(mesh: Mesh, keys: Mapping[str, Array], name: str) -> None:
    moved = np.linalg.norm(keys[name], axis=1)
    margins = [v for side in ("left", "right") for v in mesh.groups[f"eye_ring_0_{side}"]]
    x, y, _ = mesh.points().T
    assert moved[margins].max() == 0.0
    assert moved[y > 75].max() == 0.0
    assert moved[y < 0].max() == 0.0
    if name.endswith("Left"):
        assert moved[x < -9].max() == 0.0


def test_brows_move_as_far_as_their_names_promise(mesh: Mesh, keys: Mapping[str, Array]) -> None:
    brows = np.array([v for v in mesh.groups["brows"] if mesh.vertices[v][0] > 0])
    x = mesh.points()[brows, 0]
    inner, outer = brows[np.argsort(x)[:12]], brows[np.argsort(x)[-12:]]
    assert 6.5 < keys["browInnerUp"][inner, 1].mean() < 9.0
    assert abs(keys["browInnerUp"][outer, 1]).max() < 1.0
    assert 6.5 < keys["browOuterUpLeft"][outer, 1].mean() < 9.0
    assert keys["browOuterUpLeft"][inner, 1].max() < 2.0
    assert -7.0 < keys["browDownLeft"][inner, 1].mean() < -5.0
    assert -4.0 < keys["browDownLeft"][inner, 0].mean() < -2.0


@pytest.mark.parametrize("name", BROW_KEYS)
def test_brows_ride_on_the_skin(mesh: Mesh, keys: Mapping[str, Array], name: str) -> None:
    brows = np.array([v for v in mesh.groups["brows"] if mesh.vertices[v][0] > 0])[::12]
    posed_points = mesh.points() + keys[name]
    posed = Mesh([(x, y, z) for x, y, z in posed_points.tolist()], mesh.faces, mesh.materials)
    change = height(posed, posed_points[brows]) - height(mesh, mesh.points()[brows])
    assert np.abs(change).max() < 1.0


def test_raised_brows_slide_over_the_bone(mesh: Mesh, keys: Mapping[str, Array]) -> None:
    skin = np.array(mesh.groups["skin"])
    lifted = skin[keys["browInnerUp"][skin, 1] > 6.0][::8]
    assert len(lifted) > 10
    off = height(mesh, mesh.points()[lifted] + keys["browInnerUp"][lifted])
    assert np.abs(off).max() < 1.0


def test_sneer_and_cheek_leave_the_mouth_and_the_other_side(mesh: Mesh, keys: Mapping[str, Array]) -> None:
    x = mesh.points()[:, 0]
    for name in ("noseSneerLeft", "cheekSquintLeft", *(f"{key}Left" for key in EYE_KEYS)):
        moved = np.linalg.norm(keys[name], axis=1)
        assert moved.max() > 1.0
        assert moved[x < -6].max() < 0.1
        assert moved[mesh.groups["mouth_ring_8_left"]].max() < 1.0
        assert moved[mesh.groups["mouth_ring_0_left"]].max() < 0.1


def test_sides_mirror_exactly(mesh: Mesh, keys: Mapping[str, Array]) -> None:
    twins = np.array(mesh.twins)
    for name, deltas in keys.items():
        image = keys[name.replace("Left", "Right") if "Left" in name else name.replace("Right", "Left")]
        np.testing.assert_array_equal(image[twins], deltas * [-1.0, 1.0, 1.0])
