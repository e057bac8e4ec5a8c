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
    3: ((0, -109.25, 55), (6.5, -109.25, 54.5), (12.5, -109.75, 52), (18, -110.25, 47.5), (23, -111, 41),
        (28, -113, 31), (33, -115.75, 18), (36.5, -118.5, 3), (38.5, -119.25, -13)),
    4: ((0, -103.25, 77), (6.5, -103, 76), (13, -102.75, 73), (18.5, -102.25, 68), (24, -102, 60), (30, -102.75, 47),
        (35.5, -105, 30), (40, -108.25, 12), (42, -110.25, -7)),
    5: ((0, -98.75, 92), (7.5, -98.25, 90.5), (14.5, -96.75, 86.5), (21, -95, 80), (27, -94, 71), (33.5, -94.5, 57),
        (39.5, -96.25, 39), (44.5, -99.5, 20), (46, -102.25, -1)),
    6: ((0, -89.5, 96.5), (8, -89.5, 95), (15.5, -88, 91), (23, -86.25, 85.5), (29.5, -84.75, 78), (37, -85.25, 64.5),
        (44, -87.25, 47), (48.5, -90.5, 27), (50, -93.5, 4)),
    7: ((0, -80.25, 93.5), (8.5, -80.25, 93), (17, -79.25, 90.5), (25.5, -77.5, 87), (33, -75.75, 82),
        (41, -76.5, 69.5), (48, -78.5, 52), (53, -81.75, 32), (54.5, -84.75, 7)),
    8: (None, None, None, None, (36, -69.75, 85), (45, -70.25, 73), (52, -71.5, 55), (57.5, -74.25, 34.5),
        (58.5, -77, 8.5)),
    9: (None, None, None, None, (37.5, -63.25, 87), (47.5, -63.25, 76), (55, -64.5, 58), (60.5, -67, 37),
        (61.5, -69.75, 9.5)),
    10: (None, None, None, None, (37.5, -57.25, 86.75), (48.5, -56.75, 77.25), (57, -58.25, 60), (63, -60, 39),
        (64, -62.25, 10.5)),
    11: ((0, -50.25, 100), (8, -50.25, 99.5), (16, -50.5, 97), (25.5, -51.25, 92.75), (36.5, -51.25, 88.75),
        (49, -50.75, 79.5), (58, -51.75, 62), (65, -53.5, 40.5), (66, -55, 11.5)),
    12: ((0, -43.5, 103.5), (7, -44, 104), (14.5, -44, 99.5), (25, -44.75, 94.5), (37, -44.75, 90.5),
        (50, -44.75, 80.5), (59.5, -45.75, 63.5), (66.5, -47.25, 41.5), (67.5, -48, 12)),
    13: ((0, -38.5, 114), (7.25, -39.5, 111.5), (15.5, -38.5, 102), (24, -38, 93.5), (37, -38, 90.5), (50.5, -38, 81),
        (60.5, -38.5, 64), (68, -39.25, 42.5), (69, -39.75, 12)),
    14: ((0, -31, 117), (7.5, -31, 113.75), (14, -31, 100.5), (23, -30, 92.75), (36.5, -30.5, 90), (50, -30, 81.5),
        (61, -29.25, 64.5), (68.5, -29.75, 43.5), (70.5, -30, 12.5)),
    15: ((0, -20, 107.5), (6.25, -20, 104), (12, -21.5, 91), (22.5, -22.75, 89.5), (36, -24.25, 88.5),
        (49.5, -23.25, 81.5), (60.5, -20, 65), (69, -20, 44.5), (72, -19.5, 13)),
    16: ((0, -10, 100), (5, -10, 97.5), (11.25, -10.5, 88), None, None, None, (61.5, -10, 62.5), (69.5, -9.5, 44.5),
        (73, -9, 14)),
    17: ((0, 1, 96), (5, 1, 94.5), (11.5, 1, 87.5), None, None, None, (61.5, 1, 61.5), (69, 0.5, 45), (73.5, 1, 15)),
    18: ((0, 11.5, 96.25), (5.5, 12, 95.5), (12, 12.5, 92), None, None, None, (60, 12, 64), (68.5, 11, 46),
        (74, 10, 16)),
    19: ((0, 21.5, 98.5), (6, 22, 98.5), (13, 23.5, 97.25), (24, 26, 94.5), (36, 27, 90), (48.5, 25.5, 81.5),
        (59, 22.5, 68.5), (68, 19, 49), (74.5, 18, 17.5)),
}  # fmt: skip
# The back midline of the same rows.
BACK = {3: (-116, -63), 4: (-104, -64), 5: (-93, -66), 6: (-83, -69), 7: (-73, -72), 8: (-63, -76), 9: (-53, -80),
        10: (-44, -84), 11: (-35, -88), 12: (-27, -92), 13: (-18, -95), 14: (-9, -98), 15: (-1, -99.5),
        16: (8, -100.5), 17: (17, -101), 18: (26, -101), 19: (36, -100.5)}  # fmt: skip
# Rows that are one ellipse each: row, front (y, z), side (half width, y, z), back (y, z).
ROUND = (
    (0, (-186, 26), (46, -180, -19), (-178, -66)),
    (1, (-155, 29), (38, -150, -17), (-150, -60)),
    (2, (-128, 36), (37.5, -129, -14), (-130, -60)),
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
EYE_V = np.array([-2.2, 3.8, 7.5, 9.7, 10.4, 10.1, 8.4, 5.4, 1.8, -2.8, -6.0, -7.6, -8.1, -7.9, -6.9, -4.9])


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


def on_eye(x: Array, y: Array, radius: float) -> Array:
    """Height z of a sphere about the left eyeball's centre, flattened where the points leave it."""
    r2 = (x - EYE[0]) ** 2 + (y - EYE[1]) ** 2
    return EYE[2] + np.sqrt(np.maximum(radius**2 - r2, (0.45 * radius) ** 2))


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
    ("outside", (10.0, 11.3), (2.8, -1.2), 4.8, 0.6),
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
