"""The eyeball: white, limbus, a dished iris with fibres, a deep pupil, and a clear cornea over them.

Everything turns about the gaze axis, so the surface is rings of equal length; colours are painted on the vertices.
A real cornea refracts, which lights the far side of the iris; here the dished iris does that without refraction, and
the cornea only shines. Its colours are those of the iris below: seen edge on, where refraction would bring the iris to
the front of the dome, the shell's material shows them.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .measures import Array
from .mesh import Mesh
from .palette import PALETTE, Palette
from .shaping import smoothstep

AROUND = 32  # vertices of a ring
CORNEA_RISE = 0.45  # mm that the cornea stands proud of the eyeball's sphere at its top; lids slide 1 mm above it
PUPIL_SHARE = 0.45  # of the iris's radius

WHITE = np.array([0.84, 0.80, 0.77])
CORNER = np.array([0.80, 0.50, 0.45])  # where the white meets the corners of the eye
LID_SHADE = 0.5  # how much darker the white is painted below the upper lid, where lashes and lid shade it
LIMBUS = np.array([0.016, 0.030, 0.034])
BLACK = np.array([0.003, 0.003, 0.004])


def eyeball(radius: float, iris: float, palette: Palette = PALETTE) -> Mesh:
    """One eyeball with its cornea, centre at the origin, gaze +z, millimetres.

    Args:
        radius: of the white's sphere.
        iris: radius of the visible iris, its dark rim included; less than 0.7 ``radius``.
        palette: of the character, for the iris.

    Returns:
        a mesh with vertex colours; materials sclera, iris, pupil, cornea. The cornea is a shell of its own and stands
        out of the sphere by at most ``CORNEA_RISE``.

    Raises:
        ValueError: an iris that does not fit.
    """
    if not 0.0 < iris < 0.7 * radius:
        raise ValueError(f"an iris of {iris} mm does not fit on an eyeball of {radius} mm")
    mesh = Mesh()
    _ball(mesh, radius, iris, palette)
    _cornea(mesh, radius, iris, palette)
    return mesh


def _ball(mesh: Mesh, radius: float, iris: float, palette: Palette) -> None:
    """The opaque eye, from the pupil's bottom over the iris and the limbus to the back."""
    edge = np.sqrt(radius**2 - iris**2)  # z of the iris's rim
    pupil, dish = PUPIL_SHARE * iris, 0.20 * iris
    out = np.array([0.0, 0.14, 0.34, 0.58, 0.82, 1.0])  # pupil's edge .. rim
    across = pupil + (iris - pupil) * out
    # A bowl; towards the rim it turns up steeply, which draws the dark ring of shade round a real iris.
    depth = dish * (1 - (across / iris) ** 4) + 0.04 * iris
    rings = [(0.98 * pupil, edge - 1.9 * dish, "pupil")]
    rings += [(float(r), float(edge - d), "iris") for r, d in zip(across, depth, strict=True)]
    angles = np.arcsin(iris / radius) + np.array([0.0, 0.022, 0.05, 0.10, 0.22, 0.45, 0.85, 1.5])
    rings += [(float(radius * np.sin(a)), float(radius * np.cos(a)), "sclera") for a in angles]
    around = np.arange(AROUND) / AROUND * 2 * np.pi
    ids = []
    for r, z, kind in rings:
        points = np.column_stack([r * np.cos(around), r * np.sin(around), np.full(AROUND, z)])
        ids.append(mesh.add(points, _paint(kind, points, radius, iris, palette)))
    front = mesh.add(np.array([[0.0, 0.0, edge - 2.3 * dish]]), BLACK[None])[0]
    back = mesh.add(np.array([[0.0, 0.0, -radius]]), CORNER[None])[0]
    for k in range(AROUND):
        following = (k + 1) % AROUND
        mesh.face((front, ids[0][k], ids[0][following]), "pupil")
        mesh.face((back, ids[-1][following], ids[-1][k]), "sclera")
    for (inner, outer), (_, _, kind) in zip(pairwise(ids), rings[1:], strict=True):
        mesh.strip(outer, inner, kind, closed=True)


