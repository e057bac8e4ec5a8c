"""Where a face stands: from the axes and units of its file to those in which keys are made, and back.

Keys are made in the space of our default head: metres, y up, facing +z, x to the character's left. A face's landmarks
are known by vertex number, so the similarity that lays them on our head's (:func:`.keying.registration.rows`) tells
axes, unit and place of any mesh, and a mirrored one from a face as it was. Everything that is made in that space and
carried back is therefore the same however the mesh was turned, moved or scaled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .keying.face import Face
from .keying.registration import rows
from .keying.warp import similarity

Floats = NDArray[np.float64]

MISFIT = 0.35  # of our landmarks' spread; FLAME's identities at two standard deviations miss by 0.13 to 0.18
_MIRROR = np.diag([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class CanonicalFrame:
    """canonical = scale * own @ rotation.T + shift.

    Attributes:
        scale: metres of our default head for one unit of the face's own space.
        rotation: [3, 3] orthogonal; its determinant is -1 for a mirrored face.
        shift: [3] metres.
    """

    scale: float
    rotation: Floats
    shift: Floats

    @property
    def mirrored(self) -> bool:
        """Whether the face is the mirror image of one: FLAME's left is on its right."""
        return bool(np.linalg.det(self.rotation) < 0)

    def points(self, own: NDArray[np.floating[Any]]) -> Floats:
        """Canonical places [..., 3] of the face's own ones."""
        return np.asarray(self.scale * own @ self.rotation.T + self.shift, np.float64)

    def own_points(self, canonical: NDArray[np.floating[Any]]) -> Floats:
        """The face's own places [..., 3] of canonical ones."""
        return np.asarray((canonical - self.shift) @ self.rotation / self.scale, np.float64)

    def own_deltas(self, canonical: NDArray[np.floating[Any]]) -> Floats:
        """Displacements [..., 3] in the face's own axes and units."""
        return np.asarray(canonical @ self.rotation / self.scale, np.float64)

    @property
    def axes(self) -> Floats:
        """The face's left, up and front in its own axes, rows [3, 3], right-handed also where it is mirrored."""
        left, up, front = self.rotation
        return np.stack([-left if self.mirrored else left, up, front])

    @property
    def unit(self) -> float:
        """Metres of one unit of the own space, as a power of ten: 0.01 for centimetres, 0.001 for millimetres."""
        return float(10.0 ** round(np.log10(self.scale)))

    @property
    def upright(self) -> Floats:
        """The turn by right angles [3, 3], determinant 1, that brings own axes nearest to y up, facing +z."""
        turned = self.axes
        best = max(_right_angles(), key=lambda turn: float(np.sum(turn * turned)))
        return np.asarray(best, np.float64)


def canonical_frame(known: Face, face: Face) -> CanonicalFrame:
    """How ``face`` must be turned, scaled and moved, perhaps mirrored, to stand as ``known`` does.

    Raises:
        UserError: the landmarks are not laid out as a face's.
    """
    here, there = rows(face), rows(known)
    if not np.isfinite(here).all():
        raise UserError("the mesh has vertices that are no numbers", "a face", "restore the mesh")
    if _rms(here - here.mean(axis=0)) <= 0:
        raise UserError("the face's vertices all lie on one spot", "a face", "restore the mesh")
    candidates = [_laid(here, there, mirror) for mirror in (np.eye(3), _MIRROR)]
    best = min(candidates, key=lambda frame: _rms(frame.points(here) - there))
    error = _rms(best.points(here) - there) / _rms(there - there.mean(axis=0))
    if best.scale <= 0 or error > MISFIT:
        raise UserError(
            f"the mesh has a face's connectivity but not its shape (eyes, nose and mouth miss ours by {error:.0%} of "
            "their spread)",
            "the vertices where a face has them",
            "reset the shape of the mesh, or choose another",
        )
    return best


def _laid(here: Floats, there: Floats, mirror: Floats) -> CanonicalFrame:
    scale, rotation, shift = similarity(here @ mirror, there)
    return CanonicalFrame(scale, rotation @ mirror, shift)


def _rms(vectors: Floats) -> float:
    return float(np.sqrt((vectors**2).sum(axis=1).mean()))


def _right_angles() -> list[Floats]:
    """The 24 rotations that permute the axes."""
    found = []
    for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        for signs in np.ndindex(2, 2, 2):
            matrix = np.zeros((3, 3))
            matrix[[0, 1, 2], order] = 1.0 - 2.0 * np.array(signs)
            if np.linalg.det(matrix) > 0:
                found.append(matrix)
    return found
