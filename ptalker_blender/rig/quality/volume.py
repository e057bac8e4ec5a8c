"""Lips keep their volume: they are flesh, which water fills.

A lip's body is followed as material: planes across the mouth cut the lip's surface at rest; each cut is walked from
the contact edge forward over the red and as far again over the back, and sampled. The samples are fixed points of
triangles' edges, so a pose carries them along; neighbouring cuts joined, with the chord from front end to back end as
the side towards the face, enclose the body. Volume by the divergence theorem. What flows past the chord is not seen, so
this is a bound on gross thinning and swelling, not a law of tissue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .anatomy import Anatomy
from .check import Check, worst
from .contact import Array, Ids
from .poses import Pose, pose

VOLUME_TOLERANCE = 25.0  # per cent
_CUTS, _SAMPLES = 13, 10  # planes across the mouth; points each on front and back
_SPAN = 0.75  # of the half width, beyond which lips thin out
_GESTURES = ("mouthPucker", "mouthFunnel", "mouthSmile", "mouthRollUpper", "mouthRollLower", "mouthPress",
             "mouthStretch", "mouthShrugUpper", "mouthShrugLower", "jawOpen")  # fmt: skip


@dataclass(frozen=True)
class LipBody:
    """Samples of a lip: point k of cut i is a point of an edge of the mesh.

    Attributes:
        ids: [C, M, 4] vertex ids.
        weights: [C, M, 4] their shares.
    """

    ids: Ids
    weights: Array

    def points(self, posed: Array) -> Array:
        """[C, M, 3]."""
        return np.asarray(np.einsum("cmk,cmkd->cmd", self.weights, posed[self.ids]), np.float64)

    def volume(self, posed: Array) -> float:
        """Cubic millimetres."""
        return enclosed(self.points(posed))


def enclosed(cuts: Array) -> float:
    """Volume between closed polygons ``cuts`` [C, M, 3], each joined to the next, the ends closed by fans."""
    following = np.roll(cuts, -1, axis=1)
    a, b, c, d = cuts[:-1], following[:-1], following[1:], cuts[1:]
    sides = _cones(a, b, c) + _cones(a, c, d)
    ends = []
    for cut, nxt, sign in ((cuts[0], following[0], -1.0), (cuts[-1], following[-1], 1.0)):
        middle = np.broadcast_to(cut.mean(axis=0), cut.shape)
        ends.append(sign * _cones(middle, cut, nxt))
    return abs(sides + sum(ends))


def _cones(a: Array, b: Array, c: Array) -> float:
    return float(np.einsum("...i,...i->...", a, np.cross(b, c)).sum() / 6)


def volume_checks(anatomy: Anatomy) -> tuple[Check, ...]:
    """Largest change of either lip's volume in per cent over the gestures; the report names every failing one."""
    bodies = {name: lip_body(anatomy, name) for name in ("upper", "lower")}
    poses: list[Pose] = [pose((gesture,), 1.0) for gesture in _GESTURES]
    changes = volume_changes(anatomy, bodies, poses)
    signed = ", ".join(f"{name} {change:+.0f}" for name, change in changes.items())
    figures = {name: abs(change) for name, change in changes.items()}
    return (worst("volume: lips", figures, "%", VOLUME_TOLERANCE, f"all: {signed}"),) if figures else ()


def volume_changes(anatomy: Anatomy, bodies: Mapping[str, LipBody | None], poses: list[Pose]) -> dict[str, float]:
    """Change of volume against rest in per cent, by lip and pose."""
    found: dict[str, float] = {}
    for name, body in bodies.items():
        if body is not None:
            rest = body.volume(anatomy.points)
            found |= {f"{name} {label.split(' at ')[0]}": 100 * (body.volume(anatomy.pose(weights)) / rest - 1)
                      for label, weights in poses}  # fmt: skip
    return found


