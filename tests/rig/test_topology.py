"""FLAME is recognised by connectivity on any mesh, and a near miss is explained."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ptalker_blender.rig.topology_table as topology_table_module
from ptalker_blender.rig.flame_file import FlameModel, read_flame
from ptalker_blender.rig.flame_pose import pose_flame
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.topology import (
    N_EDGES,
    PARTS,
    edge_signature,
    polygon_edges,
    recognise,
    vertex_colours,
)
from ptalker_blender.rig.topology_table import EDGES_SHA256, colour_table
from tools.flame_tables.topology import topology_table


@pytest.fixture(scope="module")
def flame(data_dir) -> FlameModel:
    path = data_dir / "flame" / "flame2023open_partial.npz"
    if not path.is_file():
        pytest.skip("no FLAME arrays in the shared data")
    return read_flame(path)


@pytest.fixture(scope="module")
def faces(flame) -> np.ndarray:
    return flame.faces


def mesh(*faces):
    """Polygons of triangles [F, 3], quads [Q, 4] and so on, in this order."""
    return np.concatenate([f.ravel() for f in faces]), np.concatenate([np.full(len(f), f.shape[1]) for f in faces])


def without(faces, gone):
    """Triangles, vertices counted, after the vertices ``gone`` are deleted."""
    keep = np.ones(faces.max() + 1, bool)
    keep[gone] = False
    number = np.cumsum(keep) - 1
    return number[faces[keep[faces].all(axis=1)]], int(keep.sum()), np.flatnonzero(keep)


def joined(faces, count, seed=0):
    """Quads [count, 4] of neighbouring triangles, and the triangles left."""
    pairs = {}
    taken, quads = set(), []
    for f, (a, b, c) in enumerate(faces.tolist()):
        for u, v, w in ((a, b, c), (b, c, a), (c, a, b)):
            other = pairs.setdefault((min(u, v), max(u, v)), (f, w))
            if len(quads) < count and other[0] != f and not {f, other[0]} & taken:
                taken |= {f, other[0]}
                quads.append((w, u, other[1], v))
    left = [f for f in range(len(faces)) if f not in taken]
    return np.array(quads), faces[left]


def middles(edges, n, u, v):
    """The new vertex on each edge u-v, after n old ones."""
    return n + np.searchsorted(edges[:, 0] * n + edges[:, 1], np.minimum(u, v) * n + np.maximum(u, v))


def quad_subdivided(polygons, n):
    """One level as Catmull and Clark's, of polygons that all have the same size: counts and connections only."""
    edges, corners = polygon_edges(polygons), polygons[0].reshape(len(polygons[1]), -1)
    ahead = middles(edges, n, corners, np.roll(corners, -1, axis=1))
    centres = np.broadcast_to((n + len(edges) + np.arange(len(corners)))[:, None], corners.shape)
    quads = np.stack([corners, ahead, centres, np.roll(ahead, 1, axis=1)], axis=2)
    return mesh(quads.reshape(-1, 4)), n + len(edges) + len(corners)


def triangle_subdivided(faces, n):
    edges = polygon_edges(mesh(faces))
    a, b, c = faces.T
    ab, bc, ca = (middles(edges, n, u, v) for u, v in ((a, b), (b, c), (c, a)))
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.concatenate([np.stack(part, axis=1) for part in parts]), n + len(edges)


# Without FLAME


def test_signature_is_of_the_set_of_edges():
    edges = np.array([[0, 1], [2, 1], [3, 0]])
    assert edge_signature(edges) == edge_signature(edges[::-1, ::-1]) == edge_signature(np.tile(edges, (2, 1)))
    assert edge_signature(edges) != edge_signature(edges + 1)
    # the bytes are documented: little-endian pairs, lower vertex first, sorted
    raw = np.array([[0, 1], [0, 3], [1, 2]], "<u4").tobytes()
    assert edge_signature(edges) == hashlib.sha256(raw).hexdigest()


def test_polygon_edges_close_each_polygon():
    polygons = np.array([0, 1, 2, 3, 2, 1, 4]), np.array([4, 3])
    assert polygon_edges(polygons).tolist() == [[0, 1], [0, 3], [1, 2], [1, 4], [2, 3], [2, 4]]


