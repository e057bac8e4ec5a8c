"""The control cage of the head: where its few hundred quads lie, authored by hand, in millimetres.

Half a head (x to the character's left, y up, z forward; y = 0 at the eyes, z = 0 at the ears), mirrored later. A
grid of columns from the midline in front (0) to the midline behind (12) and rows from the neck (0) to the crown
has two blocks cut out, which concentric loops fill: round the eye (16 points each) and round the mouth (13 points on
the half). The numbers are points of the surface itself; :mod:`skin` finds the control points whose subdivision
passes near them.

Proportions start from published means for adults (L. G. Farkas, *Anthropometry of the Head and Face*, 1994: face
breadth 137 mm, biocular distance 88 mm, nose 50 mm long and 34 mm wide, mouth 52 mm, lower face 70 mm) and are then
stylised: eyes a fifth wider and twice as high, the nose a quarter shorter, chin and jaw small, cheeks full.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .identity import DEFAULT, Identity
from .measures import EYE, EYE_HALF_WIDTH, EYE_RADIUS, MOUTH_HALF_WIDTH, MOUTH_HEIGHT, REST_GAP, Array, Ids
from .mesh import Mesh
from .proportions import warped

N_COLUMNS = 13
EYE_BLOCK = (2, 6, 15, 19)  # first and last column, first and last row
MOUTH_BLOCK = (0, 4, 7, 11)

# Columns 0 to 8 of the rows from the throat to the brow; None where a block is cut out.
FACE: dict[int, tuple[tuple[float, float, float] | None, ...]] = {
    3: ((0, -107, 46), (6.5, -107, 45.5), (12.5, -107, 43.5), (17.5, -107, 39.5), (22, -107, 34), (26.5, -106.5, 25),
        (31, -105, 12), (35, -102, -1.5), (38, -97.5, -14)),
    4: ((0, -103, 74), (6.5, -103, 73.5), (12.5, -102.5, 71), (18, -101, 65.5), (23, -98.5, 57), (28, -96, 44),
        (34, -93.5, 27), (41, -89.5, 10), (44.5, -84, -6)),
    5: ((0, -98.75, 92), (7.5, -98.25, 90.5), (14.5, -96.75, 86.5), (21, -94.75, 80), (28, -92.25, 70),
        (37, -88.5, 56), (44.5, -84, 38), (49, -79, 20), (51, -72.5, 2)),
    6: ((0, -89.5, 96.5), (8, -89.5, 95), (15.5, -88, 91), (23, -86.25, 85.5), (30, -83.5, 77.5), (39.5, -81.5, 64),
        (47.5, -77.5, 46), (53.5, -72, 26.5), (56, -65.5, 6)),
    7: ((0, -80.25, 93.5), (8.5, -80.25, 93), (17, -79.25, 90.5), (25.5, -77.5, 87), (33, -75.75, 82),
        (42.5, -75, 69.5), (50, -71.25, 52), (56.5, -66.25, 32), (59.5, -60, 8.5)),
    8: (None, None, None, None, (36, -69.75, 83.75), (45, -69, 73), (53, -66, 55), (59.5, -61.25, 35.5),
        (62.5, -55, 10)),
    9: (None, None, None, None, (37.5, -63.25, 85.25), (47.5, -62.75, 75.75), (56, -60.75, 58), (62.25, -56.25, 38),
        (65, -50.25, 11)),
    10: (None, None, None, None, (37.5, -57.25, 85.5), (48.5, -56.75, 77.25), (57.5, -55.5, 60.5),
        (64.25, -51.75, 40), (67, -46, 12)),
    11: ((0, -50.25, 100), (8, -50.25, 99.5), (16, -50.5, 97), (25.5, -51.25, 92.75), (36.5, -51.25, 88),
        (49, -50.75, 79.5), (58.5, -50, 62.5), (66, -47, 41.5), (68.5, -41.75, 12.5)),
    12: ((0, -43.5, 103.5), (7, -44, 104), (14.5, -44, 99.5), (25, -44.75, 94.5), (37, -44.75, 90.5),
        (50, -44.75, 80.5), (59.5, -44.75, 64), (67, -42.25, 42.25), (69.75, -37.25, 13)),
    13: ((0, -37.5, 111), (8.25, -38.75, 109.0), (16.25, -38.25, 102), (24, -38, 93.5), (37, -38, 90.5),
        (50.5, -38, 81), (60.5, -38.5, 64), (68.25, -36, 43), (70.75, -32, 13)),
    14: ((0, -29.5, 113.25), (8.3, -29.75, 109.4), (14.75, -30.5, 100.25), (23, -30, 92.75), (36.5, -30.5, 90),
        (50, -30, 81.5), (61, -29.25, 64.5), (68.75, -28, 43.5), (71.75, -24.5, 13)),
    15: ((0, -19.5, 106), (6.5, -19.75, 101.7), (12, -21.5, 91), (22.5, -22.75, 89.5), (36, -24.25, 88.5),
        (49.5, -23.25, 81.5), (60.5, -20, 65), (69, -19, 44.5), (72.5, -16, 13.5)),
    16: ((0, -10, 100), (5.25, -10, 97), (11.25, -10.5, 88.5), None, None, None, (61.5, -10, 62.5),
        (69.5, -9.5, 44.5), (73.25, -7, 14)),
    17: ((0, 1, 96), (5, 1, 94.5), (11.5, 1, 87.5), None, None, None, (61.5, 1, 61.5), (69, 0.5, 45), (73.5, 1, 15)),
    18: ((0, 11.5, 96.25), (5.5, 12, 95.5), (12, 12.5, 92), None, None, None, (60, 12, 64), (68.5, 11, 46),
        (74, 10, 16)),
    19: ((0, 21.5, 98.5), (6, 22, 98.5), (13, 23.5, 97.25), (24, 26, 94.5), (36, 27, 90), (48.5, 25.5, 81.5),
        (59, 22.5, 68.5), (68, 19, 49), (74.5, 18, 17.5)),
}  # fmt: skip
# The back midline of the same rows.
BACK = {3: (-101, -52), 4: (-88, -57), 5: (-77, -63.5), 6: (-68, -69.5), 7: (-60, -74.5), 8: (-52, -79),
        9: (-44, -83.5), 10: (-36, -87.5), 11: (-28, -91), 12: (-20, -94.5), 13: (-12, -97), 14: (-4, -98.5),
        15: (3, -99.5), 16: (10, -100.5), 17: (18, -101), 18: (26.5, -101), 19: (36, -100.5)}  # fmt: skip
# Rows that are one ellipse each: row, front (y, z), side (half width, y, z), back (y, z).
ROUND = (
    (0, (-186, 25), (46, -180, -18), (-178, -62)),
    (1, (-153, 28), (36, -148, -15), (-149, -53)),
    (2, (-126, 33), (34.5, -124, -13), (-125, -50)),
    (20, (40, 99.5), (76, 37, -8), (53, -99)),
    (21, (59, 95), (77, 57, -9), (68, -95)),
    (22, (79, 83), (70.5, 78, -9), (83, -86)),
    (23, (96, 60), (55, 96, -9), (97, -70)),
    (24, (106.5, 31), (30, 107, -9), (107, -45)),
)
CROWN = (0.0, 111.0, -9.0)
ANGLES = np.radians([0, 3.5, 8, 16, 25, 35, 46, 60, 82, 106, 132, 157, 180])  # of the columns in round rows


@dataclass(frozen=True)
class Cage:
    """Half the cage.

    Attributes:
        mesh: vertices are points of the surface, faces are quads and the fan of the crown.
        eye: [loops, 17] ids, border of the grid first, lid margin last; the last column repeats the first. Points:
            0 inner corner, 4 top, 8 outer corner, 12 bottom.
        mouth: [loops, 13] ids, border first, contact edge last; 0 upper midline, 6 corner, 12 lower midline.
        grid: [rows, columns] ids, -1 inside the blocks.
    """

    mesh: Mesh
    eye: Ids
    mouth: Ids
    grid: Ids


def build_cage(identity: Identity = DEFAULT) -> Cage:
    """The half cage of a character: the default one's points, warped; the openings have shapes of their own."""
    mesh = Mesh()
    rows = warped(identity, grid_points())
    grid = np.full(rows.shape[:2], -1)
    for r, row in enumerate(rows):
        for c, point in enumerate(row):
            if not np.isnan(point[0]):
                grid[r, c] = mesh.add(point[None])[0]
    crown = mesh.add(warped(identity, np.array([CROWN])))[0]
    for r in range(len(rows) - 1):
        for c in range(N_COLUMNS - 1):
            if not _cut(r, c, EYE_BLOCK) and not _cut(r, c, MOUTH_BLOCK):
                mesh.face((grid[r, c], grid[r, c + 1], grid[r + 1, c + 1], grid[r + 1, c]), "skin")
    for c in range(N_COLUMNS - 1):
        mesh.face((grid[-1, c], grid[-1, c + 1], crown), "skin")
    eye = _loops(mesh, eye_border(grid), eye_loops(identity), closed=True)
    mouth = _loops(mesh, mouth_border(grid), mouth_loops(identity), closed=False)
    return Cage(mesh, np.concatenate([eye, eye[:, :1]], axis=1), mouth, grid)


