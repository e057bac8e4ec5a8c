"""Keys of the jaw, the lips, the cheeks and the tongue. Displacements in millimetres at weight 1.

Mechanisms: the jaw turns about the condyles and they glide forward; a lip is a row of cross-sections which slide
along the dental arch, turn and swell without being squeezed; what the lips do, the skin round them follows as a thin
plate does. How far a key parts the lips is said outright, so that no other part of it opens them by accident.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from .cage import arch
from .fields import Extension, extension, harmonic, mirror, symmetric
from .measures import MOUTH_HALF_WIDTH, MOUTH_HEIGHT, Array
from .mesh import Mesh
from .model import Lips, lip_table
from .shaping import bump, smoothstep

CONDYLE = np.array([0.0, -16.0, 8.0])
# At wide opening the condyle turns and glides forward.
JAW_ANGLE, JAW_GLIDE = np.radians(27.0), np.array([0.0, -3.0, 19.0])
UPPER_MEETS = np.array([0.3, 0.33, 0.03])  # the upper lip's share of closing over an open jaw: x, y, z
DEGREE = np.pi / 180
FOLLOWING = (0, 1, 2, 3)  # rings behind the lips that follow them; the others are fast to the gums


class MouthKeys:
    """Everything the mouth's keys share: lip table, jaw weights, the plate that carries lips into the skin."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh, self.p = mesh, mesh.points()
        self.lips: Lips = lip_table(mesh)
        x, y, z = self.p.T
        skin = np.zeros(len(x), bool)
        skin[mesh.groups["skin"]] = True
        hidden = np.zeros(len(x), bool)
        hidden[mesh.groups["sock"] + mesh.groups["lip_inside"]] = True
        lids = [v for side in ("left", "right") for v in mesh.groups[f"lid_inside_{side}"]]
        hidden[lids] = True
        self.outer = skin & ~hidden
        near = self.outer & (np.hypot(x / 1.3, y - MOUTH_HEIGHT) < 37) & (y < -34) & (y > -85) & (z > 35)
        # The nose does not follow the lips, except for its foot.
        near &= ~((np.abs(x) < 18) & (y > -45))
        inside = [v for side in ("left", "right") for k in FOLLOWING for v in mesh.groups[f"mouth_in_{k}_{side}"]]
        self.reach: Extension = extension(mesh, self.lips.ids, np.union1d(np.flatnonzero(near), inside))
        # 0 on the lips, 1 beyond a centimetre from them: what pushes the cheek must not tear at the lips.
        away = cKDTree(self.p[self.lips.ids]).query(self.p)[0]
        self.beside_lips = smoothstep(0.0, 11.0, away)
        self.jaw = self._jaw_weights()

    def _jaw_weights(self) -> Array:
        """Share of the jaw's motion for every vertex: 1 on lower lip, chin, lower teeth and tongue; 0 on the skull."""
        x, y, z = self.p.T
        lips, groups = self.lips, self.mesh.groups
        closing = 1 - lips.a**1.1
        share = np.where(lips.side > 0, 0.45 * closing**1.5, 1 - 0.55 * closing**1.5)
        value = dict(zip((int(v) for v in lips.ids), share, strict=True))
        chin = self.outer & (y < -79) & (y > -101) & (np.abs(x) < 20) & (z > 60)
        value.update((int(v), 1.0) for v in np.flatnonzero(chin))
        under = y + 95.0 - 0.27 * (91.0 - z)  # height over the jaw's lower edge, which rises backwards
        edge = self.outer & (under < 0) & (under > -14) & (z > 38)
        value.update((int(v), 1.0) for v in np.flatnonzero(edge))
        free = self.outer & (y < -36) & (z > -2) & (y > -136) & ~((y < -106) & (z < 5))
        field = harmonic(self.mesh, value, np.flatnonzero(free))
        for name in ("teeth_lower", "tongue"):
            field[groups[name]] = 1.0
        for side in ("left", "right"):
            contact = groups[f"mouth_ring_0_{side}"]
            for k, keep in enumerate((1.0, 1.0, 1.0, 1.0, 1.0, 0.95, 0.85, 0.7, 0.5)):
                field[groups[f"mouth_in_{k}_{side}"]] = field[contact] * keep
        return field

    def lip(self, x: Array, y: Array, z: Array) -> Array:
        """A key from displacements of the lip table's rows, carried into the skin."""
        rows = np.zeros((len(self.lips.u), 3))
        rows[:, 0], rows[:, 1], rows[:, 2] = x, y, z
        return self.reach(len(self.p), rows)

    def sections(self, slide: Array, lift: Array, ahead: Array, turn: Array | float = 0.0, swell: Array | float = 1.0,
                 part: Array | float = 0.0) -> Array:  # fmt: skip
        """A key from what the lips' cross-sections do, everything per row of the lip table.

        Args:
            slide: along x, millimetres; the section follows the dental arch.
            lift: up.
            ahead: forward of the arch.
            turn: eversion about the lip's own axis, radians; positive shows more red.
            swell: size of the section over that at rest.
            part: by how much the contact edges part, half of it each; what turning and swelling would do to them
                is taken back.
        """
        t = self.lips
        p = self.p[t.ids]
        angle = np.asarray(turn) * t.side
        r = (p - t.centre) * np.array([0.0, 1.0, 1.0])
        c, s = np.cos(angle), np.sin(angle)
        swollen = np.asarray(swell) * np.ones(len(p))
        y = swollen * (c * r[:, 1] + s * r[:, 2]) - r[:, 1]
        z = swollen * (c * r[:, 2] - s * r[:, 1]) - r[:, 2]
        y = y - y[t.edge]
        follow = arch(p[:, 0] + slide) - arch(p[:, 0])
        return self.lip(slide * np.ones(len(p)), lift + y + 0.5 * t.side * part, ahead + follow + z)

    def red_height(self, side: int) -> float:
        """Height of the red at the midline, of the upper (1) or the lower (-1) lip: thin lips have less to roll in."""
        t = self.lips
        heights = self.p[t.ids[(t.side == side) & (np.abs(t.u) < 0.02) & (t.inside == 0)], 1]
        return float(np.ptp(heights))

    def cheek(self, cx: float, cy: float, rx: float, ry: float, move: tuple[float, float, float]) -> Array:
        """A soft push of the left cheek's skin."""
        x, y, z = self.p.T
        w = (
            np.maximum(bump(x, y, cx, cy, rx, ry) - 0.04, 0.0)
            * self.outer
            * smoothstep(20, 45, z)
            * smoothstep(-11, -20, y)
        )
        w = w * smoothstep(3, 14, x) * self.beside_lips
        return w[:, None] * np.array(move)

    def left_only(self, deltas: Array) -> Array:
        """Without the little that the plate carries across the midline."""
        keep = smoothstep(-13.0, 5.0, self.p[:, 0])
        keep[self.lips.ids] = 1.0
        return deltas * keep[:, None]

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
    opening += m.lip(-2.6 * lips.u * np.abs(lips.u) ** 0.5, 0.0, -1.0 * np.abs(lips.u) ** 3)
    opening = symmetric(m.mesh, opening)
    up, low = lips.pair.T
    follow = UPPER_MEETS * (opening[low] - opening[up])
    # The lower lip comes back to its place under the upper one, unturned, and both hang a little lower.
    meet = np.where((lips.side >= 0)[:, None], follow, opening[up] + follow - opening[lips.ids])
    meet[lips.side == 0] = 0.0
    closing = m.lip(*meet.T)
    r = m.p - CONDYLE
    left = np.stack([np.maximum(r[:, 2], 0) * 0.095, np.zeros(len(r)), -0.08 * r[:, 0]], 1) * w
    return {
        "jawOpen": opening,
        "mouthClose": symmetric(m.mesh, closing),
        "jawForward": symmetric(
            m.mesh, w * np.array([0.0, -0.6, 6.0]) + m.lip(0.0, np.where(lips.side < 0, 1.4, 0.0) * lips.a, 0.0)
        ),
        "jawLeft": left,
        "jawRight": mirror(m.mesh, left),
    }


