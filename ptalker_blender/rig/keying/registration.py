"""Which place of a known face each vertex of another one is.

Rows of landmarks give a first smooth map (:mod:`.warp`); then points scattered over the known face look for the
target's surface from where the map puts them, and the map is fitted again with those that found it. What is asked in
the end goes the other way: for every vertex of the target, the closest point of the known face as the map lays it down.
Lips touch, so a vertex on the upper lip's side is kept from finding the lower lip, and the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .face import SIDES, Face
from .insides import INSIDES, OUTSIDE, insides
from .surface import Contact, closest, geodesic, vertex_normals
from .warp import Warp, fit_warp, similarity

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

LIP_POINTS, LID_POINTS, BROW_POINTS = 17, 9, 5
SCATTERED, ROUNDS = 260, 3
SOFT = 0.0004  # metres of missing per metre of bending, for landmarks; they are marked by hand or by rule
SOFT_SCATTERED = 0.02
REACH, FACING = 0.014, 0.6  # a scattered point takes the target's surface within this distance, facing alike
LIP_SIDE = 0.02  # how far from the contact edge the sides of the lips are told apart


@dataclass(frozen=True)
class Registration:
    """A known face laid over another one.

    Attributes:
        warp: from the known face's space to the target's.
        vertices: [V, 3] the known face's vertices as laid down, metres.
        contact: for each vertex of the target's skin, the known face's closest place.
        alike: [n] 0..1, how well that place fits: distance and direction of the surface.
        skin: [n] the vertex ids of the target's skin that ``contact`` speaks of.
    """

    warp: Warp
    vertices: Floats
    contact: Contact
    alike: Floats
    skin: Ids


def register(known: Face, target: Face) -> Registration:
    """Lay ``known`` over ``target``."""
    skin = _triangles_of(target, target.part("skin"))
    placed, warp = fit_known(known, target.vertices, skin, rows(known), rows(target), target.unit)
    return _read_back(placed, target, warp)


def fit_known(
    known: Face, vertices: Floats, triangles: Ids, start: Floats, end: Floats, unit: float
) -> tuple[Face, Warp]:
    """The known face scaled and turned on to a mesh, and the map that then takes it to the mesh's surface.

    Args:
        known: the known face.
        vertices: [V, 3] of the mesh.
        triangles: [F, 3] of its skin.
        start: [N, 3] points of the known face.
        end: [N, 3] where they are on the mesh.
        unit: metres of the mesh for one metre of the reference head.
    """
    scale, rotation, shift = similarity(start, end)
    placed = replace(known, vertices=scale * known.vertices @ rotation.T + shift)
    start = scale * start @ rotation.T + shift
    soft = np.full(len(start), SOFT * unit)
    warp = fit_warp(start, end, soft)
    scattered = scatter(placed, SCATTERED)
    facing = vertex_normals(vertices, triangles)
    for _ in range(ROUNDS):
        laid = warp(placed.vertices)
        normals = vertex_normals(laid, placed.triangles)[scattered]
        found = closest(vertices, triangles, laid[scattered])
        good = (found.distance < REACH * unit) & (np.sum(found.read(facing) * normals, axis=1) > FACING)
        warp = fit_warp(
            np.vstack([start, placed.vertices[scattered[good]]]),
            np.vstack([end, found.read(vertices)[good]]),
            np.concatenate([soft, np.full(int(good.sum()), SOFT_SCATTERED * unit)]),
        )
    return placed, warp


def rows(face: Face) -> Floats:
    """Points [N, 3] that correspond between faces: rows of landmarks at equal shares of their lengths.

    The contact edges count once, by their middle: they touch, and what touches on one face may overlap on another.
    """
    p = face.vertices
    lips = 0.5 * (resample(p[face.lip("upper")], LIP_POINTS) + resample(p[face.lip("lower")], LIP_POINTS))
    found = [lips]
    found += [resample(p[face.landmarks[f"outer_lip_{lip}"]], LIP_POINTS)[1:-1] for lip in ("upper", "lower")]
    for side in SIDES:
        found += [resample(p[face.landmarks[f"lid_{lid}_{side}"]], LID_POINTS) for lid in ("upper", "lower")]
        found.append(resample(p[face.landmarks[f"brow_{side}"]], BROW_POINTS))
    found += [p[face.landmarks[name]][:1] for name in ("chin", "nose_tip")]
    return np.vstack(found)


def along(points: Floats) -> Floats:
    """Share 0..1 of the length of a polyline [n, 3] at each of its points."""
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    return np.asarray(steps / max(float(steps[-1]), 1e-12), np.float64)


def resample(points: Floats, count: int) -> Floats:
    """``count`` points at equal shares of the length of a polyline [n, 3]."""
    if len(points) == 1:
        return np.repeat(points, count, axis=0)
    share, at = along(points), np.linspace(0, 1, count)
    return np.stack([np.interp(at, share, points[:, axis]) for axis in range(points.shape[1])], axis=1)


def scatter(face: Face, count: int) -> Ids:
    """Vertices spread evenly over the front of the seen skin, away from the landmarks' rows: farthest points first."""
    skin = face.part("skin")
    candidates = skin[insides(face)[skin] == OUTSIDE]
    p = face.vertices
    across = face.unit
    chin, nose = p[face.landmarks["chin"][0]], p[face.landmarks["nose_tip"][0]]
    front = (p[candidates, 1] > chin[1] - 0.02 * across) & (p[candidates, 2] > nose[2] - 0.11 * across)
    candidates = candidates[front]
    away = np.full(len(candidates), np.inf)
    for point in rows(face):
        away = np.minimum(away, np.linalg.norm(p[candidates] - point, axis=1))
    chosen = []
    for _ in range(min(count, len(candidates))):
        # To a micrometre: a face that mirrors itself has twins, and which comes first must not hang on the last digit.
        best = int((away / across).round(6).argmax())
        chosen.append(candidates[best])
        away = np.minimum(away, np.linalg.norm(p[candidates] - p[candidates[best]], axis=1))
    return np.array(chosen, np.int64)


