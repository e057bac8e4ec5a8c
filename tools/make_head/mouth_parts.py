"""Teeth, gums and tongue. Each function returns a mirrored mesh."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .measures import Array
from .mesh import Mesh
from .shaping import spline

UPPER_TEETH = ((8.6, 9.5), (6.8, 8.2), (7.4, 9.2), (6.8, 7.6), (6.6, 7.2), (9.0, 6.6))  # width, height from the midline
LOWER_TEETH = ((5.4, 7.8), (5.8, 8.0), (6.6, 8.6), (6.8, 7.4), (6.8, 7.0), (9.4, 6.6))
UPPER_EDGE, LOWER_EDGE = -67.0, -66.6  # heights of the biting edges
TONGUE_BACK, TONGUE_TIP = 32.0, 82.0
ARCH_DEPTH = 25.0  # of half an ellipse: a flat arch fills a broad smile to its corners, a deep one leaves black there


def _arch(at: Array, depth: float, width: float) -> tuple[Array, Array, Array]:
    """Point (x, z) and direction angle of the dental arch at distance ``at`` from the midline."""
    table = np.linspace(0, 1.5, 200)
    x, z = width * np.sin(table), depth - ARCH_DEPTH * (1 - np.cos(table))
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    phi = np.interp(at, length, table)
    turn = np.arctan2(ARCH_DEPTH * np.sin(phi), width * np.cos(phi))
    return width * np.sin(phi), depth - ARCH_DEPTH * (1 - np.cos(phi)), turn


def teeth(upper: bool) -> Mesh:
    """One row of teeth with its gum, mirrored. Every tooth is a tapering rounded block."""
    mesh = Mesh()
    sign, edge = (1.0, UPPER_EDGE) if upper else (-1.0, LOWER_EDGE)
    depth, width = (93.2, 22.6) if upper else (89.7, 21.6)
    forward = 0.22 if upper else -0.2  # how far the edge leans out to the lips, where the light reaches it
    at = 0.0
    psi = np.arange(10) / 10 * 2 * np.pi
    for w, h in UPPER_TEETH if upper else LOWER_TEETH:
        cx, cz, turn = (float(v) for v in _arch(np.array(at + w / 2), depth, width))
        at += w
        level = np.array([0.0, 0.04, 0.2, 0.5, 0.8, 1.0])
        # width and thickness shrink to a bevelled edge and to the root
        wide = np.array([0.80, 0.93, 1.0, 0.99, 0.92, 0.82]) * w / 2
        thick = np.array([0.25, 0.45, 0.62, 0.85, 1.0, 1.0]) * 3.2
        c, s = np.cos(psi), np.sin(psi)
        a = wide[:, None] * np.sign(c) * np.abs(c) ** 0.55
        b = thick[:, None] * np.sign(s) * np.abs(s) ** 0.6 + forward * (3.2 - thick[:, None])
        x = cx + a * np.cos(turn) + b * np.sin(turn)
        z = cz - 3.2 - a * np.sin(turn) + b * np.cos(turn)
        y = np.broadcast_to((edge + sign * level * h)[:, None], x.shape)
        rows = [mesh.add(np.stack([x[k], y[k], z[k]], 1)) for k in range(len(level))]
        for low, high in pairwise(rows):
            pair = (high, low) if upper else (low, high)
            mesh.strip(*pair, "teeth", closed=True)
        mesh.face(tuple(rows[0][::-1]) if not upper else tuple(rows[0]), "teeth")
    _gum(mesh, sign, edge, depth, width, at)
    whole = mesh.mirrored()
    return whole


def _gum(mesh: Mesh, sign: float, edge: float, depth: float, width: float, length: float) -> None:
    """A soft ridge over the roots; scalloped a little between the teeth by their own shape."""
    at = np.linspace(0, length + 2, 22)
    x, z, turn = _arch(at, depth, width)
    psi = np.linspace(-0.35 * np.pi, 1.35 * np.pi, 9)
    top = edge + sign * (11.5 - 0.06 * at)
    back, radius, tall = 4.6, 3.0, 4.5  # deep enough for lips that roll in
    out = radius * np.cos(psi - np.pi / 2 + np.pi / 2)
    up = tall * np.sin(psi)
    px = x + out[:, None] * np.sin(turn) * 1.0 - back * np.sin(turn)
    pz = z + out[:, None] * np.cos(turn) - back * np.cos(turn)
    py = top + sign * up[:, None] - sign * 0.5
    px[:, 0] = 0.0
    points = np.stack([px, py, pz], axis=-1)
    mesh.grid(points if sign > 0 else points[::-1], "gums")


def tongue() -> Mesh:
    """The tongue: a flattened body from the throat to a round tip, a shallow groove along its top."""
    mesh = Mesh()
    s = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.78, 0.86, 0.92, 0.96, 0.985])
    z = TONGUE_BACK + (TONGUE_TIP - TONGUE_BACK) * s
    y = spline(np.array([0.0, 0.3, 0.6, 0.85, 1.0]), np.array([-80.0, -71.5, -68.0, -67.2, -66.3]), s)
    taper = np.sqrt(np.clip(1 - ((s - 0.45) / 0.55).clip(0) ** 3, 0, 1))
    wide, tall = 14.0 * taper, np.array([9.0, 8.5, 8, 7.5, 7, 6.4, 5.7, 5.0, 4.3, 3.7, 3.2, 2.6, 1.8])
    psi = np.linspace(np.pi / 2, -np.pi / 2, 11)
    x = wide[:, None] * np.cos(psi) ** 0.8
    groove = 1.2 * np.exp(-((x / 3.0) ** 2)) * (np.sin(psi) > 0.2) * taper[:, None]
    py = y[:, None] + tall[:, None] * np.sin(psi) - groove
    x[:, 0] = x[:, -1] = 0.0
    points = np.stack([x, py, np.broadcast_to(z[:, None], x.shape)], -1)
    rows = mesh.grid(points[:, ::-1], "tongue")
    tip = mesh.add(np.array([[0.0, y[-1] - 0.3, TONGUE_TIP]]))[0]
    for a, b in pairwise(rows[-1]):
        mesh.face((a, b, tip), "tongue")
    return mesh.mirrored()
