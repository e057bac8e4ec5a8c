"""FLAME's connectivity on any mesh: recognised whatever the positions, also with the vertices in another order.

Two means, neither of which needs FLAME's connectivity to ship:

* a hash of the edges, for a mesh whose vertices are in FLAME's order;
* a *colour* of each vertex: a hash of its surroundings to six rings, by colour refinement (B. Weisfeiler and A. Leman,
  1968) along the polygons' winding. FLAME is mirrored but for a few places; with the winding taken into account all of
  its 5,023 colours differ, the eyeballs' too, so that a colour names a vertex and nothing is left to geometry. A
  correspondence found so is proved by the hash of its edges before it is given.

The table of colours (:mod:`.topology_table`) is made by ``tools/flame_tables.py``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .flame_file import N_FACES, N_VERTICES
from .topology_table import EDGES_SHA256, PARTS, colour_table

Ints = NDArray[np.integer[Any]]
Polygons = tuple[Ints, Ints]  # loop vertices [L], polygon sizes [P]

N_EDGES = sum(part.edges for part in PARTS)
N_BOUNDARY = 62  # edges with one face: the neck's rim and the end of the mouth's pocket
ROUNDS = 6  # after five some colours are still shared
_SUBDIVISIONS = 3  # levels that are recognised
_RELATED = 0.05  # share of known colours from which on a mesh is held to stem from FLAME; chance gives none


@dataclass(frozen=True)
class Recognition:
    """What a mesh has to do with FLAME.

    Attributes:
        kind: ``exact`` (FLAME's own order), ``reordered``, ``extended`` (FLAME and further geometry), ``partial`` (the
            skin without one or both eyeballs, maybe with further geometry), ``altered`` (stems from FLAME, but its
            connectivity was changed) or ``unrelated``.
        correspondence: int32 [n_vertices], FLAME's index of each vertex, -1 for further geometry; None for ``altered``
            and ``unrelated``.
        reason: one sentence for the artist.
    """

    kind: str
    correspondence: NDArray[np.int32] | None
    reason: str


@dataclass(frozen=True)
class _Facts:
    """A mesh as numbers: sizes, colours and components."""

    n_vertices: int
    edges: NDArray[np.int64]
    sizes: Ints
    boundary: int
    matches: NDArray[np.int32]  # FLAME's index by colour, -1 where none; a guess until proved

    @property
    def matched(self) -> int:
        return len(np.unique(self.matches[self.matches >= 0]))


def polygon_edges(polygons: Polygons) -> NDArray[np.int64]:
    """Every edge of the polygons once, lower vertex first, sorted: int64 [E, 2]."""
    return _unique(_directed(polygons))


def edge_signature(edges: Ints) -> str:
    """SHA-256 (hexadecimal) of a set of edges [E, 2] in the order of their vertices, not of their positions.

    Direction, order and repetition of the edges play no part; the vertices' numbering does.
    """
    return hashlib.sha256(_unique(np.asarray(edges)).astype("<u4").tobytes()).hexdigest()


def vertex_colours(polygons: Polygons, n_vertices: int, rounds: int = ROUNDS) -> NDArray[np.uint32]:
    """A hash of each vertex's surroundings to ``rounds`` rings, uint32 [n_vertices], whatever the numbering.

    A colour starts as the number of polygons at the vertex; in every round it takes in, for each polygon around, the
    colours of the next and the last vertex, in this order.
    """
    here = np.asarray(polygons[0], np.int64)
    after, before = _neighbours(polygons)
    colours = _mix(np.bincount(here, minlength=n_vertices).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    for _ in range(rounds):
        around = np.zeros(n_vertices, np.uint64)
        np.add.at(around, here, _mix(_mix(colours[after] * np.uint64(3) + _mix(colours[before]))))
        colours = _mix(colours * np.uint64(5) + around)
    return (colours >> np.uint64(32)).astype(np.uint32)


def recognise(edges: Ints | None, n_vertices: int, polygons: Polygons | None) -> Recognition:
    """Compare a mesh with FLAME, and explain a near miss.

    Args:
        edges: [E, 2] vertex numbers; None for those of the polygons. Edges without a polygon are ignored where
            polygons are given.
        n_vertices: of the mesh, loose ones included.
        polygons: loop vertices [L] and polygon sizes [P]; without them only FLAME's own order is recognised.

    Raises:
        ValueError: vertex numbers out of range, or sizes that do not sum to the loops.
    """
    if polygons is None and edges is None:
        raise ValueError("edges or polygons are needed")
    own = _unique(np.asarray(edges)) if polygons is None else polygon_edges(polygons)
    if len(own) and not (own.min() >= 0 and own.max() < n_vertices):
        raise ValueError(f"vertex numbers must be within 0..{n_vertices - 1}")
    if n_vertices == N_VERTICES and len(own) == N_EDGES and edge_signature(own) == EDGES_SHA256:
        order = np.arange(N_VERTICES, dtype=np.int32)
        return Recognition("exact", order, "FLAME: its vertices, edges and order")
    if polygons is None:
        return Recognition("unrelated", None, _counts(n_vertices, len(own), None) + ", without faces to tell more by")
    facts = _facts(own, n_vertices, polygons)
    return _proved(facts) or _explained(facts)


def _proved(facts: _Facts) -> Recognition | None:
    """The parts of FLAME that are there whole, each proved by its edges."""
    result = np.full(facts.n_vertices, -1, np.int32)
    ends = facts.matches[facts.edges]
    found = []
    for part in PARTS:
        inside = (ends >= part.first) & (ends < part.first + part.vertices)
        mine = (facts.matches >= part.first) & (facts.matches < part.first + part.vertices)
        alone = bool((inside[:, 0] == inside[:, 1]).all()) and np.count_nonzero(mine) == part.vertices
        if alone and edge_signature(ends[inside.all(axis=1)]) == part.sha256:
            result[mine] = facts.matches[mine]
            found.append(part.name)
    if PARTS[0].name not in found:
        return None  # eyeballs alone make no face
    further = int(np.count_nonzero(result < 0))
    if len(found) == len(PARTS):
        if not further:
            return Recognition("reordered", result, "FLAME with its vertices in another order")
        return Recognition("extended", result, f"FLAME and {further:,} further vertices")
    missing = [part for part in PARTS if part.name not in found]
    gone = f"without its {_listed([part.name for part in missing])} ({sum(p.vertices for p in missing):,} vertices)"
    more = f", and {further:,} further vertices" if further else ""
    return Recognition("partial", result, f"FLAME {gone}{more}")


def _explained(facts: _Facts) -> Recognition:
    """The likeliest story of a mesh that is not FLAME, or not any more."""
    joined = int((np.asarray(facts.sizes, np.int64) - 3).sum())
    story = (
        _joined_triangles(facts, joined)
        or _subdivided(facts)
        or _split_vertices(facts)
        or _fewer_vertices(facts)
        or _other_edges(facts)
    )
    if story:
        return Recognition("altered", None, story)
    counts = _counts(facts.n_vertices, len(facts.edges), len(facts.sizes))
    if facts.matched >= _RELATED * N_VERTICES:
        return Recognition("altered", None, f"{counts}; {facts.matched:,} vertices are FLAME's, the rest was changed")
    return Recognition("unrelated", None, counts)


def _joined_triangles(facts: _Facts, joined: int) -> str | None:
    if not joined or facts.n_vertices != N_VERTICES or len(facts.edges) + joined != N_EDGES:
        return None
    return (
        f"FLAME's vertices, but {joined:,} pairs of triangles were joined to larger faces; undo «Tris to Quads» or "
        "load the mesh anew (triangulating may choose other diagonals)"
    )


def _subdivided(facts: _Facts) -> str | None:
    skin, whole = PARTS[0], (N_VERTICES, N_EDGES, N_FACES)
    for name, counts in (("FLAME", whole), ("FLAME's skin", (skin.vertices, skin.edges, skin.faces))):
        by_triangles = by_quads = counts
        for level in range(1, _SUBDIVISIONS + 1):
            v, e, f = by_triangles
            by_triangles = (v + e, 2 * e + 3 * f, 4 * f)
            v, e, f = by_quads
            # The first level makes three quads of a triangle, later ones four of a quad.
            corners = 3 * f if level == 1 else 4 * f
            by_quads = (v + e + f, 2 * e + corners, corners)
            if (facts.n_vertices, len(facts.edges), len(facts.sizes)) in (by_triangles, by_quads):
                times = "once" if level == 1 else f"{level} times"
                return f"{name} subdivided {times}; use the mesh before, with a Subdivision modifier on top"
    return None


def _split_vertices(facts: _Facts) -> str | None:
    if len(facts.sizes) != N_FACES or (np.asarray(facts.sizes) != 3).any() or facts.n_vertices <= N_VERTICES:
        return None
    return (
        f"FLAME's {N_FACES:,} triangles, but {facts.n_vertices - N_VERTICES:,} vertices too many, as after an import "
        "that splits them at texture seams or sharp edges; merge by distance"
    )


def _fewer_vertices(facts: _Facts) -> str | None:
    missing, faces = N_VERTICES - facts.n_vertices, N_FACES - len(facts.sizes)
    if missing <= 0 or facts.matched < _RELATED * N_VERTICES:
        return None
    # Two vertices that merge take at most the two faces between them along; a deleted one takes all around it.
    how = "merged" if 0 <= faces <= 2 * missing and facts.boundary <= N_BOUNDARY else "deleted"
    what = "1 vertex" if missing == 1 else f"{missing:,} vertices"
    return (
        f"FLAME with {what} {how} ({facts.n_vertices:,} left, around {facts.matched:,} of them nothing "
        "changed); load the mesh anew"
    )


def _other_edges(facts: _Facts) -> str | None:
    if facts.n_vertices != N_VERTICES:
        return None
    if facts.matched < _RELATED * N_VERTICES:
        return f"as many vertices as FLAME ({N_VERTICES:,}), but other edges; it is another mesh"
    return (
        f"as many vertices as FLAME, but some edges differ: nothing changed around {facts.matched:,} of them; "
        "load the mesh anew"
    )


def _counts(vertices: int, edges: int, faces: int | None) -> str:
    known = f" and {faces:,} faces" if faces is not None else ""
    return f"{vertices:,} vertices, {edges:,} edges{known}, where FLAME has {N_VERTICES:,}, {N_EDGES:,} and {N_FACES:,}"


def _listed(names: list[str]) -> str:
    names = ["eyeballs"] if names == ["left eyeball", "right eyeball"] else names
    return " and ".join(names)


def _facts(edges: NDArray[np.int64], n_vertices: int, polygons: Polygons) -> _Facts:
    uses = _counted(_directed(polygons))[1]
    # Turned inside out a mesh has the colours of its mirror image, which in FLAME are others.
    loops, sizes = np.asarray(polygons[0]), np.asarray(polygons[1])
    reversed_ = (loops[::-1], sizes[::-1])
    candidates = [_match(vertex_colours(winding, n_vertices)) for winding in ((loops, sizes), reversed_)]
    best = max(candidates, key=lambda matches: int(np.count_nonzero(matches >= 0)))
    return _Facts(n_vertices, edges, sizes, int(np.count_nonzero(uses == 1)), best)


def _match(colours: NDArray[np.uint32]) -> NDArray[np.int32]:
    """FLAME's index of each colour, -1 where FLAME has none."""
    table = colour_table()
    order = np.argsort(table)
    at = np.minimum(np.searchsorted(table[order], colours), len(table) - 1)
    return np.where(table[order][at] == colours, order[at], -1).astype(np.int32)


