"""Keys for a head that has none: from the meshes of its objects and the points marked on it to displacements.

Lumps of vertices (objects, or pieces of the head's own mesh) come with a role (:mod:`.face_parts`); what is not told
yet, left from right and upper from lower, is told here by place. Needs scipy, so it runs in the worker and the command
line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .face_parts import (
    EYE_LEFT,
    EYE_RIGHT,
    EYES,
    TEETH,
    TEETH_LOWER,
    TEETH_UPPER,
    TONGUE,
    pieces,
    split_heights,
    split_sides,
)
from .guide import GUIDE
from .head import Head
from .keying.build import Progress, build_keys
from .keying.face import REFERENCE_WIDTH, Face, face_of_head
from .keying.guess import guess_points
from .keying.marks import check_points, mark_face
from .keying.soundness import sound_triangles
from .seam import find_seam, moved_to_seam

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Points = Mapping[str, Floats]

FACE = "FACE"  # role of the head's own mesh
LEAST = 500  # vertices of the face's mesh; fewer cannot hold lids and lips
DOUBLED = 12  # vertices of other pieces that lie on the face's: so many are no chance
DECIMALS = 7  # of a metre
_PART = {
    EYE_LEFT: "eye_left", EYE_RIGHT: "eye_right", TEETH_UPPER: "teeth_upper", TEETH_LOWER: "teeth_lower",
    TONGUE: "tongue",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class FaceMesh:
    """All meshes of a head together.

    Attributes:
        vertices: float64 [V, 3] y up, facing +z, x to the character's left; any unit.
        triangles: int [F, 3], counter-clockwise from outside.
        lumps: int [V], which lump each vertex is of.
        roles: of each lump, ``FACE`` or one of ``face_parts.MOVING``.
    """

    vertices: Floats
    triangles: NDArray[np.integer[Any]]
    lumps: NDArray[np.integer[Any]]
    roles: tuple[str, ...]

    def of_role(self, role: str) -> Ids:
        """Vertex ids of all lumps with a role."""
        wanted = np.array([one == role for one in self.roles], bool)
        return np.flatnonzero(wanted[self.lumps])


@dataclass(frozen=True, eq=False)
class MarkedKeys:
    """Keys of a head.

    Attributes:
        names: K key names, the 52 controls.
        deltas: float32 [K, V, 3], displacement at weight 1 in the axes and unit of the vertices.
        notes: sentences for the artist.
    """

    names: tuple[str, ...]
    deltas: NDArray[np.float32]
    notes: tuple[str, ...]


def guess_guide(known: Head, mesh: FaceMesh, progress: Progress | None = None) -> dict[str, Floats]:
    """Where the points of the guide may lie, [3] each.

    Args:
        known: one of our own heads.
        mesh: only the head's own mesh and the eyes have a say; hair and hats would hide the head's size.
        progress: told what is being done and how much of it is done, 0..1.

    Raises:
        UserError: too small a mesh for a face.
    """
    _require_face(mesh)
    if progress is not None:
        progress("looking for nose, chin and eyes", 0.0)
    known_face = face_of_head(known)
    wanted = np.isin([*mesh.roles], [FACE, EYES, EYE_LEFT, EYE_RIGHT])[mesh.lumps]
    triangles = np.asarray(mesh.triangles, np.int64)
    guess = guess_points(known_face, mesh.vertices, triangles[wanted[triangles].all(axis=1)])
    points = {name: np.asarray(guess.points[name], np.float64) for name in GUIDE}
    own = np.zeros(len(mesh.vertices), bool)
    own[mesh.of_role(FACE)] = True
    unit = _unit(points)
    skin = sound_triangles(mesh.vertices, triangles[own[triangles].all(axis=1)])
    seam = find_seam(mesh.vertices / unit, skin, points["lips_middle"] / unit)
    return points if seam is None else moved_to_seam(points, unit * seam)


def build_marked(known: Head, mesh: FaceMesh, points: Points, progress: Progress | None = None) -> MarkedKeys:
    """Give a head every key of ``known``.

    Args:
        known: one of our own heads.
        mesh: the head.
        points: [3] by name of ``guide.GUIDE``, in the space of the mesh.
        progress: as ``guess_guide``.

    Raises:
        UserError: points that no face has; a mesh without lips or lids that can open.
    """
    _require_face(mesh)
    check_points(points)
    torn = _torn(mesh, points["nose_tip"])
    tell = progress or (lambda _what, _done: None)
    tell("finding lips and lids", 0.0)
    known_face = face_of_head(known)
    # Keying has lengths in metres for a head of the usual size, so that is what it gets.
    unit = _unit(points)
    origin = points["nose_tip"]
    # Rounded, so that a head that was moved or scaled gives the very same numbers here and so the same keys.
    placed = replace(mesh, vertices=np.round((mesh.vertices - origin) / unit, DECIMALS))
    marks = {name: np.round((points[name] - origin) / unit, DECIMALS) for name in GUIDE}
    parts, left_out, notes = _parts(known_face, placed, marks)
    triangles = np.asarray(mesh.triangles, np.int64)
    triangles = triangles[~np.isin(triangles, left_out).any(axis=1)]
    face = mark_face(known_face, placed.vertices, triangles, marks, parts)
    built = build_keys(known, face, lambda what, done: tell(what, 0.15 + 0.85 * done))
    notes += torn + _missing(face)
    return MarkedKeys(built.names, np.asarray(built.deltas * unit, np.float32), tuple(notes))


def _unit(points: Points) -> float:
    """Metres of this face for one of the reference face."""
    return float(np.linalg.norm(points["eye_outer_left"] - points["eye_outer_right"])) / REFERENCE_WIDTH


def _require_face(mesh: FaceMesh) -> None:
    if not np.isfinite(mesh.vertices).all():
        raise UserError("the mesh has vertices that are no numbers", "a face", "restore the mesh")
    count = int(np.isin(mesh.of_role(FACE), mesh.triangles).sum())
    if count < LEAST:
        raise UserError(
            f"the head's mesh has {count} vertices in faces",
            f"a face with {LEAST} or more, better 2,000",
            "choose the face's mesh",
        )


def _torn(mesh: FaceMesh, nose: Floats) -> list[str]:
    """A note where the face's surface is cut, its vertices there doubled, as files with a vertex per corner have it.

    Raises:
        UserError: the piece with the nose is no whole face because of that.
    """
    triangles = np.asarray(mesh.triangles, np.int64)
    used = np.intersect1d(mesh.of_role(FACE), triangles)
    label = pieces(len(mesh.vertices), triangles)
    nearest = used[np.linalg.norm(mesh.vertices[used] - nose, axis=1).argmin()]
    own = used[label[used] == label[nearest]]
    other = used[label[used] != label[nearest]]
    spots = {tuple(point) for point in mesh.vertices[own].tolist()}
    doubled = sum(tuple(point) in spots for point in mesh.vertices[other].tolist())
    if doubled < DOUBLED:
        return []
    if len(own) < max(LEAST, len(used) // 4):
        raise UserError(
            f"the face is cut into pieces: {doubled} vertices by the nose lie on others without being joined to them",
            "one surface from chin to brows",
            "in Edit Mode choose Mesh > Merge > By Distance, then mark the face again",
        )
    return [f"{doubled} vertices of the face lie on others of separate pieces: merge them if the face tears."]


def _parts(known: Face, mesh: FaceMesh, points: Points) -> tuple[dict[str, Ids], Ids, list[str]]:
    """Vertex ids by part, ids of what must be left out since it cannot be told, and notes."""
    found: dict[str, list[Ids]] = {name: [] for name in _PART.values()}
    for role, name in _PART.items():
        found[name].append(mesh.of_role(role))
    eyes = mesh.of_role(EYES)
    middle = 0.5 * float(points["eye_inner_left"][0] + points["eye_inner_right"][0])
    if len(eyes):
        left, right = split_sides(mesh.vertices[eyes], _pieces_of(mesh, eyes), middle)
        found["eye_left"].append(eyes[left])
        found["eye_right"].append(eyes[right])
    left_out: list[Ids] = []
    notes: list[str] = []
    for lump in np.flatnonzero([role == TEETH for role in mesh.roles]):
        ids = np.flatnonzero(mesh.lumps == lump)
        upper, lower = _teeth(mesh, ids, float(points["lips_middle"][1]))
        found["teeth_upper"].append(upper)
        found["teeth_lower"].append(lower)
        if not len(upper) + len(lower):
            left_out.append(ids)
            notes.append("Upper and lower teeth are one piece and keep still: part them, or choose which they are.")
    parts = {name: np.unique(np.concatenate(ids)).astype(np.int64) for name, ids in found.items()}
    if not len(parts["eye_left"]) and not len(parts["eye_right"]):
        parts |= _eyes_of_face(known, mesh)
    return {name: ids for name, ids in parts.items() if len(ids)}, _joined(left_out), notes


def _teeth(mesh: FaceMesh, ids: Ids, lips: float) -> tuple[Ids, Ids]:
    """Upper and lower teeth of an object; both empty where they cannot be told apart."""
    nothing = np.zeros(0, np.int64)
    parted = split_heights(mesh.vertices[ids], _pieces_of(mesh, ids))
    if parted is not None:
        return ids[parted[0]], ids[parted[1]]
    # One piece: a row of teeth if it lies mostly above or below the line between the lips.
    above = float((mesh.vertices[ids, 1] > lips).mean())
    if above > 0.75:
        return ids, nothing
    return (nothing, ids) if above < 0.25 else (nothing, nothing)


def _eyes_of_face(known: Face, mesh: FaceMesh) -> dict[str, Ids]:
    """Eyeballs that are pieces of the head's own mesh, told by their roundness."""
    triangles = np.asarray(mesh.triangles, np.int64)
    ids = mesh.of_role(FACE)
    own = np.zeros(len(mesh.vertices), bool)
    own[ids] = True
    guess = guess_points(known, mesh.vertices, triangles[own[triangles].all(axis=1)])
    return {} if guess.eyes is None else {"eye_right": guess.eyes[0], "eye_left": guess.eyes[1]}


def _pieces_of(mesh: FaceMesh, ids: Ids) -> Ids:
    number = np.full(len(mesh.vertices), -1)
    number[ids] = np.arange(len(ids))
    inside = number[np.asarray(mesh.triangles)]
    return pieces(len(ids), inside[(inside >= 0).all(axis=1)])


def _joined(lists: list[Ids]) -> Ids:
    return np.concatenate(lists) if lists else np.zeros(0, np.int64)


def _missing(face: Face) -> list[str]:
    notes = []
    if not len(face.part("eye_left")) or not len(face.part("eye_right")):
        notes.append("No eyeballs were given or found: looks move the lids alone.")
    if not len(face.part("teeth_lower")):
        notes.append("No lower teeth were given: none move with the jaw.")
    if not len(face.part("tongue")):
        notes.append("No tongue was given: tongueOut moves nothing.")
    return notes
