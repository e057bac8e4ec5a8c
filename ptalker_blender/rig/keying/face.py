"""A face to be given keys: a triangle mesh, its parts and where its features are.

Landmarks and parts carry the names of :mod:`..head`, for our own heads, FLAME and any other mesh alike; rows run from
the character's right to the left. A face needs ``inner_lip_upper/lower``, ``outer_lip_upper/lower``,
``mouth_corner_left/right``, ``lid_upper/lower_left/right``, ``brow_left/right``, ``chin`` and ``nose_tip``, and the
part ``skin``; the parts ``eye_left/right``, ``teeth_upper/lower`` and ``tongue`` are optional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ...errors import UserError
from ..flame_landmarks import flame_landmarks, flame_regions
from ..head import Head
from .surface import edge_lengths

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

SIDES = ("left", "right")
NEEDED = ("inner_lip_upper", "inner_lip_lower", "outer_lip_upper", "outer_lip_lower", "mouth_corner_left",
          "mouth_corner_right", *(f"lid_{lid}_{side}" for lid in ("upper", "lower") for side in SIDES),
          "brow_left", "brow_right", "chin", "nose_tip")  # fmt: skip
OPTIONAL_PARTS = ("eye_left", "eye_right", "teeth_upper", "teeth_lower", "tongue")
#: Outer end of the right eye's lids to that of the left eye's, metres, on the default head: lengths are told for it.
REFERENCE_WIDTH = 0.0984


@dataclass(frozen=True)
class Face:
    """See the module.

    Attributes:
        vertices: float64 [V, 3], metres; y up, the face looks along +z, x to the character's left.
        triangles: int64 [F, 3], counter-clockwise from outside.
        landmarks: vertex ids by name.
        parts: vertex ids by part; vertices in none of the known parts keep still.
        still: vertex ids of skin that no key may move (scalp, ears).
    """

    vertices: Floats
    triangles: Ids
    landmarks: Mapping[str, Ids]
    parts: Mapping[str, Ids]
    still: Ids = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        missing = [name for name in NEEDED if not len(self.landmarks.get(name, ()))]
        if missing or not len(self.parts.get("skin", ())):
            raise UserError(
                f"the face has no {', '.join(missing or ['skin'])}",
                f"landmarks {', '.join(NEEDED)} and the vertices of the skin",
                "mark the missing features",
            )

    @cached_property
    def unit(self) -> float:
        """Metres of this face for one metre of the reference face."""
        right, left = self.landmarks["lid_upper_right"][0], self.landmarks["lid_upper_left"][-1]
        return float(np.linalg.norm(self.vertices[left] - self.vertices[right]) / REFERENCE_WIDTH)

    @cached_property
    def edges(self) -> csr_matrix:
        """Lengths of all edges, symmetric [V, V]."""
        return edge_lengths(self.vertices, self.triangles)

    def row(self, *names: str) -> Ids:
        """The landmarks ``names`` one after the other."""
        return np.concatenate([np.asarray(self.landmarks[name], np.int64) for name in names])

    def lip(self, which: str) -> Ids:
        """The contact edge of the ``upper`` or ``lower`` lip with both corners, right to left."""
        return self.row("mouth_corner_right", f"inner_lip_{which}", "mouth_corner_left")

    def part(self, name: str) -> Ids:
        """Vertex ids of a part, none where the face has no such part."""
        return np.asarray(self.parts.get(name, ()), np.int64)


def normalised(face: Face) -> Face:
    """The face at the reference face's size, the tip of its nose at the origin: nothing then depends on either."""
    origin = face.vertices[face.landmarks["nose_tip"][0]]
    return replace(face, vertices=(face.vertices - origin) / face.unit)


def face_of_head(head: Head) -> Face:
    """One of our heads as a face."""
    loops, sizes = (np.asarray(a, np.int64) for a in head.polygons)
    return Face(
        np.asarray(head.vertices, np.float64),
        fan(loops, sizes),
        {name: np.asarray(ids, np.int64) for name, ids in head.landmarks.items()},
        {name: np.asarray(ids, np.int64) for name, ids in head.parts.items()},
    )


def flame_face(vertices: NDArray[np.floating[Any]], triangles: NDArray[np.integer[Any]]) -> Face:
    """A mesh in FLAME's own vertex order as a face.

    Args:
        vertices: [5023, 3], metres, y up, facing +z.
        triangles: [9976, 3] in the same order.
    """
    regions = flame_regions()
    parts = {"skin": regions["skin"], "eye_left": regions["eyeball_left"], "eye_right": regions["eyeball_right"]}
    return Face(
        np.asarray(vertices, np.float64),
        np.asarray(triangles, np.int64),
        {name: np.asarray(ids, np.int64) for name, ids in flame_landmarks().items()},
        {name: np.asarray(ids, np.int64) for name, ids in parts.items()},
        still=np.union1d(regions["scalp"], regions["ears"]).astype(np.int64),
    )


def fan(loops: Ids, sizes: Ids) -> Ids:
    """Triangles [F, 3] of polygons given as loop vertices [L] and sizes [P]: a fan from each polygon's first corner."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    count = np.maximum(sizes - 2, 0)
    first = np.repeat(starts, count)
    step = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    return np.stack([loops[first], loops[first + step + 1], loops[first + step + 2]], axis=1)
