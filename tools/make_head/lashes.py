"""The lashes: a soft dark wedge along the upper lid, fullest past its middle and gone at both corners, a line below.

No single hairs and no wing at the outer corner: both read as make-up.

Every vertex rides on one vertex of a lid's margin: groups ``lash_upper_I_left`` and ``lash_lower_I_left`` (and their
mirror images) hold those that ride on vertex I, counted from the inner to the outer corner. A key moves them with that
vertex and turns their offsets from it about the eye's x axis with the lid.
"""

from __future__ import annotations

import numpy as np

from .measures import EYE, Array, Ids
from .mesh import Mesh
from .shaping import smoothstep, spline

MATERIAL = "lash"
UP, ASIDE = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0])
_S = np.array([0.0, 0.15, 0.4, 0.7, 0.9, 1.0])
_THICK = np.array([0.05, 0.6, 1.5, 2.1, 1.5, 0.3])  # how far the wedge stands out
_TALL = np.array([0.05, 0.7, 1.35, 1.5, 1.0, 0.2])  # how far it reaches up the lid
_BELOW = np.array([0.05, 0.06, 0.10, 0.20, 0.22, 0.08])  # of the lower line


def margins(skin: Mesh) -> tuple[Array, Array]:
    """Margins of the left eye's upper and lower lid, [n, 3] each, both from the inner to the outer corner."""
    ring = skin.points()[skin.groups["eye_ring_0_left"]]
    half = len(ring) // 2
    return ring[: half + 1], ring[np.r_[0, len(ring) - 1 : half - 1 : -1]]


def lashes(upper: Array, lower: Array) -> Mesh:
    """Both eyes' lashes for the left eye's lid margins [n, 3], inner to outer corner; material ``lash``."""
    mesh = Mesh()
    _wedge(mesh, upper)
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
    """Where the upper lashes point: forward and up, fanning out a little towards the outer corner."""
    s = np.linspace(0, 1, len(margin))[:, None]
    aim = 0.8 * _outwards(margin) + 0.45 * UP + 0.3 * smoothstep(0.4, 1.0, s) * ASIDE
    unit: Array = aim / np.linalg.norm(aim, axis=1, keepdims=True)
    return unit


def _wedge(mesh: Mesh, margin: Array) -> None:
    """The upper line."""
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


def _line_below(mesh: Mesh, margin: Array) -> None:
    s = np.linspace(0, 1, len(margin))
    out, away, thick = _outwards(margin), -_away(margin), spline(_S, _BELOW, s)[:, None]
    rows = np.array([margin + 1.6 * thick * away, margin + thick * (0.8 * out + 0.3 * away), margin - 0.15 * out])
    ids = mesh.grid(rows, MATERIAL)
    mesh.strip(ids[2], ids[0], MATERIAL)
    for row in ids:
        for i, v in enumerate(row):
            _ride(mesh, "lower", i, [v])
