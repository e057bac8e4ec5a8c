"""What the checks need to know of a head, found from its parts and landmarks alone. Millimetres throughout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from ..head import Head
from .contact import Array, Ids, Mask, Patch, make_patch

# Regions and radii are stated for a face whose eyes are this far apart, the mean of adults (61 to 64 mm: N. A. Dodgson,
# "Variation and extrema of human interpupillary distance", SPIE 5291, 2004), and scaled to the face at hand.
INTEROCULAR = 64.0
SIDES = ("left", "right")


@dataclass(frozen=True)
class Anatomy:
    """A head in millimetres with derived regions.

    Attributes:
        head: what it was made from.
        points: float64 [V, 3], the rest.
        triangles: int64 [T, 3], polygons cut into fans.
        deltas: displacement [V, 3] at weight 1, by key name.
    """

    head: Head
    points: Array
    triangles: Ids
    deltas: Mapping[str, Array]

    def pose(self, weights: Mapping[str, float]) -> Array:
        """Points [V, 3] with keys at ``weights``; a key that the head lacks moves nothing."""
        posed = self.points.copy()
        for name, weight in weights.items():
            if name in self.deltas:
                posed += weight * self.deltas[name]
        return posed

    def ids(self, landmark: str) -> Ids:
        """Vertex ids of a landmark."""
        return np.asarray(self.head.landmarks[landmark], np.int64)

    def part(self, name: str) -> Ids:
        """Vertex ids of a part, none where the head has no such part."""
        return np.asarray(self.head.parts.get(name, np.zeros(0, np.int32)), np.int64)

    def mask(self, ids: Ids) -> Mask:
        """Bool [V], true at ``ids``."""
        result = np.zeros(len(self.points), bool)
        result[ids] = True
        return result

    def patch(self, member: Mask) -> Patch:
        """The triangles all of whose corners are members."""
        return make_patch(self.triangles[member[self.triangles].all(axis=1)])

    @cached_property
    def unit(self) -> float:
        """Millimetres here that correspond to one on a face with eyes 64 mm apart."""
        left, right = (self.eye_centre(side) for side in SIDES)
        return float(np.linalg.norm(left - right)) / INTEROCULAR

    def eye_centre(self, side: str) -> Array:
        """Centre [3] of the sphere that fits the eyeball best (least squares of |p|² = 2 c·p + k)."""
        p = self.points[self.part(f"eye_{side}")]
        if not len(p):
            p = self.points[self.ids(f"lid_upper_{side}")]
            return np.asarray(p.mean(axis=0), np.float64)
        solution = np.linalg.lstsq(np.column_stack([2 * p, np.ones(len(p))]), (p**2).sum(axis=1), rcond=None)[0]
        return np.asarray(solution[:3], np.float64)

    @cached_property
    def skin(self) -> Mask:
        """Bool [V]."""
        return self.mask(self.part("skin"))

    @cached_property
    def corners(self) -> tuple[int, int]:
        """Vertex ids of the mouth's corners, left and right."""
        return int(self.ids("mouth_corner_left")[0]), int(self.ids("mouth_corner_right")[0])

    @cached_property
    def mouth_width(self) -> float:
        """Corner to corner at rest."""
        left, right = self.corners
        return float(np.linalg.norm(self.points[left] - self.points[right]))

    @cached_property
    def edges(self) -> Ids:
        """Every edge of the triangles once, [E, 2], smaller id first."""
        pairs = np.concatenate([self.triangles[:, [0, 1]], self.triangles[:, [1, 2]], self.triangles[:, [2, 0]]])
        return np.asarray(np.unique(np.sort(pairs, axis=1), axis=0), np.int64)

    def along(self, seeds: Ids, limit: float) -> Array:
        """Length [V] of the shortest way along skin edges from the nearest of ``seeds``, inf beyond ``limit``."""
        n = len(self.points)
        edges = self.edges[self.skin[self.edges].all(axis=1)]
        length = np.linalg.norm(self.points[edges[:, 0]] - self.points[edges[:, 1]], axis=1)
        graph = coo_matrix((np.maximum(length, 1e-6), (edges[:, 0], edges[:, 1])), shape=(n, n)).tocsr()
        return np.asarray(dijkstra(graph, directed=False, indices=seeds, min_only=True, limit=limit), np.float64)

    def _halves(self, upper: Ids, lower: Ids, limit: float) -> tuple[Mask, Mask]:
        above, below = self.along(upper, limit), self.along(lower, limit)
        return np.isfinite(above) & (above < below), np.isfinite(below) & (below < above)

    @cached_property
    def lip_regions(self) -> tuple[Mask, Mask]:
        """Skin nearer along the surface to the upper, to the lower contact edge: front and back of each lip.

        It reaches 0.32 mouth widths to both sides of the edge: in front towards the nose and the chin's fold, behind
        over the backs of the lips.
        """
        return self._halves(self.ids("inner_lip_upper"), self.ids("inner_lip_lower"), 0.32 * self.mouth_width)

    @cached_property
    def outside(self) -> Mask:
        """Skin outside of the mouth: what hangs together with the nose's tip once the contact edges are cut.

        All skin, where the contact edges and corners form no closed line of vertices, or where that is not most of it.
        """
        line = np.concatenate([self.ids("inner_lip_upper"), self.ids("inner_lip_lower"), np.array(self.corners)])
        kept = self.skin & ~self.mask(line)
        edges = self.edges[kept[self.edges].all(axis=1)]
        n = len(self.points)
        graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
        label = connected_components(graph, directed=False)[1]
        face = kept & (label == label[self.ids("nose_tip")[0]])
        return np.asarray(face | self.mask(line), np.bool_) if 2 * face.sum() > self.skin.sum() else self.skin

    def lid_regions(self, side: str) -> tuple[Mask, Mask]:
        """Skin nearer to the upper, to the lower lid margin, up to 26 units away."""
        return self._halves(self.ids(f"lid_upper_{side}"), self.ids(f"lid_lower_{side}"), 26 * self.unit)


def make_anatomy(head: Head) -> Anatomy:
    """Read ``head``; arrays are converted to float64 millimetres once."""
    loops, sizes = (np.asarray(a, np.int64) for a in head.polygons)
    return Anatomy(
        head=head,
        points=head.vertices.astype(np.float64) * 1e3,
        triangles=_fans(loops, sizes),
        deltas={name: head.key_deltas[k].astype(np.float64) * 1e3 for k, name in enumerate(head.key_names)},
    )


def _fans(loops: Ids, sizes: Ids) -> Ids:
    """Triangles of polygons, each cut from its first vertex."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    found = [
        np.stack([loops[starts], loops[starts + k - 1], loops[starts + k]], axis=1)[sizes > k]
        if (sizes > k).all()
        else np.stack(
            [loops[starts[sizes > k]], loops[starts[sizes > k] + k - 1], loops[starts[sizes > k] + k]], axis=1
        )
        for k in range(2, int(sizes.max()))
    ]
    return np.concatenate(found)
