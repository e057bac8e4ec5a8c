"""Catmull-Clark subdivision of a control cage, with the patches that name its parts carried along.

Rules of E. Catmull and J. Clark, "Recursively generated B-spline surfaces on arbitrary topological meshes",
Computer-Aided Design 10(6), 1978; boundaries as cubic B-splines; limit positions of H. Halstead et al., "Efficient,
fair interpolation using Catmull-Clark surfaces", SIGGRAPH 1993.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .measures import Ids

Faces = list[tuple[int, ...]]


@dataclass(frozen=True)
class Refined:
    """One level of subdivision.

    Attributes:
        matrix: sparse [V', V]; new points are ``matrix @ points``, vertex points first and in the old order.
        faces: quads of the new level; those of old face f follow each other, in the order of its corners.
        edge: id of the point on each old edge (sorted pair of ids).
        face: [F] ids of the old faces' points.
    """

    matrix: sparse.csr_matrix
    faces: Faces
    edge: Mapping[tuple[int, int], int]
    face: Ids


def subdivide(count: int, faces: Faces) -> Refined:
    """The rules as a matrix, for a mesh of ``count`` vertices."""
    of_edge: dict[tuple[int, int], list[int]] = {}
    for f, ids in enumerate(faces):
        for a, b in zip(ids, (*ids[1:], ids[0]), strict=True):
            of_edge.setdefault((min(a, b), max(a, b)), []).append(f)
    edge = {pair: count + i for i, pair in enumerate(of_edge)}
    face = count + len(edge) + np.arange(len(faces))
    rows = _Rows()
    centre = [{v: 1 / len(ids) for v in ids} for ids in faces]
    for f, weights in enumerate(centre):
        rows.add(int(face[f]), weights, 1.0)
    for (a, b), beside in of_edge.items():
        inner = len(beside) == 2
        rows.add(edge[a, b], {a: 0.5, b: 0.5}, 0.5 if inner else 1.0)
        for f in beside if inner else ():
            rows.add(edge[a, b], centre[f], 0.25)
    _vertex_rules(rows, count, faces, of_edge, centre)
    new = [
        (v, edge[_pair(v, ids[(i + 1) % len(ids)])], int(face[f]), edge[_pair(ids[i - 1], v)])
        for f, ids in enumerate(faces)
        for i, v in enumerate(ids)
    ]
    return Refined(rows.matrix((count + len(edge) + len(faces), count)), new, edge, face)


def refine_patch(patch: Ids, level: Refined, faces: Faces) -> Ids:
    """A grid of vertex ids [R, C] on the next level: [2 R - 1, 2 C - 1]; its cells must be quads of ``faces``."""
    rows, columns = patch.shape
    out = np.empty((2 * rows - 1, 2 * columns - 1), int)
    of = {frozenset(ids): f for f, ids in enumerate(faces)}
    for i in range(rows):
        for j in range(columns):
            v = int(patch[i, j])
            out[2 * i, 2 * j] = v
            if j + 1 < columns:
                out[2 * i, 2 * j + 1] = level.edge[_pair(v, int(patch[i, j + 1]))]
            if i + 1 < rows:
                out[2 * i + 1, 2 * j] = level.edge[_pair(v, int(patch[i + 1, j]))]
            if i + 1 < rows and j + 1 < columns:
                corners = frozenset(int(patch[a, b]) for a in (i, i + 1) for b in (j, j + 1))
                out[2 * i + 1, 2 * j + 1] = level.face[of[corners]]
    return out


def limit_matrix(count: int, faces: Faces) -> sparse.csr_matrix:
    """Where the vertices of a mesh of quads end on the limit surface, [V, V]."""
    neighbours, diagonal, beside = _stars(count, faces)
    rows = _Rows()
    for v in range(count):
        border = beside.get(v)
        if border is not None:
            rows.add(v, {v: 2 / 3, border[0]: 1 / 6, border[1]: 1 / 6}, 1.0)
            continue
        n = len(neighbours[v])
        if not n:
            rows.add(v, {v: 1.0}, 1.0)
            continue
        rows.add(v, {v: n * n}, 1 / (n * (n + 5)))
        rows.add(v, dict.fromkeys(neighbours[v], 4.0), 1 / (n * (n + 5)))
        for d in diagonal[v]:
            rows.add(v, {d: 1.0}, 1 / (n * (n + 5)))
    return rows.matrix((count, count))


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


class _Rows:
    """A sparse matrix under construction."""

    def __init__(self) -> None:
        self.row: list[int] = []
        self.column: list[int] = []
        self.value: list[float] = []

    def add(self, row: int, weights: Mapping[int, float], factor: float) -> None:
        for column, weight in weights.items():
            self.row.append(row)
            self.column.append(column)
            self.value.append(weight * factor)

    def matrix(self, shape: tuple[int, int]) -> sparse.csr_matrix:
        return sparse.csr_matrix((self.value, (self.row, self.column)), shape=shape)


def _vertex_rules(
    rows: _Rows, count: int, faces: Faces, of_edge: Mapping[tuple[int, int], list[int]], centre: list[dict[int, float]]
) -> None:
    edges: dict[int, list[tuple[int, int]]] = {}
    around: dict[int, list[int]] = {}
    for pair in of_edge:
        for v in pair:
            edges.setdefault(v, []).append(pair)
    for f, ids in enumerate(faces):
        for v in ids:
            around.setdefault(v, []).append(f)
    for v in range(count):
        mine = edges.get(v, [])
        border = [pair for pair in mine if len(of_edge[pair]) == 1]
        if not mine:
            rows.add(v, {v: 1.0}, 1.0)
        elif border:
            rows.add(v, {v: 0.75}, 1.0)
            for pair in border:
                rows.add(v, {pair[0] + pair[1] - v: 0.25 / len(border)}, 1.0)
        else:
            n = len(mine)
            rows.add(v, {v: 1.0}, (n - 3) / n)
            for f in around[v]:
                rows.add(v, centre[f], 1 / (n * n))
            for a, b in mine:
                rows.add(v, {a: 0.5, b: 0.5}, 2 / (n * n))


def _stars(count: int, faces: Faces) -> tuple[list[set[int]], list[list[int]], dict[int, list[int]]]:
    """Edge neighbours, opposite corners of the quads, and the two border neighbours where there is a border."""
    neighbours: list[set[int]] = [set() for _ in range(count)]
    diagonal: list[list[int]] = [[] for _ in range(count)]
    uses: dict[tuple[int, int], int] = {}
    for ids in faces:
        for i, v in enumerate(ids):
            following = ids[(i + 1) % 4]
            neighbours[v].add(following)
            neighbours[following].add(v)
            diagonal[v].append(ids[(i + 2) % 4])
            uses[_pair(v, following)] = uses.get(_pair(v, following), 0) + 1
    beside: dict[int, list[int]] = {}
    for (a, b), n in uses.items():
        if n == 1:
            beside.setdefault(a, []).append(b)
            beside.setdefault(b, []).append(a)
    return neighbours, diagonal, beside
