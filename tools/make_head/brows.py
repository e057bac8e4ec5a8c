"""The eyebrows: a soft body on the brow ridge and tufts of hair over it, upwards inside, swept outwards at the tail."""

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
_Y = np.array([25.6, 27.6, 30.2, 31.4, 29.4, 25.4])
_HALF = np.array([3.7, 4.3, 4.1, 3.4, 2.3, 0.7])
STATIONS, ACROSS = 17, 5  # of the body
RISE, SUNK = 1.5, 0.6  # of the body's back over the skin, of its edges below it
TUFTS, JOINTS = 14, 5  # hairs' clumps, and stations along each
LIFT = 1.3  # of a clump's middle over the body


def brow_curve(s: Array, identity: Identity = DEFAULT) -> tuple[Array, Array]:
    """The left brow's middle line from its inner end (0) to its outer end (1): x and y, millimetres."""
    return spline(_KNOTS, _X, s), spline(_KNOTS, _Y, s) + identity.brow_height + identity.brow_tilt * s


def brow(skin: Mesh, identity: Identity = DEFAULT) -> Mesh:
    """Both brows on a whole skin, material ``brow``; edges lie below the skin. See :func:`roots` for moving them."""
    plans = [_body(identity), *(_tuft(k, identity) for k in range(TUFTS))]
    points = _on_skin(skin, np.concatenate([plan.reshape(3, -1) for plan in plans], axis=1))
    body, *tufts = (
        part.reshape(*plan.shape[1:], 3)
        for plan, part in zip(plans, np.split(points, np.cumsum([plan[0].size for plan in plans])[:-1]), strict=True)
    )
    mesh = Mesh()
    for row in mesh.grid(body, "brow"):
        mesh.paint(row, np.broadcast_to(identity.palette.brow_dark, (len(row), 3)))
    for tuft in tufts:
        _add_tuft(mesh, tuft, identity.palette)
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
    """Rounded at the inner end, tapered at the outer."""
    end = np.clip(s / 0.16, 0, 1)
    wide: Array = spline(_KNOTS, _HALF, s) * np.sqrt(0.4 + 0.6 * end * (2 - end)) * who.brow_thickness
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
    full = RISE * np.clip(_half_width(s, who) / 3.0, 0.4, 1) * smoothstep(-0.08, 0.1, s)
    rise: Array = -SUNK + (full + SUNK) * np.sqrt(np.maximum(1 - k * k, 0.0))
    return rise


def _tuft(number: int, who: Identity) -> Array:
    """x, y and height over the skin of one clump, [3, 3, JOINTS + 1]: both edges and the ridge between them.

    It runs from the lower half of the body along the hair, its tip a little beyond the upper edge or the tail.
    """
    share = np.array(number / (TUFTS - 1))
    j = np.linspace(0, 1, JOINTS + 1)
    run = 0.1 + 0.13 * smoothstep(0.0, 0.45, share)  # along the brow: little inside, more outside
    climb = 1.66 * (1 - 0.62 * smoothstep(0.15, 0.95, share))
    s = np.clip(-0.01 + 0.83 * share + run * j**1.5, 0, 1)
    k = -0.55 + 0.3 * share + climb * j**0.85
    wide = 1.9 * np.sin(np.pi * (0.16 + 0.84 * j)) ** 0.8 * (1 - 0.4 * share)
    x, y = _beside(s, k, who)
    dx, dy = np.gradient(x), np.gradient(y)
    length = np.hypot(dx, dy)
    ground = np.maximum(_profile(s, np.clip(k, -1, 1), who), 0.0)
    ridge = ground + LIFT * np.sin(np.pi * (0.1 + 0.75 * j)) * (0.7 + 0.3 * np.clip(1 - np.abs(k) ** 4, 0, 1))
    side = np.array([-1.0, 0.0, 1.0])[:, None]
    height = np.where(side == 0, np.maximum(ridge, 0.4), ground - 0.35)
    return np.stack([x - side * wide * dy / length, y + side * wide * dx / length, height])


def _add_tuft(mesh: Mesh, points: Array, palette: Palette) -> None:
    """A clump from points [3, JOINTS + 1, 3]; its three lines meet in the ridge's last point."""
    ids = mesh.grid(points[:, :-1], "brow")
    last = mesh.add(points[1, -1:])[0]
    for a, b in ((0, 1), (1, 2)):
        mesh.face((ids[a][-1], last, ids[b][-1]), "brow")
    dark, light = np.array(palette.brow_dark), np.array(palette.brow_light)
    color = dark + (light - dark) * (0.15 + 0.85 * np.linspace(0, 1, JOINTS + 1)[:-1, None])
    for row in ids:
        mesh.paint(row, color)
    mesh.paint([last], light[None])


def _on_skin(skin: Mesh, plan: Array) -> Array:
    """Points over the skin's front at x and y, so high along its normals: [n, 3] for [3, n]."""
    surface, normal = front_point(skin.points(), outside(skin), plan[0], plan[1])
    lifted: Array = surface + normal * plan[2][:, None]
    return lifted
