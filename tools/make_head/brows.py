"""The eyebrows: clean solid shapes on the brow ridge, blunt at both ends, with strands of hair painted on."""

from __future__ import annotations

import numpy as np

from .identity import DEFAULT, Identity
from .measures import Array
from .mesh import Mesh
from .palette import Palette
from .query import Anchors, anchor, front_point, outside
from .shaping import smoothstep, spline

# Middle line from the inner to the outer end, and its half width, in millimetres.
_KNOTS = np.array([0.0, 0.2, 0.45, 0.68, 0.86, 1.0])
_X = np.array([13.0, 20.0, 30.5, 41.0, 48.5, 54.5])
_Y = np.array([26.2, 27.6, 29.3, 30.1, 29.0, 26.8])
_HALF = np.array([3.6, 4.1, 4.0, 3.6, 3.0, 2.2])
STATIONS, ACROSS = 29, 7
RISE, SUNK = 1.5, 0.6  # of the back over the skin, of the edges below it


def brow_curve(s: Array, identity: Identity = DEFAULT) -> tuple[Array, Array]:
    """The left brow's middle line from its inner end (0) to its outer end (1): x and y, millimetres."""
    return spline(_KNOTS, _X, s), spline(_KNOTS, _Y, s) + identity.brow_height + identity.brow_tilt * s


def brow(skin: Mesh, identity: Identity = DEFAULT) -> Mesh:
    """Both brows on a whole skin, material ``brow``; edges lie below the skin. See :func:`roots` for moving them."""
    plan = _body(identity)
    points = _on_skin(skin, plan.reshape(3, -1)).reshape(*plan.shape[1:], 3)
    mesh = Mesh()
    for row, color in zip(mesh.grid(points, "brow"), _strands(identity.palette), strict=True):
        mesh.paint(row, color)
    return mesh.mirrored()


def roots(skin: Mesh, brows: Array) -> Anchors:
    """Where the brows' vertices [B, 3] sit on the skin; ``roots(...).of(d)`` is what a key ``d`` [V, 3] does there."""
    return anchor(skin, brows)


def _body(who: Identity) -> Array:
    """x, y and height over the skin of the body: [3, ACROSS, STATIONS]."""
    s = np.linspace(0, 1, STATIONS)[None, :]
    k = np.sin(np.pi / 2 * np.linspace(-1, 1, ACROSS))[:, None]  # denser at the edges
    return np.stack([*_beside(s, k, who), _profile(s, k, who)])


def _half_width(s: Array, who: Identity) -> Array:
    """Rounded at both ends."""
    inner, outer = np.clip(s / 0.14, 0, 1), np.clip((1 - s) / 0.10, 0, 1)
    round_off = np.sqrt(0.3 + 0.7 * inner * (2 - inner)) * np.sqrt(0.12 + 0.88 * outer * (2 - outer))
    wide: Array = spline(_KNOTS, _HALF, s) * round_off * who.brow_thickness
    return wide


def _beside(s: Array, k: Array, who: Identity) -> tuple[Array, Array]:
    """Points at ``s`` along the brow and ``k`` across it (-1 lower edge, 1 upper edge)."""
    e = 1e-3
    x, y = brow_curve(s, who)
    ahead, behind = brow_curve(np.minimum(s + e, 1), who), brow_curve(np.maximum(s - e, 0), who)
    dx, dy = ahead[0] - behind[0], ahead[1] - behind[1]
    length = np.hypot(dx, dy)
    wide = _half_width(s, who) * k
    return x - dy / length * wide, y + dx / length * wide


def _profile(s: Array, k: Array, who: Identity) -> Array:
    """Height of the body over the skin."""
    full = RISE * np.clip(_half_width(s, who) / 3.0, 0.4, 1) * smoothstep(-0.08, 0.1, s) * smoothstep(1.06, 0.9, s)
    rise: Array = -SUNK + (full + SUNK) * np.sqrt(np.maximum(1 - k * k, 0.0))
    return rise


def _strands(palette: Palette) -> Array:
    """Colours [ACROSS, STATIONS, 3]: lighter above and outside, with strands that lean outwards."""
    s, k = np.linspace(0, 1, STATIONS)[None, :], np.linspace(-1, 1, ACROSS)[:, None]
    strand = 0.5 + 0.5 * np.sin(2 * np.pi * (9 * s - (0.5 + 0.4 * s) * k))
    light = np.clip(0.25 + 0.25 * k + 0.2 * s + 0.35 * (strand - 0.5), 0.0, 1.0)[..., None]
    dark = np.array(palette.brow_dark)
    color: Array = dark + (np.array(palette.brow_light) - dark) * light
    return color


def _on_skin(skin: Mesh, plan: Array) -> Array:
    """Points over the skin's front at x and y, so high along its normals: [n, 3] for [3, n]."""
    surface, normal = front_point(skin.points(), outside(skin), plan[0], plan[1])
    lifted: Array = surface + normal * plan[2][:, None]
    return lifted
