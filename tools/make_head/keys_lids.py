"""Keys of eyeballs and lids. Displacements in millimetres at weight 1.

A lid is a sheet of columns, from its margin over the fold to the orbit. It turns about the eyeball's centre, along x:
the margin by the whole angle, the skin behind it by a share that falls with the length of skin between, so that a
closing lid unrolls evenly from under the brow. Keys are linear, so a vertex takes the chord of its arc: how far out it
ends is chosen so that the chord stays clear of the cornea. Closed lids therefore stand some 3 mm off the eyeball.

Gaze turns the eyeball rigidly; that is exact at weight 1 (and 0). Between, the chord flattens it: by
1 - cos(angle / 2) of its radius at half weight, 3.4 % for 30 degrees, all of it under lids or cornea's shine.

Sums: what a look adds to upper and lower margin is as high on both, or lower on the upper one, which closes in front
of the lower lid; so shut lids stay shut, and slide over each other rather than into each other.
"""

from __future__ import annotations

import numpy as np

from .eyes import CORNEA_RISE
from .lashes import roots
from .measures import EYE, EYE_RADIUS, Array, Ids
from .mesh import Mesh
from .skin import LID_RINGS

LOOK_ACROSS, LOOK_UP, LOOK_DOWN = np.radians(30.0), np.radians(25.0), np.radians(30.0)
CLOSING_SHARE = 0.24  # how far up the opening the closed lids meet
CLEARANCE = 0.28  # of a lid's chord over the cornea's top
STEP, LAP = 1.95, 0.25  # of the closed upper margin before and below the lower one
INSIDE_TURN, LEVEL = 0.4, 0.4  # of the lid's turn and depth that its back follows: the rim must not turn inside out
FOLLOW = np.array([1.0, 0.8, 0.55, 0.3])  # of the margin's way at the corners, by row of the lid's back
CORNER_REACH = 0.60  # how far round the corners skin turns with the margin, over the same at the eye's middle
LASH_TURN = 0.75  # of the lid's turn: lashes of closed lids do not point at the floor


