"""The guide: its names, its mirror, its file; what names say pieces of a head are, and how they are told by place."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.rig import guide
from ptalker_blender.rig.face_parts import (
    EYE_LEFT,
    EYE_RIGHT,
    EYES,
    FOLLOW,
    TEETH,
    TEETH_LOWER,
    TEETH_UPPER,
    TONGUE,
    pieces,
    role_of_name,
    split_heights,
    split_sides,
)
from ptalker_blender.rig.guide import GUIDE, FacePoints, mirrored_points, read_points, write_points
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.keying import marks
from ptalker_blender.rig.keying.face import face_of_head


@pytest.fixture(scope="module")
def points():
    return marks.guide_points(face_of_head(load_head()))


def test_the_guide_is_what_keying_asks_for():
    assert {point.group for point in guide.POINTS} == set(guide.GROUPS)
    assert all(point.words and point.label.istitle() for point in guide.POINTS)


def test_a_symmetric_face_is_its_own_mirror(points):
    right = {name: point for name, point in points.items() if "left" not in name}
    done = mirrored_points(right)
    assert tuple(done) == GUIDE
    assert max(np.linalg.norm(done[name] - points[name]) for name in GUIDE) < 1e-3
    for name in GUIDE:
        np.testing.assert_allclose(done[name] * [-1, 1, 1], done[marks.MIRRORED[name]], atol=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.001, 0.4])
def test_the_mirror_stands_in_the_middle_of_the_face(points, shift):
    """At 0 for a face modelled about it, marked a little off; elsewhere for a face that stands elsewhere."""
    moved = {name: point + np.array([shift, 0.0, 0.0]) for name, point in points.items()}
    middle = mirrored_points(moved)["nose_tip"][0]
    assert middle == 0.0 if shift < 0.01 else abs(middle - shift) < 1e-4


def test_the_mirror_wants_the_right_side(points):
    with pytest.raises(UserError, match="Eye Top Right"):
        mirrored_points({name: point for name, point in points.items() if name != "eye_top_right"})


def test_points_survive_their_file(points, tmp_path):
    some = {name: points[name] for name in GUIDE[:7]}
    write_points(FacePoints(some, "+X"), tmp_path / "p.json")
    back = read_points(tmp_path / "p.json")
    assert back.faces == "+X" and list(back.points) == list(some)
    assert max(np.abs(back.points[name] - some[name]).max() for name in some) < 1e-8


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is no JSON"),
        ("[1, 2]", "is no file of face points"),
        ({"format": "other"}, "is no file of face points"),
        ({"format": guide.FORMAT}, "has no points"),
        ({"format": guide.FORMAT, "points": {"ear": [0, 0, 0]}}, "point 'ear'"),
        ({"format": guide.FORMAT, "points": {"chin": [0, 0]}}, "three numbers for 'chin'"),
        ({"format": guide.FORMAT, "points": {"chin": [0, 0, True]}}, "three numbers for 'chin'"),
        ({"format": guide.FORMAT, "points": {"chin": [0, 0, float("nan")]}}, "three numbers for 'chin'"),
        ({"format": guide.FORMAT, "points": {}, "faces": "up"}, "faces 'up'"),
    ],
)
def test_other_files_are_refused(content, words, tmp_path):
    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=words):
        read_points(tmp_path / "p.json")


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("points") / "p.json"
    path.write_bytes(content)
    with pytest.raises(UserError):
        read_points(path)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Eye_L", EYE_LEFT), ("eyeball.R", EYE_RIGHT), ("GEO-eyes", EYES), ("LeftEye", EYE_LEFT),
        ("Cornea.L", EYE_LEFT),
        ("Std_Eye_R", EYE_RIGHT), ("Wolf3D_Eyes", EYES), ("Std_Upper_Teeth", TEETH_UPPER),
        ("teeth.bottom", TEETH_LOWER),
        ("CC_Base_Teeth", TEETH), ("gums_lower", TEETH_LOWER), ("CC_Base_Tongue", TONGUE), ("Eyebrows", FOLLOW),
        ("eyelash_upper_L", FOLLOW), ("Beard", FOLLOW), ("CC_Base_TearLine", FOLLOW), ("eye_left", EYE_LEFT),
        ("Eyelid", None), ("Head", None), ("", None), ("Hair", None), ("GlassEyesight", None), ("Bodysuit", None),
    ],
)  # fmt: skip
def test_names_say_what_a_piece_is(name, role):
    assert role_of_name(name) == role


def test_pieces_are_the_connected_ones():
    rng = np.random.default_rng(0)
    order = rng.permutation(3000)
    strips = np.concatenate([np.stack([s, s + 1, s + 2], 1) for s in (np.arange(0, 998), np.arange(1000, 2998))])
    label = pieces(3000, order[strips])
    assert len(np.unique(label[order[:1000]])) == 1 and len(np.unique(label[order[1000:]])) == 1
    assert label[order[0]] != label[order[2000]]
    assert label[order[0]] == order[:1000].min()


def test_teeth_of_a_piece_each_are_parted_between_the_rows():
    """A gum far above, a tooth that stands apart: the largest step between heights is not the right one."""
    heights = np.array([30.0, 6, 5, 5.5, 4.5, -4, -5, -4.5, -6, -16.0])
    points, label = np.zeros((30, 3)), np.repeat(np.arange(10) * 3, 3)
    points[:, 1] = np.repeat(heights, 3)
    upper, lower = split_heights(points, label)
    assert set(upper) == set(range(15)) and set(lower) == set(range(15, 30))
    assert split_heights(points, np.zeros(30, int)) is None


def test_eyes_are_told_by_the_side_of_their_pieces():
    points = np.array([[1.0, 0, 0], [2, 0, 0], [-0.2, 0, 0], [-3, 0, 0], [-2, 0, 0], [-2, 1, 0]])
    left, right = split_sides(points, np.array([0, 0, 0, 3, 3, 3]), 0.0)
    assert left.tolist() == [0, 1, 2] and right.tolist() == [3, 4, 5]
