"""Meshes with faults: mended without renumbering, or refused in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.errors import UserError
from ptalker_blender.rig.keying.soundness import coincident, sound_triangles
from tests.rig.keying.faces import ball, grid


def as_set(triangles):
    """Triangles without regard to which corner comes first, with regard to their way round."""
    turned = [tuple(np.roll(t, -int(np.argmin(t)))) for t in triangles]
    return sorted(turned)


def test_a_sound_mesh_is_left_alone():
    points, triangles = ball()
    np.testing.assert_array_equal(sound_triangles(points, triangles), triangles)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0, 1), scale=st.sampled_from([1e-4, 1.0, 1e4]))
def test_any_winding_ends_outwards(seed, share, scale):
    points, triangles = ball()
    flip = np.random.default_rng(seed).uniform(size=len(triangles)) < share
    wrong = np.where(flip[:, None], triangles[:, ::-1], triangles)
    assert as_set(sound_triangles(scale * points + 3 * scale, wrong)) == as_set(triangles)


def test_a_flat_sheet_keeps_the_way_most_of_it_faces():
    points, triangles = grid(6, 6)
    wrong = triangles.copy()
    wrong[:10] = wrong[:10, ::-1]
    assert as_set(sound_triangles(points, wrong)) == as_set(triangles)


def test_each_piece_is_turned_by_itself():
    points, triangles = ball()
    n = len(points)
    both = np.vstack([points, 0.5 * points + [4, 0, 0]])
    found = sound_triangles(both, np.vstack([triangles[:, ::-1], triangles + n]))
    assert as_set(found) == as_set(np.vstack([triangles, triangles + n]))


def test_a_surface_with_one_side_is_taken_as_it_is():
    count = 12
    around = np.linspace(0, 2 * np.pi, count, endpoint=False)
    rim = [
        [(1 + s * np.cos(a / 2)) * np.cos(a), (1 + s * np.cos(a / 2)) * np.sin(a), s * np.sin(a / 2)]
        for a in around
        for s in (-0.3, 0.3)
    ]
    quads = [(2 * i, 2 * i + 1, *((2 * i + 3, 2 * i + 2) if i < count - 1 else (0, 1))) for i in range(count)]
    triangles = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    assert len(sound_triangles(np.array(rim), triangles)) == len(triangles)


def test_useless_faces_are_left_out():
    points, triangles = ball()
    more = np.vstack(
        [triangles, triangles[:5], triangles[5:9, [1, 2, 0]], triangles[9:12, ::-1], [[3, 3, 4], [7, 7, 7]]]
    )
    np.testing.assert_array_equal(sound_triangles(points, more), triangles)


def test_vertices_of_no_face_may_be_anything():
    points, triangles = ball()
    loose = np.vstack([points, [[np.nan, 0, 0], [np.inf, 1e30, 0]]])
    np.testing.assert_array_equal(sound_triangles(loose, triangles), triangles)


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda p, t: (p, t[:0]), "no faces"),
        (lambda p, t: (p, np.vstack([t, [[0, 1, len(p)]]])), "lacks"),
        (lambda p, t: (p, np.vstack([t, [[0, 1, -1]]])), "lacks"),
        (lambda p, t: (np.where(np.arange(len(p))[:, None] < 3, np.nan, p), t), "3 vertices"),
        (lambda p, t: (np.where(np.arange(len(p))[:, None] == 3, np.inf, p), t), "1 vertices"),
    ],
)
def test_what_cannot_be_mended_is_said(spoil, word):
    with pytest.raises(UserError, match=word):
        sound_triangles(*spoil(*ball()))


def test_coincident_vertices_are_counted():
    points = np.vstack([np.eye(3), np.eye(3)[:2], [[5.0, 5, 5]]])
    assert coincident(points, np.arange(6)) == 2
    assert coincident(points, np.array([0, 1, 5])) == 0
