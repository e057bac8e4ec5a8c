"""The skin: a wrapped grid of quads with two holes, rings of quads round eyes and mouth, lips and a mouth sock."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .mesh import Mesh, neighbours, padded
from .surface import (
    EYE,
    EYE_HALF_WIDTH,
    EYE_RADIUS,
    LID_RADIUS,
    MOUTH_HALF_WIDTH,
    MOUTH_HEIGHT,
    STATIONS,
    Array,
    chart_of,
    sculpt,
    smoothstep,
    spline,
)

ROWS_PER_STATION = (3, 3, 3, 4, 4, 5, 6, 7, 11, 8, 7, 6, 5, 4, 4, 3, 3)
EYE_BLOCK = (11.0, 54.0, -19.0, 19.5)  # x from, x to, y from, y to
MOUTH_BLOCK = (0.0, 35.0, -88.5, -52.5)
EYE_RINGS, MOUTH_RINGS = 8, 6  # rings of skin between the opening and the grid
LIP_STEPS = (0.0, 0.2, 0.42, 0.64, 0.84, 1.0)  # from the contact edge to the border of the lip red
REST_GAP = 0.2  # millimetres between the contact edges


def columns() -> Array:
    """Azimuths of the half grid's columns, dense in front."""
    front = np.concatenate([np.arange(0, 20, 2.0), np.arange(20, 56, 2.7), np.arange(56, 92, 4.0)])
    return np.radians(np.concatenate([front, np.linspace(front[-1] + 5, 180, 14)]))


def rows() -> Array:
    """Stations of the grid's rows, neck to crown (the crown itself is the pole)."""
    parts = [i + np.arange(n) / n for i, n in enumerate(ROWS_PER_STATION)]
    return np.concatenate(parts)


@dataclass(frozen=True)
class Block:
    """A rectangle of grid cells cut out for an opening: column and row ranges, inclusive of its border lines."""

    c0: int
    c1: int
    r0: int
    r1: int

    def inside(self, r: int, c: int) -> bool:
        """Whether cell (r, c) is removed."""
        return self.r0 <= r < self.r1 and self.c0 <= c < self.c1

    def interior(self, r: int, c: int, closed: bool) -> bool:
        """Whether vertex (r, c) is removed; an open block also loses its midline."""
        left = self.c0 < c if closed else self.c0 <= c
        return self.r0 < r < self.r1 and left and c < self.c1


def _block(bounds: tuple[float, float, float, float], theta: Array, t: Array) -> Block:
    """The block nearest to bounds in millimetres, with an even number of rows, so that its sides have a middle."""
    (x0, x1, y0, y1) = bounds
    a, _ = chart_of(np.array([max(x0, 0.01), x1]), np.array([(y0 + y1) / 2] * 2))
    _, b = chart_of(np.array([(x0 + x1) / 2 + 0.01] * 2), np.array([y0, y1]))
    c0, c1 = (int(np.argmin(np.abs(theta - v))) for v in a)
    r0, r1 = (int(np.argmin(np.abs(t - v))) for v in b)
    if (c1 - c0) % 2:
        c1 += 1
    return Block(c0, c1, r0, r1 + (r1 - r0) % 2)


def mouth_line(x: Array) -> Array:
    """Height of the closed mouth's line: a slight bow with the corners a touch up."""
    u = np.abs(x) / MOUTH_HALF_WIDTH
    return MOUTH_HEIGHT + 1.3 * u**2 - 0.7 * np.exp(-((x / 5.0) ** 2)) - 0.5 * np.exp(-(((np.abs(x) - 13) / 6.0) ** 2))


def lip_borders(x: Array) -> tuple[Array, Array]:
    """Heights of the upper and lower lip-red borders above and below the mouth line, both positive."""
    u = np.clip(np.abs(x) / MOUTH_HALF_WIDTH, 0, 1)
    bow = 0.5 * np.exp(-(((np.abs(x) - 5.5) / 3.5) ** 2)) - 1.3 * np.exp(-((x / 3.2) ** 2))
    upper = 7.4 * (1 - u**1.7) ** 0.9 + bow
    return np.where(u < 1, upper, 0.0), 8.6 * (1 - u**2.2) ** 0.75


