"""The hair: closed and outward, on the skull and never in it, clear of brows and ears, the same every time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tools.make_head.brows import brow
from tools.make_head.ears import ear
from tools.make_head.hair import CLEARANCE, HEM_DEPTH, LOCKS, TOUSLED, Skull, direction, hair
from tools.make_head.measures import Array, Ids
from tools.make_head.mesh import Mesh
from tools.make_head.query import height, triangles
from tools.make_head.skin import build_skin


@pytest.fixture(scope="module")
def skin() -> Mesh:
    return build_skin()


@pytest.fixture(scope="module")
def made(skin: Mesh) -> Mesh:
    return hair(skin)


def pieces(mesh: Mesh) -> Ids:
    """Which connected piece every vertex belongs to."""
    a, b = np.array([(ids[i - 1], v) for ids in mesh.faces for i, v in enumerate(ids)]).T
    size = len(mesh.vertices)
    labels: Ids = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(size, size)))[1]
    return labels


def directed_edges(mesh: Mesh) -> Counter[tuple[int, int]]:
    return Counter((ids[i - 1], v) for ids in mesh.faces for i, v in enumerate(ids))


def hem(mesh: Mesh) -> list[int]:
    """Vertices on the border of the surface."""
    edges = directed_edges(mesh)
    return sorted({v for a, b in edges if (b, a) not in edges for v in (a, b)})


def ball(radius: float) -> Mesh:
    """A sphere about the origin as a skin."""
    mesh = Mesh()
    azimuth, elevation = np.meshgrid(np.arange(0, 360, 3.0), np.arange(-87, 88, 3.0))
    rows = mesh.grid(radius * direction(azimuth, elevation), "skin", wrap=True)
    top = mesh.add(np.array([[0.0, radius, 0.0]]))[0]
    mesh.strip(rows[-1], [top] * len(rows[-1]), "skin", closed=True)
    return mesh


def test_budget_material_and_colours(made: Mesh) -> None:
    assert 1_500 < len(made.vertices) <= 1_900
    assert set(made.materials) == {"hair"}
    colors = np.array(made.all_colors(), float)
    assert colors.shape == (len(made.vertices), 3)
    assert np.isfinite(colors).all() and colors.min() > 0 and colors.max() < 0.3
    assert len({v for ids in made.faces for v in ids}) == len(made.vertices)


def test_locks_grow_lighter_towards_their_tips(made: Mesh) -> None:
    labels, light = pieces(made), np.array(made.all_colors(), float).sum(axis=1)
    for piece in range(1, labels.max() + 1):
        ids = np.flatnonzero(labels == piece)  # a lock's last two vertices are its root and its tip
        assert light[ids[-1]] > 1.5 * light[ids[-2]]


def test_every_edge_joins_two_faces_that_agree_but_for_the_hem(made: Mesh) -> None:
    edges = directed_edges(made)
    assert max(edges.values()) == 1
    border = hem(made)
    labels = pieces(made)
    assert len(set(labels[border])) == 1, "only the cap is open"
    assert labels.max() + 1 == len(LOCKS) + 1


def test_faces_look_outward(made: Mesh) -> None:
    labels, points = pieces(made), made.points()
    a, b, c = (points[triangles(made.faces)[:, k]] for k in range(3))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
    of = labels[triangles(made.faces)[:, 0]]
    cap = labels[hem(made)[0]]
    for piece in range(labels.max() + 1):
        if piece != cap:
            assert volume[of == piece].sum() > 100.0, "a lock is turned inside out"
    middle = np.array([0.0, 20.0, 0.0])
    normal = np.cross(b - a, c - a)[of == cap]
    assert (np.einsum("ij,ij->i", normal, a[of == cap] - middle) > 0).all()


def test_only_the_hem_and_roots_lie_under_the_skin(skin: Mesh, made: Mesh) -> None:
    off = height(skin, made.points())
    assert off.min() > -HEM_DEPTH - 0.6  # the radius between vertices is an average
    assert (off[hem(made)] < 0).all(), "the hairline would float"
    assert np.mean(off < 0) < 0.06


def test_no_skin_shows_through_the_faces_of_the_cap(skin: Mesh, made: Mesh) -> None:
    labels, points = pieces(made), made.points()
    border = set(hem(made))
    faces = [ids for ids in made.faces if labels[ids[0]] == labels[min(border)] and not border & set(ids)]
    assert len(faces) > 300
    centres = np.array([points[list(ids)].mean(axis=0) for ids in faces])
    assert height(skin, centres).min() > 0.4


def test_behind_the_ears_no_lock_leaves_the_cap(skin: Mesh, made: Mesh) -> None:
    """Seen from the side the back of the head is one round line: neither blades nor gaps under locks."""
    skull = Skull.of(skin)
    offset = made.points() - skull.centre
    behind = offset[offset[:, 2] < 0]
    to = behind / np.linalg.norm(behind, axis=1, keepdims=True)
    cap = np.linalg.norm(skull.lifted(to, TOUSLED.lift(to)) - skull.centre, axis=1)
    above = np.linalg.norm(behind, axis=1) - cap
    assert len(above) > 600
    assert above.max() < 7.0
    assert np.quantile(above, 0.9) < 5.5


def test_volume_rises_evenly_from_the_nape_and_the_ears() -> None:
    """No dent and no bulge at sideburns and ears: a step of a degree changes the cap's lift by under a millimetre."""
    azimuth, elevation = np.meshgrid(np.arange(-180.0, 181.0), np.arange(-60.0, 90.0))
    lift = TOUSLED.lift(direction(azimuth, elevation))
    assert lift.min() == pytest.approx(1.8) and lift.max() == pytest.approx(23.0, abs=0.5)
    assert np.abs(np.diff(lift, axis=0)).max() < 1.0
    around = elevation[:, 1:] < 80  # towards the crown a degree of azimuth is no way
    assert np.abs(np.diff(lift, axis=1))[around].max() < 1.0
    assert (np.diff(lift, axis=0) > -1e-9).all()


