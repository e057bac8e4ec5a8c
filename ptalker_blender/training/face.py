"""The face a network's motions are of: graph points of the default head, or of a data set's mesh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.face_graph import FaceGraph, graph_of_mesh
from ..motion.controls import INDEX, N_CONTROLS
from ..rig.head import Head

POINTS = 134  # of a data set's mesh, as many as the default head's landmark list has
ORDINARY = 0.15  # deviation of a control in speech
LEAST_MOVED = 5e-4  # metres: points that move less are not blown up further


@dataclass(frozen=True)
class Face:
    """What `Network.set_face` takes.

    Attributes:
        graph: the face graph.
        basis: displacement of the points by each control at 1, float32 [C, N, 3]; None for a network of vertices.
        chosen: the points' vertices, int64 [N]; None for a network of controls.
        scale: factor that brings the displacements of each point to a size of about 1, float32 [N]: a brow's two
            millimetres say as much as the chin's twenty.
    """

    graph: FaceGraph
    basis: NDArray[np.float32] | None
    chosen: NDArray[np.int64] | None
    scale: NDArray[np.float32]


def face_of_head(head: Head) -> Face:
    """The face of a head with keys named as the controls."""
    points = np.asarray(head.landmarks["graph_points"], np.int64)
    basis = np.zeros((N_CONTROLS, len(points), 3), np.float32)
    for key, name in enumerate(head.key_names):
        if name in INDEX:
            basis[INDEX[name]] = head.key_deltas[key][points]
    moved = ORDINARY * np.sqrt(np.square(basis).sum(axis=(0, 2)))
    scale = (1.0 / np.maximum(moved, LEAST_MOVED)).astype(np.float32)
    return Face(graph_of_mesh(head.vertices, *head.polygons, points), basis, None, scale)


def face_of_mesh(
    template: NDArray[np.float32], faces: NDArray[np.integer[Any]], movement: NDArray[np.float64], count: int = POINTS
) -> Face:
    """The face of a data set's mesh: points where it moves most, spread over the surface.

    Args:
        template: a neutral mesh [V, 3].
        faces: triangles [F, 3].
        movement: deviation of each vertex over the training motions [V], in the template's unit.
        count: points; fewer where fewer vertices move.
    """
    chosen = spread_points(template, movement, count)
    corners, sizes = faces.ravel(), np.full(len(faces), faces.shape[1])
    moved = np.maximum(movement[chosen], 0.05 * float(movement.max()))
    return Face(graph_of_mesh(template, corners, sizes, chosen), None, chosen, (1.0 / moved).astype(np.float32))


def spread_points(places: NDArray[np.float32], movement: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Farthest-point sampling in which a distance counts as much as the vertex moves: dense at lips and lids.

    Args:
        places: [V, 3].
        movement: [V], not negative.
        count: how many; vertices that do not move are never chosen.
    """
    weight = movement / max(float(movement.max()), 1e-12)
    first = int(weight.argmax())
    chosen, nearest = [first], np.linalg.norm(places - places[first], axis=1)
    while len(chosen) < count:
        following = int((nearest * weight).argmax())
        if nearest[following] * weight[following] <= 0:
            break
        chosen.append(following)
        nearest = np.minimum(nearest, np.linalg.norm(places - places[following], axis=1))
    return np.sort(np.array(chosen, np.int64))
