"""The face graph and what the encoders read from it: points may be renamed, edges may not be rewired."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.model.config import COMPACT_SPEECH_ENCODER, NetworkConfig
from ptalker_blender.model.face_graph import FaceGraph, graph_of_mesh, mesh_edges
from ptalker_blender.model.graph_attention import GraphAttention, WeightedNeighbours, mutual_places
from ptalker_blender.model.motion_content import between, over_time
from ptalker_blender.model.motion_style import LAGS, movement_statistics
from ptalker_blender.model.network import Network
from ptalker_blender.motion.controls import INDEX
from ptalker_blender.rig.head import load_head
from ptalker_blender.training.face import Face, face_of_head, face_of_mesh, spread_points

ENCODER = COMPACT_SPEECH_ENCODER | {"hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 16}


def grid(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A flat mesh of side x side vertices, a unit apart, in squares."""
    y, x = np.mgrid[:side, :side]
    vertices = np.stack([x.ravel(), y.ravel(), np.zeros(side * side)], axis=1).astype(np.float32)
    corner = (y[:-1, :-1] * side + x[:-1, :-1]).ravel()
    squares = np.stack([corner, corner + 1, corner + side + 1, corner + side], axis=1)
    return vertices, squares.ravel(), np.full(len(squares), 4)


@pytest.fixture(scope="module")
def face() -> Face:
    return face_of_head(load_head())


def network_of(face: Face, width: int = 16, **choices: object) -> Network:
    torch.manual_seed(0)
    made = Network(
        NetworkConfig(
            phones=("sil", "aa"),
            speech_encoder=ENCODER,
            width=width,
            layers=1,
            feed_forward=16,
            graph_points=len(face.graph.rest),
            graph_degree=face.graph.degree,
            **choices,  # type: ignore[arg-type]
        )
    ).eval()
    made.set_face(face.graph, face.basis, face.chosen, face.scale)
    return made


def motion(frames: int, seed: int = 0, scale: float = 0.2) -> torch.Tensor:
    steps = np.random.default_rng(seed).normal(0, scale, (1, frames, 55)).cumsum(1)
    return torch.from_numpy(np.abs(np.sin(steps)).astype(np.float32))


def test_edges_of_polygons_stand_once() -> None:
    _, corners, sizes = grid(3)
    edges = mesh_edges(corners, sizes)
    assert len(edges) == 12  # a 3 x 3 grid has two times 6 sides
    assert (edges[:, 0] < edges[:, 1]).all()
    mixed = mesh_edges(np.array([0, 1, 2, 2, 1, 3, 4]), np.array([3, 4]))
    assert mixed.tolist() == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 4], [3, 4]]


def test_points_whose_parts_of_the_mesh_touch_are_neighbours() -> None:
    vertices, corners, sizes = grid(9)
    corners_of_grid = np.array([0, 8, 72, 80])
    graph = graph_of_mesh(vertices, corners, sizes, corners_of_grid)
    # Four quarters: each touches the two beside it; which of the diagonals touch is a matter of ties.
    edges = {tuple(edge) for edge in graph.edges.tolist()}
    assert {(0, 1), (0, 2), (1, 3), (2, 3)} <= edges
    line = graph_of_mesh(vertices, corners, sizes, np.array([0, 4, 8]))
    assert line.edges.tolist() == [[0, 1], [1, 2]]


def test_an_island_without_a_point_is_near_none() -> None:
    """FLAME's eyeballs are meshes of their own."""
    vertices, corners, sizes = grid(5)
    both = np.concatenate([vertices, vertices + 100])
    graph = graph_of_mesh(
        both, np.concatenate([corners, corners + 25]), np.concatenate([sizes, sizes]), np.array([0, 4, 24])
    )
    alone = graph_of_mesh(vertices, corners, sizes, np.array([0, 4, 24]))
    np.testing.assert_array_equal(graph.edges, alone.edges)


def test_a_slit_in_the_mesh_parts_neighbours() -> None:
    """As lips do: near in space, far along the surface."""
    vertices, corners, sizes = grid(9)
    squares = corners.reshape(-1, 4)
    row = squares[:, 0] // 9
    slit = squares[(row != 4) | (squares[:, 0] % 9 > 5)]
    points = np.array([4 * 9 + 2, 5 * 9 + 2, 4 * 9 + 7, 5 * 9 + 7, 3])
    together = graph_of_mesh(vertices, corners, sizes, points)
    apart = graph_of_mesh(vertices, slit.ravel(), np.full(len(slit), 4), points)
    assert [0, 1] in together.edges.tolist()
    assert [0, 1] not in apart.edges.tolist() and [2, 3] in apart.edges.tolist()