def _both_sides(m: MouthKeys) -> dict[str, Array]:
    t = m.lips
    up, low = t.side > 0, t.side < 0
    x0 = MOUTH_HALF_WIDTH * t.u
    ends = 0.45 + 0.55 * t.a
    # The bow of the closed mouth would be drawn steep as its corners come together: a round opening has none.
    level = 0.2 - 2.1 * t.u**2 + 0.5 * np.exp(-((t.u / 0.22) ** 2))
    pucker = m.sections(-0.36 * x0, level, 5.0 * ends, turn=10 * DEGREE * t.a, swell=1 + 0.22 * t.a)
    funnel = m.sections(-0.27 * x0, 0.8 * level + np.where(low, -0.5, 0.0) * t.a, 4.5 * ends, turn=17 * DEGREE * t.a,
                        swell=1 + 0.08 * t.a, part=6.8 * t.a**1.2)  # fmt: skip
    # The red is drawn in over the edge, and what is behind the edge makes room. Level at the border, where the
    # plate would go on with any slope.
    out, roll = smoothstep(0.0, 1.0, t.step), np.sin(np.pi / 2 * t.step)
    back = (1.0 + 1.4 * out + 1.4 * t.inside - 2.0 * np.sin(np.pi * t.step) ** 2) * t.a
    thick_up, thick_low = m.red_height(1), m.red_height(-1)
    # An f: the lower lip goes back under the upper teeth.
    tuck = np.where(low, t.a, 0.0)
    roll_low = m.lip(0.0, np.where(low, thick_low * (0.385 * roll - 0.18 * t.inside) * t.a, 0.0) + 0.3 * tuck,
                     np.where(low, -0.12 * thick_low * back, 0.0) - 1.6 * tuck)  # fmt: skip
    roll_up = m.lip(0.0, np.where(up, -thick_up * (0.49 * roll - 0.22 * t.inside) * t.a**1.4, 0.0),
                    np.where(up, -0.074 * thick_up * back, 0.0))  # fmt: skip
    x, y, z = m.p.T
    shrug_low = m.sections(0.0 * x0, 2.6 * t.a, np.where(low, 4.0, 0.6) * t.a, turn=np.where(low, 14 * DEGREE, 0) * t.a)
    shrug_low[:, 1] += 3.6 * bump(x, y, 0, -89, 16, 8) * smoothstep(40, 70, z) * m.outer
    shrug_up = m.sections(0.0 * x0, 2.6 * t.a, np.where(up, 3.2, 1.6) * t.a, turn=np.where(up, 8 * DEGREE, 0) * t.a)
    left = m.sections(6.2 * np.ones_like(x0), 0.6 * t.u, 0.4 * t.a)
    puff = m.cheek(41, -52, 21, 20, (9.5, 0.0, 7.0))
    puff = puff + mirror(m.mesh, puff) + m.lip(0.0, 0.0, 1.2 - 0.8 * t.u**2)
    keys = {"mouthPucker": pucker, "mouthFunnel": funnel, "mouthRollLower": roll_low, "mouthRollUpper": roll_up,
            "mouthShrugLower": shrug_low, "mouthShrugUpper": shrug_up, "cheekPuff": puff}  # fmt: skip
    return {name: symmetric(m.mesh, d) for name, d in keys.items()} | {
        "mouthLeft": left,
        "mouthRight": mirror(m.mesh, left),
    }


