"""Meshes and faces that tests of keying are made on."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ptalker_blender.rig.flame_file import FlameModel
from ptalker_blender.rig.keying.face import SIDES, Face, flame_face

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


def grid(rows: int, columns: int, step: float = 1.0) -> tuple[Floats, Ids]:
    """A flat sheet in x and y, each square cut in two; vertex numbers run along x first."""
    y, x = np.mgrid[:rows, :columns]
    points = np.stack([x.ravel(), y.ravel(), np.zeros(rows * columns)], axis=1) * step
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    first = np.stack([corner, corner + 1, corner + columns + 1], axis=1)
    second = np.stack([corner, corner + columns + 1, corner + columns], axis=1)
    return points.astype(np.float64), np.concatenate([first, second])


def inner(rows: int, columns: int, margin: int = 1) -> Ids:
    """Vertices of :func:`grid` that are ``margin`` or more steps from its border."""
    numbers = np.arange(rows * columns).reshape(rows, columns)
    return numbers[margin:-margin, margin:-margin].ravel()


def ball(rows: int = 12, columns: int = 16, radius: float = 1.0) -> tuple[Floats, Ids]:
    """A sphere about the origin, counter-clockwise from outside."""
    polar = np.linspace(0, np.pi, rows + 1)[1:-1]
    around = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    ring = [[np.sin(p) * np.cos(a), np.cos(p), np.sin(p) * np.sin(a)] for p in polar for a in around]
    points = radius * np.array([[0, 1, 0], *ring, [0, -1, 0]])
    triangles, last = [], len(points) - 1
    for c in range(columns):
        d = (c + 1) % columns
        triangles += [[0, 1 + d, 1 + c], [last, last - columns + c, last - columns + d]]
        for r in range(rows - 2):
            a, b = 1 + r * columns + c, 1 + r * columns + d
            triangles += [[a, b, b + columns], [a, b + columns, a + columns]]
    return points, np.array(triangles, np.int64)


def subdivided(points: Floats, triangles: Ids) -> tuple[Floats, Ids]:
    """Every triangle as four, the old vertices first."""
    sides = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    edges, number = np.unique(sides, axis=0, return_inverse=True)
    ab, bc, ca = number.reshape(3, -1) + len(points)
    a, b, c = triangles.T
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return np.vstack([points, points[edges].mean(axis=1)]), np.vstack([np.stack(part, axis=1) for part in parts])


def cropped(face: Face, kept: NDArray[np.bool_]) -> tuple[Face, Ids]:
    """The face without the other vertices, and the numbers its vertices had."""
    ids = np.flatnonzero(kept)
    number = np.full(len(kept), -1)
    number[ids] = np.arange(len(ids))
    triangles = face.triangles[kept[face.triangles].all(axis=1)]
    return Face(
        face.vertices[ids], number[triangles], renumbered(face.landmarks, number), renumbered(face.parts, number)
    ), ids


def permuted(face: Face, order: Ids) -> Face:
    """The same face with its vertices in another order: new vertex i is old ``order[i]``."""
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    return replace(
        face,
        vertices=face.vertices[order],
        triangles=number[face.triangles],
        landmarks=renumbered(face.landmarks, number),
        parts=renumbered(face.parts, number),
    )


def mirrored(face: Face) -> Face:
    """The face seen in a mirror: left is right, rows still run from right to left."""

    def swap(table: Mapping[str, Ids]) -> dict[str, Ids]:
        other = {name: name.replace("left", "#").replace("right", "left").replace("#", "right") for name in table}
        return {other[name]: ids[::-1] for name, ids in table.items()}

    return replace(
        face,
        vertices=face.vertices * [-1, 1, 1],
        triangles=face.triangles[:, ::-1],
        landmarks=swap(face.landmarks),
        parts=swap(face.parts),
    )


def renumbered(table: Mapping[str, Ids], number: Ids) -> dict[str, Ids]:
    """Vertex numbers by ``number``, those below 0 left out."""
    return {name: number[ids][number[ids] >= 0] for name, ids in table.items()}


def flame_of(model: FlameModel, seed: int = 0) -> Face:
    """FLAME's mean head, or one drawn at random."""
    points = model.v_template.astype(np.float64)
    if seed:
        count = model.shapedirs.shape[2]
        points = points + 0.8 * model.shapedirs @ np.random.default_rng(seed).normal(size=count)
    return flame_face(points, model.faces)


def eyeballs(face: Face) -> dict[str, Ids]:
    """The parts that an artist would name on FLAME."""
    return {f"eye_{side}": face.parts[f"eye_{side}"] for side in SIDES}


def swapped(names: tuple[str, ...]) -> list[int]:
    """For every key the number of its other side's."""
    other = [name.replace("Left", "#").replace("Right", "Left").replace("#", "Right") for name in names]
    return [names.index(name) for name in other]


def misses(found: Floats, truth: Floats) -> Floats:
    """Millimetres [K, n] between displacements [K, n, 3]."""
    return 1000 * np.linalg.norm(np.asarray(found, np.float64) - truth, axis=2)