def test_brows_stay_bare(skin: Mesh, made: Mesh) -> None:
    brows, points = brow(skin).points(), made.points()
    front = (points[:, 2] > brows[:, 2].min() - 10) & (np.abs(points[:, 0]) < np.abs(brows[:, 0]).max())
    assert front.sum() > 50
    assert points[front, 1].min() > brows[:, 1].max() + 3.0


def test_ears_stay_bare(skin: Mesh, made: Mesh) -> None:
    ears, points = ear(skin).points(), made.points()
    low, high = np.quantile(ears[:, 1:], [0.05, 0.9], axis=0)
    beside = ((points[:, 1:] > low) & (points[:, 1:] < high)).all(axis=1)
    outer = np.abs(points[:, 0]) > np.quantile(np.abs(ears[:, 0]), 0.5)
    assert not (beside & outer).any()


def test_the_same_every_time_and_its_own_twin(skin: Mesh, made: Mesh) -> None:
    again = hair(build_skin())
    assert again.vertices == made.vertices and again.faces == made.faces and again.colors == made.colors
    assert made.twins == list(range(len(made.vertices)))
    assert len(skin.twins) == len(skin.vertices), "the skin is left as it was"


@pytest.mark.parametrize("scale", [(1.12, 0.94, 1.0), (0.92, 1.08, 1.06)])
def test_fits_other_skulls(skin: Mesh, scale: tuple[float, float, float]) -> None:
    points = skin.points() * scale
    other = replace(skin, vertices=[(float(x), float(y), float(z)) for x, y, z in points])
    made = hair(other)
    off = height(other, made.points()[::3])
    assert off.min() > -HEM_DEPTH - 0.8
    assert off.max() < 60.0


def _distance_to_ball(skull: Skull, to: Array, radius: float) -> Array:
    along = to @ skull.centre
    return np.asarray(-along + np.sqrt(along**2 - skull.centre @ skull.centre + radius**2))


def test_skull_of_a_ball() -> None:
    radius = 100.0
    skull = Skull.of(ball(radius))
    assert skull.centre == pytest.approx([0.0, 18.0, 0.0], abs=0.1)
    to = direction(np.linspace(-170, 175, 40), np.linspace(-60, 88, 40))
    expected = _distance_to_ball(skull, to, radius)
    assert np.abs(skull.radius(to) - expected).max() < 0.4
    assert np.abs(skull.volume(to) - expected).max() < 2.0
    lift = np.full(40, 5.0)
    assert np.abs(skull.height(skull.lifted(to, lift)) - lift).max() < 1.0
    assert skull.height(skull.lifted(to, np.full(40, 30.0))).min() > CLEARANCE


def test_direction_knows_the_sides() -> None:
    found = direction(np.array([0.0, 90.0, 180.0, 0.0]), np.array([0.0, 0.0, 0.0, 90.0]))
    assert found == pytest.approx(np.array([[0, 0, 1], [1, 0, 0], [0, 0, -1], [0, 1, 0]], float), abs=1e-12)