def grid_points() -> Array:
    """The grid [rows, columns, 3], NaN inside the blocks."""
    count = 1 + max(max(FACE), max(r for r, *_ in ROUND))
    points = np.full((count, N_COLUMNS, 3), np.nan)
    for r, front, side, back in ROUND:
        points[r] = _ellipse(front, side, back)
    for r, row in FACE.items():
        for c, point in enumerate(row):
            if point is not None:
                points[r, c] = point
        points[r, 9:] = _behind(points[r, 8], BACK[r])
    return points


def _ellipse(front: tuple[float, float], side: tuple[float, float, float], back: tuple[float, float]) -> Array:
    """A row round the head: superelliptic in front of and behind its side points."""
    (yf, zf), (w, ys, zs), (yb, zb) = front, side, back
    s, c = np.sin(ANGLES), np.cos(ANGLES)
    x = w * np.abs(s) ** 0.9
    x[[0, -1]] = 0.0
    ahead = c >= 0
    y = np.where(ahead, ys + (yf - ys) * c**2, ys + (yb - ys) * c**2)
    z = np.where(ahead, zs + (zf - zs) * np.abs(c) ** 0.9, zs + (zb - zs) * np.abs(c))
    return np.stack([x, y, z], 1)


def _behind(ear: Array, back: tuple[float, float]) -> Array:
    """Columns 9 to 12: a quarter of an ellipse from column 8 to the midline behind."""
    turn = np.radians([20, 46, 69, 90])
    bulge = 1.5 * np.clip((ear[1] + 90) / 70, 0, 1)  # the skull is widest behind the ears
    x = (ear[0] + bulge) * np.cos(turn) ** np.array([0.4, 0.75, 0.85, 1.0])
    x[-1] = 0.0
    s = np.sin(turn)
    return np.stack([x, ear[1] + (back[0] - ear[1]) * s**1.5, ear[2] + (back[1] - ear[2]) * s], 1)


