"""Hair: a cap over the scalp that has the haircut's volume, and some thirty locks that lie on it along guide curves.

A guide is a few stations (azimuth, elevation, lift): azimuth 0 is the middle of the face, 90 the character's left, 180
the back; elevation 0 is the top of the ears, 90 the crown; lift is millimetres over the cap, or beyond the hairline
over the skin. So a lock leaves the head only where its guide says so. The scalp is asked, never assumed, so the same
hair fits another skull. The haircut is not symmetric and no key moves it: every vertex is its own twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from .look import hair_colors
from .measures import Array
from .mesh import Mesh
from .palette import PALETTE, Palette
from .shaping import smoothstep, spline

HEM_DEPTH = 1.5  # mm: how far the cap's hem lies under the skin, so that the hairline has no gap
CLEARANCE = 1.2  # mm: every lock stays so far above the skin


@dataclass(frozen=True)
class Lock:
    """A clump of hair: a lens-shaped tube along a guide, ending in a soft point.

    Attributes:
        guide: stations (azimuth in degrees, elevation in degrees, lift in mm over the cap) from root to tip.
        width: mm across at its widest.
        thick: mm, the same.
        roll: degrees by which the section leans at the tip, half of that at the root; positive lifts the side on the
            right of the way. Neighbours that lean alike lie on each other like shingles.
        rings: of the tube.
        blunt: 2.8 narrows evenly to a point, more keeps the width longer and ends rounder.
    """

    guide: tuple[tuple[float, float, float], ...]
    width: float
    thick: float = 9.0
    roll: float = 0.0
    rings: int = 9
    blunt: float = 2.8


# The top sweeps from the character's left over to the right and forward, the sides lie back behind the ears, a lock
# along the parting covers the roots of both. Where locks of different ways meet, both turn backwards and down.
SIDES = (
    Lock(((-63, 17, -1), (-67, 5, 2.3), (-72, -7, 2.3), (-77, -20, 0.8)), 21, 6, rings=5),  # sideburns
    Lock(((63, 17, -1), (67, 5, 2.3), (72, -7, 2.3), (77, -20, 0.8)), 21, 6, rings=5),
    Lock(((-56, 15, -1), (-74, 15, 2), (-98, 11, 2), (-113, -7, 2), (-123, -26, 2)), 27, 5.5, -11, 7),
    Lock(((56, 15, -1), (74, 15, 2), (98, 11, 2), (113, -7, 2), (123, -26, 2)), 27, 5.5, 11, 7),
    Lock(((-48, 27, -1), (-70, 28, 2), (-96, 21, 2), (-114, 3, 2.5), (-129, -19, 3)), 36, 6.5, -14, 7),
    Lock(((45, 28, -1), (66, 28, 2), (92, 21, 2), (112, 2, 2.5), (128, -20, 3)), 36, 6.5, 14, 7),
)
NAPE = tuple(
    Lock(((a, 16, -4), (a + t / 3, -6, -0.5), (a + 2 * t / 3, -26, 2), (a + t, e, 0.6)), 40, 6, roll, 6, 3.4)
    for a, t, e, roll in (
        (117, 8, -36, 10), (133, 6, -43, 10), (150, 5, -47, 10), (168, 3, -49, 10),
        (-174, -3, -49, -10), (-157, -5, -47, -10), (-139, -6, -44, -10), (-121, -8, -37, -10),
    )
)  # fmt: skip
BACK = (
    Lock(((116, 60, -1), (118, 42, 2), (128, 16, 2), (138, -14, 3)), 44, 6.5, 14, 7),
    Lock(((-116, 60, -1), (-119, 42, 2), (-128, 16, 2), (-138, -14, 3)), 44, 6.5, -14, 7),
    Lock(((142, 70, -1), (144, 47, 2), (150, 16, 2), (158, -20, 3)), 48, 6.5, 14, 7),
    Lock(((-148, 68, -1), (-150, 46, 2), (-154, 16, 2), (-162, -19, 3)), 50, 6.5, -14, 7),
    Lock(((174, 76, 0), (174, 54, 1), (178, 24, 2), (-177, -16, 3)), 56, 7, 3, 7),
)
LEFT = (
    Lock(((30, 42, -1), (48, 42, 2), (74, 37, 2), (102, 25, 2), (121, 1, 3.5)), 36, 6.5, 14, 7),
    Lock(((28, 60, -1), (52, 57, 2), (84, 47, 2.2), (113, 31, 2), (132, 5, 3.5)), 42, 6.5, 14, 7),
    Lock(((20, 76, -1), (84, 68, 2), (116, 55, 2.2), (137, 35, 2), (149, 8, 3.5)), 44, 6.5, 14, 8),
)
RIGHT = (
    Lock(((26, 44, -1), (38, 40, 6), (49, 28, 7), (56, 12, 3)), 24, 8, 12, 6),  # the fringe, to both sides
    Lock(((30, 43, -1), (18, 47, 8), (2, 41, 12), (-12, 29, 10), (-18, 15, 5)), 36, 10, -14, 6),
    Lock(((40, 47, -1), (18, 53, 8), (-8, 47, 14), (-29, 31, 13), (-40, 12, 5.5)), 40, 11, -15, 7),
    Lock(((46, 54, -1), (18, 62, 5), (-18, 56, 10), (-45, 36, 10), (-59, 11, 4)), 42, 11, -14, 8),
    Lock(((56, 60, -1), (16, 70, 3), (-38, 63, 5), (-66, 43, 4), (-80, 20, 4.5)), 42, 7.5, -14, 8),
    Lock(((72, 66, -1), (22, 78, 2.2), (-58, 69, 2.2), (-86, 46, 2.5), (-103, 20, 4)), 44, 6.5, -14, 8),
    Lock(((92, 68, -1), (60, 86, 2.2), (-98, 71, 2.2), (-110, 46, 2), (-124, 15, 4)), 46, 6.5, -14, 8),
    Lock(((124, 68, -1), (165, 80, 2.2), (-136, 64, 2.2), (-135, 38, 2), (-142, 6, 4)), 46, 6.5, -14, 8),
)
CROWN = (
    Lock(((27, 40, -1), (27, 50, 5), (36, 66, 5), (110, 82, 3.5), (178, 66, 3.5), (-174, 40, 2.5)), 48, 8, 4, 9),
    Lock(((46, 44, -1), (50, 56, 2.2), (66, 68, 2.2), (118, 70, 2.2), (146, 54, 2.2), (158, 30, 3.5)), 40, 6.5, 14, 8),
)
LOCKS = NAPE + SIDES + BACK + LEFT + RIGHT + CROWN

#: A lock's cross-section: half widths aside, half thicknesses outward; round above, flat below.
SECTION = np.array([[-1.0, -0.1], [-0.58, 0.66], [0.06, 1.0], [0.66, 0.58], [1.0, -0.1], [0.0, -0.5]])
SHADE = np.array([0.66, 0.96, 1.12, 1.0, 0.66, 0.5])  # tint round the section: light on the ridge, dark below
#: Hairline of one side: elevation at azimuth, with temple, sideburn, the arch over the ear and the nape.
HAIRLINE = (
    (0, 38.5), (12, 38.5), (24, 38), (36, 35.5), (46, 30), (54, 22), (60, 13), (65, 3), (69, -8), (73, -18), (77, -17),
    (80, -7), (84, 4), (90, 8), (97, 7), (103, 2), (109, -9), (116, -24), (127, -36), (139, -42), (152, -44),
    (166, -45), (180, -45),
)  # fmt: skip


@dataclass(frozen=True)
class Hairstyle:
    """A haircut.

    Attributes:
        locks: the locks over the cap.
        hairline: stations (azimuth, elevation) in degrees of one side, from the face to the nape.
        body: stations (share of the way from ``BODY_LINE`` to the crown, mm that the cap stands off the scalp there).
    """

    locks: tuple[Lock, ...]
    hairline: tuple[tuple[float, float], ...]
    body: tuple[tuple[float, float], ...]

    def lift(self, to: Array) -> Array:
        """How far the cap stands off the scalp in directions [..., 3], mm; beyond the hairline what it has there."""
        azimuth = np.degrees(np.abs(np.arctan2(to[..., 0], to[..., 2])))
        elevation = np.degrees(np.arcsin(np.clip(to[..., 1], -1, 1)))
        line = np.interp(azimuth, *np.array(BODY_LINE).T)
        return np.asarray(np.interp((elevation - line) / (90.0 - line), *np.array(self.body).T))


#: Where the hair's volume begins, (azimuth, elevation): the hairline without sideburns and the arches over the ears,
#: about which the volume must not bulge and dip.
BODY_LINE = ((0, 38.5), (30, 36), (60, 17), (90, 3), (120, -20), (150, -39), (180, -44))
#: Rows of the cap, shares of the way from the hairline to the crown.
CAP_RISE = np.array([0.0, 0.03, 0.1, 0.2, 0.33, 0.48, 0.65, 0.83])
TOUSLED = Hairstyle(
    LOCKS, HAIRLINE, ((0.0, 1.8), (0.1, 3.4), (0.2, 6.0), (0.35, 10.5), (0.5, 14.0), (0.7, 18.5), (1.0, 23.0))
)


def hair(skin: Mesh, style: Hairstyle = TOUSLED, palette: Palette = PALETTE) -> Mesh:
    """The hair for a skin: at most 1,900 vertices with colours, material ``hair``; every vertex is its own twin.

    Args:
        skin: the whole head's skin, millimetres, y up, face along +z, x to the character's left.
        style: the haircut.
        palette: of the character.
    """
    skull = Skull.of(skin)
    mesh = Mesh()
    _cap(mesh, skull, style, palette)
    for index, lock in enumerate(style.locks):
        _lock(mesh, skull, style, lock, index, palette)
    mesh.twins = list(range(len(mesh.vertices)))
    return mesh


def direction(azimuth: Array, elevation: Array) -> Array:
    """Unit vectors [..., 3] of angles in degrees."""
    a, e = np.radians(azimuth), np.radians(elevation)
    return np.stack([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], axis=-1)


@dataclass(frozen=True)
class Skull:
    """The skin seen from a point inside the skull, at the height of the ears' tops.

    Attributes:
        centre: that point [3].
        tree: directions of the skin's vertices.
        radii: their distances [V], mm.
        even: directions [S, 3] spread evenly over the sphere, and ``even_radii`` [S] there, for smoothing.
    """

    centre: Array
    tree: cKDTree
    radii: Array
    even: Array
    even_radii: Array

    @classmethod
    def of(cls, skin: Mesh) -> Skull:
        """Of a whole skin; only its polygons of material ``skin`` count (not the mouth's inside)."""
        used = sorted({v for ids, name in zip(skin.faces, skin.materials, strict=True) if name == "skin" for v in ids})
        points = skin.points()[used]
        top = points[:, 1].max()
        upper = points[points[:, 1] > 0.3 * top]
        centre = np.array([0.0, 0.18 * top, (upper[:, 2].min() + upper[:, 2].max()) / 2])
        radii = np.linalg.norm(points - centre, axis=1)
        tree = cKDTree((points - centre) / radii[:, None])
        k = np.arange(1200) + 0.5
        even = direction(np.degrees(k * np.pi * (3 - np.sqrt(5))), np.degrees(np.arcsin(1 - k / 600)))
        return cls(centre, tree, radii, even, _between(tree, radii, even))

    def radius(self, to: Array) -> Array:
        """Distance of the skin from the centre in directions [..., 3]."""
        return _between(self.tree, self.radii, to)

    def volume(self, to: Array) -> Array:
        """The same, with the skull's flats and corners smoothed away: hair that stands off is rounder than bone."""
        weight = np.exp((to @ self.even.T - 1) / 0.03)
        return np.asarray(weight @ self.even_radii / weight.sum(axis=-1))

    def lifted(self, to: Array, lift: Array) -> Array:
        """Points ``lift`` mm off the scalp, the rounder the higher, none nearer than CLEARANCE unless asked to be."""
        skin = self.radius(to)
        share = smoothstep(0.0, 18.0, lift)
        radius = skin + (self.volume(to) - skin) * share + lift
        radius = np.maximum(radius, skin + np.minimum(lift, CLEARANCE))
        return self.centre + radius[..., None] * to

    def height(self, points: Array) -> Array:
        """How far points [..., 3] lie above the skin, seen from the centre, mm."""
        offset = points - self.centre
        distance = np.linalg.norm(offset, axis=-1)
        return np.asarray(distance - self.radius(offset / distance[..., None]))


def _between(tree: cKDTree, values: Array, to: Array) -> Array:
    """Values [V] of the tree's points, at points [..., 3]: the nearest six, weighted by nearness."""
    distance, near = tree.query(to, k=6)
    weight = 1 / (distance**2 + 1e-6)
    return np.asarray((weight * values[near]).sum(-1) / weight.sum(-1))


def _cap(mesh: Mesh, skull: Skull, style: Hairstyle, palette: Palette) -> None:
    """A shell from the hairline to the crown; its hem dips under the skin."""
    line = np.array(style.hairline)
    azimuth = np.concatenate([line[:, 0], 360 - line[-2:0:-1, 0]])
    hem = np.concatenate([line[:, 1], line[-2:0:-1, 1]])
    rows = []
    for row, rise in enumerate(CAP_RISE):
        to = _towards_crown(azimuth, hem, rise)
        lift = style.lift(to) if row else np.full(len(to), -HEM_DEPTH)
        color = hair_colors(np.full(len(to), 0.35), np.zeros(len(to)), palette)
        rows.append(mesh.add(skull.lifted(to, lift), color))
    for below, above in pairwise(rows):
        mesh.strip(below, above, "hair", closed=True)
    up = direction(np.zeros(1), np.full(1, 90.0))
    color = hair_colors(np.full(1, 0.35), np.zeros(1), palette)
    crown = mesh.add(skull.lifted(up, style.lift(up)), color)[0]
    for a, b in pairwise([*rows[-1], rows[-1][0]]):
        mesh.face((a, b, crown), "hair")


def _towards_crown(azimuth: Array, elevation: Array, share: float) -> Array:
    """Directions on the way from (azimuth, elevation) to the crown."""
    return direction(azimuth, elevation + (90 - elevation) * share)


def _lock(mesh: Mesh, skull: Skull, style: Hairstyle, lock: Lock, index: int, palette: Palette) -> None:
    """A closed tube over the cap; the section bends with the skull, so a wide lock lies on it."""
    guide, rings = np.array(lock.guide), _places(lock.rings)
    stations = direction(guide[:, 0], guide[:, 1])
    places = np.concatenate([[0.0], rings, [1.0]])
    knots = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(stations, axis=0), axis=1))])
    knots /= knots[-1]
    to, lift = _unit(spline(knots, stations, places)), spline(knots, guide[:, 2], places)
    ahead = np.gradient(to, places, axis=0)
    aside = _unit(np.cross(ahead, to))[1:-1]  # to the right of the way, seen from outside
    angle = np.radians(lock.roll) * (0.5 + 0.5 * rings[:, None])
    taper = _taper(rings, lock.blunt)[:, None]
    u = SECTION[:, 0] * lock.width / 2 * taper
    v = SECTION[:, 1] * lock.thick / 2 * taper * smoothstep(-0.15, 0.4, rings)[:, None]
    across, out = u * np.cos(angle) - v * np.sin(angle), u * np.sin(angle) + v * np.cos(angle)
    radius = (skull.radius(to) + style.lift(to) + lift)[1:-1, None, None]
    around = _unit(to[1:-1, None] * radius + aside[:, None] * across[..., None])
    points = skull.lifted(around, style.lift(around) + lift[1:-1, None] + out)
    rows = [mesh.add(ring, _color(s, index, palette) * SHADE[:, None]) for ring, s in zip(points, rings, strict=True)]
    ends = skull.lifted(to[[0, -1]], (style.lift(to) + lift)[[0, -1]])
    root, tip = (mesh.add(ends[k : k + 1], _color(float(k), index, palette, 1))[0] for k in (0, 1))
    for a, b in pairwise(rows):
        mesh.strip(a, b, "hair", closed=True)
    for i, j in pairwise([*range(len(SECTION)), 0]):
        mesh.face((rows[0][j], rows[0][i], root), "hair")
        mesh.face((rows[-1][i], rows[-1][j], tip), "hair")


def _places(rings: int) -> Array:
    """Where the rings lie along a lock, 0 root .. 1 tip: closer where it narrows."""
    return np.asarray(0.03 + 0.94 * (1 - (1 - np.linspace(0, 1, rings)) ** 1.2))


def _taper(s: Array, blunt: float) -> Array:
    """Share of the full width along a lock: it rises soon after the root and ends in a soft point."""
    width = 0.55 + 0.45 * smoothstep(-0.1, 0.4, s)
    return np.asarray(width * np.sqrt(np.clip(s / 0.06, 0, 1)) * (1 - s**blunt) ** 0.9)


def _color(s: float, index: int, palette: Palette, count: int = len(SECTION)) -> Array:
    return hair_colors(np.full(count, 0.1 + 0.9 * s), np.full(count, (0.381966 * index) % 1.0), palette)


def _unit(v: Array) -> Array:
    return np.asarray(v / np.linalg.norm(v, axis=-1, keepdims=True))
