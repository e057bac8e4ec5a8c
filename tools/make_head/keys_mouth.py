"""Keys of the jaw, the lips, the cheeks and the tongue. Displacements in millimetres at weight 1."""

from __future__ import annotations

import numpy as np

from .fields import Extension, extension, harmonic, mirror, symmetric
from .mesh import Mesh
from .model import Lips, lip_table
from .measures import REST_GAP, Array
from .shaping import bump, smoothstep

CONDYLE = np.array([0.0, -16.0, 8.0])
# At wide opening the condyle turns and glides forward.
JAW_ANGLE, JAW_GLIDE = np.radians(27.0), np.array([0.0, -2.0, 14.0])


class MouthKeys:
    """Everything the mouth's keys share: lip table, jaw weights, extension into the skin."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh, self.p = mesh, mesh.points()
        self.lips: Lips = lip_table(mesh)
        x, y, z = self.p.T
        skin = np.zeros(len(x), bool)
        skin[mesh.groups["skin"]] = True
        inside = np.zeros(len(x), bool)
        inside[mesh.groups["sock"] + mesh.groups["lip_inside"] + mesh.groups["lid_inside_left"]
               + mesh.groups["lid_inside_right"]] = True  # fmt: skip
        self.outer = skin & ~inside
        near = self.outer & (np.hypot(x / 1.35, y + 72) < 32) & (y < -45) & (z > 35)
        self.reach: Extension = extension(mesh, self.lips.ids, np.flatnonzero(near), 1.25)
        self.jaw = self._jaw_weights()

    def _jaw_weights(self) -> Array:
        """Share of the jaw's motion for every vertex: 1 on lower lip, chin, lower teeth and tongue; 0 on the skull."""
        x, y, z = self.p.T
        lips, groups = self.lips, self.mesh.groups
        closing = 1 - lips.a**1.1
        share = np.where(lips.side > 0, 0.45 * closing**1.5, 1 - 0.55 * closing**1.5)
        value = dict(zip((int(v) for v in lips.ids), share, strict=True))
        chin = self.outer & (y < -86) & (y > -114) & (np.abs(x) < 20) & (z > 60)
        value.update((int(v), 1.0) for v in np.flatnonzero(chin))
        jawline = self.outer & (y < -70 - 0.1 * z) & (y > -116) & (z > 40)
        value.update((int(v), 1.0) for v in np.flatnonzero(jawline & (np.hypot(np.abs(x), y + 72) > 34) & (y < -98)))
        free = self.outer & (y < -40) & (z > -2) & (y > -146) & ~((y < -116) & (z < 5))
        field = harmonic(self.mesh, value, np.flatnonzero(free))
        for name in ("teeth_lower", "tongue"):
            field[groups[name]] = 1.0
        self._sock(field)
        return field

    def _sock(self, field: Array) -> None:
        for side in ("left", "right"):
            contact = self.mesh.groups[f"mouth_ring_0_{side}"]
            for k, keep in enumerate((1.0, 1.0, 1.0, 1.0, 1.0, 0.95, 0.85, 0.7, 0.5)):
                ring = self.mesh.groups[f"mouth_in_{k}_{side}"]
                field[ring] = field[contact] * keep

    def lip(self, x: Array, y: Array, z: Array) -> Array:
        """A key from displacements of the lip table's rows, carried into the skin."""
        d = np.stack([x * np.ones_like(self.lips.u), y * np.ones_like(self.lips.u), z * np.ones_like(self.lips.u)], 1)
        return self.reach(len(self.p), d * self.lips.share[:, None])

    def cheek(self, cx: float, cy: float, rx: float, ry: float, move: tuple[float, float, float]) -> Array:
        """A soft push of the left cheek's skin."""
        x, y, z = self.p.T
        w = bump(x, y, cx, cy, rx, ry) * self.outer * smoothstep(20, 45, z) * smoothstep(-10, -22, y)
        w = w * smoothstep(1, 9, x)
        lips = np.zeros(len(x), bool)
        lips[self.lips.ids] = True
        return np.where(lips, 0.0, w)[:, None] * np.array(move)

    def jaw_turn(self) -> Array:
        """The rigid displacement of wide opening for every point, to be weighted."""
        c, s = np.cos(JAW_ANGLE), np.sin(JAW_ANGLE)
        r = self.p - CONDYLE
        turned = np.stack([r[:, 0], r[:, 1] * c - r[:, 2] * s, r[:, 1] * s + r[:, 2] * c], 1)
        return turned - r + JAW_GLIDE


def mouth_keys(mesh: Mesh) -> dict[str, Array]:
    """All jaw, mouth, cheekPuff and tongue keys, [V, 3] each."""
    m = MouthKeys(mesh)
    keys = {**_jaw(m), **_both_sides(m), **_sided(m)}
    keys["tongueOut"] = _tongue(m)
    return keys


def _jaw(m: MouthKeys) -> dict[str, Array]:
    lips, w = m.lips, m.jaw[:, None]
    opening = w * m.jaw_turn()
    # The stretched corners are drawn in.
    opening += m.lip(-0.11 * 24 * lips.u * np.abs(lips.u) ** 0.5 * lips.share, 0.0, -1.0 * np.abs(lips.u) ** 3)
    opening = symmetric(m.mesh, opening)
    gap = opening[lips.pair[:, 1]] - opening[lips.pair[:, 0]]
    # The upper lip comes down a good third of the way, but hardly back: the teeth are there.
    upper = np.array([0.38, 0.38, 0.15])
    meet = np.where((lips.side >= 0)[:, None], upper * gap, (upper - 1) * gap)
    meet[lips.side == 0] = 0.0
    closing = m.reach(len(m.p), meet * lips.share[:, None])
    r = m.p - CONDYLE
    left = np.stack([np.maximum(r[:, 2], 0) * 0.085, np.zeros(len(r)), -0.06 * r[:, 0]], 1) * w
    return {
        "jawOpen": opening,
        "mouthClose": symmetric(m.mesh, closing),
        "jawForward": symmetric(m.mesh, w * np.array([0.0, -0.8, 5.5])),
        "jawLeft": left,
        "jawRight": mirror(m.mesh, left),
    }


