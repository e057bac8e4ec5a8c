"""Ears, brows, lashes and bust of the default character, and the questions they ask of its skin."""

from __future__ import annotations

from collections import Counter, deque

import numpy as np
import pytest

from tools.make_head.brows import brow, brow_curve
from tools.make_head.brows import roots as brow_roots
from tools.make_head.bust import HEM, bust
from tools.make_head.ears import RIM, ear
from tools.make_head.lashes import lashes, margins
from tools.make_head.lashes import roots as lash_roots
from tools.make_head.measures import EYE, EYE_RADIUS
from tools.make_head.mesh import Mesh
from tools.make_head.query import front_point, height, nearest, outside, vertex_normals
from tools.make_head.skin import build_skin

BUDGET = {"ears": 2 * 500, "brows": 2 * 210, "lashes": 2 * 200, "bust": 900}
MATERIAL = {"ears": "skin", "brows": "brow", "lashes": "lash", "bust": "cloth"}
PARTS = tuple(BUDGET)


def _parts(skin: Mesh) -> dict[str, Mesh]:
    return {"ears": ear(skin), "brows": brow(skin), "lashes": lashes(*margins(skin)), "bust": bust(skin)}


@pytest.fixture(scope="module")
def skin() -> Mesh:
    return build_skin()


@pytest.fixture(scope="module")
def parts(skin: Mesh) -> dict[str, Mesh]:
    return _parts(skin)


def _sphere(radius: float, rows: int = 60) -> Mesh:
    """A closed ball of skin about the origin, wound outwards."""
    mesh = Mesh()
    lat, lon = np.linspace(-np.pi / 2, np.pi / 2, rows), np.linspace(0, 2 * np.pi, 2 * rows, endpoint=False)
    a, b = np.meshgrid(lat, lon, indexing="ij")
    mesh.grid(radius * np.stack([np.cos(a) * np.sin(b), np.sin(a), np.cos(a) * np.cos(b)], -1), "skin", wrap=True)
    return mesh


def test_front_of_a_slope_is_known() -> None:
    points = np.array([[0.0, 0, 0], [4, 0, 2], [4, 4, 2], [0, 4, 0], [0, 0, -9], [4, 0, -9], [4, 4, -9], [0, 4, -9]])
    faces = [(0, 1, 2, 3), (7, 6, 5, 4)]  # z = x / 2 before a wall at -9
    found, normal = front_point(points, faces, np.array([1.0, 4.0, 2.0]), np.array([3.0, 4.0, 2.0]))
    np.testing.assert_allclose(found, [[1, 3, 0.5], [4, 4, 2], [2, 2, 1]], atol=1e-12)
    np.testing.assert_allclose(normal, np.tile(np.array([-1, 0, 2]) / np.sqrt(5), (3, 1)), atol=1e-12)


def test_a_line_beside_the_surface_is_refused() -> None:
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    with pytest.raises(ValueError, match=r"x = 2\.0, y = 0\.0"):
        front_point(points, [(0, 1, 2)], np.array([0.2, 2.0]), np.array([0.2, 0.0]))


def test_nearest_on_a_ball_lies_towards_its_middle() -> None:
    ball = _sphere(50.0)
    points = np.random.default_rng(0).normal(size=(40, 3))
    points *= (np.linspace(30, 80, 40) / np.linalg.norm(points, axis=1))[:, None]
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    surface, normal = nearest(ball, points)
    np.testing.assert_allclose(surface, 50 * unit, atol=1.5)  # facets: 2.6 mm long on a radius of 50
    assert (normal * unit).sum(axis=1).min() > 0.999
    np.testing.assert_allclose(height(ball, points), np.linspace(-20, 30, 40), atol=0.1)


def test_nearest_is_the_nearest_of_many_samples(skin: Mesh) -> None:
    """No point of the surface, sampled finely, is nearer than the one found."""
    rng = np.random.default_rng(1)
    points = rng.uniform((-80, -120, -60), (80, 100, 120), (25, 3))
    surface, _ = nearest(skin, points)
    corners = skin.points()[np.array([ids for ids in outside(skin) if len(ids) == 4])]
    weights = rng.dirichlet((1.0, 1.0, 1.0), 12)
    samples = np.concatenate([np.einsum("kc,fcx->kfx", weights, corners[:, pick]).reshape(-1, 3)
                              for pick in ([0, 1, 2], [0, 2, 3])])  # fmt: skip
    sampled = np.array([np.linalg.norm(samples - p, axis=1).min() for p in points])
    found = np.linalg.norm(surface - points, axis=1)
    assert (found <= sampled + 1e-9).all()
    assert (found >= sampled - 1.0).all()