def eye_outline(n: int) -> Array:
    """The lid opening of the left eye, [n, 2] in x and y: inner corner, over the top to the outer one, back below."""
    half = n // 2
    k = np.arange(half + 1) / half
    u = -(0.55 * np.cos(np.pi * k) + 0.45 * (1 - 2 * k))
    axis = 1.3 * u  # the outer corner a little higher
    upper = axis + 8.1 * (1 - np.abs(u) ** 2.3) ** 0.85 * (1 - 0.06 * u)
    lower = axis - 6.3 * (1 - np.abs(u) ** 2.2) ** 0.9 * (1 + 0.08 * u)
    x = EYE[0] + EYE_HALF_WIDTH * u
    top, low = np.stack([x, EYE[1] + upper], 1), np.stack([x, EYE[1] + lower], 1)
    return np.concatenate([top, low[-2:0:-1]])


def on_sphere(x: Array, y: Array, radius: float) -> Array:
    """Height z of a sphere about the left eyeball's centre."""
    return EYE[2] + np.sqrt(np.maximum(radius**2 - (x - EYE[0]) ** 2 - (y - EYE[1]) ** 2, 1.0))


def corner_forward(x: Array) -> Array:
    """How far the left lids leave the eyeball at ``x``: its corners come forward, on the sphere they would be pits."""
    u = (x - EYE[0]) / EYE_HALF_WIDTH
    return 5.5 * smoothstep(0.62, 1.0, -u) + 2.5 * smoothstep(0.7, 1.0, u)


@dataclass
class _Half:
    """Working state: chart coordinates and what they turn into."""

    mesh: Mesh
    theta: list[float]
    t: list[float]

    def add(self, theta: Array, t: Array) -> list[int]:
        ids = self.mesh.add(np.zeros((len(theta), 3)))
        self.theta.extend(float(v) for v in theta)
        self.t.extend(float(v) for v in t)
        return ids


def build_skin() -> Mesh:
    """The whole skin, mirrored, with the groups the keys and landmarks are made from."""
    theta, t = columns(), rows()
    eye, mouth = _block(EYE_BLOCK, theta, t), _block(MOUTH_BLOCK, theta, t)
    half = _Half(Mesh(), [], [])
    grid = _grid(half, theta, t, eye, mouth)
    eye_rings = _eye_rings(half, grid, eye)
    mouth_rings = _mouth_rings(half, grid, mouth)
    _relax(half, eye_rings, mouth_rings)
    points = sculpt(np.array(half.theta), np.array(half.t))
    _shape_lids(points, eye_rings)
    _shape_lips(points, mouth_rings)
    mid = np.abs(np.sin(half.theta)) < 1e-6
    points[mid, 0] = 0.0
    half.mesh.vertices = [(float(x), float(y), float(z)) for x, y, z in points]
    _lid_insides(half.mesh, eye_rings[-1])
    _mouth_inside(half.mesh, mouth_rings[len(mouth_rings) - 1])
    _groups(half.mesh, grid, eye_rings, mouth_rings)
    return half.mesh.mirrored()


def _grid(half: _Half, theta: Array, t: Array, eye: Block, mouth: Block) -> dict[tuple[int, int], int]:
    keys = [
        (r, c)
        for r in range(len(t))
        for c in range(len(theta))
        if not eye.interior(r, c, closed=True) and not mouth.interior(r, c, closed=False)
    ]
    ids = half.add(np.array([theta[c] for _, c in keys]), np.array([t[r] for r, _ in keys]))
    at = dict(zip(keys, ids, strict=True))
    for r in range(len(t) - 1):
        for c in range(len(theta) - 1):
            if not eye.inside(r, c) and not mouth.inside(r, c):
                half.mesh.face((at[r, c], at[r, c + 1], at[r + 1, c + 1], at[r + 1, c]), "skin")
    pole = half.add(np.array([0.0]), np.array([len(STATIONS) - 1.0]))[0]
    last = len(t) - 1
    for c in range(len(theta) - 1):
        half.mesh.face((at[last, c], at[last, c + 1], pole), "skin")
    return at


def _eye_rings(half: _Half, grid: dict[tuple[int, int], int], b: Block) -> list[list[int]]:
    """Rings from the grid's border (first) to the lid margin (last)."""
    mid = (b.r0 + b.r1) // 2
    loop = [(r, b.c0) for r in range(mid, b.r1)] + [(b.r1, c) for c in range(b.c0, b.c1)]
    loop += [(r, b.c1) for r in range(b.r1, b.r0, -1)] + [(b.r0, c) for c in range(b.c1, b.c0, -1)]
    loop += [(r, b.c0) for r in range(b.r0, mid)]
    border = [grid[key] for key in loop]
    outline = eye_outline(len(border))
    rings = [border]
    theta, t = chart_of(outline[:, 0], outline[:, 1])
    for k in range(1, EYE_RINGS + 1):
        s = (k / EYE_RINGS) ** 0.8
        a = np.array([half.theta[v] for v in border]) * (1 - s) + theta * s
        c = np.array([half.t[v] for v in border]) * (1 - s) + t * s
        rings.append(half.add(a, c))
    for outer, inner in pairwise(rings):
        half.mesh.strip(inner, outer, "skin", closed=True)
    return rings