def lip_body(anatomy: Anatomy, lip: str) -> LipBody | None:
    """The body of the ``upper`` or ``lower`` lip; None where fewer than three cuts reach from red to back."""
    member = anatomy.lip_regions[0 if lip == "upper" else 1]
    triangles = anatomy.triangles[member[anatomy.triangles].all(axis=1)]
    half = anatomy.mouth_width / 2 * _SPAN
    # Not on a vertex's own plane: a plane through vertices has no definite neighbours.
    planes = np.linspace(-half, half, _CUTS) + 1e-3
    inner, outer = (anatomy.points[anatomy.ids(f"{ring}_lip_{lip}")] for ring in ("inner", "outer"))
    cuts = [_cut(anatomy, triangles, float(x), inner, outer) for x in planes]
    good = [cut for cut in cuts if cut is not None]
    if len(good) < 3:
        return None
    return LipBody(np.stack([ids for ids, _ in good]), np.stack([weights for _, weights in good]))


def _cut(anatomy: Anatomy, triangles: Ids, x: float, inner: Array, outer: Array) -> tuple[Ids, Array] | None:
    """Samples (ids [M, 4], weights [M, 4]) of the plane's cut, from the front end over the contact edge to the back."""
    chain = _chain(anatomy.points, triangles, x, _at(inner, x))
    if chain is None:
        return None
    edges, shares, start = chain
    points = (1 - shares)[:, None] * anatomy.points[edges[:, 0]] + shares[:, None] * anatomy.points[edges[:, 1]]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    border = int(np.linalg.norm(points - _at(outer, x), axis=1).argmin())
    reach = length[border] - length[start]
    places = length[start] + reach * np.linspace(1, -1, 2 * _SAMPLES - 1)
    if border == start or places.min() < -1e-9 or places.max() > length[-1] + 1e-9:
        return None
    after = np.clip(np.searchsorted(length, places), 1, len(length) - 1)
    t = (places - length[after - 1]) / np.maximum(length[after] - length[after - 1], 1e-12)
    a, b = after - 1, after
    ids = np.concatenate([edges[a], edges[b]], axis=1)
    weights = np.stack([(1 - t) * (1 - shares[a]), (1 - t) * shares[a], t * (1 - shares[b]), t * shares[b]], axis=1)
    return ids, weights


def _at(line: Array, x: float) -> Array:
    """The point of an ordered line [N, 3] at ``x``."""
    order = np.argsort(line[:, 0])
    return np.array([np.interp(x, line[order, 0], line[order, k]) for k in range(3)])


def _chain(points: Array, triangles: Ids, x: float, near: Array) -> tuple[Ids, Array, int] | None:
    """The connected cut of plane ``x`` nearest to ``near``: edges [N, 2], shares [N], the index of the nearest."""
    side = points[triangles, 0] > x
    crossed = triangles[side.any(axis=1) & ~side.all(axis=1)]
    if not len(crossed):
        return None
    above = points[crossed, 0] > x
    # Each crossed triangle has one corner alone on its side; both of its edges are cut.
    lone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), (~above).argmax(axis=1))
    row = np.arange(len(crossed))
    tip = crossed[row, lone]
    cuts = [np.sort(np.stack([tip, crossed[row, (lone + k) % 3]], axis=1), axis=1) for k in (1, 2)]
    edges, index = np.unique(np.concatenate(cuts), axis=0, return_inverse=True)
    first, second = index.reshape(2, -1)
    a, b = points[edges[:, 0]], points[edges[:, 1]]
    shares = (x - a[:, 0]) / (b[:, 0] - a[:, 0])
    place = a + shares[:, None] * (b - a)
    links: dict[int, list[int]] = {}
    for i, j in zip(first.tolist(), second.tolist(), strict=True):
        links.setdefault(i, []).append(j)
        links.setdefault(j, []).append(i)
    start = int(np.linalg.norm(place - near, axis=1).argmin())
    arms = [_walk(links, start, neighbour) for neighbour in links[start]]
    back = arms[1] if len(arms) > 1 else []
    order = [*back[::-1], start, *arms[0]]
    return edges[order], shares[order], len(back)


def _walk(links: Mapping[int, list[int]], start: int, first: int) -> list[int]:
    path, previous, here = [first], start, first
    while True:
        onward = [n for n in links[here] if n != previous]
        if not onward or onward[0] == start or len(path) > len(links):
            return path
        previous, here = here, onward[0]
        path.append(here)
