"""Rows found from a score of points: on our own heads, on FLAME, and what is said where there are none."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.errors import UserError
from ptalker_blender.rig.guide import GUIDE
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.keying.face import OPTIONAL_PARTS, Face, face_of_head
from ptalker_blender.rig.keying.marks import MIRRORED, check_points, guide_points, mark_face
from ptalker_blender.rig.keying.registration import resample
from tests.rig.keying.faces import eyeballs, flame_of, mirrored, subdivided

WEIGHTS = Path(__file__).parents[3] / "weights" / "head"
Points = dict[str, np.ndarray]
UPRIGHT = "is the head upright, and does it look along the given axis (--faces / Facing)?"


def parts(face: Face) -> dict[str, np.ndarray]:
    return {name: face.part(name) for name in OPTIONAL_PARTS if len(face.part(name))}


def apart(found: Face, truth: Face) -> dict[str, float]:
    """Mean distance of every row from the true one, metres."""
    rows = {}
    for name in truth.landmarks:
        if name in found.landmarks:
            one, two = (resample(f.vertices[f.landmarks[name]], 21) for f in (found, truth))
            rows[name] = float(np.linalg.norm(one - two, axis=1).mean())
    return rows


def joined(face: Face, row: np.ndarray) -> bool:
    return all(face.edges[a, b] > 0 for a, b in pairwise(row))


@pytest.mark.parametrize("name", ["default_head", "rowan", "juno"])
def test_rows_of_our_own_heads_are_found(face: Face, name: str):
    truth = face_of_head(load_head(WEIGHTS / f"{name}.npz"))
    found = mark_face(face, truth.vertices, truth.triangles, guide_points(truth), parts(truth))
    missed = apart(found, truth)
    assert max(missed.values()) < 0.0045 and np.mean(list(missed.values())) < 0.0015, missed
    for row in ("upper", "lower"):
        assert joined(found, found.lip(row)) and missed[f"inner_lip_{row}"] < 0.002
    assert set(truth.part("skin")) <= set(found.part("skin"))


def test_points_need_not_lie_on_vertices(face: Face):
    rng = np.random.default_rng(0)
    points = {name: at + rng.normal(scale=0.0007, size=3) for name, at in guide_points(face).items()}
    missed = apart(mark_face(face, face.vertices, face.triangles, points, parts(face)), face)
    assert np.mean(list(missed.values())) < 0.0015


@pytest.mark.data
@pytest.mark.parametrize("seed", [0, 1, 3])
def test_rows_of_flame_are_found(face: Face, flame, seed: int):
    truth = flame_of(flame, seed)
    found = mark_face(face, truth.vertices, truth.triangles, guide_points(truth), eyeballs(truth))
    missed = apart(found, truth)
    assert max(missed.values()) < 0.0025, missed
    assert {"inner_lip_upper", "outer_lip_lower", "lid_upper_left", "brow_right", "eye_inner_corner_left"} <= set(
        missed
    )
    assert not set(found.part("skin")) & set(truth.part("eye_left"))


@pytest.mark.data
def test_rows_of_a_finer_mesh_run_where_those_of_the_coarse_one_do(face: Face, flame_target: Face):
    truth = flame_target
    points, triangles = subdivided(truth.vertices, truth.triangles)
    found = mark_face(face, points, triangles, guide_points(truth))
    assert max(apart(found, truth).values()) < 0.0025


def without(points: Points, *names: str) -> Points:
    return {name: at for name, at in points.items() if name not in names}


def exchanged(points: Points, one: str, other: str) -> Points:
    return {**points, one: points[other], other: points[one]}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda p: without(p, "chin", "lip_top"), ["2 points", "chin", "lip_top"]),
        (lambda p: exchanged(p, "mouth_corner_right", "mouth_corner_left"), ["mouth_corner_right", "left"]),
        (lambda p: {n: p[MIRRORED[n]] for n in p}, ["left of"]),
        (lambda p: {n: at * [-1, -1, 1] for n, at in exchanged(p, "chin", "chin").items()}, ["left of"]),
        (lambda p: {n: at * [1, -1, 1] for n, at in p.items()}, ["below", "upright"]),
        (lambda p: exchanged(p, "lip_top", "lip_bottom"), ["lip_top lies below lips_middle"]),
        (lambda p: exchanged(p, "nose_tip", "chin"), ["nose_tip"]),
        (lambda p: {**p, "chin": p["chin"] * np.nan}, ["chin", "no place"]),
    ],
)
def test_points_that_no_face_has_are_named(face: Face, spoil: Callable[[Points], Points], words: list[str]):
    points = guide_points(face)
    check_points(points)
    with pytest.raises(UserError) as caught:
        check_points(spoil(points))
    for word in words:
        assert word in str(caught.value)


def test_points_far_from_the_mesh_are_named(face: Face):
    points = guide_points(face)
    with pytest.raises(UserError, match=r"brow_outer_left lies \d+% of the eyes' span from"):
        mark_face(face, face.vertices, face.triangles, {**points, "brow_outer_left": points["brow_outer_left"] + 0.05})
    with pytest.raises(UserError, match="rest"):
        mark_face(
            face, face.vertices, face.triangles, {name: at + np.array([0, 0, 0.2]) for name, at in points.items()}
        )


def test_lips_that_are_joined_are_refused(face: Face):
    """The lower lip's contact edge sewn to the upper one's."""
    sewn = np.arange(len(face.vertices))
    upper = face.landmarks["inner_lip_upper"]
    for v in face.landmarks["inner_lip_lower"]:
        sewn[v] = upper[np.abs(face.vertices[upper, 0] - face.vertices[v, 0]).argmin()]
    with pytest.raises(UserError, match="cut the lips apart") as caught:
        mark_face(face, face.vertices, sewn[face.triangles], guide_points(face), parts(face))
    assert caught.value.advice.startswith(UPRIGHT)


def test_a_mouth_cut_in_two_asks_first_how_the_head_stands(face: Face):
    middle = face.vertices[face.triangles].mean(axis=1) - guide_points(face)["lips_middle"]
    kept = (np.abs(middle) > [0.004, 0.02, 1.0]).any(axis=1)
    with pytest.raises(UserError, match="no line of edges") as caught:
        mark_face(face, face.vertices, face.triangles[kept], guide_points(face), parts(face))
    assert caught.value.advice.startswith(UPRIGHT)


def test_a_mesh_without_a_face_is_refused(face: Face):
    eye = np.isin(face.triangles, face.part("eye_left")).all(axis=1)
    with pytest.raises(UserError):
        mark_face(face, face.vertices, face.triangles[eye][:100], guide_points(face))
    with pytest.raises(UserError, match="no faces"):
        mark_face(face, face.vertices, face.triangles[:0], guide_points(face))


def test_a_sheet_of_squares_under_the_points_has_no_lips(face: Face):
    y, x = np.mgrid[-0.15:0.1:120j, -0.1:0.1:100j]
    sheet = np.stack([x, y, 0.08 + 0 * x], axis=-1).reshape(-1, 3)
    corner = (np.arange(119)[:, None] * 100 + np.arange(99)).ravel()
    triangles = np.vstack(
        [np.stack([corner, corner + 1, corner + 101], 1), np.stack([corner, corner + 101, corner + 100], 1)]
    )
    points = {name: at * [1, 1, 0] + [0, 0, 0.08] for name, at in guide_points(face).items()}
    with pytest.raises(UserError, match="one closed surface"):
        mark_face(face, sheet, triangles, points)


def test_corners_that_fall_together_are_named(face: Face):
    points = guide_points(face)
    near = {**points, "eye_inner_left": points["eye_outer_left"] - [1e-6, 0, 0]}
    with pytest.raises(UserError, match="eye_outer_left and eye_inner_left"):
        mark_face(face, face.vertices, face.triangles, near, parts(face))


def test_every_guide_point_has_its_twin(face: Face):
    assert all(MIRRORED[MIRRORED[name]] == name for name in GUIDE)
    here, there = guide_points(face), guide_points(mirrored(face))
    for name in GUIDE:
        np.testing.assert_allclose(there[MIRRORED[name]], here[name] * [-1, 1, 1], atol=1e-9)
