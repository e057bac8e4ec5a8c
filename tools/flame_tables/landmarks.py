"""Landmarks and regions of FLAME, found by geometry on its mean head; only vertex numbers are kept.

Lengths in millimetres, y up, the face looks along +z, x to the character's left. Everything is found on the left half
and mirrored by connectivity (but for two of its edges the skin of FLAME is; its positions are only nearly mirrored):

* *profile*: the vertices that are their own mirror image, in front;
* *contact edges of the lips*: cheapest paths over edges from the midline to the corner, on which it is dear to leave
  the lowest line of the upper and the highest line of the lower lip;
* *corner of the mouth*: where straight walks along the rows of the upper and of the lower lip first meet, half of the
  jaw's motion being felt there;
* *lip border*: the row of the most concave bend of the profile above the mouth, and the row above that bend below it;
* *lid margins*: cheapest paths between the corners of the eye, close to the eyeball; corners: its ends in x;
* *regions*: by skinning weight (eyeballs, neck), growth within a ring (lips), density about the ear's tip, and height.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from ptalker_blender.rig.flame_file import FlameModel

from .geometry import Surface

Ids = NDArray[np.int64]
SIDES = (("left", 3), ("right", 4))  # and the joint of the eye


class Finder:
    """What is found on one mean head."""

    def __init__(self, model: FlameModel) -> None:
        self.v = 1000.0 * model.v_template.astype(np.float64)
        self.weights = model.weights
        self.surface = Surface(self.v, model.faces)
        self.mirror = self.surface.mirror()
        self.skin = model.weights[:, 3:].max(axis=1) < 0.5
        middle = np.flatnonzero((self.mirror == np.arange(len(self.v))) & self.skin & (self.v[:, 2] > 30))
        self.middle = middle[np.argsort(-self.v[middle, 1])]  # from the crown down
        self.upper = self._lip(model.weights[:, 2] < 0.5)
        self.lower = self._lip(model.weights[:, 2] > 0.5)

    def _lip(self, jaw: NDArray[np.bool_]) -> Ids:
        near = (np.abs(self.v[self.middle, 1] + 46) < 17) & (self.v[self.middle, 2] > 53)
        return self.middle[near & jaw[self.middle]]

    def landmarks(self) -> dict[str, Ids]:
        """Vertex numbers by the names of ``ptalker_blender.rig.head``; sequences run from right to left."""
        v, middle = self.v, self.middle
        below = middle[(v[middle, 1] < -65) & (v[middle, 1] > -90)]
        found = {
            "nose_tip": middle[[np.argmax(v[middle, 2])]],
            "chin": below[[np.argmax(v[below, 2])]],
            **self._mouth(),
        }
        for side, joint in SIDES:
            for name, ids in self._eye().items():
                ids = ids if side == "left" else self.mirror[ids]
                found[f"{name}_{side}"] = self._ordered(ids)
            front = np.flatnonzero(self.weights[:, joint] > 0.5)
            found[f"pupil_{side}"] = front[[np.argmax(v[front, 2])]]
        return found

    def _mouth(self) -> dict[str, Ids]:
        v, jaw = self.v, self.weights[:, 2]
        rows = {k: self.surface.walk(int(k), (1, 0, 0), 12) for k in (*self.upper, *self.lower)}
        shared = [set(rows[a]) & set(rows[b]) for a, b in product(self.upper, self.lower)]
        corner = min((k for k in set().union(*shared) if abs(jaw[k] - 0.5) < 0.06), key=lambda k: v[k, 0])
        front = (v[:, 2] > 42) & (np.abs(v[:, 0]) < v[corner, 0] + 2) & self.skin
        edges = []
        for start, side, up in (
            (self.upper[np.argmin(v[self.upper, 1])], jaw < 0.55, 1),
            (self.lower[np.argmax(v[self.lower, 1])], jaw > 0.45, -1),
        ):
            price = np.where(front & side, np.exp(up * (v[:, 1] + 45) / 1.5), np.inf)
            price[corner] = 1.0
            edges.append(np.array(self.surface.path(int(start), corner, price)))
        upper, lower = self._pairs(edges[0][1:-1], edges[1][1:-1])
        apart = upper != lower  # next to the corner the two lines are one
        upper, lower = upper[apart], lower[apart]
        border_upper, border_lower = self._border()
        return {
            "inner_lip_upper": self._both(np.r_[edges[0][0], upper]),
            "inner_lip_lower": self._both(np.r_[edges[1][0], lower]),
            "outer_lip_upper": self._both(border_upper),
            "outer_lip_lower": self._both(border_lower),
            "mouth_corner_left": np.array([corner]),
            "mouth_corner_right": self.mirror[[corner]],
        }

    def _border(self) -> tuple[Ids, Ids]:
        """The rows of the lip border from the midline to where they meet."""
        upper = self._most_concave(-40, -30)
        below = self._most_concave(-60, -50)
        lower = int(self.middle[np.flatnonzero(self.middle == below)[0] - 1])
        above, under = self.surface.walk(upper, (1, 0, 0), 12), self.surface.walk(lower, (1, 0, 0), 12)
        shared = [k for k in above if k in under and abs(self.weights[k, 2] - 0.5) < 0.06]
        meeting = min(shared, key=lambda k: above.index(k) + under.index(k))
        return np.array(above[: above.index(meeting) + 1]), np.array(under[: under.index(meeting) + 1])

    def _most_concave(self, low: float, high: float) -> int:
        """The vertex of the front profile between two heights at which its slope turns forward most."""
        y = self.v[self.middle, 1]
        line = self.middle[(self.v[self.middle, 2] > 53) & ((y < -47) | (y > -42))]
        y, z = self.v[line, 1], self.v[line, 2]
        slope = np.diff(z) / np.diff(y)
        turn = slope[:-1] - slope[1:]  # the profile runs down: where it bends towards the viewer on both sides
        inside = (y[1:-1] > low) & (y[1:-1] < high)
        return int(line[1:-1][inside][np.argmax(turn[inside])])

    def _eye(self) -> dict[str, Ids]:
        """Lid margins, corners and brow of the left eye, from its inner corner outwards."""
        v = self.v
        ball = np.flatnonzero(self.weights[:, 3] > 0.5)
        centre = v[ball].mean(axis=0)
        distance = np.linalg.norm(v - centre, axis=1)
        close = self.skin & (distance > 11.5) & (distance < 15) & (v[:, 2] > centre[2] + 3) & (v[:, 0] > 0)
        ring = np.flatnonzero(close & (np.abs(v[:, 1] - centre[1]) < 2.1) & (distance < 13.5))
        outer, inner = int(ring[np.argmax(v[ring, 0])]), int(ring[np.argmin(v[ring, 0])])
        margins = []
        for up in (1, -1):
            half = up * (v[:, 1] - centre[1]) > -2.5
            price = np.where(close & half, np.exp(up * (v[:, 1] - centre[1])), np.inf)
            price[[outer, inner]] = 1.0
            margins.append(np.array(self.surface.path(inner, outer, price))[1:-1])
        upper, lower = self._pairs(*margins)
        above = np.flatnonzero(self.skin & (v[:, 2] > 30))
        seed = above[np.argmin(np.linalg.norm(v[above] - centre - (0, 17, 18), axis=1))]
        inward = self.surface.walk(int(seed), (-1, 0, 0), 3)
        outward = self.surface.walk(int(seed), (1, 0, 0), 4)
        return {
            "lid_upper": upper, "lid_lower": lower, "eye_outer_corner": np.array([outer]),
            "eye_inner_corner": np.array([inner]), "brow": np.array([*inward[:0:-1], *outward]),
        }  # fmt: skip

    def _pairs(self, one: Ids, other: Ids) -> tuple[Ids, Ids]:
        """As many of each as the shorter has, paired so that they differ least in x; ordered by x."""
        apart = np.abs(self.v[one, None, 0] - self.v[None, other, 0]) ** 2
        rows, columns = linear_sum_assignment(apart)
        order = np.argsort(self.v[one[rows], 0])
        return one[rows][order], other[columns][order]

    def _both(self, left: Ids) -> Ids:
        """A row that starts on the midline, with its mirror image before it."""
        return np.concatenate([self.mirror[left[:0:-1]], left])

    def _ordered(self, ids: Ids) -> Ids:
        return ids if self.v[ids[0], 0] <= self.v[ids[-1], 0] else ids[::-1]

    def regions(self, landmarks: dict[str, Ids]) -> dict[str, Ids]:
        """Vertex numbers by region; lips lie within the face, the others apart from each other."""
        # The two halves are averaged, so that a region is as mirrored as the mesh.
        v = (self.v + self.v[self.mirror] * [-1, 1, 1]) / 2
        root = (self.weights[:, 0] + self.weights[self.mirror, 0]) / 2
        border = {int(k) for name in ("outer_lip_upper", "outer_lip_lower") for k in landmarks[name]}
        seeds = [int(k) for name in ("inner_lip_upper", "inner_lip_lower") for k in landmarks[name]]
        lips = self.surface.grown([*seeds], lambda k: k not in border and v[k, 2] > 42)
        ears = self._ears()
        neck = np.setdiff1d(np.flatnonzero(self.skin & (root > 0.25)), ears)
        rest = np.setdiff1d(np.flatnonzero(self.skin), np.concatenate([ears, neck]))
        high = (v[rest, 1] > 75) | ((v[rest, 2] < -25) & (v[rest, 1] > -50))
        return {
            "skin": np.flatnonzero(self.skin),
            "eyeball_left": np.flatnonzero(self.weights[:, 3] > 0.5),
            "eyeball_right": np.flatnonzero(self.weights[:, 4] > 0.5),
            "neck": neck,
            "ears": ears,
            "scalp": rest[high],
            "face": rest[~high],
            "lips": np.union1d(lips, sorted(border)),
        }

    def _ears(self) -> Ids:
        """What lies densely about the most lateral vertices of the head."""
        v = self.v
        around = enumerate(self.surface.neighbours)
        mean_edge = np.array([np.linalg.norm(v[near] - v[k], axis=1).mean() for k, near in around])
        head = np.flatnonzero(self.skin & (np.abs(v[:, 1]) < 60))
        tip = int(head[np.argmax(v[head, 0])])

        def inside(k: int) -> bool:
            return bool(np.linalg.norm(v[k] - v[tip]) < 60 and mean_edge[k] < 5.5 and v[k, 0] > 55)

        left = self.surface.grown([tip], inside)
        return np.union1d(left, self.mirror[left])


HEAD = '''"""Landmarks and regions of FLAME as vertex numbers; written by ``python -m tools.flame_tables``, not by hand.

