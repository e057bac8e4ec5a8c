"""Each Left key is the mirror image of its Right key; every other key is its own mirror image."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from .anatomy import Anatomy
from .check import Check, worst
from .contact import Array, Ids

MIRROR_TOLERANCE = 0.01  # mm
_FLIP = np.array([-1.0, 1.0, 1.0])


def mirror_checks(anatomy: Anatomy) -> tuple[Check, ...]:
    """Symmetry of the rest and of every key, in millimetres of the vertex that strays most.

    Only what some key moves must be symmetric: hair may be parted on one side.
    """
    twins, error = twin_vertices(anatomy)
    moved = np.zeros(len(error), bool)
    for delta in anatomy.deltas.values():
        moved |= np.abs(delta).max(axis=1) > 0
    error = np.where(moved, error, 0.0)
    rest = Check("mirror: rest", float(error.max()), "mm", MIRROR_TOLERANCE, f"at vertex {int(error.argmax())}")
    figures: dict[str, float] = {}
    for name, delta in anatomy.deltas.items():
        other = mirrored_name(name)
        image = anatomy.deltas[other][twins] * _FLIP if other in anatomy.deltas else np.zeros_like(delta)
        figures[name] = float(np.linalg.norm(delta - image, axis=1)[moved].max(initial=0.0))
    return (rest, worst("mirror: keys", figures, "mm", MIRROR_TOLERANCE)) if figures else (rest,)


def mirrored_name(key: str) -> str:
    """The key of the other side, or the key itself."""
    if key.endswith("Left"):
        return key.removesuffix("Left") + "Right"
    return key.removesuffix("Right") + "Left" if key.endswith("Right") else key


def twin_vertices(anatomy: Anatomy) -> tuple[Ids, Array]:
    """Id [V] of the vertex nearest to each vertex's mirror image at rest, and how far [V] from it that lies, mm.

    Where vertices of several surfaces lie on one spot (lips that touch), the one whose neighbours are mirrored too is
    taken: places are compared together with the mean of the vertices around them.
    """
    p = anatomy.points
    around = _mean_of_neighbours(anatomy)
    twins = cKDTree(np.hstack([p, around])).query(np.hstack([p * _FLIP, around * _FLIP]))[1]
    return np.asarray(twins, np.int64), np.asarray(np.linalg.norm(p[twins] - p * _FLIP, axis=1), np.float64)


def _mean_of_neighbours(anatomy: Anatomy) -> Array:
    """Mean of the vertices joined to each vertex by a polygon's edge, [V, 3]; fans' diagonals need not be mirrored."""
    loops, sizes = (np.asarray(a, np.int64) for a in anatomy.head.polygons)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    following = np.arange(len(loops)) + 1
    following[starts + sizes - 1] = starts
    a, b = np.concatenate([loops, loops[following]]), np.concatenate([loops[following], loops])
    n = len(anatomy.points)
    count = np.maximum(np.bincount(a, minlength=n), 1)
    total = np.stack([np.bincount(a, anatomy.points[b, axis], n) for axis in range(3)], axis=1)
    return np.asarray(total / count[:, None], np.float64)
