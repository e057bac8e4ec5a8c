"""The face graph: some hundred points of a face and which of them are neighbours on the mesh.

The motion encoder sees a face through it. A graph belongs to a topology: the one of the shipped weights is made from
the default head's landmarks; a network for a vertex data set gets its own from that set's mesh. FLAME and other heads
reach the shipped one as motions of controls (``rig.solve``), so the graph itself never has to be carried over.

Two points are neighbours where the parts of the mesh nearest to them, along its edges, touch. So the upper and the
lower lip are no neighbours although they meet: the way from one to the other leads round the corner of the mouth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FaceGraph:
    """Points and their neighbours.

    Attributes:
        rest: places of the points at rest, float32 [N, 3], centred, in units of their own mean distance from the
            centre: the same for a face in metres or in millimetres.
        edges: pairs of neighbours, int64 [E, 2], each once, lower number first, ascending.
    """

    rest: NDArray[np.float32]
    edges: NDArray[np.int64]

    def __post_init__(self) -> None:
        points, edges = len(self.rest), self.edges
        if edges.ndim != 2 or edges.shape[1] != 2 or (len(edges) and not 0 <= edges.min() <= edges.max() < points):
            raise ValueError(f"edges must be pairs of the {points} points")
        if bool((edges[:, 0] >= edges[:, 1]).any()) or len(np.unique(edges, axis=0)) != len(edges):
            raise ValueError("an edge names two different points, the lower number first, and stands once")

    @property
    def degree(self) -> int:
        """Most neighbours of any point."""
        return int(np.bincount(self.edges.ravel(), minlength=1).max()) if len(self.edges) else 0

    def neighbours(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """For each point itself and its neighbours, padded with itself: ids [N, 1 + degree] and which are real."""
        lists: list[list[int]] = [[point] for point in range(len(self.rest))]
        for first, second in self.edges.tolist():
            lists[first].append(second)
            lists[second].append(first)
        width = 1 + self.degree
        ids = np.array([listed + [point] * (width - len(listed)) for point, listed in enumerate(lists)], np.int64)
        real = np.array([[True] * len(listed) + [False] * (width - len(listed)) for listed in lists])
        return ids, real


def graph_of_mesh(
    vertices: NDArray[np.floating[Any]],
    corners: NDArray[np.integer[Any]],
    sizes: NDArray[np.integer[Any]],
    points: NDArray[np.integer[Any]],
) -> FaceGraph:
    """The graph of chosen vertices of a mesh.

    Args:
        vertices: [V, 3], any unit.
        corners: vertex of each corner of each polygon, [L].
        sizes: corners of each polygon, [F].
        points: the chosen vertices, [N], distinct.

    Raises:
        ValueError: points that are not distinct vertices of the mesh.
    """
    # scipy stays out of the module: who only loads a network does not need it.
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    chosen = np.asarray(points, np.int64)
    if len(np.unique(chosen)) != len(chosen) or not len(chosen) or chosen.min() < 0 or chosen.max() >= len(vertices):
        raise ValueError("graph points must be distinct vertices of the mesh")
    mesh = mesh_edges(corners, sizes)
    lengths = np.linalg.norm(vertices[mesh[:, 0]] - vertices[mesh[:, 1]], axis=1).astype(np.float64)
    # A sparse matrix reads a length of zero as no edge at all.
    lengths = np.maximum(lengths, 1e-9 * max(float(lengths.max(initial=0.0)), 1e-12))
    graph = coo_matrix((lengths, (mesh[:, 0], mesh[:, 1])), shape=(len(vertices), len(vertices))).tocsr()
    _, _, nearest = dijkstra(graph, directed=False, indices=chosen, return_predecessors=True, min_only=True)
    owner = np.full(len(vertices), -1)
    owner[chosen] = np.arange(len(chosen))
    # An island of the mesh without a point, such as an eyeball, is near none.
    near = mesh[(nearest[mesh] >= 0).all(axis=1)]
    touching = np.sort(owner[nearest[near]], axis=1)
    edges = np.unique(touching[touching[:, 0] != touching[:, 1]], axis=0).astype(np.int64)
    return FaceGraph(normalised(vertices[chosen]), edges.reshape(-1, 2))


def mesh_edges(corners: NDArray[np.integer[Any]], sizes: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Edges [E, 2] of polygons, each once, lower number first."""
    corners, sizes = np.asarray(corners, np.int64), np.asarray(sizes, np.int64)
    ends = np.cumsum(sizes)
    following = np.arange(1, len(corners) + 1)
    following[ends - 1] = ends - sizes
    edges: NDArray[np.int64] = np.unique(np.sort(np.stack([corners, corners[following]], axis=1), axis=1), axis=0)
    return edges


def normalised(places: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Places [N, 3] centred and in units of their mean distance from the centre."""
    centred = places - places.mean(axis=0)
    size = float(np.linalg.norm(centred, axis=1).mean())
    scaled: NDArray[np.float32] = (centred / max(size, 1e-12)).astype(np.float32)
    return scaled
