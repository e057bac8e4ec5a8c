"""A first guess of the guide's points on an upright head, for the artist to correct.

Three to four anchors are found by shape: the tip of the nose as the foremost place of the midline, the chin as the last
place before the profile falls back to the neck, and the eyes as a pair of round pieces of mesh, or, without eyeballs,
the widest places of the head. The known head is laid over them, and the guide's points follow its surface.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from ...errors import UserError
from ..guide import GUIDE
from .eyes import Eyeball, eye_centre, fit_eyeball
from .face import Face
from .marks import guide_points
from .registration import fit_known
from .soundness import sound_triangles
from .surface import closest, edge_pairs
from .warp import similarity

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

HEAD_OVER_WIDTH = 1.5  # height of a head over its width, generously; what lies lower is neck and body
MIDLINE = 0.12  # half width of the strip that the profile is taken from, over the head's width
ROWS = 60  # of the profile
FALL = 0.16  # of the head's height: the profile falls back by this much under the chin
ROUND = 0.06  # largest scatter of an eyeball's vertices about a sphere, over its radius
EYE_SIZES = (0.03, 0.3)  # radius over the head's width


@dataclass(frozen=True)
class Guess:
    """Where the guide's points may lie.

    Attributes:
        points: [3] by name of ``GUIDE``, on the surface.
        eyes: vertex ids of the right and the left eyeball, where round pieces of mesh were found.
    """

    points: dict[str, Floats]
    eyes: tuple[Ids, Ids] | None


def guess_points(known: Face, vertices: Floats, triangles: Ids) -> Guess:
    """Guess the guide's points.

    Args:
        known: one of our own heads.
        vertices: [V, 3] y up, facing +z, any size; a head, or a bust.
        triangles: [F, 3].

    Raises:
        UserError: a mesh too small to be a head, or too broken to use.
    """
    triangles = sound_triangles(vertices, triangles)
    vertices = np.asarray(vertices, np.float64)
    used = np.unique(triangles)
    if len(used) < 200:
        raise UserError(f"the mesh has {len(used)} vertices", "a head with 2,000 or more", "choose the head's mesh")
    points = vertices[used]
    middle, width, height = _frame(points)
    nose, chin = _profile(points, middle, width, height)
    eyes = _eyes(vertices, triangles, middle, width)
    start = [known.vertices[known.landmarks[name][0]] for name in ("nose_tip", "chin")]
    end = [nose, chin]
    if eyes is not None:
        start += [eye_centre(known, side) for side in ("right", "left")]
        end += [fit_eyeball(vertices[ids]).centre for ids in eyes]
    else:
        start += _widest(known.vertices[known.part("skin")], float(start[0][1]))
        end += _widest(points, float(nose[1]) + 0.1 * height)
    scale, rotation, shift = similarity(np.stack(start), np.stack(end))
    guides = guide_points(known)
    here = np.stack([guides[name] for name in GUIDE])
    skin = triangles if eyes is None else triangles[~np.isin(triangles, np.concatenate(eyes)).any(axis=1)]
    _, warp = fit_known(known, vertices, skin, np.stack(start), np.stack(end), scale)
    laid = warp(scale * here @ rotation.T + shift)
    if eyes is not None:
        laid = _around_eyes(known, laid, [fit_eyeball(vertices[ids]) for ids in eyes], scale)
    on_mesh = closest(vertices, skin, laid).read(vertices)
    return Guess(dict(zip(GUIDE, on_mesh, strict=True)), eyes)


def _frame(points: Floats) -> tuple[float, float, float]:
    """Middle in x, width and height of the head: of what lies no farther under the top than a head is tall."""
    top = points[:, 1].max()
    head = points
    for _ in range(3):
        width = float(np.ptp(head[:, 0]))
        head = points[points[:, 1] > top - HEAD_OVER_WIDTH * width]
    middle = float(0.5 * (head[:, 0].max() + head[:, 0].min()))
    return middle, float(np.ptp(head[:, 0])), float(np.ptp(head[:, 1]))


def _profile(points: Floats, middle: float, width: float, height: float) -> tuple[Floats, Floats]:
    """Tip of the nose and chin."""
    strip = points[np.abs(points[:, 0] - middle) < MIDLINE * width]
    strip = strip[strip[:, 1] > strip[:, 1].max() - height]
    face = strip[(strip[:, 1] < strip[:, 1].max() - 0.25 * height) & (strip[:, 1] > strip[:, 1].min() + 0.15 * height)]
    nose = face[face[:, 2].argmax()]
    below = strip[strip[:, 1] < nose[1] - 0.08 * height]
    edges = np.linspace(nose[1] - 0.08 * height, below[:, 1].min(), ROWS)
    front = np.full(ROWS - 1, -np.inf)
    foremost = np.zeros((ROWS - 1, 3))
    for k in range(ROWS - 1):
        row = below[(below[:, 1] <= edges[k]) & (below[:, 1] > edges[k + 1])]
        if len(row):
            foremost[k] = row[row[:, 2].argmax()]
            front[k] = foremost[k, 2]
    # The chin ends where the profile falls back for good; it is the foremost place shortly above.
    fallen = np.flatnonzero((front > -np.inf) & (front < np.maximum.accumulate(front) - FALL * height))
    last = int(fallen[0]) if len(fallen) else len(front)
    near = np.arange(max(last - ROWS // 5, 0), last)
    chin = near[front[near].argmax()] if len(near) else int(front.argmax())
    return np.array([middle, *nose[1:]]), np.array([middle, *foremost[chin][1:]])


def _eyes(vertices: Floats, triangles: Ids, middle: float, width: float) -> tuple[Ids, Ids] | None:
    """The two round pieces of mesh that mirror each other best, right first."""
    n = len(vertices)
    a, b = edge_pairs(triangles)
    label = connected_components(csr_matrix((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)[1]
    found: list[tuple[Floats, Ids]] = []
    for piece in np.unique(label[a]):
        ids = np.flatnonzero(label == piece)
        if not 24 <= len(ids) <= 0.3 * n:
            continue
        ball = fit_eyeball(vertices[ids])
        away = np.linalg.norm(vertices[ids] - ball.centre, axis=1)
        if (
            EYE_SIZES[0] * width < ball.radius < EYE_SIZES[1] * width
            and np.median(np.abs(away / ball.radius - 1)) < ROUND
        ):
            found.append((ball.centre, ids))
    best, pair = 0.1 * width, None
    for right, ids_right in found:
        for left, ids_left in found:
            if left[0] - right[0] > 0.15 * width:
                miss = float(np.linalg.norm(right * [-1, 1, 1] + [2 * middle, 0, 0] - left))
                if miss < best:
                    best, pair = miss, (ids_right, ids_left)
    return pair


def _around_eyes(known: Face, laid: Floats, balls: list[Eyeball], scale: float) -> Floats:
    """Lids and brows drawn in or out about the eyes: eyes differ in size more than faces do."""
    out = laid.copy()
    for side, ball in zip(("right", "left"), balls, strict=True):
        usual = scale * fit_eyeball(known.vertices[known.part(f"eye_{side}")]).radius
        ids = [i for i, name in enumerate(GUIDE) if name.endswith(side) and name.startswith(("eye", "brow"))]
        out[ids] = ball.centre + (laid[ids] - ball.centre) * ball.radius / usual
    return out


def _widest(points: Floats, height: float) -> list[Floats]:
    """The rightmost and leftmost places at about a height."""
    band = points[np.abs(points[:, 1] - height) < 0.05 * np.ptp(points[:, 0])]
    band = band if len(band) else points
    return [band[band[:, 0].argmin()], band[band[:, 0].argmax()]]