def _cut(r: int, c: int, block: tuple[int, int, int, int]) -> bool:
    c0, c1, r0, r1 = block
    return r0 <= r < r1 and c0 <= c < c1


def eye_border(grid: Ids) -> list[int]:
    """Ids of the grid's points round the eye block: from the inner corner over the top and back below."""
    c0, c1, r0, r1 = EYE_BLOCK
    mid = (r0 + r1) // 2
    loop = [(r, c0) for r in range(mid, r1)] + [(r1, c) for c in range(c0, c1)]
    loop += [(r, c1) for r in range(r1, r0, -1)] + [(r0, c) for c in range(c1, c0, -1)]
    loop += [(r, c0) for r in range(r0, mid)]
    return [int(grid[key]) for key in loop]


def mouth_border(grid: Ids) -> list[int]:
    """Ids of the grid's points round the mouth block: from the upper midline by the side to the lower one."""
    c0, c1, r0, r1 = MOUTH_BLOCK
    loop = [(r1, c) for c in range(c0, c1)] + [(r, c1) for r in range(r1, r0, -1)]
    loop += [(r0, c) for c in range(c1, c0 - 1, -1)]
    return [int(grid[key]) for key in loop]


BLEND = 0.5  # where the loop between the grid's border and the first authored loop lies


def _loops(mesh: Mesh, border: list[int], loops: list[Array], closed: bool) -> Ids:
    outside = mesh.points()[border]
    between = BLEND * outside + (1 - BLEND) * loops[0]
    rings = [border, mesh.add(between), *(mesh.add(points) for points in loops)]
    for outer, inner in pairwise(rings):
        mesh.strip(inner, outer, "skin", closed=closed)
    return np.array(rings)


# The opening between the lids, relative to the eye's middle in half widths and millimetres: 16 points as above.
EYE_U = np.array([-1.0, -0.87, -0.62, -0.33, 0.0, 0.32, 0.63, 0.88, 1.0, 0.88, 0.63, 0.32, 0.0, -0.33, -0.62, -0.87])
EYE_V = np.array([-2.2, 2.9, 5.8, 7.5, 8.1, 7.9, 6.7, 4.5, 1.8, -2.6, -5.6, -7.1, -7.6, -7.4, -6.5, -4.7])


