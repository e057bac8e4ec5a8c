"""Where the lips meet, found by the surface itself: the underside of one lip over the top of the other.

A guess from the head's proportions misses the mouth by some millimetres, and the seam is thinner than that. Between
nose and chin only the lips have surface that looks down close above surface that looks up; the foremost line of it is
the seam.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .keying.surface import vertex_normals

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

# Lengths in metres on the reference head.
WINDOW = np.array([0.040, 0.018, 0.028])  # half size of where the seam is looked for about the guessed middle
TURNED = 0.5  # y of the normals of what looks up or down
OVER = (-0.002, 0.004)  # how far the upper surface may lie over the lower one
BESIDE = 0.0035  # how far apart they may be otherwise; FLAME's rows have a vertex every 3 to 4 mm
COLUMN = 0.002  # width of the columns in which the foremost place is taken
GAPS = 4  # columns without a place that the seam is followed across
LEAST, MOST = 0.026, 0.074  # widths of a mouth


def find_seam(vertices: Floats, triangles: Ids, middle: Floats) -> Floats | None:
    """The seam as points [n, 3] from right to left, a column apart; None where there is none.

    Args:
        vertices: [V, 3] at the reference head's size, y up, facing +z.
        triangles: [F, 3] of the skin.
        middle: [3] about where the middle of the lips is.
    """
    normals = vertex_normals(vertices, triangles)
    near = np.zeros(len(vertices), bool)
    near[triangles] = True
    near &= (np.abs(vertices - middle) < WINDOW).all(axis=1)
    down, up = (np.flatnonzero(near & (sign * normals[:, 1] > TURNED)) for sign in (-1, 1))
    if not len(down) or not len(up):
        return None
    places = _pairs(vertices, down, up)
    column = np.round((places[:, 0] - middle[0]) / COLUMN).astype(np.int64)
    foremost = {int(k): places[column == k][places[column == k][:, 2].argmax()] for k in np.unique(column)}
    start = min(foremost, key=abs, default=GAPS + 1)
    if abs(start) > GAPS:
        return None
    row = [*reversed(_followed(foremost, start, -1)), foremost[start], *_followed(foremost, start, 1)]
    seam = np.array(row)
    return seam if LEAST < float(np.ptp(seam[:, 0])) < MOST else None


def moved_to_seam(points: Mapping[str, Floats], seam: Floats) -> dict[str, Floats]:
    """The guide's points with the mouth's on the seam: the corners at its ends, the edges of the lips moved along."""
    out = {name: np.array(point, np.float64) for name, point in points.items()}
    middle = 0.5 * (seam[0, 0] + seam[-1, 0])
    at = seam[np.abs(seam[:, 0] - middle).argmin()]
    shift = at - out["lips_middle"]
    shift[0] = 0.0
    for name in ("lips_middle", "lip_top", "lip_bottom"):
        out[name] += shift
    out["mouth_corner_right"], out["mouth_corner_left"] = seam[0].copy(), seam[-1].copy()
    return out


def _pairs(vertices: Floats, down: Ids, up: Ids) -> Floats:
    """Middles [n, 3] of pairs of a vertex that looks down and one that looks up close under it."""
    tree = cKDTree(vertices[up])
    reach = float(np.hypot(np.hypot(BESIDE, BESIDE), OVER[1]))
    found = tree.query_ball_point(vertices[down], reach)
    a = np.repeat(down, [len(one) for one in found])
    b = up[np.concatenate([np.asarray(one, np.int64) for one in found])] if len(a) else np.zeros(0, np.int64)
    apart = vertices[a] - vertices[b]
    fits = (apart[:, 1] > OVER[0]) & (apart[:, 1] < OVER[1]) & (np.abs(apart[:, [0, 2]]) < BESIDE).all(axis=1)
    middles: Floats = 0.5 * (vertices[a] + vertices[b])[fits]
    return middles


def _followed(foremost: Mapping[int, Floats], start: int, step: int) -> list[Floats]:
    """Places column by column from ``start`` on, as long as no more than ``GAPS`` lack one."""
    row, last = [], start
    for k in range(start + step, start + 60 * step, step):
        if abs(k - last) > GAPS + 1:
            break
        if k in foremost:
            row.append(foremost[k])
            last = k
    return row