class LidKeys:
    """The left eye's lids. Margin arrays [n] are in the ring's order: inner corner, top, outer corner, bottom.

    Attributes:
        opening: [n] 0 at the corners .. 1 where upper and lower margin are farthest apart.
        top: [n] the upper margin, corners not included.
    """

    def __init__(self, mesh: Mesh) -> None:
        self.mesh, self.p = mesh, mesh.points()
        self.rings = np.array([mesh.groups[f"eye_ring_{k}_left"] for k in range(LID_RINGS)])
        n = self.rings.shape[1]
        column = np.arange(n)
        self.margin, self.other = self.rings[0], self.rings[0][-column % n]  # across the opening
        self.top = (column > 0) & (column < n // 2)
        self.rho, self.phi = self._polar(self.p[self.rings])
        gap = np.abs(self.phi[0] - self.phi[0][-column % n])
        self.opening = gap / gap.max()
        length = np.linalg.norm(np.diff(self.p[self.rings], axis=0), axis=2)
        behind = np.concatenate([np.zeros((1, n)), np.cumsum(length, axis=0)])
        # Beside the corners little has to unroll, and what turned there would fold the skin of the temple.
        reach = np.minimum(behind / (length.sum(axis=0) * np.maximum(self.opening, CORNER_REACH)), 1.0)
        self.share = 1 - reach**2 * (3 - 2 * reach)
        self.plate = np.maximum(self.rho[1:4].max(axis=0) - self.rho[0], 0.0)  # of a lid's outside over its margin

    @staticmethod
    def _polar(points: Array) -> tuple[Array, Array]:
        """Distance from the line through the eyeball's centre along x, and elevation."""
        y, z = points[..., 1] - EYE[1], points[..., 2] - EYE[2]
        return np.hypot(y, z), np.arctan2(y, z)

    @staticmethod
    def floor(x: Array) -> Array:
        """Distance from the axis below which a lid at ``x`` would touch the cornea's sphere."""
        radius = EYE_RADIUS + CORNEA_RISE + CLEARANCE
        height: Array = np.sqrt(np.maximum(radius**2 - (x - EYE[0]) ** 2, 4.0))
        return height

    def chord(self, rho: Array, x: Array, turn: Array) -> Array:
        """How far out a vertex must end so that the straight way there stays clear of the cornea's sphere."""
        floor = self.floor(x)
        # The tangent from the start touches after ``free``; beyond, the end must lie on it or outside.
        free = np.arccos(np.minimum(floor / rho, 1.0))
        beyond = np.clip(np.abs(turn) - free, 0.0, 1.2)
        return np.where(np.abs(turn) > free, floor / np.cos(beyond), 0.0)

    def turn_by(self, height: Array) -> Array:
        """Turn [n] that lifts the margin by ``height`` [n]."""
        sine = (self.p[self.margin, 1] - EYE[1] + height) / self.rho[0]
        turn: Array = np.arcsin(np.clip(sine, -1, 1)) - self.phi[0]
        return turn

    def move(self, turn: Array, out: Array | float = 0.0, side: Array | float = 0.0) -> Array:
        """A key from what the margin does, [n] each.

        Args:
            turn: radians, up positive.
            out: away from the eyeball, beyond what the chord asks for.
            side: along x.
        """
        n = len(self.margin)
        x = self.p[self.rings, 0]
        angle = self.share * turn
        end = self.rho + self.share * np.broadcast_to(out, n)
        end[0] = np.maximum(end[0], np.minimum(self.rho[0], self.floor(x[0])))
        end[0] = np.maximum(end[0], self.chord(self.rho[0], x[0], turn))
        # The skin that comes down from fold and orbit lies down on the lid in the measure in which it closes.
        closing = np.clip(np.where(self.top, -turn, turn) / np.radians(25), 0, 1)
        missing = end[0] + self.plate - end[1:]
        end[1:] += self.share[1:] * closing * 0.5 * (missing + np.sqrt(missing**2 + 0.5))
        end[1:] = np.maximum(end[1:], self.chord(self.rho, x, angle)[1:])
        aside = self.share * side
        # The eyeball is thicker towards its middle.
        end = np.sqrt(end**2 + np.maximum((x - EYE[0]) ** 2 - (x + aside - EYE[0]) ** 2, 0.0))
        deltas = np.zeros_like(self.p)
        deltas[self.rings, 0] = aside
        deltas[self.rings, 1] = end * np.sin(self.phi + angle) + EYE[1] - self.p[self.rings, 1]
        deltas[self.rings, 2] = end * np.cos(self.phi + angle) + EYE[2] - self.p[self.rings, 2]
        self._insides(deltas, turn, closing)
        for ids, column in self._lashes():
            self._ride(deltas, ids, self.margin[column], LASH_TURN * turn[column])
        return deltas

    def _insides(self, deltas: Array, turn: Array, closing: Array) -> None:
        """Backs of the lids: with the margin; as they close, they come level with it, where chords pass the cornea."""
        inside = np.array(self.mesh.groups["lid_inside_left"])
        repeat = len(inside) // len(self.margin)
        at = np.tile(self.margin, repeat)
        self._ride(deltas, inside, at, INSIDE_TURN * np.tile(turn, repeat))
        away = self.p[at] - EYE
        away /= np.linalg.norm(away, axis=1, keepdims=True)
        depth = np.maximum(((self.p[at] - self.p[inside]) * away).sum(axis=1), 0.0)
        end = self.p[at] + deltas[at] - EYE
        end /= np.linalg.norm(end, axis=1, keepdims=True)
        deltas[inside] += (LEVEL * np.minimum(depth, 0.6) * np.tile(closing, repeat))[:, None] * end
        lag = (1 - FOLLOW[:repeat, None]) * (1 - self.opening)
        deltas[inside] *= 1 - lag.reshape(-1, 1)

    def _ride(self, deltas: Array, ids: Ids, at: Ids, turn: Array) -> None:
        """Vertices go with the margin's vertices ``at``, their offsets turned."""
        x, y, z = (self.p[ids] - self.p[at]).T
        c, s = np.cos(turn) - 1, np.sin(turn)
        deltas[ids] = deltas[at] + np.stack([0 * x, y * c + z * s, z * c - y * s], 1)

    def _lashes(self) -> list[tuple[Ids, Ids]]:
        """Vertices of the lashes, and the column of the margin that each rides on."""
        half = len(self.margin) // 2
        columns = {"upper": np.arange(half + 1), "lower": np.r_[0, len(self.margin) - 1 : half - 1 : -1]}
        if "lash_row_0_left" in self.mesh.groups:
            rows = [np.array(self.mesh.groups[f"lash_row_{k}_left"]) for k in range(4)]
            return [(row, columns["upper"]) for row in rows]
        found = [(roots(self.mesh, lid, "left"), column) for lid, column in columns.items()]
        return [(ids, column[index]) for (ids, index), column in found if len(ids)]

    def blink(self) -> Array:
        """Both margins turn to one line; the upper ends before and a little below the lower."""
        other = -np.arange(len(self.margin)) % len(self.margin)
        phi, rho, x = self.phi[0], self.rho[0], self.p[self.margin, 0]
        upper, lower = np.where(self.top, phi, phi[other]), np.where(self.top, phi[other], phi)
        # Not below the corners, or the skin beside them would have to turn over.
        share = CLOSING_SHARE + (0.5 - CLOSING_SHARE) * (1 - self.opening) ** 2
        meet = lower + share * (upper - lower)
        front = np.maximum(np.where(self.top, rho, rho[other]), self.chord(rho, x, meet - phi))
        step = STEP * np.sqrt(self.opening)
        low = np.where(self.top, rho[other], rho)
        front = np.maximum(np.where(self.top, front, front[other]), low + step)
        behind = np.maximum(low, front - step)
        height = behind * np.sin(meet) - LAP * self.opening
        target = np.where(self.top, np.arcsin(np.clip(height / front, -1, 1)), meet)
        end = np.where(self.top, front, behind)
        return self.move(target - phi, end - rho, 0.5 * (x[other] - x) + self._inwards())

    def _inwards(self) -> Array:
        """Along x, [n]: at the corners the margin runs upright; closed, its points lie one beside the other."""
        points, n = self.p[self.margin], len(self.margin)
        step = np.linalg.norm(np.diff(points, axis=0, append=points[:1]), axis=1)
        along = np.concatenate([[0.0], np.cumsum(step)])
        side = np.zeros(n)
        for corner, sign in ((0, 1.0), (n // 2, -1.0)):
            away = np.abs(along[:n] - along[corner])
            away = np.minimum(away, along[n] - away)
            spare = np.maximum(away - np.abs(points[:, 0] - points[corner, 0]), 0.0)
            side += sign * 0.5 * spare * np.exp(-((away / 5.0) ** 2))
        even: Array = 0.5 * (side + side[-np.arange(n) % n])
        return even


def look(points: Array, eye: Ids, yaw: float, pitch: float) -> Array:
    """The left eyeball turned about its centre: ``yaw`` to the character's left, ``pitch`` up, radians."""
    deltas = np.zeros_like(points)
    x, y, z = (points[eye] - EYE).T
    c, s = np.cos(yaw), np.sin(yaw)
    x, z = x * c + z * s, z * c - x * s
    c, s = np.cos(pitch), np.sin(pitch)
    y, z = y * c + z * s, z * c - y * s
    deltas[eye] = np.stack([x, y, z], 1) + EYE - points[eye]
    return deltas


def lid_keys(lids: LidKeys) -> dict[str, Array]:
    """The left eye's keys, and what cheekSquint does to the lower lid; not what the cheek does in either."""
    opening, top, p = lids.opening, lids.top, lids.p
    eye = np.array(lids.mesh.groups["eye_left"])
    across = p[lids.margin, 0] - EYE[0]

    def lift(upper: float, lower: float, power: float = 1.5) -> Array:
        return lids.turn_by(np.where(top, upper, lower) * opening**power)

    def bulge(x: float, upper: float, lower: float) -> Array:
        """The cornea under the lids, ``x`` to the side."""
        bell: Array = np.where(top, upper, lower) * np.exp(-(((across - x) / 7.0) ** 2)) * opening
        return bell

    peer = np.where(top, 1.0, 0.7 * opening - 0.5) * opening**0.3  # the upper lid passes before the lower one
    return {
        "eyeBlinkLeft": lids.blink(),
        "eyeLookDownLeft": look(p, eye, 0, -LOOK_DOWN) + lids.move(lift(-4.12, -3.2, 9.5), bulge(0, 0.2, 0.4)),
        "eyeLookUpLeft": look(p, eye, 0, LOOK_UP)
        + lids.move(lift(2.3, 2.3), np.where(top, 0.9, 0.0) * np.sqrt(opening)),
        "eyeLookInLeft": look(p, eye, -LOOK_ACROSS, 0)
        + lids.move(lift(-0.2, 0.0), bulge(-9, 0.3, 0.25), -0.5 * opening),
        "eyeLookOutLeft": look(p, eye, LOOK_ACROSS, 0) + lids.move(lift(-0.2, 0.0), bulge(9, 0.3, 0.25), 0.5 * opening),
        "eyeSquintLeft": lids.move(lift(-1.0, 2.7, 2.4), peer),
        "cheekSquintLeft": lids.move(lift(0, 1.4, 2.2), np.where(top, 0.0, -0.3) * opening**0.5),
        "eyeWideLeft": lids.move(lift(4.8, -1.0), 0.2 * opening),
    }
