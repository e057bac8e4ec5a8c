"""The ears: a small control cage each, whose rings run from below the skin over back, rim and fold to the bowl.

Fifteen columns run round the bowl's middle: from the tragus in front over the top to the back, the lobe and the notch
below the tragus. Numbers are millimetres in the ear's own plane: u backwards, v up, h away from the head.
"""

from __future__ import annotations

import numpy as np

from .identity import DEFAULT, Identity
from .measures import Array
from .mesh import Mesh
from .proportions import warped
from .query import nearest
from .subdivide import Faces, limit_matrix, subdivide

STAND, TILT = np.radians(20.0), np.radians(12.0)  # off the head, and backwards
PLACE = np.array([74.0, -8.5, -1.5])  # of the ear's own origin on the left of the head
SUNK = 2.5  # how deep the border lies below the skin
FLAT, BOWL = 0.1, 1.0  # heights over the skin of the front edge's second ring and, at least, of the bowl's floor
FIT = 0.6  # share of what subdivision takes from the cage's points that is given back to them

# The outermost line of the ear and its fold, one (u, v, h) per column; the lobe is columns 10 to 13.
RIM = np.array([
    (-14.0, -3.0, 0.2), (-13.8, 6.5, 0.6), (-12.6, 15.0, 1.4), (-8.0, 23.0, 1.8), (-0.3, 27.6, 1.5), (8.6, 27.0, 1.0),
    (15.4, 21.6, 0.6), (18.2, 13.0, 0.4), (17.4, 3.5, 0.2), (14.2, -5.5, 0.0), (10.8, -13.8, -0.2), (7.6, -22.6, -0.2),
    (-0.6, -28.6, -0.4), (-9.4, -25.6, -0.4), (-13.0, -14.5, -0.2),
])  # fmt: skip
# The crest inside the rim: tragus, notch, foot of the rim, fold, the small bump above the lobe, lower notch.
FOLD = np.array([
    (-4.8, -3.4, 5.8), (-9.4, 4.6, 1.0), (-7.4, 10.6, 0.8), (-3.4, 14.6, 2.4), (2.2, 16.6, 3.2), (6.8, 14.6, 4.2),
    (9.0, 9.8, 5.0), (9.4, 4.0, 5.2), (8.6, -2.2, 5.2), (6.8, -7.6, 5.0), (4.4, -11.6, 5.0), (1.2, -13.2, 5.2),
    (-2.4, -13.6, 3.6), (-6.0, -12.4, -0.4), (-7.2, -8.6, 2.6),
])  # fmt: skip
FLOOR = np.array([
    (-7.4, -3.4, -5.5), (-7.0, 1.6, -5.5), (-5.4, 6.2, -5.0), (-2.4, 9.6, -4.6), (1.6, 11.0, -4.2), (4.8, 9.6, -4.0),
    (6.4, 6.2, -4.0), (6.6, 1.8, -4.2), (5.8, -2.6, -4.6), (4.2, -6.2, -5.2), (2.0, -8.8, -5.6), (-0.6, -10.0, -5.8),
    (-3.2, -10.0, -5.8), (-5.6, -9.0, -5.4), (-7.0, -6.6, -5.4),
])  # fmt: skip
MIDDLE = np.array([-1.2, -1.6, -8.5])
# Per column: 1 where the ear stands off the head with a rolled rim, 0 where its front runs into the cheek.
FREE = np.array([0.0, 0.12, 0.5, 0.88, 1, 1, 1, 1, 1, 1, 1, 1, 0.95, 0.6, 0.15])
ROLL = np.array([0.3, 0.6, 0.9, 1.0, 1.1, 1.1, 1.05, 1.0, 0.95, 0.85, 0.65, 0.3, 0.2, 0.2, 0.2])
#: Rings derived from the rim where it is free: (inwards, h) in units of the roll.
BACK, CREST, LIP = (2.2, -3.6), (1.9, 3.4), (4.6, 2.4)


