"""Linings and backs of lids are what a walk from behind the cuts can reach without crossing them."""

from collections import deque

import numpy as np
import pytest

from ptalker_blender.rig.keying.face import SIDES, Face
from ptalker_blender.rig.keying.insides import EYE_LEFT, EYE_RIGHT, MOUTH, OUTSIDE, insides
from tests.rig.keying.faces import flame_of, mirrored


def walk(face: Face, start: int, walls: set[int]) -> set[int]:
    """Skin that is reached along edges from ``start`` without stepping on ``walls``."""
    skin, near = set(face.part("skin").tolist()), {}
    for a, b, c in face.triangles.tolist():
        for u, v in ((a, b), (b, c), (c, a)):
            near.setdefault(u, []).append(v)
            near.setdefault(v, []).append(u)
    seen, todo = {start}, deque([start])
    while todo:
        for v in near[todo.popleft()]:
            if v in skin and v not in seen and v not in walls:
                seen.add(v)
                todo.append(v)
    return seen


def test_what_is_outside_is_what_the_nose_reaches(face):
    found = insides(face)
    walls = {int(v) for lip in ("upper", "lower") for v in face.lip(lip)}
    open_skin = walk(face, int(face.landmarks["nose_tip"][0]), walls)
    skin = set(face.part("skin").tolist())
    mouth = set(np.flatnonzero(found == MOUTH).tolist())
    assert len(mouth) > 500
    # Lids' backs hang on by the lids alone, which this walk may cross.
    assert mouth == skin - open_skin - walls


def test_the_mouth_lies_behind_the_lips_and_lid_backs_about_the_eyes(face):
    found, p = insides(face), face.vertices
    corners = p[face.row("mouth_corner_right", "mouth_corner_left")]
    lips = p[np.concatenate([face.lip("upper"), face.lip("lower")])]
    lining = p[found == MOUTH]
    assert lining[:, 2].max() <= lips[:, 2].max() + 0.001
    assert lining[:, 2].mean() < lips[:, 2].min()
    assert (lining[:, 0] > corners[0, 0] - 0.02).all() and (lining[:, 0] < corners[1, 0] + 0.02).all()
    for room, side in ((EYE_LEFT, "left"), (EYE_RIGHT, "right")):
        eye = p[face.part(f"eye_{side}")]
        backs = p[found == room]
        radius = np.ptp(eye, axis=0).max() / 2
        assert len(backs) > 100
        assert np.linalg.norm(backs - eye.mean(axis=0), axis=1).max() < 2 * radius


def test_rows_and_other_parts_count_as_outside(face):
    found = insides(face)
    rows = np.concatenate([face.lip("upper"), face.lip("lower"), face.row("lid_upper_left", "lid_lower_right")])
    assert (found[rows] == OUTSIDE).all()
    for name in ("teeth_upper", "teeth_lower", "tongue", "eye_left", "eye_right"):
        assert (found[face.part(name)] == OUTSIDE).all()


def test_left_and_right_change_places_in_a_mirror(face):
    found, other = insides(face), insides(mirrored(face))
    swapped = np.array([OUTSIDE, MOUTH, EYE_RIGHT, EYE_LEFT])
    np.testing.assert_array_equal(other, swapped[found])


@pytest.mark.data
@pytest.mark.parametrize("seed", [0, 1, 3])
def test_flames_rows_leave_out_vertices_and_still_part_the_skin(flame, seed):
    face = flame_of(flame, seed)
    found, p = insides(face), face.vertices
    assert np.bincount(found, minlength=4).tolist() == [4786, 125, 56, 56]
    lips = p[np.concatenate([face.lip("upper"), face.lip("lower")])]
    assert p[found == MOUTH, 2].mean() < lips[:, 2].mean() - 0.002
    for room, side in zip((EYE_LEFT, EYE_RIGHT), SIDES, strict=True):
        margin = p[face.row(f"lid_upper_{side}", f"lid_lower_{side}")]
        assert p[found == room, 2].mean() < margin[:, 2].mean()