How each was found: ``tools/flame_tables/landmarks.py``.
"""

'''


def landmark_table(model: FlameModel) -> str:
    """The source of ``ptalker_blender/rig/flame_landmark_table.py``."""
    finder = Finder(model)
    landmarks = finder.landmarks()
    regions = finder.regions(landmarks)
    lines = [HEAD + "LANDMARKS: dict[str, str] = {"]
    lines += [f'    "{name}": "{" ".join(map(str, ids.tolist()))}",' for name, ids in landmarks.items()]
    lines += ["}", "REGIONS: dict[str, str] = {"]
    lines += [f'    "{name}": """\n{_wrapped(_runs(ids))}\n""",' for name, ids in regions.items()]
    lines += ["}", f'MIRROR = """\n{_wrapped(map(str, finder.mirror[finder.skin].tolist()))}\n"""', ""]
    return "\n".join(lines)


def _runs(ids: Ids) -> list[str]:
    """Sorted numbers as ``first-last`` and single ones."""
    pieces = np.split(ids, np.flatnonzero(np.diff(ids) != 1) + 1)
    return [f"{piece[0]}-{piece[-1]}" if len(piece) > 1 else str(piece[0]) for piece in pieces]


def _wrapped(words: Iterable[str]) -> str:
    return textwrap.fill(" ".join(words), 118)
