"""Hair: a thin cap over the scalp and some thirty thick locks swept along guide curves, authored about the skull.

A guide is a few stations (azimuth, elevation, lift): azimuth 0 is the middle of the face, 90 the character's left, 180
the back; elevation 0 is the top of the ears, 90 the crown; lift is millimetres off the scalp. The scalp is asked, never
assumed, so the same hair fits another skull. The haircut is not symmetric and no key moves it: every vertex is its own
twin.
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
        guide: stations (azimuth in degrees, elevation in degrees, lift in mm) from root to tip.
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
# along the parting covers the roots of both.
SIDES = (
    Lock(((-63, 17, -1), (-67, 5, 4), (-72, -7, 5), (-77, -22, 1.5)), 23, 8, rings=6),  # sideburns
    Lock(((63, 17, -1), (67, 5, 4), (72, -7, 5), (77, -22, 1.5)), 23, 8, rings=6),
    Lock(((-56, 15, -1), (-74, 16, 6), (-98, 13, 9), (-114, -5, 13), (-124, -25, 11)), 28, 10, -12),
    Lock(((56, 15, -1), (74, 16, 6), (98, 13, 9), (114, -4, 13), (123, -24, 11)), 28, 10, 12),
    Lock(((-45, 28, -1), (-68, 30, 9), (-96, 25, 14), (-115, 7, 13), (-134, -16, 16)), 40, 13, -16),
    Lock(((45, 28, -1), (66, 29, 8), (93, 24, 13), (113, 7, 12), (131, -14, 16)), 38, 12, 16),
)
NAPE = tuple(
    Lock(((a, 46, 4), (a + t / 3, 16, 8), (a + 2 * t / 3, -16, 9), (a + t, e, lift)), 46, 12, roll, rings=7)
    for a, t, e, lift, roll in (
        (116, 5, -34, 5, 14), (136, 6, -43, 7, 14), (155, 5, -49, 6, 12), (176, -5, -45, 10, 4),
        (-165, 6, -50, 7, -10), (-147, -5, -44, 8, -14), (-131, 5, -42, 5, -14), (-115, -6, -34, 7, -14),
    )
)  # fmt: skip
BACK = (
    Lock(((116, 60, 6), (118, 42, 18), (127, 18, 19), (140, -10, 17)), 44, 13, 18),
    Lock(((-118, 60, 6), (-120, 42, 18), (-127, 16, 19), (-142, -12, 17)), 44, 13, -18),
    Lock(((144, 70, 8), (144, 47, 21), (150, 18, 22), (163, -18, 17)), 48, 13, 18),
    Lock(((-152, 68, 8), (-152, 46, 21), (-156, 20, 22), (-166, -16, 18)), 50, 13, -18),
    Lock(((174, 76, 14), (174, 54, 23), (178, 26, 24), (-175, -8, 21)), 58, 14, 6),
)
LEFT = (
    Lock(((30, 42, -1), (48, 42, 9), (72, 36, 14), (98, 25, 14), (118, 6, 8)), 38, 11, 16),
    Lock(((28, 60, 10), (52, 57, 17), (82, 43, 21), (108, 23, 17), (124, -2, 8)), 44, 13, 18),
    Lock(((20, 76, 12), (84, 68, 24), (113, 51, 25), (131, 31, 20), (143, 4, 10)), 46, 13, 18, 10),
)
RIGHT = (
    Lock(((26, 44, 1), (38, 40, 10), (49, 28, 10), (56, 12, 5)), 24, 8, 12, 7),  # the fringe, to both sides
    Lock(((30, 43, 0), (18, 47, 12), (2, 41, 13), (-12, 29, 10), (-18, 16, 6)), 34, 10, -14, 8),
    Lock(((40, 47, 6), (18, 53, 17), (-8, 47, 20), (-29, 31, 14), (-40, 13, 7)), 38, 12, -16),
    Lock(((46, 54, 10), (18, 62, 22), (-18, 56, 25), (-45, 36, 19), (-58, 9, 9)), 42, 13, -18, 10),
    Lock(((56, 60, 12), (16, 70, 26), (-40, 63, 28), (-65, 40, 22), (-79, 12, 11)), 44, 13, -18, 10),
    Lock(((72, 66, 13), (22, 78, 28), (-60, 69, 30), (-84, 43, 23), (-98, 12, 11)), 46, 13, -18, 10),
    Lock(((92, 68, 13), (60, 86, 29), (-98, 71, 31), (-107, 43, 23), (-115, 11, 11)), 48, 13, -18, 10),
    Lock(((124, 68, 13), (165, 80, 28), (-136, 64, 30), (-126, 39, 22), (-128, 9, 11)), 48, 13, -18, 10),
)
CROWN = (
    Lock(((27, 40, 0), (27, 50, 14), (36, 66, 27), (110, 82, 31), (178, 66, 30), (-172, 36, 25)), 48, 13, 8, 11),
    Lock(((46, 44, 8), (50, 56, 21), (66, 68, 28), (118, 70, 30), (146, 54, 27), (158, 32, 21)), 42, 12, 16, 10),
    Lock(((110, 80, 24), (162, 77, 32), (-178, 67, 38), (-170, 57, 45)), 22, 9, 10, 7),
)
LOCKS = NAPE + SIDES + BACK + LEFT + RIGHT + CROWN

#: A lock's cross-section: half widths aside, half thicknesses outward; round above, flat below.
SECTION = np.array([[-1.0, -0.1], [-0.62, 0.62], [0.05, 1.0], [0.66, 0.56], [1.0, -0.1], [0.4, -0.45], [-0.4, -0.45]])
SHADE = np.array([0.62, 0.95, 1.15, 1.0, 0.62, 0.5, 0.5])  # tint round the section: light on the ridge, dark below
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
        cap_lift: mm that the cap stands off the scalp, and four times as much at the crown.
    """

    locks: tuple[Lock, ...]
    hairline: tuple[tuple[float, float], ...]
    cap_lift: float