@settings(max_examples=60)
@given(st.integers(4, 40), st.integers(1, 60), st.integers(0, 2**31))
def test_colours_follow_a_renumbering_and_the_start_of_polygons(n, count, seed):
    rng = np.random.default_rng(seed)
    faces = np.array([rng.choice(n, 3, replace=False) for _ in range(count)])
    order = rng.permutation(n)
    turned = np.array([np.roll(face, rng.integers(3)) for face in order[faces]])[rng.permutation(count)]
    colours = vertex_colours(mesh(faces), n)
    assert np.array_equal(vertex_colours(mesh(turned), n)[order], colours)


def test_colours_tell_a_mirror_image_apart():
    """A fan with one spike turns left in one and right in the other."""
    faces = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 1], [1, 5, 2], [5, 6, 2]])
    mirrored = faces[:, ::-1]
    assert sorted(vertex_colours(mesh(faces), 7)) != sorted(vertex_colours(mesh(mirrored), 7))


def test_table_is_whole():
    table = colour_table()
    assert len(table) == len(np.unique(table)) == 5023
    assert [part.vertices for part in PARTS] == [3931, 546, 546] and N_EDGES == 14995
    assert sum(part.faces for part in PARTS) == 9976


def test_other_meshes_are_not_flame():
    head = load_head()
    found = recognise(None, len(head.vertices), head.polygons)
    assert found.kind == "unrelated" and found.correspondence is None
    assert f"{len(head.vertices):,} vertices" in found.reason and "5,023" in found.reason
    quads = np.arange(5020).reshape(-1, 4)
    found = recognise(None, 5023, mesh(quads))
    assert found.kind in ("altered", "unrelated") and "other edges; it is another mesh" in found.reason
    assert recognise(np.zeros((0, 2), int), 0, (np.zeros(0, int), np.zeros(0, int))).kind == "unrelated"


def test_broken_input_is_an_error():
    with pytest.raises(ValueError, match="needed"):
        recognise(None, 3, None)
    with pytest.raises(ValueError, match="within"):
        recognise(np.array([[0, 3]]), 3, None)
    with pytest.raises(ValueError, match="within"):
        recognise(None, 3, mesh(np.array([[0, 1, -1]])))
    with pytest.raises(ValueError, match="sum"):
        recognise(None, 3, (np.array([0, 1, 2]), np.array([4])))


# The real mesh


@pytest.mark.data
def test_flame_in_its_own_order(flame, faces):
    edges = polygon_edges(mesh(faces))
    assert edge_signature(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)) == EDGES_SHA256
    rng = np.random.default_rng(0)
    for given_edges, polygons in [
        (edges, mesh(faces)),
        (edges, None),
        (None, mesh(faces[rng.permutation(len(faces))])),  # another order of polygons, as after sorting by material
        (np.concatenate([edges, [[0, 4000]]]), mesh(faces)),  # a loose edge
        (None, mesh(faces[:, ::-1])),  # inside out
    ]:
        found = recognise(given_edges, 5023, polygons)
        assert found.kind == "exact" and np.array_equal(found.correspondence, np.arange(5023))


@pytest.mark.data
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("inside_out", [False, True])
def test_another_order_of_vertices_gives_the_correspondence(faces, seed, inside_out):
    rng = np.random.default_rng(seed)
    order = rng.permutation(5023)  # vertex k of FLAME is vertex order[k] of the mesh
    shuffled = order[faces][rng.permutation(len(faces))]
    found = recognise(None, 5023, mesh(shuffled[:, ::-1] if inside_out else shuffled))
    assert found.kind == "reordered"
    assert np.array_equal(found.correspondence[order], np.arange(5023))
    # which is what an artist needs: the identity on that mesh, found again by its numbers
    assert edge_signature(found.correspondence[polygon_edges(mesh(shuffled))]) == EDGES_SHA256


@pytest.mark.data
def test_positions_play_no_part(flame, faces):
    """Morphed, posed, scaled, turned, mirrored or collapsed: nothing of it reaches the recogniser; only numbers do."""
    vertices = pose_flame(flame, np.random.default_rng(0).normal(size=60), None, np.full((5, 3), 0.2))
    assert not np.allclose(vertices, flame.v_template, atol=0.01)
    assert recognise(None, len(vertices), mesh(faces)).kind == "exact"


@pytest.mark.data
def test_eyeballs_removed(faces):
    rng = np.random.default_rng(1)
    skin, n, kept = without(faces, np.arange(3931, 5023))
    order = rng.permutation(n)
    for polygons, expected in ((skin, kept), (order[skin], kept[np.argsort(order)])):
        found = recognise(None, n, mesh(polygons))
        assert found.kind == "partial" and "without its eyeballs (1,092 vertices)" in found.reason
        assert np.array_equal(found.correspondence, expected)
    one, n, kept = without(faces, np.arange(4477, 5023))
    found = recognise(None, n, mesh(one))
    assert "without its right eyeball (546 vertices)" in found.reason
    assert np.array_equal(found.correspondence, kept)


