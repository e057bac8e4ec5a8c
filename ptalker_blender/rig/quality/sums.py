"""Sums of keys stay sane: in pairs and triples at full weight the skin neither turns inside out nor tears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .anatomy import Anatomy
from .check import Check, worst
from .contact import Array, Ids
from .poses import expand, gestures, sums

FLIP_COSINE = -0.5  # a normal turned by more than 120 degrees
FLIP_TOLERANCE = 0.2  # per cent of the skin's triangles
STRETCH_TOLERANCE = 6.0  # times the length at rest
SHARED = 20  # triangles that gestures must have in common for their sum to be more than one beside the other
SHORT_EDGE = 0.5  # mm; shorter edges (the wedge of the mouth's corner) multiply a small motion


def sum_checks(anatomy: Anatomy) -> tuple[Check, ...]:
    """Share of flipped triangles and largest stretch of an edge, skin outside of the mouth.

    Over all single gestures, pairs and triples at 1 that a face can make (:func:`~.poses.sums`).
    """
    skin = anatomy.triangles[anatomy.outside[anatomy.triangles].all(axis=1)]
    sheet = _Sheet.of(anatomy, skin)
    flips: dict[str, float] = {}
    stretch: dict[str, float] = {}
    for size in (1, 2, 3):
        for group in filter(sheet.overlap, sums(size)):
            name = " + ".join(group)
            flipped, longest = sheet.strain(group)
            flips[name], stretch[name] = 100 * flipped / max(len(skin), 1), longest
    return (
        worst("sums: flipped triangles", flips, "% of skin", FLIP_TOLERANCE),
        worst("sums: longest edge", stretch, "times rest", STRETCH_TOLERANCE),
    )


@dataclass(frozen=True)
class _Sheet:
    """Triangles as two edge vectors [2, T, 3], float32, at rest and per gesture (which leaves still ones out)."""

    edges: Array
    normal: Array
    length: Array
    gestures: dict[str, tuple[Ids, Array]]

    @classmethod
    def of(cls, anatomy: Anatomy, triangles: Ids) -> _Sheet:
        edges = _edges(anatomy.points, triangles)
        moved = {}
        for name in gestures():
            change = _edges(sum((anatomy.deltas[key] for key in expand(name, 1.0) if key in anatomy.deltas),
                                np.zeros_like(anatomy.points)), triangles)  # fmt: skip
            rows = np.flatnonzero(np.abs(change).max(axis=(0, 2)) > 1e-3)
            moved[name] = (rows, change[:, rows])
        normal = np.cross(edges[0], edges[1])
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        length = np.linalg.norm(np.stack([edges[0], edges[1], edges[1] - edges[0]]), axis=2)
        return cls(edges, normal, np.maximum(length, SHORT_EDGE * anatomy.unit), moved)

    def overlap(self, group: tuple[str, ...]) -> bool:
        """Whether all gestures of a group move some triangles together; otherwise smaller groups say all there is."""
        shared = np.zeros(self.edges.shape[1], np.int64)
        for name in group:
            shared[self.gestures[name][0]] += 1
        return len(group) == 1 or int((shared == len(group)).sum()) >= SHARED

    def strain(self, group: tuple[str, ...]) -> tuple[int, float]:
        """Number of flipped triangles, and the longest edge over its length at rest."""
        rows = np.unique(np.concatenate([self.gestures[name][0] for name in group]))
        if not len(rows):
            return 0, 1.0
        posed = self.edges[:, rows]
        for name in group:
            at, change = self.gestures[name]
            posed[:, np.searchsorted(rows, at)] += change
        (ax, ay, az), (bx, by, bz) = posed[0].T, posed[1].T
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        nx, ny, nz = self.normal[rows].T
        cosine = (x * nx + y * ny + z * nz) / np.maximum(np.sqrt(x * x + y * y + z * z), 1e-9)
        cx, cy, cz = bx - ax, by - ay, bz - az
        squared = np.stack([ax * ax + ay * ay + az * az, bx * bx + by * by + bz * bz, cx * cx + cy * cy + cz * cz])
        return int((cosine < FLIP_COSINE).sum()), float(np.sqrt((squared / self.length[:, rows] ** 2).max()))


def _edges(points: Array, triangles: Ids) -> Array:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    # Half the memory, and micrometres are enough.
    edges: Array = np.stack([b - a, c - a]).astype(np.float32)
    return edges
