"""The assembled mesh with everything the keys are computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .brows import brow
from .bust import bust
from .ears import ear
from .eyes import eyeball
from .hair import hair
from .identity import DEFAULT, Identity
from .lashes import lashes, margins
from .look import IRIS_SHARE, skin_colors
from .measures import EYE, EYE_HALF_WIDTH, EYE_RADIUS, MOUTH_HALF_WIDTH, Array, Ids
from .mesh import Mesh
from .mouth_parts import teeth, tongue
from .palette import Palette
from .shaping import smoothstep
from .skin import LIP_STEPS, build_skin

PARTS = ("skin", "eye_left", "eye_right", "teeth_upper", "teeth_lower", "tongue", "brows", "lashes", "ears",
         "hair", "bust")  # fmt: skip
LIP_INSIDE = (0.25, 0.6, 1.0)  # rings behind the contact edge that belong to the lip; how far inside they lie


def assemble(identity: Identity = DEFAULT) -> Mesh:
    """Every part in one mesh; the groups named in ``PARTS`` divide the vertices."""
    skin = build_skin(identity)
    whole = Mesh()
    whole.append(skin, "skin")
    eyes = eyeball(EYE_RADIUS, IRIS_SHARE * EYE_RADIUS * identity.iris, identity.palette)
    eyes.vertices = [(float(x), float(y), float(z)) for x, y, z in eyes.points() + EYE]
    eyes = eyes.mirrored()
    half = len(eyes.vertices) // 2
    first = len(whole.vertices)
    whole.append(eyes, "eyes")
    whole.groups["eye_left"] = list(range(first, first + half))
    whole.groups["eye_right"] = list(range(first + half, first + 2 * half))
    parts = {
        "teeth_upper": teeth(upper=True),
        "teeth_lower": teeth(upper=False),
        "tongue": tongue(),
        "brows": brow(skin, identity),
        "lashes": lashes(*margins(skin)),
        "ears": ear(skin, identity),
        "hair": hair(skin, identity.hairstyle, identity.palette),
        "bust": bust(skin, identity),
    }
    for name, mesh in parts.items():
        whole.append(mesh, name)
    _tint(whole, identity.palette)
    return whole


def _tint(mesh: Mesh, palette: Palette) -> None:
    """Paint skin and ears."""
    points = mesh.points()
    lipness, lidness = np.zeros(len(points)), np.zeros(len(points))
    lips = lip_table(mesh)
    lipness[lips.ids] = np.interp(lips.step, (0.68, 0.88, 1.0), (1.0, 0.82, 0.27))
    for side in ("left", "right"):
        for ring, amount in (("eye_ring_0", 0.9), ("eye_ring_1", 0.35), ("lid_inside", 1.0)):
            lidness[mesh.groups[f"{ring}_{side}"]] = amount
        inside = np.array(mesh.groups[f"lid_inside_{side}"])
        inner = smoothstep(0.6, 0.85, (EYE[0] - np.abs(points[inside, 0])) / EYE_HALF_WIDTH)
        lidness[inside] -= 0.6 * inner  # the caruncle is paler than the rims
    skin = mesh.groups["skin"] + mesh.groups["ears"]
    nose = points[max(mesh.groups["skin"], key=lambda v: points[v, 2])]
    cheek, ear = np.array([42.0, -34.0, 85.0]), np.array([78.0, -10.0, -8.0])
    centres = {"nose_tip": nose, "eye": EYE, "cheek": cheek, "ear": ear}
    mesh.paint(skin, skin_colors(points[skin], centres, lipness[skin], lidness[skin], palette))


@dataclass(frozen=True)
class Lips:
    """All lip vertices, inside and out, both sides of the face, in one table.

    Attributes:
        ids: [n] vertex ids.
        u: signed position across the mouth, -1 right corner .. 1 left corner.
        a: 0 at the corners .. 1 at the midline.
        side: 1 upper, -1 lower, 0 corner.
        step: 0 contact edge .. 1 border of the red; 0 inside.
        inside: 0 on the outside .. 1 on the lip's back.
        centre: [n, 3] middle of the lip's cross-section in that column.
        edge: row of the column's contact vertex on the same lip.
        pair: [n, 2] ids of the contact vertices of the same column, upper and lower.
    """

    ids: Ids
    u: Array
    a: Array
    side: Array
    step: Array
    inside: Array
    centre: Array
    edge: Ids
    pair: Ids


def lip_table(mesh: Mesh) -> Lips:
    """Collect :class:`Lips` from the rings of the skin."""
    points = mesh.points()
    rings = [(f"mouth_ring_{k}", step, 0.0) for k, step in enumerate(LIP_STEPS)]
    rings += [(f"mouth_in_{k}", 0.0, inside) for k, inside in enumerate(LIP_INSIDE)]
    found: dict[int, tuple[float, ...]] = {}
    for side in ("left", "right"):
        contact = mesh.groups[f"mouth_ring_0_{side}"]
        outside = mesh.groups[f"mouth_ring_{len(LIP_STEPS) // 2}_{side}"]
        behind = mesh.groups[f"mouth_in_{len(LIP_INSIDE) - 1}_{side}"]
        n = len(contact)
        corner = (n - 1) // 2
        for name, step, inside in rings:
            for i, v in enumerate(mesh.groups[f"{name}_{side}"]):
                u = points[contact[i], 0] / MOUTH_HALF_WIDTH
                centre = (points[outside[i]] + points[behind[i]]) / 2
                pair = (contact[min(i, n - 1 - i)], contact[max(i, n - 1 - i)])
                found[v] = (u, float(np.sign(corner - i)), step, inside, *centre, contact[i], *pair)
    ids = np.array(sorted(found))
    rows = np.array([found[v] for v in ids])
    u = np.clip(rows[:, 0], -1, 1)
    place = {int(v): i for i, v in enumerate(ids)}
    return Lips(
        ids=ids,
        u=u,
        a=(1 - np.abs(u) ** 3) ** 0.85,  # almost a wedge at the corner: a rounder opening would tear it
        side=rows[:, 1],
        step=rows[:, 2],
        inside=rows[:, 3],
        centre=rows[:, 4:7],
        edge=np.array([place[int(v)] for v in rows[:, 7]]),
        pair=rows[:, 8:10].astype(int),
    )
