"""The lashes: a dark wedge along the upper lid that thickens to a small wing, a few clumps of hair, a line below.

Every vertex rides on one vertex of a lid's margin: groups ``lash_upper_I_left`` and ``lash_lower_I_left`` (and their
mirror images) hold those that ride on vertex I, counted from the inner to the outer corner. A key moves them with that
vertex and turns their offsets from it about the eye's x axis with the lid.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .measures import EYE, Array, Ids
from .mesh import Mesh
from .shaping import smoothstep, spline

MATERIAL = "lash"
UP, WING = np.array([0.0, 1.0, 0.0]), np.array([0.86, 0.48, -0.18])
CLUMPS = np.array([0.35, 0.44, 0.53, 0.62, 0.7, 0.78, 0.86, 0.92, 0.98])  # places along the upper margin
CLUMP_RINGS, HALF_WIDTH = 3, 1.8  # rings of three vertices, then the tip
_S = np.array([0.0, 0.15, 0.4, 0.7, 0.9, 1.0])
_THICK = np.array([0.05, 0.5, 1.0, 1.6, 2.6, 3.4])  # how far the wedge stands out
_TALL = np.array([0.05, 0.75, 1.5, 2.1, 2.3, 1.6])  # how far it reaches up the lid
_LENGTH = np.array([0.0, 0.6, 2.2, 3.2, 3.9, 3.2])  # of the clumps beyond it
_BELOW = np.array([0.06, 0.08, 0.16, 0.36, 0.42, 0.3])  # of the lower line


def margins(skin: Mesh) -> tuple[Array, Array]:
    """Margins of the left eye's upper and lower lid, [n, 3] each, both from the inner to the outer corner."""
    ring = skin.points()[skin.groups["eye_ring_0_left"]]
    half = len(ring) // 2
    return ring[: half + 1], ring[np.r_[0, len(ring) - 1 : half - 1 : -1]]


def lashes(upper: Array, lower: Array) -> Mesh:
    """Both eyes' lashes for the left eye's lid margins [n, 3], inner to outer corner; material ``lash``."""
    mesh = Mesh()
    edge = _wedge(mesh, upper)
    for s in CLUMPS:
        _clump(mesh, upper, edge, round(float(s) * (len(upper) - 1)))
    _line_below(mesh, lower)
    return mesh.mirrored()


def roots(mesh: Mesh, lid: str, side: str) -> tuple[Ids, Ids]:
    """Vertices that ride on a margin, and the margin's vertices they ride on, counted from the inner corner.

    Args:
        mesh: lashes, or a mesh they have been appended to.
        lid: ``upper`` or ``lower``.
        side: ``left`` or ``right``.

    Returns:
        Vertex ids [k] and indices into the margin [k].
    """
    ids: list[int] = []
    index: list[int] = []
    i = 0
    while (name := f"lash_{lid}_{i}_{side}") in mesh.groups:
        ids += mesh.groups[name]
        index += [i] * len(mesh.groups[name])
        i += 1
    return np.array(ids), np.array(index)


def _outwards(margin: Array) -> Array:
    """Unit directions [n, 3] from the eyeball's centre."""
    away = margin - EYE
    unit: Array = away / np.linalg.norm(away, axis=1, keepdims=True)
    return unit


def _along(margin: Array) -> Array:
    """Unit directions [n, 3] towards the outer corner."""
    ahead = np.gradient(margin, axis=0)
    unit: Array = ahead / np.linalg.norm(ahead, axis=1, keepdims=True)
    return unit


def _away(margin: Array) -> Array:
    """Unit directions [n, 3] on the upper lid's surface, from the opening; the lower lid's are opposite."""
    across = np.cross(_outwards(margin), _along(margin))
    unit: Array = across / np.linalg.norm(across, axis=1, keepdims=True)
    return unit


def _ride(mesh: Mesh, lid: str, index: int, ids: list[int]) -> None:
    mesh.groups.setdefault(f"lash_{lid}_{index}_left", []).extend(ids)


def _direction(margin: Array) -> Array:
    """Where the upper lashes point: forward and up, fanning out towards the wing at the outer corner."""
    s = np.linspace(0, 1, len(margin))[:, None]
    wing = smoothstep(0.45, 1.05, s)
    aim = (1 - wing) * (0.75 * _outwards(margin) + 0.45 * UP) + wing * WING
    unit: Array = aim / np.linalg.norm(aim, axis=1, keepdims=True)
    return unit


def _wedge(mesh: Mesh, margin: Array) -> Array:
    """The upper line; its front edge [n, 3]."""
    s = np.linspace(0, 1, len(margin))
    out, away, thick = _outwards(margin), _away(margin), spline(_S, _THICK, s)[:, None]
    edge = margin + thick * _direction(margin)
    below = margin - 0.1 * out - 0.5 * np.minimum(thick, 1.0) * away
    above = (
        margin + spline(_S, _TALL, s)[:, None] * (0.9 * away + 0.3 * out) + np.minimum(thick, 0.65 + 0.1 * thick) * out
    )
    rows = mesh.grid(np.array([below, edge, above]), MATERIAL)
    for row in rows:
        for i, v in enumerate(row):
            _ride(mesh, "upper", i, [v])
    mesh.strip(rows[2], rows[0], MATERIAL)
    return edge


def _clump(mesh: Mesh, margin: Array, edge: Array, i: int) -> None:
    """A curved spike from the wedge's edge: out, then up and to the side."""
    s = np.full(1, i / (len(margin) - 1))
    length = float(spline(_S, _LENGTH, s)[0])
    aim, aside = _direction(margin)[i], _along(margin)[i]
    curl = 0.45 * UP + (0.5 + 0.8 * s[0]) * np.array([1.0, 0.0, 0.0])
    start = margin[i] + 0.4 * (edge[i] - margin[i])
    thick = 0.45 * float(spline(_S, _THICK, s)[0])
    rings = []
    for j in np.arange(CLUMP_RINGS) / CLUMP_RINGS:
        centre = start + length * (j * aim + 0.45 * j**2 * curl)
        wide = (1 - j) ** 1.1
        rise = np.cross(aim, aside)
        half = HALF_WIDTH * wide * aside
        rings.append([centre + half, centre + thick * wide * rise + 0.1 * aim, centre - half])
    ids = [mesh.add(np.array(ring)) for ring in rings]
    tip = mesh.add((start + length * (aim + 0.45 * curl))[None])[0]
    for a, b in pairwise(ids):
        mesh.strip(a, b, MATERIAL, closed=True)
    for k in range(3):
        mesh.face((ids[-1][k], ids[-1][(k + 1) % 3], tip), MATERIAL)
    _ride(mesh, "upper", i, [v for row in ids for v in row] + [tip])


def _line_below(mesh: Mesh, margin: Array) -> None:
    s = np.linspace(0, 1, len(margin))
    out, away, thick = _outwards(margin), -_away(margin), spline(_S, _BELOW, s)[:, None]
    rows = np.array([margin + 1.6 * thick * away, margin + thick * (0.8 * out + 0.3 * away), margin - 0.15 * out])
    ids = mesh.grid(rows, MATERIAL)
    mesh.strip(ids[2], ids[0], MATERIAL)
    for row in ids:
        for i, v in enumerate(row):
            _ride(mesh, "lower", i, [v])