#: Rows of the cap, shares of the way from the hairline to the crown.
CAP_RISE = np.array([0.0, 0.03, 0.1, 0.2, 0.31, 0.43, 0.55, 0.68, 0.81, 0.92])
TOUSLED = Hairstyle(LOCKS, HAIRLINE, 2.6)


def hair(skin: Mesh, style: Hairstyle = TOUSLED, palette: Palette = PALETTE) -> Mesh:
    """The hair for a skin: at most 2,500 vertices with colours, material ``hair``; every vertex is its own twin.

    Args:
        skin: the whole head's skin, millimetres, y up, face along +z, x to the character's left.
        style: the haircut.
        palette: of the character.
    """
    skull = Skull.of(skin)
    mesh = Mesh()
    _cap(mesh, skull, style, palette)
    for index, lock in enumerate(style.locks):
        _lock(mesh, skull, lock, index, palette)
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
    """A thin shell from the hairline to the crown; its hem dips under the skin."""
    line = np.array(style.hairline)
    azimuth = np.concatenate([line[:, 0], 360 - line[-2:0:-1, 0]])
    hem = np.concatenate([line[:, 1], line[-2:0:-1, 1]])
    rows = []
    for row, rise in enumerate(CAP_RISE):
        to = _towards_crown(azimuth, hem, rise)
        lift = style.cap_lift * (1 + 3 * smoothstep(0.2, 1.0, np.array(rise))) * np.ones(len(to))
        lift = {0: np.full(len(to), -HEM_DEPTH), 1: 0.55 * lift}.get(row, lift)
        color = hair_colors(np.full(len(to), 0.3), np.zeros(len(to)), palette)
        rows.append(mesh.add(skull.lifted(to, lift), color))
    for below, above in pairwise(rows):
        mesh.strip(below, above, "hair", closed=True)
    up = direction(np.zeros(1), np.full(1, 90.0))
    color = hair_colors(np.full(1, 0.3), np.zeros(1), palette)
    crown = mesh.add(skull.lifted(up, np.full(1, 4 * style.cap_lift)), color)[0]
    for a, b in pairwise([*rows[-1], rows[-1][0]]):
        mesh.face((a, b, crown), "hair")


def _towards_crown(azimuth: Array, elevation: Array, share: float) -> Array:
    """Directions on the way from (azimuth, elevation) to the crown."""
    return direction(azimuth, elevation + (90 - elevation) * share)


def _lock(mesh: Mesh, skull: Skull, lock: Lock, index: int, palette: Palette) -> None:
    """A closed tube over the scalp; the section bends with the skull, so a wide lock lies on it."""
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
    radius = (skull.radius(to) + lift)[1:-1, None, None]
    around = _unit(to[1:-1, None] * radius + aside[:, None] * across[..., None])
    points = skull.lifted(around, lift[1:-1, None] + out)
    rows = [mesh.add(ring, _color(s, index, palette) * SHADE[:, None]) for ring, s in zip(points, rings, strict=True)]
    ends = skull.lifted(to[[0, -1]], lift[[0, -1]])
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