def _unique(edges: Ints) -> NDArray[np.int64]:
    return _counted(edges)[0]


def _counted(edges: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every edge once, lower vertex first, sorted [E, 2], and how often it was given [E]."""
    pairs = np.sort(np.asarray(edges, np.int64).reshape(-1, 2), axis=1)
    if len(pairs) and pairs.min() < 0:
        raise ValueError("vertex numbers must be within 0 and the number of vertices")
    # One number per edge sorts ten times as fast as rows do.
    base = int(pairs.max(initial=0)) + 1
    keys, counts = np.unique(pairs[:, 0] * base + pairs[:, 1], return_counts=True)
    return np.stack([keys // base, keys % base], axis=1), counts


def _directed(polygons: Polygons) -> NDArray[np.int64]:
    """Edges [L, 2] along the winding, one per corner."""
    return np.stack([np.asarray(polygons[0], np.int64), _neighbours(polygons)[0]], axis=1)


def _neighbours(polygons: Polygons) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The vertices after and before each corner of the polygons."""
    loops, sizes = np.asarray(polygons[0], np.int64), np.asarray(polygons[1], np.int64)
    if sizes.sum() != len(loops) or (len(sizes) and sizes.min() < 3):
        raise ValueError("polygon sizes must be at least 3 and sum to the loops")
    starts = np.cumsum(sizes) - sizes
    after, before = np.arange(1, len(loops) + 1), np.arange(-1, len(loops) - 1)
    after[starts + sizes - 1], before[starts] = starts, starts + sizes - 1
    return loops[after], loops[before]


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64 bits (the finaliser of SplitMix64: G. Steele, D. Lea, C. Flood, OOPSLA 2014); overflow is meant."""
    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values = values ^ (values >> np.uint64(27))
    values = values * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)), np.uint64)