@pytest.mark.parametrize("points", [[0, 0], [0, 99], []])
def test_points_that_are_no_distinct_vertices_are_refused(points: list[int]) -> None:
    with pytest.raises(ValueError, match="distinct vertices"):
        graph_of_mesh(*grid(3), np.array(points, np.int64))


@pytest.mark.parametrize("edges", [[[1, 0]], [[0, 1], [0, 1]], [[0, 3]], [[1, 1]]])
def test_edges_that_are_no_set_of_pairs_are_refused(edges: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="edge"):
        FaceGraph(np.zeros((3, 3), np.float32), np.array(edges, np.int64))


def test_the_default_heads_graph(face: Face) -> None:
    assert 100 <= len(face.graph.rest) <= 150  # design.md section 3
    _, real = face.graph.neighbours()
    assert (real.sum(1) > 1).all()  # nobody is alone
    assert face.basis is not None
    jaw, blink = (np.linalg.norm(face.basis[INDEX[name]], axis=1) for name in ("jawOpen", "eyeBlinkLeft"))
    assert (jaw > 0.005).sum() > 20 and (blink > 0.002).sum() >= 3  # metres: lips and lids are well sampled


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 12), st.integers(0, 2**31), st.integers(1, 2))
def test_neighbour_sums_and_their_gradients_are_those_of_the_plain_expression(
    points: int, seed: int, heads: int
) -> None:
    rng = np.random.default_rng(seed)
    pairs = np.stack(np.triu_indices(points, 1), axis=1)
    kept = pairs[rng.random(len(pairs)) < 0.4]
    graph = FaceGraph(rng.normal(size=(points, 3)).astype(np.float32), kept.astype(np.int64))
    ids, real = map(torch.from_numpy, graph.neighbours())
    torch.manual_seed(seed % 1000)
    features = torch.randn(points, heads, 3, 5, dtype=torch.float64)
    scores = torch.randn(points, ids.shape[1], heads, 5, dtype=torch.float64)
    results = []
    for custom in (True, False):
        x, s = features.clone().requires_grad_(), scores.clone().requires_grad_()
        weights = s.masked_fill(~real[:, :, None, None], float("-inf")).softmax(1)
        if custom:
            out = WeightedNeighbours.apply(x, weights, ids, mutual_places(ids, real))
        else:
            out = (weights[:, :, :, None] * x[ids]).sum(1)
        out.square().sum().backward()
        results.append((out, x.grad, s.grad))
    for ours, plain in zip(*results, strict=True):
        torch.testing.assert_close(ours, plain)


