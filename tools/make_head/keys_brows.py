"""Keys of the brows. Displacements in millimetres at weight 1.

What moves is the skin under the hair of the brows: it slides over the bone where it rises, and comes bodily forward
where it is drawn down over the eye. A thin plate carries that up to the hairline and down to the fold of the lids; the
lids' margins rest. The brows' own vertices ride on the skin they lie on, whatever their mesh.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from .fields import Extension, extension, mirror, symmetric
from .measures import EYE, Array, Ids
from .mesh import Mesh
from .query import Anchors, anchor, nearest
from .shaping import smoothstep

HAIRLINE = 75.0
REACH = 42.0  # of the skin that follows a brow
ACROSS = 7.5  # how far beyond the midline one side's muscles draw the skin
FOLD_RING = 6  # of the rings round an eye, from which outwards the skin follows the brow
TEMPLE = 24.0  # depth behind which nothing moves
RISE = 8.0  # of inner and of outer end
FROWN = np.array([-3.0, -6.0, 1.2])  # of the inner end: inwards, down, forward over the lid
BULGE = 1.4  # of the skin that is heaped up between the brows, beyond that


class BrowKeys:
    """The left brow's skin: handles under the hair, a plate round them.

    Attributes:
        handles: [H] skin vertices under the left brow.
        place: [H] 0 at the brow's inner end .. 1 at its outer end.
    """

    def __init__(self, mesh: Mesh) -> None:
        self.mesh, self.p = mesh, mesh.points()
        brows = np.array(mesh.groups["brows"])
        self.brows: Ids = brows[self.p[brows, 0] > 0]
        self.seat: Anchors = anchor(mesh, self.p[self.brows])
        self.handles: Ids = np.unique(self.seat.ids)
        x = self.p[self.handles, 0]
        self.place = (x - x.min()) / np.ptp(x)
        self.plate: Extension = extension(mesh, self.handles, self._free())

    def _free(self) -> Ids:
        """Skin of forehead and orbit that a left brow may draw along."""
        mesh, p = self.mesh, self.p
        x, y, z = p.T
        skin = np.zeros(len(p), bool)
        skin[mesh.groups["skin"]] = True
        skin[[v for ids, name in zip(mesh.faces, mesh.materials, strict=True) if name == "lid_rim" for v in ids]] = (
            False
        )
        for side in ("left", "right"):
            skin[mesh.groups[f"lid_inside_{side}"]] = False
            for k in range(FOLD_RING):
                skin[mesh.groups[f"eye_ring_{k}_{side}"]] = False
        near = cKDTree(p[self.brows]).query(p)[0] < REACH
        above = y > EYE[1] + 1.0
        return np.flatnonzero(skin & near & above & (y < HAIRLINE) & (z > TEMPLE) & (x > -ACROSS))

    def move(self, handles: Array, slide: float) -> Array:
        """A key [V, 3] from displacements [H, 3] of the skin under the brow.

        Args:
            handles: of the skin under the brow.
            slide: how far they are held to the skin's own surface at rest, 0 .. 1.
        """
        target = self.p[self.handles] + handles
        held = nearest(self.mesh, target)[0] - target
        deltas = self.plate(len(self.p), handles + slide * held)
        deltas[self.brows] = self.seat.of(deltas)
        return deltas


def brow_keys(mesh: Mesh) -> dict[str, Array]:
    """browDownLeft, browOuterUpLeft and browInnerUp, [V, 3] each."""
    brow = BrowKeys(mesh)
    s = brow.place
    inner, outer = smoothstep(0.85, 0.05, s), smoothstep(-0.1, 0.9, s)
    up = np.array([0.0, 1.0, 0.0])
    lift = brow.move(inner[:, None] * RISE * up + inner[:, None] * np.array([-0.8, 0.0, 0.0]), slide=1.0)
    frown = (0.4 + 0.6 * smoothstep(0.9, 0.1, s))[:, None] * FROWN
    frown[:, 2] += BULGE * smoothstep(0.3, 0.0, s)
    return {
        "browInnerUp": symmetric(mesh, lift + mirror(mesh, lift)),
        "browDownLeft": brow.move(frown, slide=0.0),
        "browOuterUpLeft": brow.move(outer[:, None] * RISE * up, slide=1.0),
    }
