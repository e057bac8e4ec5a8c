"""Face keys for a mesh of FLAME's topology as it is found: any order of vertices, axes, units and identity.

The mesh is recognised (:mod:`.topology`), brought into FLAME's order and our axes (:mod:`.canonical`), given its keys
(:mod:`.flame_keys`), and what was made is carried back. Needs scipy, so it runs in the worker and the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..errors import UserError
from .canonical import CanonicalFrame, canonical_frame
from .flame_file import N_VERTICES
from .flame_keys import build_flame_keys
from .flame_landmarks import flame_regions
from .flame_turn import neck_joint, turn_shares
from .head import Head
from .keying.build import Progress
from .keying.face import SIDES, face_of_head, fan, flame_face
from .topology import Polygons, recognise

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

NEAR = 0.005  # metres on the default head: further geometry that lies so close to FLAME's goes with it
DECIMALS = 7  # of a metre
EXPECTED = "a mesh with FLAME's connectivity (5,023 vertices, 9,976 triangles)"


@dataclass(frozen=True)
class FaceKeys:
    """Keys of a mesh, in its own order, axes and units.

    Attributes:
        names: K key names: the 52 controls and the driven corrective of :mod:`.flame_jaw`.
        deltas: float32 [K, V, 3], displacement at weight 1.
        follow: float32 [V], share of the head's rotation that a vertex takes part in.
        pivot: float64 [3], the neck's joint, about which the head turns.
        axes: float64 [3, 3], rows: the face's left, up and front.
        unit: metres of one unit of the mesh: 1, 0.01, 0.001.
        upright: float64 [3, 3], the turn by right angles that brings the mesh nearest to y up, facing +z.
        notes: sentences for the artist.
    """

    names: tuple[str, ...]
    deltas: NDArray[np.float32]
    follow: NDArray[np.float32]
    pivot: Floats
    axes: Floats
    unit: float
    upright: Floats
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Sorted:
    """A mesh in FLAME's order; vertices that it lacks are at the origin.

    Attributes:
        points: [5023, 3] in the mesh's own space.
        triangles: [F, 3] of what is there, counter-clockwise from outside.
        eyeballs: the sides that have one.
    """

    points: Floats
    triangles: Ids
    eyeballs: tuple[str, ...]


def build_mesh_keys(
    known: Head, vertices: NDArray[np.floating[Any]], polygons: Polygons, progress: Progress | None = None
) -> FaceKeys:
    """Give a mesh the keys of ``known``.

    Args:
        known: one of our own heads.
        vertices: [V, 3] the mesh at rest, in any axes and units.
        polygons: loop vertices [L] and polygon sizes [P].
        progress: see :func:`.keying.build.build_keys`.

    Raises:
        UserError: not FLAME's connectivity (says what it has instead), or not a face's shape.
    """
    points = np.asarray(vertices, np.float64)
    order = flame_correspondence(len(points), polygons)
    mesh, frame = canonical_mesh(known, points, polygons, order)
    built = build_flame_keys(known, mesh.points, mesh.triangles, progress, mesh.eyeballs)
    face = flame_face(mesh.points, mesh.triangles)
    carried = _Carried(frame.points(points), mesh, order)
    names = tuple(map(_other_side, built.names)) if frame.mirrored else built.names
    return FaceKeys(
        names,
        frame.own_deltas(carried.near(built.deltas)).astype(np.float32),
        carried.nearest(turn_shares(face)).astype(np.float32),
        frame.own_points(neck_joint(face)),
        frame.axes,
        frame.unit,
        frame.upright,
        tuple(_notes(frame, mesh, order, carried)),
    )


def flame_correspondence(count: int, polygons: Polygons) -> Ids:
    """FLAME's number of each of ``count`` vertices, -1 for further geometry.

    Raises:
        UserError: not FLAME, with the reason.
    """
    found = recognise(None, count, polygons)
    if found.correspondence is None:
        what = "stems from FLAME, but was changed" if found.kind == "altered" else "is not FLAME's"
        raise UserError(
            f"the mesh {what}: {found.reason}", EXPECTED, "choose such a mesh, or mark the face of this one"
        )
    return np.asarray(found.correspondence, np.int64)


def canonical_mesh(known: Head, points: Floats, polygons: Polygons, order: Ids) -> tuple[_Sorted, CanonicalFrame]:
    """A mesh [V, 3] in FLAME's order and our axes, and how it got there.

    Raises:
        UserError: not a face's shape.
    """
    if not np.isfinite(points).all():
        raise UserError("the mesh has vertices that are no numbers", "a face", "restore the mesh")
    mesh = _in_order(points, polygons, order)
    frame = canonical_frame(face_of_head(known), flame_face(mesh.points, mesh.triangles))
    # Rounded, so that a mesh that was turned or scaled gives the very same numbers here and so the same keys.
    placed, triangles = np.round(frame.points(mesh.points), DECIMALS), mesh.triangles
    if _volume(placed, triangles) < 0:  # mirrored, or its normals point inwards
        triangles = triangles[:, ::-1]
    return _Sorted(placed, triangles, mesh.eyeballs), frame


def _in_order(points: Floats, polygons: Polygons, order: Ids) -> _Sorted:
    there = np.flatnonzero(order >= 0)
    sorted_points = np.zeros((N_VERTICES, 3))
    sorted_points[order[there]] = points[there]
    triangles = order[fan(np.asarray(polygons[0], np.int64), np.asarray(polygons[1], np.int64))]
    present = np.zeros(N_VERTICES, bool)
    present[order[there]] = True
    eyeballs = tuple(side for side in SIDES if present[flame_regions()[f"eyeball_{side}"]].all())
    return _Sorted(sorted_points, triangles[(triangles >= 0).all(axis=1)], eyeballs)


class _Carried:
    """Values of FLAME's vertices as those of the mesh, whose further vertices ask the nearest of FLAME's."""

    def __init__(self, points: Floats, mesh: _Sorted, order: Ids) -> None:
        self._order = order.copy()
        self._further = np.flatnonzero(order < 0)
        self.away = np.zeros(len(self._further))
        if len(self._further):
            there = np.unique(mesh.triangles)
            self.away, found = cKDTree(mesh.points[there]).query(points[self._further])
            self._order[self._further] = there[found]

    @property
    def still(self) -> Ids:
        """Numbers of the vertices that are FLAME's neither themselves nor by closeness."""
        return self._further[self.away > NEAR]

    def nearest(self, values: Floats) -> Floats:
        """[V] of [5023]."""
        return np.asarray(values[self._order], np.float64)

    def near(self, deltas: NDArray[np.float32]) -> NDArray[np.float32]:
        """[K, V, 3] of [K, 5023, 3]; zero where FLAME is far."""
        moved = deltas[:, self._order]
        moved[:, self.still] = 0.0
        return np.asarray(moved, np.float32)


def _volume(points: Floats, triangles: Ids) -> float:
    """Signed volume between a surface and its middle, cubic metres; the neck's opening hardly matters to the sign."""
    a, b, c = (points[triangles[:, k]] - points[np.unique(triangles)].mean(axis=0) for k in range(3))
    return float(np.sum(a * np.cross(b, c)) / 6)


def _other_side(name: str) -> str:
    if name.endswith("Left"):
        return f"{name.removesuffix('Left')}Right"
    return f"{name.removesuffix('Right')}Left" if name.endswith("Right") else name


def _notes(frame: CanonicalFrame, mesh: _Sorted, order: Ids, carried: _Carried) -> list[str]:
    notes = []
    if frame.mirrored:
        notes.append("The mesh is mirrored: keys are named for the side they move.")
    missing = [side for side in SIDES if side not in mesh.eyeballs]
    if missing:
        eyes = "eyeballs" if len(missing) == len(SIDES) else f"{missing[0]} eyeball"
        notes.append(f"The mesh has no {eyes}: looks move the lids alone.")
    further = int(np.count_nonzero(order < 0))
    if further:
        notes.append(
            f"{further - len(carried.still):,} of {further:,} further vertices lie on the face and go with it; "
            "the others keep still."
        )
    return notes