def _sided(m: MouthKeys) -> dict[str, Array]:
    t = m.lips
    up, low = t.side > 0, t.side < 0
    corner = smoothstep(-0.2, 1.05, t.u)
    sharp = smoothstep(0.3, 1.0, t.u)
    bow = np.clip(t.u, 0, 1) ** 1.7  # flat in the middle, steepest at the corner: both sides together are an arc
    half = smoothstep(-0.55, 0.55, t.u)  # left and right add to one everywhere
    lift = np.exp(-(((t.u - 0.42) / 0.42) ** 2)) * t.a
    squeeze = 0.15 * half * t.a
    thin = 1 - 0.15 * half  # what is drawn out gets thinner
    rest = np.zeros_like(t.u)
    left = {
        "mouthSmileLeft": m.sections(8.6 * corner, 8.6 * bow, 1.2 * corner, swell=thin)
        + m.cheek(39, -29, 16, 13, (1.2, 4.4, 3.6)),
        "mouthFrownLeft": m.sections(0.8 * corner, -7.6 * corner, -0.6 * corner),
        "mouthDimpleLeft": m.sections(3.6 * sharp, 0.8 * sharp, -2.4 * sharp)
        + m.cheek(40, -62, 9, 11, (1.0, 0.0, 1.4)),
        "mouthStretchLeft": m.sections(7.0 * corner, -2.2 * corner, 0.8 * corner, swell=thin),
        "mouthPressLeft": m.sections(
            1.0 * sharp, rest, -1.0 * half * t.a, swell=1 - squeeze, turn=-9 * DEGREE * half * t.a
        )
        + m.lip(0.0, -t.side * half * t.a * 0.1, 0.0),
        "mouthLowerDownLeft": m.sections(0.5 * lift, np.where(low, -7.0 * lift, 0.0), np.where(low, -0.6 * lift, 0.0)),
        "mouthUpperUpLeft": m.sections(0.4 * lift, np.where(up, 4.6 * lift, 0.0), np.where(up, -0.4 * lift, 0.0))
        + m.cheek(20, -47, 8, 7, (0.6, 1.8, 0.6)),
    }  # fmt: skip
    left = {name: m.left_only(d) for name, d in left.items()}
    return left | {name.replace("Left", "Right"): mirror(m.mesh, d) for name, d in left.items()}


def _tongue(m: MouthKeys) -> Array:
    """The tongue comes out over the lower teeth and its tip bends down; needs an open jaw, as in life."""
    out = np.zeros_like(m.p)
    ids = np.array(m.mesh.groups["tongue"])
    z = m.p[ids, 2]
    s = np.clip((z - z.min()) / (z.max() - z.min()), 0, 1)
    out[ids, 2] = 36.0 * s**2.2
    out[ids, 1] = 9.0 * s**1.5 - 7.0 * s**9
    return symmetric(m.mesh, out)
