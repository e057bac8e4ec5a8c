"""What eyes ask for beyond transferred keys: eyeballs that turn, lids that meet and clear the eyeball on their way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .face import Face
from .rows import Row, lid_rows
from .warp import rigid

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

LOOKS = ("eyeLookIn", "eyeLookOut", "eyeLookUp", "eyeLookDown")
NARROW = 0.15  # of the widest opening; beside the corners the share of closing is taken from further in
CLEARANCE = 0.0003  # metres on the reference head, of a lid over the eyeball
ON_THE_WAY = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Eyeball:
    """The sphere an eyeball turns in.

    Attributes:
        centre: [3].
        radius: metres, to its foremost vertex or as fitted, whichever is more: the cornea stands out.
    """

    centre: Floats
    radius: float


def fit_eyeball(points: Floats) -> Eyeball:
    """Least-squares sphere of vertices [n, 3], the cornea's bulge left out.

    A vertex farther out than the sphere by 4 % is the cornea's; iris bowls lie inside of it.
    """
    keep = np.ones(len(points), bool)
    centre, radius = points.mean(axis=0), 0.0
    for _ in range(4):
        chosen = points[keep]
        system = np.hstack([2 * chosen, np.ones((len(chosen), 1))])
        solved = np.linalg.lstsq(system, np.sum(chosen**2, axis=1), rcond=None)[0]
        centre = solved[:3]
        radius = float(np.sqrt(max(solved[3] + centre @ centre, 1e-12)))
        away = np.linalg.norm(points - centre, axis=1)
        keep = np.abs(away / radius - 1) < 0.04
        if keep.sum() < 12:
            break
    return Eyeball(centre, radius)


def gaze(known: Face, key: Floats, target: Face, side: str) -> Floats:
    """Displacements [n, 3] of the target's eyeball for a look ``key`` [V, 3] of the known face."""
    theirs, mine = known.part(f"eye_{side}"), target.part(f"eye_{side}")
    rotation, _ = rigid(known.vertices[theirs], known.vertices[theirs] + key[theirs])
    p = target.vertices[mine]
    centre = fit_eyeball(p).centre
    turned: Floats = (p - centre) @ rotation.T + centre - p
    return turned


def closed_lids(known: Face, key: Floats, target: Face, side: str, moved: Floats) -> tuple[Ids, Floats]:
    """Where a blink takes the lid margins: vertex ids [n] and displacements [n, 3].

    On the known face each margin ends at some share of the opening, told as an angle about the eye's own axis; on the
    target at the same share of its opening, and in the same order in depth.

    Args:
        known: the face the keys come from.
        key: [V, 3] its blink.
        target: the face to be given one.
        side: ``left`` or ``right``.
        moved: [V', 3] what was transferred; of this only what goes sideways is kept.
    """
    ids: list[Ids] = []
    wanted: list[Floats] = []
    axis_known, axis = eye_centre(known, side), eye_centre(target, side)
    rows_known, rows = lid_rows(known, side), lid_rows(target, side)
    # A straight way over a round eye needs room by the square of what it spans.
    scale = target.unit / known.unit * min(1.0, (_height(target, rows) / _height(known, rows_known)) ** 2)
    for which in (0, 1):
        share = rows[which].share
        closing, out = _closing(known.vertices, key, rows_known, which, axis_known, share)
        low, high = (_polar(r.read(target.vertices, share), axis) for r in (rows[1], rows[0]))
        angle = low[1] + closing * (high[1] - low[1])
        radius = np.maximum(low[0], high[0]) + scale * out
        here = target.vertices[rows[which].ids]
        end = here.copy()
        end[:, 0] += moved[rows[which].ids, 0]
        end[:, 1] = axis[1] + radius * np.sin(angle)
        end[:, 2] = axis[2] + radius * np.cos(angle)
        ids.append(rows[which].ids)
        wanted.append(end - here)
    return np.concatenate(ids), np.vstack(wanted)


def clear_of_eyeball(points: Floats, moved: Floats, ball: Eyeball, clearance: float) -> Floats:
    """Push what would pass through the eyeball out at its end, so that the straight way there stays clear.

    Args:
        points: [n, 3] at rest.
        moved: [n, 3].
        ball: the eyeball.
        clearance: metres over the eyeball; vertices that lie nearer at rest only keep their distance.
    """
    away = points - ball.centre
    least = np.minimum(np.linalg.norm(away, axis=1), ball.radius + clearance)
    push = np.zeros(len(points))
    end = away + moved
    direction = end / np.maximum(np.linalg.norm(end, axis=1, keepdims=True), 1e-12)
    for t in ON_THE_WAY:
        here = away + t * moved
        # Solve |here + t push direction| = least for the push that is needed at the end.
        along = np.sum(here * direction, axis=1)
        inside = along**2 - np.sum(here**2, axis=1) + least**2
        need = (np.sqrt(np.maximum(inside, 0.0)) - along) / t
        push = np.maximum(push, np.where(np.sum(here**2, axis=1) < least**2, need, 0.0))
    out: Floats = moved + push[:, None] * direction
    return out


def eye_centre(face: Face, side: str) -> Floats:
    """The eyeball's centre; without an eyeball, a sphere's of the usual size behind the lids."""
    ball = face.part(f"eye_{side}")
    if len(ball):
        return fit_eyeball(face.vertices[ball]).centre
    margin = face.vertices[face.row(f"lid_upper_{side}", f"lid_lower_{side}")]
    front: Floats = margin.mean(axis=0)
    front[2] = margin[:, 2].max() - 0.0175 * face.unit
    return front


def _height(face: Face, rows: tuple[Row, Row]) -> float:
    """How far an eye is open, of the face's own unit."""
    share = np.linspace(0.3, 0.7, 5)
    upper, lower = (r.read(face.vertices, share) for r in rows)
    return float(np.linalg.norm(upper - lower, axis=1).mean()) / face.unit


def _polar(points: Floats, axis: Floats) -> tuple[Floats, Floats]:
    """Distance from the line along x through ``axis``, and elevation."""
    y, z = points[:, 1] - axis[1], points[:, 2] - axis[2]
    radius: Floats = np.hypot(y, z)
    angle: Floats = np.arctan2(y, z)
    return radius, angle


def _closing(
    points: Floats, key: Floats, rows: tuple[Row, Row], which: int, axis: Floats, share: Floats
) -> tuple[Floats, Floats]:
    """Share of the opening at which a margin ends, and how far out of both margins: [m] each, at ``share``."""
    at = rows[which].share
    low, high = (_polar(r.read(points, at), axis) for r in (rows[1], rows[0]))
    radius, angle = _polar(rows[which].read(points + key, at), axis)
    opening = high[1] - low[1]
    wide = opening > NARROW * opening.max()
    closing = (angle - low[1])[wide] / opening[wide]
    return np.interp(share, at[wide], closing), np.interp(share, at, radius - np.maximum(low[0], high[0]))
