"""Ways over a mesh: its edges, straight walks along rows of vertices, cheapest paths, and its mirror image."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from ptalker_blender.rig.topology import polygon_edges, vertex_colours


class Surface:
    """A triangle mesh: vertices [V, 3] in millimetres, faces [F, 3]."""

    def __init__(self, vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> None:
        self.vertices, self.faces = vertices, faces.astype(np.int64)
        self.edges = polygon_edges((faces.ravel(), np.full(len(faces), 3)))
        self.neighbours: list[list[int]] = [[] for _ in vertices]
        for a, b in self.edges.tolist():
            self.neighbours[a].append(b)
            self.neighbours[b].append(a)

    def walk(self, start: int, along: Iterable[float], steps: int, straight: float = 0.5) -> list[int]:
        """Go on over edges, each as nearly in the direction of the last as there is; end at a turn too sharp."""
        path, direction = [start], np.array(list(along), np.float64)
        for _ in range(steps):
            ahead = [j for j in self.neighbours[path[-1]] if j not in path]
            ways = self.vertices[ahead] - self.vertices[path[-1]]
            ways /= np.linalg.norm(ways, axis=1, keepdims=True)
            best = int(np.argmax(ways @ direction))
            if ways[best] @ direction < straight:
                break
            path.append(ahead[best])
            direction = ways[best]
        return path

    def path(self, start: int, end: int, price: NDArray[np.float64]) -> list[int]:
        """The path over edges with the least length times ``price`` (per vertex; infinite where it may not go)."""
        lengths = np.linalg.norm(self.vertices[self.edges[:, 0]] - self.vertices[self.edges[:, 1]], axis=1)
        costs = lengths * price[self.edges].mean(axis=1)
        ok = np.isfinite(costs)
        n = len(self.vertices)
        graph = csr_matrix((costs[ok], self.edges[ok].T), shape=(n, n))
        before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)[1]
        path = [end]
        while path[-1] != start:
            path.append(int(before[path[-1]]))
        return path[::-1]

    def mirror(self) -> NDArray[np.int64]:
        """The counterpart of each vertex on the other side, by connectivity; the nearest one where that is lopsided.

        A vertex and its counterpart have the same colour under opposite windings. From those found so, the
        correspondence is carried on over the triangles.
        """
        found = self._same_colours()
        opposite = {}
        for a, b, c in self.faces.tolist():
            opposite.update({(a, b): c, (b, c): a, (c, a): b})
        front = list(opposite)
        while front:
            following = []
            for a, b in front:
                over = opposite.get((int(found[b]), int(found[a]))) if found[a] >= 0 and found[b] >= 0 else None
                if over is not None and found[opposite[a, b]] < 0:
                    found[opposite[a, b]] = over
                    following = list(opposite)
            front = following
        lost = np.flatnonzero(found < 0)
        far = self.vertices[lost] * [-1, 1, 1]
        found[lost] = [int(np.argmin(((self.vertices - place) ** 2).sum(axis=1))) for place in far]
        return found

    def _same_colours(self) -> NDArray[np.int64]:
        polygons = self.faces.ravel(), np.full(len(self.faces), 3)
        here = vertex_colours(polygons, len(self.vertices))
        there = vertex_colours((polygons[0][::-1], polygons[1]), len(self.vertices))
        place = {colour: k for k, colour in enumerate(there.tolist())}
        return np.array([place.get(colour, -1) for colour in here.tolist()])

    def grown(self, seeds: Iterable[int], inside: Callable[[int], bool]) -> NDArray[np.int64]:
        """The vertices that are reached from ``seeds`` over vertices that are ``inside``, sorted."""
        reached, front = set(seeds), list(seeds)
        while front:
            front = [j for k in front for j in self.neighbours[k] if j not in reached and inside(j)]
            front = list(dict.fromkeys(front))
            reached.update(front)
        return np.array(sorted(reached))
