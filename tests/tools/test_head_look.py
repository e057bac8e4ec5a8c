"""The eyes and the tints of the default head, and the mesh under construction that carries them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ptalker_blender.rig.look import MAX_IOR
from tools.make_head.eyes import AROUND, CORNEA_RISE, eyeball
from tools.make_head.look import hair_colors, materials, skin_colors, vertex_colors
from tools.make_head.mesh import Mesh
from tools.make_head.palette import PALETTE

RADIUS, IRIS = 20.0, 8.0
MATERIALS = materials()
SKIN, BLUSH, LIP, LID_RIM = (np.array(tint) for tint in (PALETTE.skin, PALETTE.blush, PALETTE.lip, PALETTE.lid_rim))
CENTRES = {name: np.array(at) for name, at in
           {"nose_tip": (0.0, -35.0, 115.0), "eye": (32.0, 0.0, 66.0), "cheek": (42.0, -34.0, 85.0),
            "ear": (78.0, -10.0, -8.0)}.items()}  # fmt: skip


@pytest.fixture(scope="module")
def eye():
    return eyeball(RADIUS, IRIS)


def vertices_of(mesh, material):
    return sorted({v for ids, own in zip(mesh.faces, mesh.materials, strict=True) if own == material for v in ids})


def test_cornea_is_a_shell_that_lids_can_slide_over(eye):
    distance = np.linalg.norm(eye.points(), axis=1)
    shell = vertices_of(eye, "cornea")
    assert not set(shell) & {v for name in ("sclera", "iris", "pupil") for v in vertices_of(eye, name)}
    assert distance.max() - RADIUS == pytest.approx(CORNEA_RISE)
    assert CORNEA_RISE <= 0.5
    others = np.setdiff1d(np.arange(len(distance)), shell)
    assert distance[others].max() <= RADIUS + 1e-9
    # Its rim ends under the white, its middle stands clear of the iris.
    assert distance[shell].min() < RADIUS
    assert len(distance) <= 650


def test_iris_is_a_bowl_with_the_pupil_at_its_bottom(eye):
    points = eye.points()
    iris, pupil = points[vertices_of(eye, "iris")], points[vertices_of(eye, "pupil")]
    across = np.hypot(iris[:, 0], iris[:, 1])
    assert across.max() == pytest.approx(IRIS)
    rings = [iris[np.isclose(across, r), 2].mean() for r in np.unique(across.round(6))]
    assert (np.diff(rings) > 0).all()  # rises outwards
    assert pupil[:, 2].min() < iris[:, 2].min()
    assert iris[:, 2].max() < points[vertices_of(eye, "cornea"), 2].max()


def test_eyeball_is_closed_and_faces_outwards(eye):
    for material in ("cornea", None):
        faces = [ids for ids, own in zip(eye.faces, eye.materials, strict=True) if (own == "cornea") == bool(material)]
        edges = Counter((ids[i - 1], ids[i]) for ids in faces for i in range(len(ids)))
        assert set(edges.values()) == {1}
        unpaired = [edge for edge in edges if edge[::-1] not in edges]
        assert len(unpaired) == (AROUND if material else 0)  # the shell has a rim, the ball none
    points = eye.points()
    corners = [points[list(ids[:3])] for ids, own in zip(eye.faces, eye.materials, strict=True) if own == "cornea"]
    assert all(np.dot(np.cross(b - a, c - a), a + b + c) > 0 for a, b, c in corners)


def test_eye_is_painted_from_black_over_a_dark_rim_to_white(eye):
    points, colors = eye.points(), vertex_colors(eye)
    assert None not in eye.all_colors()
    across = np.hypot(points[:, 0], points[:, 1])
    ball = np.setdiff1d(np.flatnonzero(points[:, 2] > 0), vertices_of(eye, "cornea"))
    light = colors.mean(axis=1)

    def around(low, high):
        return light[[v for v in ball if low <= across[v] <= high]].mean()

    pupil, middle, rim, white = around(0, 3.5), around(5.0, 6.5), around(IRIS - 1e-6, IRIS + 1e-6), around(11.0, 13.0)
    assert pupil < 0.01
    assert rim < 0.4 * middle < 0.4 * white
    # The limbus is soft: between the rim and the white no ring jumps by more than half of their difference.
    rings = sorted({round(float(across[v]), 4) for v in ball if IRIS - 1e-6 <= across[v] < 12.0})
    steps = np.diff([around(r - 1e-3, r + 1e-3) for r in rings])
    assert len(steps) >= 4
    assert steps.max() < 0.6 * (white - rim)
    assert (steps > -0.02).all()  # beyond the limbus the lid's shade and the corners' pink set in


def test_the_dome_wears_the_colours_of_what_lies_under_it(eye):
    """Seen edge on the cornea shows its own colours: the pupil's at the top, then the iris's, dark at the rim."""
    points, colors = eye.points(), vertex_colors(eye)
    shell = np.array(vertices_of(eye, "cornea"))
    across = np.hypot(*points[shell, :2].T)
    light = colors[shell].mean(axis=1)
    middle = light[(across > 0.5 * IRIS) & (across < 0.75 * IRIS)].min()
    assert light[np.argmin(across)] < 0.01
    assert middle > 0.1
    assert light[across > IRIS].max() < 0.3 * middle


def test_the_white_is_shaded_below_the_upper_lid(eye):
    points, light = eye.points(), vertex_colors(eye).mean(axis=1)
    white = [v for v in vertices_of(eye, "sclera") if points[v, 2] > 5 and np.hypot(*points[v, :2]) > 1.25 * IRIS]
    high, low = ([v for v in white if sign * points[v, 1] > 4.0] for sign in (1, -1))
    assert light[high].mean() < 0.8 * light[low].mean()


@pytest.mark.parametrize("iris", [0.0, 14.1])
def test_iris_must_fit(iris):
    with pytest.raises(ValueError, match="does not fit"):
        eyeball(RADIUS, iris)


def test_skin_is_even_but_for_blush_lips_and_lids():
    points = np.array([[0, 60, 90], [42, -34, 85], [-42, -34, 85], [0, -65, 100], [20, 5, 80], [0, -35, 115]], float)
    lipness, lidness = np.array([0, 0, 0, 1.0, 0, 0]), np.array([0, 0, 0, 0, 1.0, 0])
    colors = skin_colors(points, CENTRES, lipness, lidness)
    forehead, left, right, lip, lid, nose = colors
    np.testing.assert_allclose(forehead, SKIN, atol=0.01)
    np.testing.assert_array_equal(left, right)
    np.testing.assert_allclose(lip, LIP)
    np.testing.assert_allclose(lid, LID_RIM)
    for blushed in (left, nose):
        assert blushed[0] / blushed[1] > 1.2 * SKIN[0] / SKIN[1]
        assert (np.abs(blushed - BLUSH) < np.abs(SKIN - BLUSH)).all()
    assert SKIN[0] > SKIN[1] > SKIN[2]


def test_lip_red_fades():
    """Half way between skin and lip the tint is half way, wherever on the face."""
    points = np.tile([0.0, -65.0, 100.0], (11, 1))
    colors = skin_colors(points, CENTRES, np.linspace(0, 1, 11), np.zeros(11))
    np.testing.assert_allclose(colors[5], (colors[0] + colors[10]) / 2)


def test_hair_grows_lighter_to_its_tip():
    colors = hair_colors(np.linspace(0, 1, 9), np.zeros(9))
    assert (np.diff(colors.sum(axis=1)) > 0).all()
    one, other = hair_colors(np.ones(2), np.array([0.25, 0.75]))
    assert one.sum() > other.sum()


def test_colors_follow_their_vertices_through_mirror_and_append():
    half = Mesh()
    ids = half.add(np.array([[0.0, 0, 0], [1.0, 0, 0]]), np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]))
    half.add(np.array([[2.0, 1, 0]]))  # no colour of its own
    half.face((ids[0], ids[1], 2), "hair")
    whole = Mesh()
    whole.add(np.array([[9.0, 9, 9]]))
    whole.append(half.mirrored(), "part")
    by_place = dict(zip(whole.vertices, whole.all_colors(), strict=True))
    assert by_place[1.0, 0.0, 0.0] == by_place[-1.0, 0.0, 0.0] == (0.4, 0.5, 0.6)
    assert by_place[0.0, 0.0, 0.0] == (0.1, 0.2, 0.3)
    assert by_place[2.0, 1.0, 0.0] is by_place[-2.0, 1.0, 0.0] is by_place[9.0, 9.0, 9.0] is None
    hair = next(material.base_color[:3] for material in MATERIALS if material.name == "hair")
    np.testing.assert_allclose(vertex_colors(whole)[whole.vertices.index((2.0, 1.0, 0.0))], hair)


def test_materials_are_within_what_the_format_holds():
    assert len({material.name for material in MATERIALS}) == len(MATERIALS)
    for material in MATERIALS:
        numbers = (*material.base_color, material.roughness, material.subsurface, material.transmission,
                   material.coat, material.sheen, material.anisotropic)  # fmt: skip
        assert all(0.0 <= number <= 1.0 for number in numbers), material.name
        assert 1.0 <= material.ior <= MAX_IOR
