"""The shoulders in a crew-neck jumper: a ribbed collar round the neck, a soft shoulder line, cut cleanly below.

No key moves it. The body's cage is half a bust, rows from the collar to the hem and columns from the midline in front
to the midline behind, subdivided once; the collar is a ring of ribs of its own.
"""

from __future__ import annotations

import numpy as np

from .identity import DEFAULT, Identity
from .measures import Array
from .mesh import Mesh
from .palette import Tint
from .query import nearest
from .shaping import smoothstep
from .subdivide import Faces, limit_matrix, subdivide

MATERIAL = "cloth"
HEM = -272.0  # height of the cut
FIT = 0.7
ARM = 0.13  # depth of the furrows that part arms from chest and back, as a share of the way to the middle
# Rows from under the collar to the hem: front (y, z), side (x, y, z), back (y, z) and how square the row is.
ROWS = (
    ((-173, 34), (43, -164, -20), (-157, -66), 1.0),
    ((-186, 44), (60, -176, -21), (-166, -80), 1.0),
    ((-201, 51), (90, -186, -23), (-180, -91), 0.92),
    ((-218, 58), (121, -196, -24), (-200, -99), 0.8),
    ((-237, 63), (142, -215, -24), (-224, -103), 0.7),
    ((-257, 66), (150.5, -244, -24), (-250, -105), 0.66),
    ((HEM, 67), (152.5, HEM, -24), (HEM, -105), 0.66),
    ((HEM, 59), (144.0, HEM, -24), (HEM, -97), 0.66),
)
COLUMNS = np.radians([0.0, 22, 43, 62, 79, 96, 115, 136, 158, 180])
# The collar: its ring runs along the neck, wider and lower in front; a section rolls from inside out and down.
RIBS = 32  # on the half
RING_FRONT, RING_SIDE, RING_BACK = (-171.0, 28.0), (40.5, -159.0, -19.0), (-152.5, -62.5)
SECTION = np.radians([200.0, 125, 70, 5, -80])  # 0 outwards, 90 up
THICK, TALL = 5.5, 8.5  # half axes of the roll
DEEP = 0.9  # of the grooves between ribs
CLEAR = 0.8  # of the collar's inner side from the neck


def bust(skin: Mesh, identity: Identity = DEFAULT) -> Mesh:
    """Shoulders and collar, both sides, coloured, material ``cloth``; the skin says where the neck is."""
    half = Mesh()
    _body(half, identity)
    _collar(half, skin, identity)
    return half.mirrored()


def _body(mesh: Mesh, identity: Identity) -> None:
    whole = Mesh()
    rows = _with_arms(np.array([_oval(COLUMNS, *row) for row in ROWS[::-1]]))
    rows[..., 0] *= 1 + (identity.shoulders - 1) * smoothstep(-165, -200, rows[..., 1])
    whole.grid(rows, MATERIAL)
    n_half = len(whole.faces)
    whole = whole.mirrored()
    control, faces = whole.points(), list(whole.faces)
    level = subdivide(len(control), faces)
    limit = limit_matrix(level.matrix.shape[0], level.faces) @ level.matrix
    control += FIT * (control - (limit @ control)[: len(control)])
    _add_half(mesh, limit @ control, level.faces[: 4 * n_half], identity.palette.cloth)


def _with_arms(rows: Array) -> Array:
    """Press a furrow between chest and arm, and one behind, into rows [R, columns, 3]."""
    low = smoothstep(-205, -255, rows[..., 1])
    furrow = np.exp(-(((COLUMNS - np.radians(43)) / 0.2) ** 2)) + np.exp(-(((COLUMNS - np.radians(136)) / 0.2) ** 2))
    out = rows.copy()
    middle = np.array([70.0, 0.0, -20.0])
    out[..., [0, 2]] += (ARM * low * furrow)[..., None] * (middle - rows)[..., [0, 2]]
    out[:, [0, -1], 0] = 0.0
    return out


def _add_half(mesh: Mesh, points: Array, faces: Faces, color: Tint) -> None:
    """The half that ``faces`` use, with the midline at x = 0 exactly."""
    used = np.unique(np.array(faces))
    new = np.full(len(points), -1)
    new[used] = np.arange(len(used))
    kept = points[used]
    kept[np.abs(kept[:, 0]) < 1e-6, 0] = 0.0
    mesh.add(kept, np.broadcast_to(color, kept.shape))
    for ids in faces:
        mesh.face(tuple(int(new[v]) for v in ids), MATERIAL)


def _oval(
    angle: Array,
    front: tuple[float, float],
    side: tuple[float, float, float],
    back: tuple[float, float],
    power: float = 1.0,
) -> Array:
    """Points [columns, 3] from the midline in front to the one behind: two quarters of superellipses."""
    (yf, zf), (w, ys, zs), (yb, zb) = front, side, back
    s, c = np.sin(angle), np.cos(angle)
    ahead = c >= 0
    across, deep = np.abs(s) ** power, np.abs(c) ** power
    x = w * across
    x[np.abs(x) < 1e-9] = 0.0
    y = np.where(ahead, ys + (yf - ys) * c**2, ys + (yb - ys) * c**2)
    z = np.where(ahead, zs + (zf - zs) * deep, zs + (zb - zs) * deep)
    return np.stack([x, y, z], axis=1)


def _collar(mesh: Mesh, skin: Mesh, identity: Identity) -> None:
    """Ridges and grooves alternate round the ring; ridges fade on the side towards the neck."""
    turn = np.linspace(0, np.pi, RIBS + 1)
    ring = _clear_of(skin, _oval(turn, RING_FRONT, RING_SIDE, RING_BACK))
    along = np.gradient(ring, axis=0)
    along[0, 1:] = along[-1, 1:] = 0.0
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    away = np.cross(along, [0.0, 1.0, 0.0])
    away *= np.sign((away * (ring - [0.0, 0.0, -20.0])).sum(axis=1, keepdims=True))
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    up = np.cross(away, along)
    up *= np.sign(up[:, 1:2])
    groove = (np.arange(RIBS + 1) % 2).astype(float)
    rows = []
    for angle in SECTION:
        outside = float(smoothstep(190, 100, np.degrees(np.array(angle))))
        size = 1 - DEEP * outside * groove / THICK
        rows.append(ring + away * (THICK * np.cos(angle) * size)[:, None] + up * (TALL * np.sin(angle) * size)[:, None])
        rows[-1][[0, -1], 0] = 0.0
    rib, deep = np.array(identity.palette.rib), np.array(identity.palette.groove)
    color = rib + (deep - rib) * groove[:, None]
    for row in mesh.grid(np.array(rows)[::-1], MATERIAL):
        mesh.paint(row, color)


def _clear_of(skin: Mesh, ring: Array) -> Array:
    """The middle of the roll moved sideways until its inner side just clears the neck."""
    surface, normal = nearest(skin, ring)
    distance = ((ring - surface) * normal).sum(axis=1)
    level = normal * np.array([1.0, 0.0, 1.0])
    out: Array = ring + level * (THICK + CLEAR - distance)[:, None]
    out[[0, -1], 0] = 0.0
    return out
