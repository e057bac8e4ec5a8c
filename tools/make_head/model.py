"""The assembled mesh with everything the keys are computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .eyes import eyeball
from .look import IRIS_SHARE, skin_colors
from .mesh import Mesh
from .parts import brow, ear, lashes, teeth, tongue
from .skin import LIP_STEPS, build_skin
from .measures import EYE, EYE_RADIUS, MOUTH_HALF_WIDTH, Array, Ids

PARTS = ("skin", "eye_left", "eye_right", "teeth_upper", "teeth_lower", "tongue", "brows", "lashes", "ears")
LIP_INSIDE = ((0, 1.0), (1, 1.0), (2, 0.85), (3, 0.5), (4, 0.2))  # rings behind the contact edge; share of its motion


def assemble() -> Mesh:
    """Every part in one mesh; the groups named in ``PARTS`` divide the vertices."""
    skin = build_skin()
    upper = skin.points()[[skin.groups["eye_ring_0_left"][i] for i in range(_half(skin, "eye_ring_0_left") + 1)]]
    whole = Mesh()
    whole.append(skin, "skin")
    eyes = eyeball(EYE_RADIUS, IRIS_SHARE * EYE_RADIUS)
    eyes.vertices = [(float(x), float(y), float(z)) for x, y, z in eyes.points() + EYE]
    eyes = eyes.mirrored()
    half = len(eyes.vertices) // 2
    first = len(whole.vertices)
    whole.append(eyes, "eyes")
    whole.groups["eye_left"] = list(range(first, first + half))
    whole.groups["eye_right"] = list(range(first + half, first + 2 * half))
    for name, mesh in (("teeth_upper", teeth(upper=True)), ("teeth_lower", teeth(upper=False)), ("tongue", tongue()),
                       ("brows", brow(skin)), ("lashes", lashes(upper)), ("ears", ear())):  # fmt: skip
        whole.append(mesh, name)
    _tint(whole)
    return whole


def _tint(mesh: Mesh) -> None:
    """Paint skin and ears."""
    points = mesh.points()
    lipness, lidness = np.zeros(len(points)), np.zeros(len(points))
    lips = lip_table(mesh)
    lipness[lips.ids] = np.interp(lips.step, (0.6, 0.84, 1.0), (1.0, 0.75, 0.2))
    for side in ("left", "right"):
        for ring, amount in (("eye_ring_0", 0.9), ("eye_ring_1", 0.35), ("lid_inside", 1.0)):
            lidness[mesh.groups[f"{ring}_{side}"]] = amount
    skin = mesh.groups["skin"] + mesh.groups["ears"]
    nose = points[max(mesh.groups["skin"], key=lambda v: points[v, 2])]
    cheek, ear = np.array([42.0, -34.0, 85.0]), np.array([78.0, -10.0, -8.0])
    centres = {"nose_tip": nose, "eye": EYE, "cheek": cheek, "ear": ear}
    mesh.paint(skin, skin_colors(points[skin], centres, lipness[skin], lidness[skin]))


def _half(mesh: Mesh, group: str) -> int:
    return len(mesh.groups[group]) // 2


@dataclass(frozen=True)
class Lips:
    """All lip vertices, inside and out, both sides of the face, in one table.

    Attributes:
        ids: [n] vertex ids.
        u: signed position across the mouth, -1 right corner .. 1 left corner.
        a: 0 at the corners .. 1 at the midline.
        side: 1 upper, -1 lower, 0 corner.
        step: 0 contact edge .. 1 border of the red; 0 inside.
        share: how much of the contact edge's motion it takes (1 outside, less deep inside).
        pair: [n] ids of the contact vertices of the same column, upper and lower: [n, 2].
    """

    ids: Ids
    u: Array
    a: Array
    side: Array
    step: Array
    share: Array
    pair: Ids


def lip_table(mesh: Mesh) -> Lips:
    """Collect :class:`Lips` from the rings of the skin."""
    contact = {side: mesh.groups[f"mouth_ring_0_{side}"] for side in ("left", "right")}
    points = mesh.points()
    found: dict[int, tuple[float, float, float, float, int, int]] = {}
    rings = [(f"mouth_ring_{k}", LIP_STEPS[k], 1.0) for k in range(len(LIP_STEPS))]
    rings += [(f"mouth_in_{k}", 0.0, share) for k, share in LIP_INSIDE]
    for name, step, share in rings:
        for side in ("left", "right"):
            ring, n = mesh.groups[f"{name}_{side}"], len(contact[side])
            corner = (n - 1) // 2
            for i, v in enumerate(ring):
                up, low = contact[side][min(i, n - 1 - i)], contact[side][max(i, n - 1 - i)]
                u = points[up, 0] / MOUTH_HALF_WIDTH
                found[v] = (u, float(np.sign(corner - i)), step, share, up, low)
    ids = np.array(sorted(found))
    rows = [found[v] for v in ids]
    u = np.clip(np.array([r[0] for r in rows]), -1, 1)
    return Lips(
        ids=ids,
        u=u,
        a=np.sqrt(np.maximum(1 - u * u, 0.0)),
        side=np.array([r[1] for r in rows]),
        step=np.array([r[2] for r in rows]),
        share=np.array([r[3] for r in rows]),
        pair=np.array([r[4:6] for r in rows], int),
    )