def test_neighbourhood_must_be_mutual() -> None:
    ids = torch.tensor([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="does not know"):
        mutual_places(ids, torch.tensor([[True, True], [True, False]]))


def test_an_isolated_point_attends_to_itself_alone() -> None:
    layer = GraphAttention(3, 4, 2)
    graph = FaceGraph(np.eye(3, dtype=np.float32), np.array([[0, 1]]))
    ids, real = map(torch.from_numpy, graph.neighbours())
    x = torch.randn(3, 3, 6)
    out = layer(x, ids, real, mutual_places(ids, real))
    alone = layer.features.weight @ x[2] + layer.features.bias[:, None]
    torch.testing.assert_close(out[2], alone)


def relabelled(face: Face, order: np.ndarray) -> Face:
    """The same face with its points numbered anew."""
    place = np.argsort(order)
    edges = np.unique(np.sort(place[face.graph.edges], axis=1), axis=0)
    assert face.basis is not None
    return Face(FaceGraph(face.graph.rest[order], edges), face.basis[:, order], None, face.scale[order])


def test_relabelling_points_changes_nothing_and_rewiring_edges_does(face: Face) -> None:
    order = np.random.default_rng(0).permutation(len(face.graph.rest))
    rewired_edges = np.unique(np.sort(order[face.graph.edges], axis=1), axis=0)
    rewired = replace(face, graph=FaceGraph(face.graph.rest, rewired_edges))
    clip = motion(40)
    own, other, wrong = (network_of(f) for f in (face, relabelled(face, order), rewired))
    with torch.no_grad():
        for read in ("style_of_motion", "content_of_motion"):
            expected = getattr(own, read)(clip)
            torch.testing.assert_close(getattr(other, read)(clip), expected, rtol=1e-4, atol=1e-4)
            assert (getattr(wrong, read)(clip) - expected).abs().max() > 1e-2 * expected.abs().max()


@pytest.mark.parametrize("frames", [1, 2, 25, 74, 75])
def test_any_number_of_frames_keeps_its_number(face: Face, frames: int) -> None:
    network = network_of(face)
    with torch.no_grad():
        assert network.motion_encoder(motion(frames)).shape == (1, frames, 16)
        assert network.content_of_motion(motion(frames)).shape == (1, frames, 16)
        assert network.style_of_motion(motion(frames)).shape == (1, 16)


def test_eyes_head_and_tongue_are_read_although_no_point_moves(face: Face) -> None:
    network = network_of(face)
    clip = motion(30) * 0
    with torch.no_grad():
        rest = network.style_of_motion(clip)
        for name in ("headYaw", "eyeLookInLeft", "tongueOut"):
            moved = clip.clone()
            moved[..., INDEX[name]] = torch.linspace(0, 1, 30)
            assert (network.style_of_motion(moved) - rest).norm() > 1e-3


def test_style_code_hears_the_order_of_frames(face: Face) -> None:
    network = network_of(face, width=32)
    clip, other = motion(100, 1, 0.05), motion(100, 2, 0.05)
    with torch.no_grad():
        code, shuffled = network.style_of_motion(clip), network.style_of_motion(clip[:, torch.randperm(100)])
        # DiffPoseTalk's and ARTalk's distance is 0 here by construction; untrained, ours is already of the size of the
        # distance between two different clips.
        assert (code - shuffled).norm() > 0.3 * (code - network.style_of_motion(other)).norm()
        assert (code - network.style_of_motion(clip.flip(1))).norm() > 1e-3


def test_movement_statistics_are_those_of_a_sine() -> None:
    times = torch.arange(600, dtype=torch.float64)
    period = 24.0
    wave = 0.7 + 0.3 * torch.sin(2 * math.pi * times / period)
    found = movement_statistics(torch.stack([wave, 2 * wave], dim=-1)[None])
    assert found.shape == (1, (2 + len(LAGS)) * 2)
    # Mean square change of a sine of size a over a lag: a^2 (1 - cos(2 pi lag / period)).
    wanted = [0.7, 0.3 / math.sqrt(2), *(0.3 * math.sqrt(1 - math.cos(2 * math.pi * lag / period)) for lag in LAGS)]
    np.testing.assert_allclose(found[0, 0::2], wanted, rtol=0.01)
    np.testing.assert_allclose(found[0, 1::2], 2 * np.array(wanted), rtol=0.01)


def test_movement_statistics_tell_a_shuffled_clip_and_bear_a_short_one() -> None:
    clip = torch.cumsum(torch.randn(1, 150, 4), dim=1)
    of_clip, of_shuffled = (movement_statistics(x) for x in (clip, clip[:, torch.randperm(150)]))
    torch.testing.assert_close(of_clip[:, :8], of_shuffled[:, :8])  # mean and deviation do not hear the order
    assert (of_shuffled[:, 8:] > 1.5 * of_clip[:, 8:]).all()  # what wanders goes further when it jumps
    for frames in (1, 2, 5):
        assert movement_statistics(clip[:, :frames]).isfinite().all()


def test_content_forgets_offset_and_size_of_the_features_and_style_does_not(face: Face) -> None:
    network = network_of(face)
    features = torch.randn(1, 60, 16)
    with torch.no_grad():
        for changed in (features + torch.randn(1, 1, 16), features * (1 + torch.rand(1, 1, 16))):
            content = [network.motion_content(x, 120) for x in (features, changed)]
            torch.testing.assert_close(*content, atol=0.02, rtol=0)  # instance norm's small constant
            style = [network.motion_style(x) for x in (features, changed)]
            assert (style[0] - style[1]).norm() > 0.05 * style[0].norm()


def test_what_stays_the_same_through_a_motion_is_no_content(face: Face) -> None:
    """A constant smile, blinks and a carried head: through the whole encoder, not the norm alone."""
    network = network_of(face)
    clip = 0.5 * motion(60, 3)
    still, smiling, turned = clip * 0, clip.clone(), clip.clone()
    smiling[..., INDEX["mouthSmileLeft"]] += 0.4
    turned[..., INDEX["headYaw"]] += torch.linspace(0, 0.3, 60)
    turned[..., INDEX["eyeBlinkLeft"]] = torch.rand(60)
    with torch.no_grad():
        code = network.content_of_motion(clip)
        moved = (code - code.mean(1, keepdim=True)).norm()
        assert (network.content_of_motion(smiling) - code).norm() < 0.35 * moved
        torch.testing.assert_close(network.content_of_motion(turned), code)
        resting = network.content_of_motion(still)
        assert (resting - resting.mean(1, keepdim=True)).norm() < 0.05 * moved


def test_head_and_eyes_are_heard_in_proportion(face: Face) -> None:
    network = network_of(face)
    rest = motion(50, 4) * 0
    with torch.no_grad():
        quiet = network.style_of_motion(rest)
        changes = {}
        for name, size in (("jawOpen", 0.15), ("headYaw", 0.07), ("eyeLookInLeft", 0.1), ("browInnerUp", 0.15)):
            moved = rest.clone()
            moved[..., INDEX[name]] = size * torch.sin(torch.arange(50.0))
            changes[name] = float((network.style_of_motion(moved) - quiet).norm())
    assert min(changes.values()) > 0.1 * max(changes.values())


def test_a_last_frame_without_a_partner_stands_still(face: Face) -> None:
    network = network_of(face)
    clip = motion(41, 5)
    with torch.no_grad():
        held = torch.cat([clip, clip[:, -1:]], dim=1)
        odd, even = network.motion_encoder(clip), network.motion_encoder(held)
    torch.testing.assert_close(odd, even[:, :41], atol=1e-5, rtol=1e-4)


def test_instance_norm_over_time() -> None:
    x = 3.0 + 5.0 * torch.randn(2, 50, 4)
    normed = over_time(x)
    torch.testing.assert_close(normed.mean(1), torch.zeros(2, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(normed.std(1, unbiased=False), torch.ones(2, 4), atol=1e-2, rtol=0)
    torch.testing.assert_close(over_time(torch.full((1, 9, 2), 7.0)), torch.zeros(1, 9, 2))


def test_codes_between_frames_are_means_of_their_neighbours() -> None:
    codes = torch.tensor([[[0.0], [2.0], [6.0]]])
    assert between(codes, 5)[0, :, 0].tolist() == [0, 1, 2, 4, 6]
    assert between(codes, 6)[0, :, 0].tolist() == [0, 1, 2, 4, 6, 6]


def test_points_spread_where_the_mesh_moves() -> None:
    vertices, corners, _ = grid(12)
    movement = np.where(vertices[:, 1] < 4, 1.0, 0.0) + np.where(vertices[:, 1] >= 8, 0.1, 0.0)
    chosen = spread_points(vertices, movement, 30)
    assert len(set(chosen.tolist())) == 30
    assert (movement[chosen] > 0).all()
    assert (vertices[chosen, 1] < 4).sum() > 2 * (vertices[chosen, 1] >= 8).sum()
    assert len(spread_points(vertices, (vertices[:, 0] < 2).astype(float), 100)) == 24  # no more than move
    made = face_of_mesh(vertices, corners.reshape(-1, 4), movement, 30)
    assert made.chosen is not None and made.graph.degree >= 2


def test_a_network_of_vertices_reads_and_makes_them() -> None:
    vertices, corners, _ = grid(12)
    movement = np.ones(len(vertices))
    face = face_of_mesh(vertices, corners.reshape(-1, 4), movement, 30)
    network = network_of(face, output="vertices", channels=3 * len(vertices))
    clip = torch.randn(2, 20, 3 * len(vertices))
    with torch.no_grad():
        assert network.style_of_motion(clip).shape == (2, 16)
        content = network.content_of_motion(clip)
        assert network.decoder(content, torch.randn(2, 16)).shape == clip.shape
        # Only the chosen vertices are seen.
        unseen = np.setdiff1d(np.arange(len(vertices)), face.chosen)[0]
        moved = clip.clone()
        moved[..., 3 * unseen] += 1.0
        torch.testing.assert_close(network.style_of_motion(moved), network.style_of_motion(clip))


@pytest.mark.parametrize("fusion", ["saln", "add", "none"])
def test_only_without_style_does_the_style_not_matter(face: Face, fusion: str) -> None:
    network = network_of(face, fusion=fusion)
    for module in network.decoder.modules():
        if isinstance(module, torch.nn.Linear):
            torch.nn.init.normal_(module.weight, std=0.1)
    content = torch.randn(1, 20, 16)
    with torch.no_grad():
        same = torch.equal(network.decoder(content, torch.ones(1, 16)), network.decoder(content, -torch.ones(1, 16)))
    assert same == (fusion == "none")


def test_regions_lie_apart_and_each_knows_few_points(face: Face) -> None:
    network = network_of(face)
    regions = network.motion_encoder.regions
    with torch.no_grad():
        weights = regions(network.motion_encoder.rest)
    torch.testing.assert_close(weights.sum(0), torch.ones(weights.shape[1]))
    assert len({tuple(centre) for centre in regions.centres.tolist()}) == weights.shape[1]
    # A brow's points are not averaged away: nearly every point has a region that weighs it more than an even share.
    assert (
        float(weights.max(1).values.min()) > 0
        and float((weights.max(1).values > 1.5 / len(weights)).float().mean()) > 0.9
    )


def test_the_linear_ablation_is_blind_to_edges(face: Face) -> None:
    order = np.random.default_rng(0).permutation(len(face.graph.rest))
    edges = np.unique(np.sort(order[face.graph.edges], axis=1), axis=0)
    rewired = replace(face, graph=FaceGraph(face.graph.rest, edges))
    clip = motion(20)
    with torch.no_grad():
        codes = [network_of(f, graph_attention=False).style_of_motion(clip) for f in (face, rewired)]
    torch.testing.assert_close(*codes)
