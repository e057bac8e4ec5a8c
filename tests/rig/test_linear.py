"""The default head under its controls: what every key must and must not do."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from ptalker_blender.motion.controls import BLENDSHAPES, INDEX, N_CONTROLS
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.linear import controls_to_vertices, lid_gap, mouth_opening, rotation_matrices

MM = 1e-3
MOUTH_KEYS = [n for n in BLENDSHAPES if n.startswith(("mouth", "jaw"))] + ["cheekPuff", "tongueOut"]
BROW_KEYS = [n for n in BLENDSHAPES if n.startswith("brow")]


@pytest.fixture(scope="module")
def head():
    return load_head()


def pose(**weights):
    values = np.zeros((1, N_CONTROLS), np.float32)
    for name, weight in weights.items():
        values[0, INDEX[name]] = weight
    return values


def posed(head, **weights):
    return controls_to_vertices(head, pose(**weights))[0]


def distances(head, key, ids):
    return np.linalg.norm(head.key_deltas[BLENDSHAPES.index(key)][ids], axis=1)


def lip_gaps(head, **weights):
    p = posed(head, **weights)
    return (p[head.landmarks["inner_lip_upper"]] - p[head.landmarks["inner_lip_lower"]])[:, 1]


def mouth_width(head, **weights):
    p = posed(head, **weights)
    return (p[head.landmarks["mouth_corner_left"]] - p[head.landmarks["mouth_corner_right"]])[0, 0]


def twins(head):
    """Index of the mirror image of every vertex, found by position within each part."""
    out = np.full(len(head.vertices), -1)
    sides = {"eye_left": "eye_right", "eye_right": "eye_left"}
    for part, ids in head.parts.items():
        if part == "hair":  # cut asymmetrically, and moved by no key
            out[ids] = ids
            continue
        other = head.parts[sides.get(part, part)]
        place = {tuple(p): v for v, p in zip(other.tolist(), head.vertices[other].tolist(), strict=True)}
        for v, (x, y, z) in zip(ids.tolist(), head.vertices[ids].tolist(), strict=True):
            out[v] = place[(-x if x else x, y, z)]
    return out


@pytest.mark.parametrize("key", BLENDSHAPES)
def test_every_key_moves_something_and_mirrors_exactly(head, key):
    delta = head.key_deltas[BLENDSHAPES.index(key)]
    assert 1.5 * MM < np.linalg.norm(delta, axis=1).max() < 60 * MM
    other = key.replace("Left", "Right") if "Left" in key else key.replace("Right", "Left")
    mirrored = head.key_deltas[BLENDSHAPES.index(other)][twins(head)] * [-1, 1, 1]
    np.testing.assert_allclose(delta, mirrored, atol=0.01 * MM)


def test_lips_meet_at_rest(head):
    gaps = lip_gaps(head)
    assert gaps.min() >= 0 and gaps.max() <= 0.3 * MM


def test_jaw_opens_monotonically_to_its_measure(head):
    values = np.zeros((11, N_CONTROLS), np.float32)
    values[:, INDEX["jawOpen"]] = np.linspace(0, 1, 11)
    opening = mouth_opening(head, values)
    assert (np.diff(opening) > 3 * MM).all()
    assert 35 * MM < opening[-1] < 40 * MM
    np.testing.assert_allclose(np.diff(opening), np.diff(opening).mean(), rtol=1e-3)


@pytest.mark.parametrize("weight", [0.2, 0.5, 1.0])
def test_mouth_close_cancels_the_jaw(head, weight):
    gaps = lip_gaps(head, jawOpen=weight, mouthClose=weight)
    assert np.abs(gaps - lip_gaps(head)).max() < 0.3 * MM
    chin = head.landmarks["chin"][0]
    drop = posed(head, jawOpen=weight)[chin, 1] - head.vertices[chin, 1]
    kept = posed(head, jawOpen=weight, mouthClose=weight)[chin, 1] - head.vertices[chin, 1]
    assert kept / drop > 0.9  # the lips meet while the jaw stays open


@pytest.mark.parametrize("side", ["left", "right"])
def test_blink_closes_and_never_shows_the_eyeball(head, side):
    key = f"eyeBlink{side.title()}"
    p = posed(head, **{key: 1.0})
    upper, lower = p[head.landmarks[f"lid_upper_{side}"]], p[head.landmarks[f"lid_lower_{side}"]]
    assert (upper[:, 1] - lower[:, 1]).max() <= 0.2 * MM
    assert abs(lid_gap(head, pose(**{key: 1.0}))[0, 0 if side == "left" else 1]) <= 0.3 * MM
    eye = head.vertices[head.parts[f"eye_{side}"]]
    centre, radius = (eye.min(axis=0) + eye.max(axis=0)) / 2, np.ptp(eye[:, 0]) / 2
    face = head.landmarks["face"]
    front = face[np.linalg.norm(head.vertices[face] - centre, axis=1) < radius + 8 * MM]
    for weight in np.linspace(0, 1, 9):
        lids = posed(head, **{key: weight})[front]
        outside = np.linalg.norm(lids - centre, axis=1) - radius
        assert outside[lids[:, 2] > centre[2]].min() > 0.2 * MM


def test_lid_gap_knows_its_sides(head):
    gap = lid_gap(head, pose(eyeBlinkLeft=1.0))[0]
    assert gap[0] < 0.3 * MM and gap[1] > 8 * MM


@pytest.mark.parametrize("key", BROW_KEYS)
def test_brows_leave_the_lips_alone(head, key):
    assert distances(head, key, head.landmarks["lips"]).max() < 0.05 * MM


@pytest.mark.parametrize("key", MOUTH_KEYS)
def test_mouth_leaves_the_lids_and_brows_alone(head, key):
    names = [f"lid_{u}_{s}" for u in ("upper", "lower") for s in ("left", "right")] + ["brow_left", "brow_right"]
    assert distances(head, key, np.concatenate([head.landmarks[n] for n in names])).max() < 0.05 * MM


def test_scalp_ears_and_upper_teeth_never_move(head):
    still = np.concatenate([head.parts["hair"], head.parts["ears"], head.parts["teeth_upper"]])
    assert np.abs(head.key_deltas[:, still]).max() == 0
    skin = head.parts["skin"]
    scalp = skin[(head.vertices[skin, 1] > 0.08) | (head.vertices[skin, 2] < -0.02)]
    assert np.abs(head.key_deltas[:, scalp]).max() == 0


def test_lower_teeth_and_tongue_follow_the_jaw_only(head):
    for part, allowed in (("teeth_lower", ()), ("tongue", ("tongueOut",))):
        movers = {n for n, d in zip(head.key_names, head.key_deltas, strict=True) if d[head.parts[part]].any()}
        assert movers == {"jawOpen", "jawLeft", "jawRight", "jawForward", *allowed}


def test_shapes_mean_what_they_say(head):
    rest = mouth_width(head)
    assert mouth_width(head, mouthPucker=1) < 0.65 * rest
    assert mouth_width(head, mouthSmileLeft=1, mouthSmileRight=1) > 1.2 * rest
    assert mouth_width(head, mouthStretchLeft=1, mouthStretchRight=1) > 1.2 * rest
    assert lip_gaps(head, mouthFunnel=1).max() > 5 * MM
    assert lip_gaps(head, mouthPucker=1).max() < 0.3 * MM
    corner, chin = head.landmarks["mouth_corner_left"][0], head.landmarks["chin"][0]
    assert posed(head, mouthSmileLeft=1)[corner, 1] > head.vertices[corner, 1] + 4 * MM
    assert posed(head, mouthFrownLeft=1)[corner, 1] < head.vertices[corner, 1] - 4 * MM
    assert posed(head, mouthLeft=1)[corner, 0] > head.vertices[corner, 0] + 4 * MM
    assert posed(head, jawLeft=1)[chin, 0] > 4 * MM
    assert posed(head, jawForward=1)[chin, 2] > head.vertices[chin, 2] + 4 * MM
    pupil = head.parts["eye_left"][np.argmax(head.vertices[head.parts["eye_left"], 2])]
    assert posed(head, eyeLookOutLeft=1)[pupil, 0] > head.vertices[pupil, 0] + 4 * MM
    assert posed(head, eyeLookUpLeft=1)[pupil, 1] > head.vertices[pupil, 1] + 4 * MM


@pytest.mark.parametrize(
    "weights",
    [
        {"jawOpen": 0.4, "mouthPucker": 0.6},
        {"jawOpen": 0.3, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.5},
        {"jawOpen": 0.2, "mouthClose": 0.2, "mouthPressLeft": 0.4, "mouthPressRight": 0.4},
        {"mouthPressLeft": 1.0, "mouthPressRight": 1.0},
    ],
)
def test_common_sums_stay_sane(head, weights):
    assert lip_gaps(head, **weights).min() > -0.1 * MM
    p = posed(head, **weights)
    upper, lower = p[head.landmarks["outer_lip_upper"]], p[head.landmarks["outer_lip_lower"]]
    assert (np.diff(upper[:, 0]) > 0).all() and (np.diff(lower[:, 0]) > 0).all()  # no fold along the lips
    assert (upper[1:-1, 1] > lower[1:-1, 1]).all()


@pytest.mark.parametrize(
    "weights",
    [
        {},
        {"mouthPressLeft": 1.0, "mouthPressRight": 1.0},
        {"mouthRollLower": 1.0},
        {"mouthRollUpper": 1.0},
        {"jawOpen": 0.6, "mouthClose": 0.6},
        {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
        {"jawOpen": 1.0},
    ],
)
def test_teeth_and_tongue_stay_behind_the_face(head, weights):
    p = posed(head, **weights)
    face = p[head.landmarks["face"]]
    face = face[(face[:, 1] < -45 * MM) & (face[:, 2] > 30 * MM)]
    tree = cKDTree(face[:, :2])
    for part in ("teeth_upper", "teeth_lower", "tongue"):
        inside = p[head.parts[part]]
        _, near = tree.query(inside[:, :2], k=3)
        assert (inside[:, 2] < face[near, 2].max(axis=1)).all()


def test_keys_add_and_head_angles_turn_about_the_neck(head):
    both = posed(head, jawOpen=0.5, browInnerUp=1.0)
    np.testing.assert_allclose(
        both - head.vertices, posed(head, jawOpen=0.5) + posed(head, browInnerUp=1.0) - 2 * head.vertices, atol=1e-7
    )
    head = replace(head, follow=None)
    quarter = pose(headYaw=np.pi / 2)
    r = head.vertices - head.neck_pivot
    expected = np.stack([r[:, 2], r[:, 1], -r[:, 0]], 1) + head.neck_pivot  # the face turns to the character's left
    np.testing.assert_allclose(controls_to_vertices(head, quarter)[0], expected, atol=1e-6)
    np.testing.assert_allclose(controls_to_vertices(head, quarter, head_rotation=False)[0], head.vertices, atol=1e-7)
    np.testing.assert_allclose(mouth_opening(head, quarter), mouth_opening(head, pose()))
    nod, tilt = rotation_matrices(np.array([[0.3, 0, 0], [0, 0, 0.3]]))
    assert (nod @ [0, 0, 1])[1] < 0 and (tilt @ [1, 0, 0])[1] > 0  # positive pitch nods down, roll raises the left ear


def test_vertices_go_their_share_of_the_straight_way(head):
    """Half of a half turn about the neck ends on the axis; at no share nothing moves, at all of it everything."""
    shares = np.zeros(len(head.vertices), np.float32)
    shares[1::3], shares[2::3] = 0.5, 1.0
    half = posed(replace(head, follow=shares), headYaw=np.pi)
    r, moved = head.vertices - head.neck_pivot, half - head.neck_pivot
    np.testing.assert_allclose(moved[0::3], r[0::3], atol=1e-7)
    np.testing.assert_allclose(moved[1::3], r[1::3] * [0, 1, 0], atol=1e-7)
    np.testing.assert_allclose(moved[2::3], r[2::3] * [-1, 1, -1], atol=1e-7)


def test_shares_apply_after_the_keys_and_all_ones_is_a_rigid_turn(head):
    weights = {"jawOpen": 0.7, "headPitch": 0.2, "headRoll": -0.1}
    rigid = posed(replace(head, follow=None), **weights)
    ones = np.ones(len(head.vertices), np.float32)
    np.testing.assert_allclose(posed(replace(head, follow=ones), **weights), rigid, atol=1e-7)
    quarter = posed(replace(head, follow=ones / 4), **weights)
    np.testing.assert_allclose(quarter, 0.75 * posed(head, jawOpen=0.7) + 0.25 * rigid, atol=1e-7)


def test_wrong_shape_is_refused(head):
    with pytest.raises(ValueError, match="55"):
        mouth_opening(head, np.zeros((3, 52), np.float32))
