"""A mesh under construction: half built, then mirrored, so that left and right agree to the last bit."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from .measures import Array, Ids

Color = tuple[float, float, float]


@dataclass
class Mesh:
    """Vertices, polygons with a material name each, and named vertex groups (ordered id lists).

    A vertex may have a colour (linear albedo); None leaves it to the material. ``colors`` may be shorter than
    ``vertices``: what it lacks is None.
    """

    vertices: list[tuple[float, float, float]] = field(default_factory=list)
    faces: list[tuple[int, ...]] = field(default_factory=list)
    materials: list[str] = field(default_factory=list)
    groups: dict[str, list[int]] = field(default_factory=dict)
    twins: list[int] = field(default_factory=list)  # after mirroring: the mirror image of every vertex
    colors: list[Color | None] = field(default_factory=list)

    def add(self, points: Array, colors: Array | None = None) -> list[int]:
        """Append points [n, 3], with colours [n, 3] if given; their ids."""
        first = len(self.vertices)
        self.vertices.extend((float(x), float(y), float(z)) for x, y, z in points)
        ids = list(range(first, first + len(points)))
        if colors is not None:
            self.paint(ids, colors)
        return ids

    def paint(self, ids: list[int], colors: Array) -> None:
        """Give vertices ``ids`` the colours [n, 3]."""
        self.colors = self.all_colors()
        for v, (red, green, blue) in zip(ids, colors, strict=True):
            self.colors[v] = (float(red), float(green), float(blue))

    def all_colors(self) -> list[Color | None]:
        """The colour of every vertex, or None."""
        return self.colors + [None] * (len(self.vertices) - len(self.colors))

    def face(self, ids: tuple[int, ...], material: str) -> None:
        """Append a polygon, dropping repeated corners."""
        kept = tuple(v for i, v in enumerate(ids) if v != ids[i - 1])
        if len(kept) >= 3:
            self.faces.append(kept)
            self.materials.append(material)

    def strip(self, a: list[int], b: list[int], material: str, closed: bool = False) -> None:
        """Quads between two rows of equal length."""
        n = len(a)
        for i in range(n if closed else n - 1):
            j = (i + 1) % n
            self.face((a[i], a[j], b[j], b[i]), material)

    def grid(self, points: Array, material: str, wrap: bool = False) -> list[list[int]]:
        """A grid [rows, columns, 3] of points as quads; ``wrap`` joins the last column to the first."""
        rows = [self.add(row) for row in points]
        for a, b in pairwise(rows):
            self.strip(a, b, material, closed=wrap)
        return rows

    def mirrored(self) -> Mesh:
        """The half and its mirror image about x = 0, welded on the plane; groups get ``_right`` twins of ``_left``.

        Group names ending in ``_left`` become two groups; any other becomes its ids, then the mirrored ones.
        """
        whole = Mesh(list(self.vertices), list(self.faces), list(self.materials), colors=self.all_colors())
        twin = list(range(len(self.vertices)))
        for i, (x, y, z) in enumerate(self.vertices):
            if x == 0.0:
                continue
            twin[i] = len(whole.vertices)
            whole.vertices.append((-x, y, z))
            whole.colors.append(whole.colors[i])
        whole.twins = twin + [i for i, t in enumerate(twin) if t != i]
        for ids, material in zip(self.faces, self.materials, strict=True):
            whole.face(tuple(twin[v] for v in reversed(ids)), material)
        for name, ids in self.groups.items():
            other = [twin[v] for v in ids]
            if name.endswith("_left"):
                whole.groups[name], whole.groups[name.removesuffix("_left") + "_right"] = list(ids), other
            else:
                whole.groups[name] = list(ids) + [t for v, t in zip(ids, other, strict=True) if t != v]
        return whole

    def append(self, other: Mesh, part: str) -> None:
        """Add another mesh; its vertices form the group ``part``, its groups keep their names."""
        shift = len(self.vertices)
        self.colors = self.all_colors() + other.all_colors()
        self.vertices.extend(other.vertices)
        self.faces.extend(tuple(v + shift for v in ids) for ids in other.faces)
        self.materials.extend(other.materials)
        self.twins.extend(v + shift for v in other.twins)
        self.groups.setdefault(part, []).extend(range(shift, shift + len(other.vertices)))
        for name, ids in other.groups.items():
            self.groups.setdefault(name, []).extend(v + shift for v in ids)

    def points(self) -> Array:
        """Vertices as [V, 3]."""
        return np.array(self.vertices, dtype=np.float64)


def neighbours(n_vertices: int, faces: list[tuple[int, ...]]) -> list[list[int]]:
    """Sorted edge neighbours of every vertex."""
    found: list[set[int]] = [set() for _ in range(n_vertices)]
    for ids in faces:
        for i, v in enumerate(ids):
            found[v].add(ids[i - 1])
            found[ids[i - 1]].add(v)
    return [sorted(s) for s in found]


def padded(adjacent: list[list[int]]) -> tuple[Ids, Array]:
    """Neighbour table [V, D] and its weights [V, D] (1 / degree, 0 where padded), for averaging."""
    width = max(len(a) for a in adjacent)
    table = np.zeros((len(adjacent), width), int)
    weight = np.zeros((len(adjacent), width))
    for i, a in enumerate(adjacent):
        table[i, : len(a)], weight[i, : len(a)] = a, 1.0 / max(len(a), 1)
    return table, weight