@pytest.mark.parametrize("name", PARTS)
def test_budget_and_material(parts: dict[str, Mesh], name: str) -> None:
    mesh = parts[name]
    assert 0.4 * BUDGET[name] < len(mesh.vertices) <= BUDGET[name]
    assert set(mesh.materials) == {MATERIAL[name]}
    assert {v for ids in mesh.faces for v in ids} == set(range(len(mesh.vertices)))


@pytest.mark.parametrize("name", PARTS)
def test_two_sides_agree(parts: dict[str, Mesh], name: str) -> None:
    mesh = parts[name]
    points, twins = mesh.points(), np.array(mesh.twins)
    np.testing.assert_array_equal(points[twins], points * [-1, 1, 1])
    np.testing.assert_array_equal(twins[twins], np.arange(len(twins)))


def _edges(mesh: Mesh, faces: list[int]) -> Counter[tuple[int, int]]:
    pairs: Counter[tuple[int, int]] = Counter()
    for f in faces:
        ids = mesh.faces[f]
        pairs.update(zip(ids, (*ids[1:], ids[0]), strict=True))
    return pairs


def _pieces(mesh: Mesh) -> list[list[int]]:
    """Faces that hang together by vertices."""
    of_vertex: dict[int, list[int]] = {}
    for f, ids in enumerate(mesh.faces):
        for v in ids:
            of_vertex.setdefault(v, []).append(f)
    left, pieces = set(range(len(mesh.faces))), []
    while left:
        queue, piece = deque([left.pop()]), []
        while queue:
            f = queue.popleft()
            piece.append(f)
            fresh = {g for v in mesh.faces[f] for g in of_vertex[v]} & left
            left -= fresh
            queue.extend(fresh)
        pieces.append(piece)
    return pieces


def _lids(edges: Counter[tuple[int, int]]) -> list[list[int]]:
    """Border loops, in the order in which a polygon that closed them would run."""
    follows = {b: a for a, b in edges if (b, a) not in edges}
    loops = []
    while follows:
        start, loop = next(iter(follows)), []
        v = start
        while v in follows:
            loop.append(v)
            v = follows.pop(v)
        assert v == start
        loops.append(loop)
    return loops


def _volume(points: np.ndarray, faces: list[tuple[int, ...]], loops: list[list[int]]) -> float:
    """Of a surface whose border loops are closed by fans about their middles."""
    fans = [np.stack([points[ids[0]], points[ids[i]], points[ids[i + 1]]])
            for ids in faces for i in range(1, len(ids) - 1)]  # fmt: skip
    for loop in loops:
        rim = points[loop]
        fans += [np.stack([rim.mean(axis=0), rim[i - 1], rim[i]]) for i in range(len(rim))]
    return float(np.linalg.det(np.array(fans)).sum()) / 6


@pytest.mark.parametrize("name", PARTS)
def test_polygons_are_wound_outwards(parts: dict[str, Mesh], name: str) -> None:
    """Neighbours agree, and every piece, its openings closed, holds a positive volume."""
    mesh = parts[name]
    for piece in _pieces(mesh):
        edges = _edges(mesh, piece)
        assert max(edges.values()) == 1
        assert _volume(mesh.points(), [mesh.faces[f] for f in piece], _lids(edges)) > 0


@pytest.mark.parametrize("name", ["ears", "brows", "bust"])
def test_no_polygon_is_folded(parts: dict[str, Mesh], name: str) -> None:
    """No polygon faces away from the mean of its corners' normals: a fold would render as a dark crease."""
    mesh = parts[name]
    points, normals = mesh.points(), vertex_normals(mesh.points(), mesh.faces)
    turned = 0
    for ids in mesh.faces:
        p = points[list(ids)]
        across = sum(np.cross(p[i] - p[0], p[i + 1] - p[0]) for i in range(1, len(ids) - 1))
        turned += float(across @ normals[list(ids)].mean(axis=0)) <= 0
    assert turned == 0


def test_parts_are_the_same_every_time(skin: Mesh, parts: dict[str, Mesh]) -> None:
    for name, again in _parts(skin).items():
        assert again.vertices == parts[name].vertices
        assert again.faces == parts[name].faces
        assert again.groups == parts[name].groups
        assert again.all_colors() == parts[name].all_colors()


def test_ears_grow_out_of_the_head(skin: Mesh, parts: dict[str, Mesh]) -> None:
    mesh = parts["ears"]
    edges = _edges(mesh, list(range(len(mesh.faces))))
    border = [a for a, b in edges if (b, a) not in edges]
    assert len(border) == 2 * 2 * len(RIM)
    deep = height(skin, mesh.points()[border])
    assert deep.min() > -4.5 and deep.max() < -0.4
    left = mesh.points()[mesh.points()[:, 0] > 0]
    above = height(skin, left)
    assert 10 < above.max() < 20  # the rim stands off
    tall, long = np.ptp(left[above > 0.3], axis=0)[1:]
    assert 50 < tall < 60
    assert 26 < long < 42