def _mouth_rings(half: _Half, grid: dict[tuple[int, int], int], b: Block) -> list[list[int]]:
    """Half rings, upper to lower midline: the grid's border, skin, the lip border, the lip down to its contact edge."""
    loop = [(b.r1, c) for c in range(b.c0, b.c1)] + [(r, b.c1) for r in range(b.r1, b.r0, -1)]
    loop += [(b.r0, c) for c in range(b.c1, b.c0 - 1, -1)]
    border = [grid[key] for key in loop]
    targets = [_lip_ring(len(border), step) for step in LIP_STEPS[::-1]]
    theta, t = chart_of(targets[0][:, 0], targets[0][:, 1])
    rings = [border]
    for k in range(1, MOUTH_RINGS):
        s = (k / MOUTH_RINGS) ** 0.85
        a = np.array([half.theta[v] for v in border]) * (1 - s) + theta * s
        c = np.array([half.t[v] for v in border]) * (1 - s) + t * s
        rings.append(half.add(a, c))
    rings.extend(half.add(*chart_of(target[:, 0], target[:, 1])) for target in targets)
    for ring in rings[1:]:
        half.theta[ring[0]] = half.theta[ring[-1]] = 0.0
    for k, (outer, inner) in enumerate(pairwise(rings)):
        half.mesh.strip(inner, outer, "lips" if k >= MOUTH_RINGS else "skin")
    return rings


def _lip_ring(n: int, step: float) -> Array:
    """Points [n, 2] of the lip ring at ``step`` (0 contact edge, 1 border), upper midline to lower midline."""
    corner = (n - 1) // 2
    u = np.arange(corner + 1) / corner
    x = MOUTH_HALF_WIDTH * (0.45 * u + 0.55 * np.sin(np.pi / 2 * u))
    line = mouth_line(x)
    upper, lower = lip_borders(x)
    spread = x * (1 + 2.2 * step / MOUTH_HALF_WIDTH)
    gap = np.where(u < 1, REST_GAP / 2, 0.0)
    top = np.stack([spread, line + gap + step * upper], 1)
    low = np.stack([spread, line - gap - step * lower], 1)
    return np.concatenate([top, low[-2::-1]])


def _relax(half: _Half, eye_rings: list[list[int]], mouth_rings: list[list[int]]) -> None:
    """Even out the chart between the openings and the far grid by averaging neighbours."""
    theta, t = np.array(half.theta), np.array(half.t)
    table, weight = padded(neighbours(len(theta), half.mesh.faces))
    fixed = np.zeros(len(theta), bool)
    fixed[[v for ring in eye_rings[-2:] for v in ring]] = True
    fixed[[v for ring in mouth_rings[MOUTH_RINGS:] for v in ring]] = True
    fixed |= (t < 4.2) | (t > 13.5) | (np.abs(theta) > 1.35)
    mid = np.abs(np.sin(theta)) < 1e-6
    for _ in range(25):
        a, b = (theta[table] * weight).sum(1), (t[table] * weight).sum(1)
        theta = np.where(fixed | mid, theta, 0.4 * theta + 0.6 * a)
        t = np.where(fixed, t, 0.4 * t + 0.6 * b)
    half.theta, half.t = list(theta), list(t)


def _shape_lids(points: Array, rings: list[list[int]]) -> None:
    """Bend the innermost rings on to the eyeball and cut the upper crease."""
    margin = points[rings[-1], :2]
    n = len(margin)
    forward = corner_forward(margin[:, 0])
    for ring in rings[1:]:
        x, y, z = points[ring].T
        d = np.hypot(x - margin[:, 0], y - margin[:, 1])
        lid = on_sphere(x, y, LID_RADIUS) + forward
        z = lid + (z - lid) * smoothstep(0.5, 9.0, d)
        upper = np.sin(np.arange(n) / n * 2 * np.pi)
        z -= 1.1 * np.exp(-(((d - 4.6) / 1.5) ** 2)) * np.clip(upper * 1.5, 0, 1)
        z -= 0.5 * np.exp(-(((d - 5.0) / 2.0) ** 2)) * np.clip(-upper * 1.5, 0, 1)
        points[ring, 2] = z
    points[rings[-1], 2] = on_sphere(margin[:, 0], margin[:, 1], EYE_RADIUS + 1.1) + forward