def eye_loops(identity: Identity = DEFAULT) -> list[Array]:
    """Loops between the grid and the lid margin: orbit, fold, lid plate, margin's edge. [16, 3] each."""
    v = EYE_V * np.where(EYE_V > 0, identity.eye_upper, identity.eye_lower) + identity.eye_tilt * EYE_U
    x, y = EYE[0] + EYE_HALF_WIDTH * EYE_U, EYE[1] + v
    upper = np.clip(EYE_V / 6, 0, 1)
    centre = EYE[:2] + np.array([0.0, 1.0])
    direction = np.stack([x, y], 1) - centre
    length = np.linalg.norm(direction, axis=1, keepdims=True)
    unit = direction / length
    out = []
    for distance, lift in ((6.0, 2.0), (3.4, 1.2), (0.0, 0.8)):
        xy = np.stack([x, y], 1) + unit * distance
        z = on_eye(xy[:, 0], xy[:, 1], EYE_RADIUS + lift) + corner_forward(xy[:, 0])
        if distance == 6.0:
            z = z + 1.2 * upper
        out.append(np.column_stack([xy, z]))
    return out


EYE_ROUNDING = 80.0  # of the edge where the sphere goes over into the flat, square millimetres


def on_eye(x: Array, y: Array, radius: float) -> Array:
    """Height z of a sphere about the left eyeball's centre, flattened where the points leave it."""
    inside = radius**2 - (x - EYE[0]) ** 2 - (y - EYE[1]) ** 2
    flat = (0.45 * radius) ** 2
    # Rounded, or a ridge would stand beyond the outer corner, plain to see in a blink.
    return EYE[2] + np.sqrt((inside + flat + np.hypot(inside - flat, EYE_ROUNDING)) / 2)


def corner_forward(x: Array) -> Array:
    """How far the left lids leave the eyeball at ``x``: its corners come forward, on the sphere they would be pits."""
    u = np.clip((x - EYE[0]) / EYE_HALF_WIDTH, -1.3, 1.3)
    inner, outer = np.clip((-u - 0.6) / 0.4, 0, 1.5), np.clip((u - 0.65) / 0.35, 0, 1.2)
    return 6.0 * inner**2 / (1 + 0.3 * inner**2) + 1.5 * outer**2


# Along the half mouth from the upper midline to the corner (6) and back: x of the contact edge in half widths.
MOUTH_U = np.array([0.0, 0.24, 0.47, 0.67, 0.84, 0.95, 1.0])
#: Loops of the mouth inwards: (height over the contact edge at the middle above and below, forward above and below,
#: how far the corner lies outside the contact's corner in x, its forward offset).
MOUTH_LOOPS = (
    ("outside", (10.0, 11.3), (2.5, -1.3), 4.8, 1.2),
    ("border", (7.4, 8.4), (4.0, 2.2), 2.4, 0.6),
    ("roll", (3.8, 4.6), (5.0, 4.4), 1.0, 0.0),
    ("contact", (0.0, 0.0), (2.2, 1.8), 0.0, -1.4),
)


def mouth_line(x: Array) -> Array:
    """Height of the closed mouth's line: a soft bow, corners a touch up."""
    u = np.abs(x) / MOUTH_HALF_WIDTH
    return MOUTH_HEIGHT + 1.6 * u**2 - 0.5 * np.exp(-((x / 5.0) ** 2))


def arch(x: Array) -> Array:
    """Depth of the dental arch behind the lips at ``x``: the lips lie on it."""
    return 97.0 - np.abs(x) ** 2.1 / 105.0


def mouth_loops(identity: Identity = DEFAULT) -> list[Array]:
    """Loops between the grid and the contact edge, [13, 3] each, from the upper to the lower midline."""
    loops = []
    for name, (up, down), (ahead_up, ahead_down), aside, corner_ahead in MOUTH_LOOPS:
        if name in ("border", "roll"):
            up, down = up * identity.lip_upper, down * identity.lip_lower
            ahead_up, ahead_down = ahead_up * identity.lip_forward, ahead_down * identity.lip_forward
        x0 = MOUTH_HALF_WIDTH * MOUTH_U
        x = x0 + aside * MOUTH_U**2.5
        across = np.clip(1 - MOUTH_U**2.2, 0, 1) ** 0.8
        bow = np.array([-1.0, 0.9, 0.3, 0.0, 0.0, 0.0, 0.0]) if name in ("border", "outside") else np.zeros(7)
        gap = np.where(MOUTH_U < 1, REST_GAP / 2, 0.0)
        rise = up * across + bow + gap
        sink = down * across + gap
        outside = 0.15 * aside * (1 - MOUTH_U) * 0
        z_up = arch(x) + ahead_up * across + corner_ahead * (1 - across)
        z_down = arch(x) + ahead_down * across + corner_ahead * (1 - across)
        top = np.stack([x, mouth_line(x0) + rise + outside, z_up], 1)
        low = np.stack([x, mouth_line(x0) - sink - outside, z_down], 1)
        loops.append(np.concatenate([top, low[-2::-1]]))
    return loops