def test_no_skin_shows_through_the_bowl(skin: Mesh, parts: dict[str, Mesh]) -> None:
    """Whatever is not at the ear's border lies over the skin: seen from the side, the head never pokes through."""
    mesh = parts["ears"]
    points = mesh.points()
    inner = points[(points[:, 0] > 0)]
    middle = inner[np.hypot(inner[:, 1] + 10.0, inner[:, 2] - 0.0) < 9.0]
    assert len(middle) > 20
    assert height(skin, middle).min() > 0.3


def test_brows_lie_on_the_skin(skin: Mesh, parts: dict[str, Mesh]) -> None:
    points = parts["brows"].points()
    away = height(skin, points)
    assert -1.2 < away.min() < 0 < away.max() < 4.0
    x, y = brow_curve(np.linspace(0, 1, 30))
    assert (np.diff(x) > 0).all()
    assert 11 < x[0] < 16 and 50 < x[-1] < 58
    assert y.min() > 23 and y.max() < 33 and 0.4 < x[np.argmax(y)] / x[-1] < 0.85  # an arch over the eye's outer half
    left = points[points[:, 0] > 0]
    apart = np.linalg.norm(left[:, None, :2] - np.stack([x, y], 1)[None], axis=2).min(axis=1)
    assert apart.max() < 8


def test_brows_are_carried_by_the_skin(skin: Mesh, parts: dict[str, Mesh]) -> None:
    points = parts["brows"].points()
    held = brow_roots(skin, points)
    np.testing.assert_allclose(held.weights.sum(axis=1), 1, atol=1e-9)
    assert held.weights.min() >= -1e-9
    assert np.linalg.norm(held.of(skin.points()) - points, axis=1).max() < 4.0
    lift = np.tile([0.0, 5.0, 1.0], (len(skin.vertices), 1))
    np.testing.assert_allclose(held.of(lift), np.tile([0.0, 5.0, 1.0], (len(points), 1)), atol=1e-12)


def test_lashes_ride_on_the_margins(skin: Mesh, parts: dict[str, Mesh]) -> None:
    mesh = parts["lashes"]
    points = mesh.points()
    held: list[int] = []
    for lid, margin in zip(("upper", "lower"), margins(skin), strict=True):
        for side, mirror in (("left", 1.0), ("right", -1.0)):
            ids, index = lash_roots(mesh, lid, side)
            held += ids.tolist()
            assert set(index.tolist()) == set(range(len(margin)))
            away = np.linalg.norm(points[ids] - margin[index] * [mirror, 1, 1], axis=1)
            assert away.max() < (2.5 if lid == "upper" else 1.0)
            nearest_of = np.array([away[index == i].min() for i in range(len(margin))])
            assert nearest_of.max() < 1.0  # every vertex of the margin has lashes at its foot
    assert sorted(held) == list(range(len(points)))


def test_lash_roots_survive_appending(parts: dict[str, Mesh]) -> None:
    whole = Mesh()
    whole.append(_sphere(5.0, 8), "other")
    whole.append(parts["lashes"], "lashes")
    own, index = lash_roots(parts["lashes"], "upper", "right")
    ids, same = lash_roots(whole, "upper", "right")
    np.testing.assert_array_equal(ids, own + whole.groups["lashes"][0])
    np.testing.assert_array_equal(same, index)


def test_lashes_leave_the_eyeball_alone(parts: dict[str, Mesh]) -> None:
    points = parts["lashes"].points()
    left = points[points[:, 0] > 0]
    assert np.linalg.norm(left - EYE, axis=1).min() > EYE_RADIUS
    assert left[:, 0].max() - EYE[0] < 21  # no wing beyond the outer corner


def test_the_collar_hides_the_end_of_the_neck(skin: Mesh, parts: dict[str, Mesh]) -> None:
    cloth, neck = parts["bust"].points(), skin.points()
    assert np.isclose(cloth[:, 1].min(), HEM, atol=1.0)
    assert 140 < cloth[:, 0].max() < 160
    end = neck[neck[:, 1] < neck[:, 1].min() + 8]  # the cut ring: inside the cloth seen from every side
    centre = np.array([0.0, -20.0])
    for turn in np.linspace(-np.pi, np.pi, 24, endpoint=False):
        way = np.array([np.sin(turn), np.cos(turn)])

        def reach(points: np.ndarray, way: np.ndarray = way) -> np.ndarray:
            away = points[:, [0, 2]] - centre
            near = away @ way > 0.95 * np.linalg.norm(away, axis=1)
            return points[near]

        assert reach(cloth)[:, 1].max() > reach(end)[:, 1].max() + 4
    ring = cloth[cloth[:, 1] > -182]
    ring = ring[np.hypot(ring[:, 0], ring[:, 2] + 20) < 75]
    assert height(skin, ring).min() > -1.5  # touches the neck, does not cut into it