def ear(skin: Mesh, identity: Identity = DEFAULT) -> Mesh:
    """Both ears on a whole skin, material ``skin``: borders below its surface, the front edge almost tangent to it."""
    control, faces = _cage()
    control = _on_head(skin, _placed(control, identity))
    level = subdivide(len(control), faces)
    limit = limit_matrix(level.matrix.shape[0], level.faces) @ level.matrix
    inner = slice(len(RIM), None)
    control[inner] += FIT * (control - (limit @ control)[: len(control)])[inner]
    mesh = Mesh()
    mesh.add(limit @ control)
    for ids in level.faces:
        mesh.face(ids, "skin")
    return mesh.mirrored()


def _on_head(skin: Mesh, points: Array) -> Array:
    """The placed cage with its border below the skin, its front on the skin, and its bowl above it."""
    n = len(RIM)
    surface, normal = nearest(skin, points)
    out = points.copy()
    depth = SUNK * (0.5 + 0.5 * FREE)[:, None]
    out[:n] = surface[:n] - depth * normal[:n]
    second, joined = slice(n, 2 * n), np.sqrt(1 - FREE)[:, None]
    out[second] += joined * (surface[second] + FLAT * normal[second] - points[second])
    bowl = slice(7 * n, None)
    above = ((points - surface) * normal).sum(axis=1, keepdims=True)[bowl]
    out[bowl] = surface[bowl] + np.maximum(above, BOWL) * normal[bowl]
    return out


def _cage() -> tuple[Array, Faces]:
    """Control points [8 * 15 + 1, 3] in the ear's own plane, border first and the bowl's middle last, and polygons."""
    n = len(RIM)
    inwards = _inwards(RIM[:, :2])
    rings = [
        _ring(inwards, 6.5 * FREE - 8.0 * (1 - FREE), -7.0 * FREE),
        _ring(inwards, BACK[0] * FREE - 4.5 * (1 - FREE), BACK[1] * FREE),
        RIM,
        _ring(inwards, CREST[0] * (0.5 + 0.5 * ROLL), CREST[1] * ROLL),
        _ring(inwards, LIP[0] * (0.5 + 0.5 * ROLL), LIP[1] * ROLL + 0.9 * (1 - ROLL)),
        _valley(),
        FOLD,
        FLOOR,
    ]
    points = np.concatenate([*rings, MIDDLE[None]])
    faces: Faces = []
    for k in range(len(rings) - 1):
        for i in range(n):
            j = (i + 1) % n
            faces.append((k * n + i, k * n + j, (k + 1) * n + j, (k + 1) * n + i))
    last = (len(rings) - 1) * n
    faces += [(last + i, last + (i + 1) % n, len(points) - 1) for i in range(n)]
    return points, [ids[::-1] for ids in faces]


def _inwards(outline: Array) -> Array:
    """Unit normals [n, 2] of the closed outline, towards its inside."""
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    across = np.stack([along[:, 1], -along[:, 0]], 1)
    across *= np.sign(((outline.mean(axis=0) - outline) * across).sum(axis=1, keepdims=True))
    unit: Array = across / np.linalg.norm(across, axis=1, keepdims=True)
    return unit


def _ring(inwards: Array, distance: Array, h: Array) -> Array:
    return np.column_stack([RIM[:, :2] + inwards * distance[:, None], RIM[:, 2] + h])


def _valley() -> Array:
    """The groove between rim and fold; none at the lobe and in front, where one runs into the other."""
    deep = np.array([0.0, 0.3, 1, 1, 1, 1, 1, 1, 1, 0.9, 0.5, 0.2, 0, 0, 0])
    share = 0.45 + 0.1 * deep
    middle: Array = RIM + (FOLD - RIM) * share[:, None]
    flat = 0.5 * (RIM[:, 2] + FOLD[:, 2]) + 0.4
    middle[:, 2] = flat + (-1.6 - flat) * deep
    return middle


def _placed(points: Array, who: Identity) -> Array:
    """From the ear's own plane to the left side of the head."""
    u, v, h = points.T
    back, up = u * np.cos(TILT) + v * np.sin(TILT), v * np.cos(TILT) - u * np.sin(TILT)
    ahead = back + 13.0  # the plane turns about its front edge
    stand = STAND + np.radians(who.ear_stand)
    x = h * np.cos(stand) + ahead * np.sin(stand)
    z = h * np.sin(stand) - ahead * np.cos(stand) + 13.0
    placed: Array = warped(who, PLACE) + who.ear_size * np.stack([x, up, z], axis=1)
    return placed