def lip_sides(face: Face) -> NDArray[np.int8]:
    """[V] 1 on the upper lip's side of the mouth, -1 on the lower one's, 0 far from both along the edges."""
    corners = set(face.row("mouth_corner_left", "mouth_corner_right").tolist())
    limit = LIP_SIDE * face.unit
    upper, lower = (geodesic(face.edges, face.landmarks[f"inner_lip_{lip}"], limit) for lip in ("upper", "lower"))
    side = np.where(np.minimum(upper, lower) < np.inf, np.where(upper < lower, 1, -1), 0).astype(np.int8)
    side[list(corners)] = 0
    return side


def _read_back(placed: Face, target: Face, warp: Warp) -> Registration:
    laid = warp(placed.vertices)
    triangles = _triangles_of(placed, np.union1d(placed.part("skin"), placed.part("ears")))
    skin = target.part("skin")
    theirs, mine = insides(placed)[triangles], insides(target)[skin]
    side_known, side = lip_sides(placed)[triangles], lip_sides(target)[skin]
    corners, shares = np.zeros((len(skin), 3), np.int64), np.zeros((len(skin), 3))
    distance = np.zeros(len(skin))
    for room in (OUTSIDE, *INSIDES):
        # Outside only what is seen; inside whatever reaches in, its rim included.
        there = (theirs == OUTSIDE).all(axis=1) if room == OUTSIDE else (theirs == room).any(axis=1)
        for which in (0, 1, -1):
            here = (side == which) & (mine == room)
            allowed = triangles[there & ((side_known != -which).all(axis=1) if which else True)]
            if here.any() and len(allowed):
                found = closest(laid, allowed, target.vertices[skin[here]])
                corners[here], shares[here], distance[here] = found.corners, found.shares, found.distance
    contact = Contact(corners, shares, distance)
    normals = vertex_normals(laid, placed.triangles)
    facing = np.sum(contact.read(normals) * vertex_normals(target.vertices, target.triangles)[skin], axis=1)
    # Linings differ from head to head, so distance says little there.
    near = np.where(mine == OUTSIDE, 0.004, 0.02) * target.unit
    alike = np.exp(-((distance / near) ** 2)) * np.where(mine == OUTSIDE, np.clip(facing + 0.2, 0.0, 1.0), 0.5)
    return Registration(warp, laid, contact, alike, skin)


def _triangles_of(face: Face, ids: Ids) -> Ids:
    member = np.zeros(len(face.vertices), bool)
    member[ids] = True
    chosen: Ids = face.triangles[member[face.triangles].all(axis=1)]
    return chosen
