"""Keys of the eyes, lids, brows, cheeks and nose. Displacements in millimetres at weight 1."""

from __future__ import annotations

import numpy as np

from .fields import mirror, symmetric
from .mesh import Mesh
from .cage import corner_forward
from .measures import EYE, EYE_HALF_WIDTH, EYE_RADIUS, LID_THICKNESS, Array, Ids
from .shaping import bump, smoothstep
from .skin import LID_RINGS

LOOK_ACROSS, LOOK_UP, LOOK_DOWN = np.radians(30.0), np.radians(24.0), np.radians(27.0)
CLOSING_SHARE = 0.2  # how far up the opening the closed lids meet
CLEARANCE = 0.65  # of the closing lid's outside above the eyeball, even half way, where a straight path cuts the corner


class LidKeys:
    """The left eye's lids: every vertex turns about the line through the eyeball's centre, along x."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh, self.p = mesh, mesh.points()
        rings = [mesh.groups[f"eye_ring_{k}_left"] for k in range(LID_RINGS)]
        self.margin = np.array(rings[0])
        n = len(self.margin)
        self.half = n // 2
        ids, index = np.concatenate(rings), np.tile(np.arange(n), len(rings))
        self.ids, self.index = ids, index
        self.phi = self._elevation(ids)
        top, low = self.margin[: self.half + 1], self.margin[[0, *range(n - 1, self.half - 1, -1)]]
        self.x_top, self.phi_top = self.p[top, 0], self._elevation(top)
        self.x_low, self.phi_low = self.p[low, 0], self._elevation(low)

    def _elevation(self, ids: Ids) -> Array:
        return np.arctan2(self.p[ids, 1] - EYE[1], self.p[ids, 2] - EYE[2])

    def move(self, upper: Array, lower: Array) -> Array:
        """Displacements for turns of the margins [half + 1] each (radians, up positive), inner to outer corner."""
        out = np.zeros_like(self.p)
        x = self.p[self.ids, 0]
        is_top = self.index <= self.half
        phi_m = np.where(is_top, np.interp(x, self.x_top, self.phi_top), np.interp(x, self.x_low, self.phi_low))
        turn_m = np.where(is_top, np.interp(x, self.x_top, upper), np.interp(x, self.x_low, lower))
        away = np.abs(self.phi - phi_m)
        beyond = np.maximum(np.abs(x - EYE[0]) - EYE_HALF_WIDTH, 0)
        share = smoothstep(np.radians(46), np.radians(1), away) * smoothstep(8, 0, beyond)
        out[self.ids] = self._turned(self.ids, turn_m * share, share * np.minimum(np.abs(turn_m) / 0.5, 1))
        inside = np.array(self.mesh.groups["lid_inside_left"])
        out[inside] = out[np.tile(self.margin, len(inside) // len(self.margin))]
        self._lashes(out, upper)
        return out

    def _turned(self, ids: Ids, turn: Array, flatten: Array) -> Array:
        """Turn by ``turn``; ``flatten`` (0..1) draws what comes down from under the brow on to the lid's sphere."""
        dx, dy, dz = (self.p[ids] - EYE).T
        rho, phi = np.hypot(dy, dz), np.arctan2(dy, dz)
        floor = np.sqrt(np.maximum((EYE_RADIUS + CLEARANCE) ** 2 - dx * dx, 4.0))
        lid = np.sqrt(np.maximum((EYE_RADIUS + LID_THICKNESS + 0.6) ** 2 - dx * dx, 4.0)) + corner_forward(self.p[ids, 0])
        end = np.maximum(rho + (lid - rho) * flatten, 2 * floor / np.cos(turn / 2) - rho)
        end = np.where(np.abs(turn) > 1e-9, end, rho)
        return np.stack([np.zeros_like(dx), end * np.sin(phi + turn) - dy, end * np.cos(phi + turn) - dz], 1)

    def _lashes(self, out: Array, upper: Array) -> None:
        """Lashes turn with their roots, and keep their distance from the lid."""
        roots = self.margin[: self.half + 1]
        for k in range(4):
            row = np.array(self.mesh.groups[f"lash_row_{k}_left"])
            offset = self.p[row] - self.p[roots]
            x, y, z = offset.T
            c, s = np.cos(0.75 * upper), np.sin(0.75 * upper)
            turned = np.stack([x, y * c + z * s, z * c - y * s], 1)
            out[row] = out[roots] + turned - offset