def _shape_lips(points: Array, rings: list[list[int]]) -> None:
    """Raise the lips' rolls; the contact edge lies deeper, the corners are tucked in."""
    n = len(rings[0])
    corner = (n - 1) // 2
    u = np.abs(np.arange(n) - corner) / corner  # 0 at the corner, 1 at the midline
    amount = np.sin(np.pi / 2 * u) ** 0.75
    upper = np.arange(n) < corner
    border = points[rings[MOUTH_RINGS], :2]
    for k, ring in enumerate(rings[1:], start=1):
        if k < MOUTH_RINGS:
            d = np.hypot(*(points[ring, :2] - border).T)
            points[ring, 2] += 1.9 * amount * np.exp(-((d / 3.5) ** 2)) - 1.2 * (1 - amount) * np.exp(-((d / 5) ** 2))
            continue
        step = np.full(n, LIP_STEPS[len(rings) - 1 - k])
        knots = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
        top = spline(knots, np.array([1.8, 3.6, 4.0, 3.1, 1.6]), step)
        low = spline(knots, np.array([1.6, 3.6, 4.2, 3.2, 1.4]), step)
        points[ring, 2] += amount * np.where(upper, top, low) - (1 - amount) * (2.2 - step)


def _lid_insides(mesh: Mesh, margin: list[int]) -> None:
    """The thickness of the lids and a skirt behind them, so that no light shows past the eyeball."""
    p = mesh.points()[margin]
    centre = np.array([EYE[0], EYE[1]])
    previous = margin
    for scale, radius in ((0.985, EYE_RADIUS + 0.3), (1.02, EYE_RADIUS + 0.25), (1.09, EYE_RADIUS + 0.3)):
        xy = centre + (p[:, :2] - centre) * scale
        ids = mesh.add(np.column_stack([xy, on_sphere(xy[:, 0], xy[:, 1], radius)]))
        mesh.strip(ids, previous, "lid_rim", closed=True)
        mesh.groups.setdefault("lid_inside_left", []).extend(ids)
        previous = ids


def _mouth_inside(mesh: Mesh, contact: list[int]) -> None:
    """Backs of the lips, then a sock round teeth and tongue that ends in a throat."""
    p = mesh.points()[contact]
    n = len(p)
    corner = (n - 1) // 2
    u = np.abs(np.arange(n) - corner) / corner
    amount = np.sin(np.pi / 2 * u)
    sign = np.where(np.arange(n) < corner, 1.0, -1.0) * (np.arange(n) != corner)
    previous = contact
    #            x scale, height up, height down, depth
    profile = ((1.0, 0.5, 0.5, 2.2), (1.0, 2.0, 2.0, 3.8), (1.0, 5.5, 5.5, 5.0), (1.02, 11.0, 11.5, 7.6),
               (1.08, 16.0, 17.0, 15.0), (1.12, 19.0, 20.0, 28.0), (1.0, 18.0, 22.0, 46.0), (0.7, 13.0, 22.0, 62.0),
               (0.35, 6.0, 17.0, 70.0))  # fmt: skip
    for k, (scale, up, down, depth) in enumerate(profile):
        y = p[:, 1] + sign * amount * np.where(sign > 0, up, down) - max(k - 4, 0) * 0.8
        z = p[:, 2] - depth * (0.55 + 0.45 * amount if k < 5 else 1.0)
        ids = mesh.add(np.column_stack([p[:, 0] * scale, y, z]))
        mesh.strip(ids, previous, "lips" if k < 2 else "mouth")
        mesh.groups.setdefault("lip_inside" if k < 4 else "sock", []).extend(ids)
        mesh.groups[f"mouth_in_{k}_left"] = ids
        previous = ids
    for i in range(corner):
        mesh.face((previous[n - 1 - i], previous[n - 2 - i], previous[i + 1], previous[i]), "throat")


def _groups(mesh: Mesh, grid: dict[tuple[int, int], int], eye: list[list[int]], mouth: list[list[int]]) -> None:
    n, m = len(eye[-1]), len(mouth[-1])
    corner = (m - 1) // 2
    for k, ring in enumerate(eye[::-1]):
        mesh.groups[f"eye_ring_{k}_left"] = ring  # 0 is the margin
    mesh.groups["lid_upper_left"] = eye[-1][1 : n // 2]
    mesh.groups["lid_lower_left"] = eye[-1][: n // 2 : -1]
    for k, ring in enumerate(mouth[::-1]):
        mesh.groups[f"mouth_ring_{k}_left"] = ring  # 0 is the contact edge, len(LIP_STEPS) - 1 the border
    mesh.groups["mouth_corner_left"] = [mouth[-1][corner]]
    mesh.groups["grid"] = list(grid.values())