def _cornea(mesh: Mesh, radius: float, iris: float, palette: Palette) -> None:
    """A cap of a smaller sphere that starts flush with the white just outside the iris."""
    rim = 1.10 * iris
    height = np.sqrt(radius**2 - rim**2)
    share = np.array([1.0, 0.91, 0.76, 0.56, 0.30])
    bulge = CORNEA_RISE * (1 - share**2) ** 1.5  # leaves the white without a crease
    around = np.arange(AROUND) / AROUND * 2 * np.pi
    ids = []
    for s, rise in zip(share, bulge, strict=True):
        r = s * rim
        # The outermost ring sinks under the white, so that no gap and no edge shows.
        z = np.sqrt((radius + rise) ** 2 - r**2) if s < 1 else height - 0.12
        ring = np.column_stack([r * np.cos(around), r * np.sin(around), np.full(AROUND, z)])
        ids.append(mesh.add(ring, _dome_colors(float(s), len(ring), palette)))
    top = mesh.add(np.array([[0.0, 0.0, radius + CORNEA_RISE]]), BLACK[None])[0]
    for outer, inner in pairwise(ids):
        mesh.strip(outer, inner, "cornea", closed=True)
    for k in range(AROUND):
        mesh.face((top, ids[-1][k], ids[-1][(k + 1) % AROUND]), "cornea")


def _dome_colors(share: float, count: int, palette: Palette) -> Array:
    """Of a ring of the cornea at a share of its rim: the pupil's, the iris's or the limbus's, what lies under it."""
    body = (np.array(palette.iris_outer) + np.array(palette.iris_middle)) / 2
    stops = np.stack([BLACK, body, body, LIMBUS])
    color = [np.interp(share, (0.25, 0.5, 0.78, 0.92), channel) for channel in stops.T]
    return np.tile(color, (count, 1))


def _paint(kind: str, points: Array, radius: float, iris: float, palette: Palette) -> Array:
    """Colours [n, 3] of a ring's points."""
    if kind == "pupil":
        return np.broadcast_to(BLACK, points.shape)
    if kind == "iris":
        return _iris_colors(points, iris, palette)
    across = np.hypot(points[:, 0], points[:, 1])
    angle = np.where(points[:, 2] > 0, np.arcsin(np.clip(across / radius, 0, 1)), np.pi / 2)
    beyond = angle - np.arcsin(iris / radius)
    sideways = smoothstep(0.45, 0.95, np.abs(points[:, 0]) / radius)[:, None]
    white = WHITE + (CORNER - WHITE) * 0.75 * sideways
    white = white * (1 - LID_SHADE * smoothstep(0.02, 0.42, points[:, 1:2] / radius))
    blend = smoothstep(-0.01, 0.10, beyond)[:, None]
    return LIMBUS + (white - LIMBUS) * blend


def _iris_colors(points: Array, iris: float, palette: Palette) -> Array:
    """Dark rim, lighter middle, warm ring at the pupil; fibres run outwards and waver with the distance."""
    across = np.hypot(points[:, 0], points[:, 1]) / iris
    at = (across - PUPIL_SHARE) / (1 - PUPIL_SHARE)  # 0 pupil .. 1 rim
    turn = np.arctan2(points[:, 1], points[:, 0])
    fibre = np.sin(5 * turn + 1.3) + np.sin(8 * turn + 4.1 + 2.0 * at) + 0.7 * np.sin(11 * turn + 0.4 - 2.5 * at)
    light = 1 + 0.16 * fibre * np.sin(np.pi * np.clip(at, 0, 1)) ** 0.5
    outer, middle, ring = (np.array(tint) for tint in (palette.iris_outer, palette.iris_middle, palette.iris_warm))
    color = outer + (middle - outer) * smoothstep(1.0, 0.45, at)[:, None]
    reach = np.clip(0.30 + 0.05 * fibre, 0.15, 0.5)  # of the warm ring, ragged
    warmth = np.clip(1 - np.abs(at - 0.14) / reach, 0, 1) ** 0.8
    color = color + (ring - color) * 0.85 * warmth[:, None]
    color = color * light[:, None]
    color = color + (LIMBUS - color) * smoothstep(0.66, 1.0, at)[:, None]
    return np.clip(color + (BLACK - color) * smoothstep(0.10, 0.0, at)[:, None] * 0.8, 0.0, 1.0)