def _both_sides(m: MouthKeys) -> dict[str, Array]:
    t = m.lips
    up, low = t.side > 0, t.side < 0
    x0 = 24.0 * t.u
    tuck = np.abs(t.u) ** 2
    pucker = m.lip(-0.44 * x0, t.side * t.step * 0.8 * t.a, (8.5 - 2.0 * t.step) * (0.45 + 0.55 * t.a))
    funnel = m.lip(-0.30 * x0, t.a**1.2 * np.where(up, 3.6, np.where(low, -4.4, 0.0)),
                   (8.0 - 1.0 * t.step) * (0.4 + 0.6 * t.a))  # fmt: skip
    roll_low = m.lip(0.0, np.where(low, 5.4 * t.step * t.a, 0.0), np.where(low, -(2.2 + 1.2 * t.step) * t.a, 0.0))
    roll_up = m.lip(0.0, np.where(up, -4.4 * t.step * t.a, 0.0), np.where(up, -(2.4 + 1.2 * t.step) * t.a, 0.0))
    shrug_low = m.lip(0.0, t.a * np.where(up, 2.4 - 0.8 * t.step, 2.4 + 0.6 * t.step), t.a * np.where(low, 2.8, 0.4))
    x, y, z = m.p.T
    shrug_low[:, 1] += 2.4 * bump(x, y, 0, -97, 16, 9) * smoothstep(40, 70, z) * m.outer
    shrug_up = m.lip(0.0, t.a * np.where(up, 1.6 + 0.6 * t.step, 1.6 - 0.8 * t.step), t.a * np.where(up, 3.0, 0.3))
    side = np.where(up, 1.0, 0.95)
    left = m.lip(8.5 * side, 0.8 * t.u, -2.6 * t.u - 0.8)
    puff = m.cheek(42, -60, 21, 21, (6.0, 0.0, 4.2))
    puff = puff + mirror(m.mesh, puff) + m.lip(0.0, 0.0, 1.2 - 0.8 * tuck)
    keys = {"mouthPucker": pucker, "mouthFunnel": funnel, "mouthRollLower": roll_low, "mouthRollUpper": roll_up,
            "mouthShrugLower": shrug_low, "mouthShrugUpper": shrug_up, "cheekPuff": puff}  # fmt: skip
    return {name: symmetric(m.mesh, d) for name, d in keys.items()} | {
        "mouthLeft": left,
        "mouthRight": mirror(m.mesh, left),
    }


def _sided(m: MouthKeys) -> dict[str, Array]:
    t = m.lips
    up, low = t.side > 0, t.side < 0
    corner = smoothstep(-0.25, 1.05, t.u)
    sharp = smoothstep(0.3, 1.0, t.u)
    half = smoothstep(-0.55, 0.55, t.u)  # left and right add to one everywhere
    lift = np.exp(-(((t.u - 0.42) / 0.42) ** 2)) * t.a
    pressed = half * t.a * -t.side * (2.6 * t.step + REST_GAP / 2)
    left = {
        "mouthSmileLeft": m.lip(8.0 * corner, 7.2 * corner - 0.6 * t.step * low * t.a, -4.5 * corner)
        + m.cheek(40, -34, 15, 14, (1.6, 3.2, 3.0)),
        "mouthFrownLeft": m.lip(0.8 * corner, -7.0 * corner, -1.5 * corner),
        "mouthDimpleLeft": m.lip(4.5 * sharp, 0.6 * sharp, -4.6 * sharp) + m.cheek(42, -68, 10, 12, (1.0, 0.0, 1.4)),
        "mouthStretchLeft": m.lip(7.5 * corner, -2.4 * corner - 0.8 * low * t.a * half, -4.4 * corner),
        "mouthPressLeft": m.lip(0.6 * sharp, pressed, -1.3 * half * t.a),
        "mouthLowerDownLeft": m.lip(0.5 * lift, np.where(low, -7.0 * lift, 0.0), np.where(low, -0.8 * lift, 0.0)),
        "mouthUpperUpLeft": m.lip(0.4 * lift, np.where(up, 6.2 * lift, 0.0), np.where(up, -0.6 * lift, 0.0))
        + m.cheek(18, -50, 9, 9, (0.8, 2.2, 0.8)),
    }  # fmt: skip
    return left | {name.replace("Left", "Right"): mirror(m.mesh, d) for name, d in left.items()}


def _tongue(m: MouthKeys) -> Array:
    """The tongue comes out over the lower teeth and the tip hangs a little; needs an open jaw, as in life."""
    out = np.zeros_like(m.p)
    ids = np.array(m.mesh.groups["tongue"])
    s = np.clip((m.p[ids, 2] - 34.0) / 52.0, 0, 1)
    out[ids, 2] = 36.0 * s**1.3
    out[ids, 1] = 6.0 * s * (1 - s) * 2.2 + 1.5 * s - 2.5 * s**4
    return symmetric(m.mesh, out)