@pytest.mark.data
def test_further_geometry(faces):
    teeth = np.array([[0, 1, 2], [2, 1, 3]]) + 5023
    found = recognise(None, 5027, mesh(faces, teeth))
    assert found.kind == "extended" and "4 further vertices" in found.reason
    assert np.array_equal(found.correspondence, np.r_[np.arange(5023), [-1] * 4])
    found = recognise(None, 5024, mesh(faces))
    assert found.kind == "extended" and "1 further vertices" in found.reason


@pytest.mark.data
@pytest.mark.parametrize("count", [1, 100, 3000])
def test_triangles_joined_to_quads(faces, count):
    quads, left = joined(faces, count)
    found = recognise(None, 5023, mesh(quads, left))
    assert found.kind == "altered" and found.correspondence is None
    assert f"{count:,} pairs of triangles were joined" in found.reason
    assert "Tris to Quads" in found.reason


@pytest.mark.data
def test_subdivided(faces):
    fine, n = triangle_subdivided(faces, 5023)
    assert "FLAME subdivided once" in recognise(None, n, mesh(fine)).reason
    finer, m = triangle_subdivided(fine, n)
    assert "FLAME subdivided 2 times" in recognise(None, m, mesh(finer)).reason
    quads, n = quad_subdivided(mesh(faces), 5023)
    assert "FLAME subdivided once" in recognise(None, n, quads).reason
    quads, n = quad_subdivided(quads, n)
    found = recognise(None, n, quads)
    assert found.kind == "altered" and "FLAME subdivided 2 times" in found.reason and found.correspondence is None
    skin, n, _ = without(faces, np.arange(3931, 5023))
    quads, n = quad_subdivided(mesh(skin), n)
    assert "FLAME's skin subdivided once" in recognise(None, n, quads).reason


@pytest.mark.data
def test_vertices_merged_and_deleted(faces):
    merged = faces.copy()
    for keep, gone in ((3531, 3504), (3546, 3509)):  # lips welded
        merged[merged == gone] = keep
    merged = merged[(np.diff(np.sort(merged, axis=1)) > 0).all(axis=1)]
    number = np.full(5023, -1)
    used = np.unique(merged)
    number[used] = np.arange(len(used))
    found = recognise(None, len(used), mesh(number[merged]))
    assert "2 vertices merged" in found.reason
    cut, n, _ = without(faces, [3526])
    found = recognise(None, n, mesh(cut))
    assert "1 vertex deleted (5,022 left" in found.reason


@pytest.mark.data
def test_split_vertices(faces):
    split = faces.copy()
    split[:50] = np.arange(150).reshape(50, 3) + 5023
    found = recognise(None, 5173, mesh(split))
    assert found.kind == "altered" and "150 vertices too many" in found.reason and "merge by distance" in found.reason


@pytest.mark.data
def test_turned_edges_and_another_mesh_of_the_same_size(faces):
    quads, left = joined(faces, 1)
    a, b, c, d = quads[0]
    found = recognise(None, 5023, mesh(left, np.array([[a, b, c], [a, c, d]])))
    assert found.kind == "altered" and found.correspondence is None
    assert "some edges differ" in found.reason
    shuffled = np.random.default_rng(0).permutation(faces.ravel()).reshape(-1, 3)
    shuffled = shuffled[(np.diff(np.sort(shuffled, axis=1)) > 0).all(axis=1)]
    assert "it is another mesh" in recognise(None, 5023, mesh(shuffled)).reason


@pytest.mark.data
def test_a_hole_in_the_skin_is_no_correspondence(faces):
    """Colours far from the hole still match; a correspondence that is not proved is not given."""
    rng = np.random.default_rng(4)
    cut, n, _ = without(faces, rng.choice(3931, 3, replace=False))
    found = recognise(None, n, mesh(rng.permutation(n)[cut]))
    assert found.kind == "altered" and found.correspondence is None and "3 vertices deleted" in found.reason


@pytest.mark.data
def test_table_is_what_the_tool_writes(faces):
    assert topology_table(faces) == Path(topology_table_module.__file__).read_text(encoding="utf-8")