def upper_keys(mesh: Mesh) -> dict[str, Array]:
    """All eye, brow, cheekSquint and noseSneer keys, [V, 3] each."""
    left = {**_lids(LidKeys(mesh)), **_brows(mesh), **_cheek_and_nose(mesh)}
    keys = left | {name.replace("Left", "Right"): mirror(mesh, d) for name, d in left.items()}
    inner = _skin_push(mesh, 12, 25, 14, 13, (0.6, 6.4, 0.4))
    keys["browInnerUp"] = symmetric(mesh, inner + mirror(mesh, inner))
    return keys


def _lids(lid: LidKeys) -> dict[str, Array]:
    gap = lid.phi_top - np.interp(lid.x_top, lid.x_low, lid.phi_low)
    gap_low = np.interp(lid.x_low, lid.x_top, lid.phi_top) - lid.phi_low
    shape, shape_low = gap / gap.max(), gap_low / gap_low.max()
    eye = np.array(lid.mesh.groups["eye_left"])

    def look(yaw: float, pitch: float) -> Array:
        out = np.zeros_like(lid.p)
        r = lid.p[eye] - EYE
        c, s = np.cos(yaw), np.sin(yaw)
        t = np.stack([r[:, 0] * c + r[:, 2] * s, r[:, 1], r[:, 2] * c - r[:, 0] * s], 1)
        c, s = np.cos(pitch), np.sin(pitch)
        t = np.stack([t[:, 0], t[:, 1] * c + t[:, 2] * s, t[:, 2] * c - t[:, 1] * s], 1)
        out[eye] = t - r
        return out

    degree = np.pi / 180
    squint_cheek = _skin_push(lid.mesh, 33, -17, 14, 7, (0.0, 1.6, 1.0), lids=lid)
    return {
        "eyeBlinkLeft": lid.move(-(1 - CLOSING_SHARE) * gap, CLOSING_SHARE * gap_low),
        "eyeLookDownLeft": look(0, -LOOK_DOWN) + lid.move(-13 * degree * shape, -4 * degree * shape_low),
        "eyeLookUpLeft": look(0, LOOK_UP) + lid.move(7 * degree * shape, 2.5 * degree * shape_low),
        "eyeLookInLeft": look(-LOOK_ACROSS, 0),
        "eyeLookOutLeft": look(LOOK_ACROSS, 0),
        "eyeSquintLeft": lid.move(-6 * degree * shape, 10 * degree * shape_low) + squint_cheek,
        "eyeWideLeft": lid.move(8 * degree * shape, -3 * degree * shape_low),
    }


def _skin_push(mesh: Mesh, cx: float, cy: float, rx: float, ry: float, move: tuple[float, float, float],
               lids: LidKeys | None = None) -> Array:  # fmt: skip
    """A soft push of the left upper face; fades before the lid margins, never below the nose, never on the scalp."""
    x, y, z = mesh.points().T
    allowed = np.zeros(len(x))
    allowed[mesh.groups["skin"] + mesh.groups["brows"]] = 1
    allowed[mesh.groups["sock"] + mesh.groups["lip_inside"]] = 0
    allowed[mesh.groups["lid_inside_left"] + mesh.groups["lid_inside_right"]] = 0
    from_eye = np.hypot((np.abs(x) - EYE[0]) / 14.5, (y - EYE[1] - 0.8) / 9.0)
    w = bump(x, y, cx, cy, rx, ry) * allowed * smoothstep(20, 50, z) * smoothstep(-52, -42, y) * smoothstep(66, 50, y)
    w = np.where(w < 0.004, 0.0, w) * smoothstep(1.0, 2.3, from_eye)
    return w[:, None] * np.array(move)


def _brows(mesh: Mesh) -> dict[str, Array]:
    down = _skin_push(mesh, 13, 22, 14, 13, (-1.6, -4.8, 0.8)) + _skin_push(mesh, 34, 25, 15, 12, (-0.6, -3.4, 0.2))
    return {
        "browDownLeft": down,
        "browOuterUpLeft": _skin_push(mesh, 43, 26, 17, 13, (0.4, 6.4, -0.6)),
    }


def _cheek_and_nose(mesh: Mesh) -> dict[str, Array]:
    sneer = _skin_push(mesh, 12, -40, 7, 9, (0.8, 3.4, 0.4)) + _skin_push(mesh, 9, -12, 7, 12, (-0.4, 1.8, 0.8))
    return {
        "cheekSquintLeft": _skin_push(mesh, 36, -25, 15, 10, (0.0, 4.0, 2.4)),
        "noseSneerLeft": sneer,
    }
