"""Rows of landmarks on a mesh of any topology, from some twenty points that an artist can pick.

The known head is laid over the mesh by the points (:mod:`.registration`); where its rows come to lie is where the
mesh's own rows are looked for: as the cheapest way along its edges from corner to corner that stays near, follows open
borders, and for lips and lids runs where the surface turns inwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from ...errors import UserError
from ..guide import GUIDE
from .face import REFERENCE_WIDTH, SIDES, Face
from .registration import fit_known, resample
from .soundness import coincident, sound_triangles
from .surface import closest, edge_lengths, edge_pairs, geodesic, vertex_normals

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

#: The point of the other side; those of the middle are their own.
MIRRORED = {name: name.replace("right", "left") if "right" in name else name.replace("left", "right") for name in GUIDE}
NEAR = 0.0025  # metres on the reference head: a way that far off its prediction costs twice
TURNED = 2.0  # what a surface costs that faces the viewer where it should have turned inwards
BORDER = 0.35  # what the way along an open border costs over another one
CORRIDOR = 0.012  # metres: no way leads farther off
ROW_POINTS = 41
FAR = 0.025  # metres from the surface: a point farther off was not meant for it
FEWEST = 200  # vertices of a skin
PARTED = 0.15  # of the mouth's width: joined lips are nearer than this along the surface

# Points guessed on a head that lies or looks another way end in both errors below, whatever its lips are like.
STANDING = "is the head upright, and does it look along the given axis (--faces / Facing)?"


def guide_points(face: Face) -> dict[str, Floats]:
    """The guide's points [3] on a face whose rows are known."""
    p = face.vertices
    found = {
        name: p[face.landmarks[name][0]] for name in ("nose_tip", "chin", "mouth_corner_right", "mouth_corner_left")
    }
    upper, lower = (resample(p[face.lip(lip)], 3)[1] for lip in ("upper", "lower"))
    found["lips_middle"] = 0.5 * (upper + lower)
    for lip, name in (("upper", "lip_top"), ("lower", "lip_bottom")):
        found[name] = resample(p[face.landmarks[f"outer_lip_{lip}"]], 3)[1]
    for side in SIDES:
        rows = {lid: p[face.landmarks[f"lid_{lid}_{side}"]] for lid in ("upper", "lower")}
        ends = ("outer", "inner") if side == "right" else ("inner", "outer")
        for end, at in zip(ends, (0, -1), strict=True):
            found[f"eye_{end}_{side}"] = 0.5 * (rows["upper"][at] + rows["lower"][at])
        found[f"eye_top_{side}"] = resample(rows["upper"], 3)[1]
        found[f"eye_bottom_{side}"] = resample(rows["lower"], 3)[1]
        for end, at in zip(ends, (0, -1), strict=True):
            found[f"brow_{end}_{side}"] = p[face.landmarks[f"brow_{side}"][at]]
    return {name: found[name] for name in GUIDE}


def mark_face(
    known: Face,
    vertices: Floats,
    triangles: Ids,
    points: Mapping[str, Floats],
    parts: Mapping[str, Ids] | None = None,
) -> Face:
    """A face of any topology.

    Args:
        known: one of our own heads (:func:`.face.face_of_head`).
        vertices: [V, 3] any size, y up, facing +z, of all objects together.
        triangles: [F, 3].
        points: position [3] of every name of ``GUIDE``, on the skin or near it.
        parts: vertex ids of eyes, teeth and tongue where they are known; the skin is what is joined to the nose.

    Raises:
        UserError: points that are missing, lie far from the mesh or in an order no face has; a mesh without a
            face, with closed lips, or too broken to use.
    """
    check_points(points)
    own, triangles = np.asarray(vertices, np.float64), sound_triangles(vertices, triangles)
    parts = {name: np.asarray(ids, np.int64) for name, ids in (parts or {}).items()}
    # At the reference head's size, the nose at the origin: nothing then depends on either.
    unit, origin = _unit(points), np.asarray(points["nose_tip"], np.float64)
    vertices = (own - origin) / unit
    points = {name: (np.asarray(points[name], np.float64) - origin) / unit for name in GUIDE}
    skin = _skin(vertices, triangles, points, parts)
    _check_near(vertices, triangles[np.isin(triangles, skin).all(axis=1)], triangles, points)
    lengths = edge_lengths(vertices, triangles[np.isin(triangles, skin).all(axis=1)])
    rows = _predicted(known, vertices, triangles, skin, points)
    finder = _Finder(vertices, triangles, skin, lengths)
    landmarks: dict[str, Ids] = {name: np.array([finder.nearest(points[name])]) for name in ("nose_tip", "chin")}
    landmarks |= _lips(finder, rows, points)
    for side in SIDES:
        landmarks |= _lids(finder, rows, points, side)
        landmarks[f"brow_{side}"] = finder.row(rows[f"brow_{side}"])
    face = Face(own, triangles, landmarks, {**parts, "skin": skin})
    _check_parted(face)
    return face


def _lips(finder: _Finder, rows: Mapping[str, Floats], points: Mapping[str, Floats]) -> dict[str, Ids]:
    right, left = (finder.nearest(points[f"mouth_corner_{side}"]) for side in ("right", "left"))
    if right == left:
        raise _same_place("mouth_corner_right", "mouth_corner_left")
    found = {"mouth_corner_right": np.array([right]), "mouth_corner_left": np.array([left])}
    for lip, inwards in (("upper", -1.0), ("lower", 1.0)):
        found[f"inner_lip_{lip}"] = finder.way(rows[f"inner_lip_{lip}"], right, left, inwards)[1:-1]
        found[f"outer_lip_{lip}"] = finder.way(rows[f"outer_lip_{lip}"], right, left)
    if set(found["inner_lip_upper"].tolist()) & set(found["inner_lip_lower"].tolist()):
        raise _closed_lips()
    return found


def _same_place(one: str, other: str) -> UserError:
    return UserError(
        f"{one} and {other} fall on the same vertex", "a mesh fine enough to tell them apart", "check the two points"
    )


def _closed_lips() -> UserError:
    return UserError(
        "the lips are one closed surface: no edge was found where the upper and the lower one part",
        "a mesh whose mouth can open",
        f"{STANDING} If so, cut the lips apart along their seam, or check the points of the mouth",
    )


def _check_parted(face: Face) -> None:
    """Refuse lips that are joined: from one to the other it is then but a step, not a way round the mouth's lining."""
    upper, lower = (face.landmarks[f"inner_lip_{lip}"] for lip in ("upper", "lower"))
    middle = slice(len(lower) // 4, max(3 * len(lower) // 4, 1))
    p, width = face.vertices, np.ptp(face.vertices[np.concatenate([upper, lower])], axis=0).max()
    way = geodesic(face.edges, upper, PARTED * width)[lower[middle]]
    gap = cKDTree(p[upper]).query(p[lower[middle]])[0]
    if np.median(way) < np.inf and np.median(way) < 2 * np.median(gap) + PARTED * width:
        raise _closed_lips()


def _lids(finder: _Finder, rows: Mapping[str, Floats], points: Mapping[str, Floats], side: str) -> dict[str, Ids]:
    ends = ("outer", "inner") if side == "right" else ("inner", "outer")
    start, end = (finder.nearest(points[f"eye_{name}_{side}"]) for name in ends)
    if start == end:
        raise _same_place(f"eye_outer_{side}", f"eye_inner_{side}")
    found = {f"eye_{name}_corner_{side}": np.array([at]) for name, at in zip(ends, (start, end), strict=True)}
    for lid, inwards in (("upper", -1.0), ("lower", 1.0)):
        found[f"lid_{lid}_{side}"] = finder.way(rows[f"lid_{lid}_{side}"], start, end, inwards)[1:-1]
    return found


def check_points(points: Mapping[str, Floats]) -> None:
    """Refuse points that no face has.

    Raises:
        UserError: says which and why.
    """
    missing = [name for name in GUIDE if name not in points]
    if missing:
        raise UserError(
            f"{len(missing)} points are not placed ({', '.join(missing[:4])})", "all of the guide", "place them"
        )
    unplaced = [name for name in GUIDE if not np.isfinite(points[name]).all()]
    if unplaced:
        raise UserError(f"{unplaced[0]} is at no place", "finite positions", "place the point again")
    swapped = [name for name in GUIDE if "right" in name and points[name][0] >= points[MIRRORED[name]][0]]
    if swapped:
        raise UserError(
            f"{swapped[0]} lies on the left of {MIRRORED[swapped[0]]}",
            "the character's own right and left, the face looking along +z and y up",
            "swap the two, or turn the head to face the front view",
        )
    order = (
        "brow_inner_right",
        "eye_top_right",
        "eye_bottom_right",
        "nose_tip",
        "lip_top",
        "lips_middle",
        "lip_bottom",
        "chin",
    )
    for above, below in pairwise(order):
        if points[above][1] <= points[below][1]:
            raise UserError(f"{above} lies below {below}", "a face standing upright", "check the two points")


def _unit(points: Mapping[str, Floats]) -> float:
    return float(np.linalg.norm(points["eye_outer_left"] - points["eye_outer_right"])) / REFERENCE_WIDTH


def _skin(vertices: Floats, triangles: Ids, points: Mapping[str, Floats], parts: Mapping[str, Ids]) -> Ids:
    """The piece of the mesh that carries the nose, without vertices of other parts."""
    n = len(vertices)
    a, b = edge_pairs(triangles)
    label = connected_components(csr_matrix((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)[1]
    used = np.unique(triangles)
    known = np.concatenate([np.zeros(0, np.int64), *parts.values()])
    free = np.setdiff1d(used, known)
    nearest = free[cKDTree(vertices[free]).query(points["nose_tip"])[1]] if len(free) else -1
    skin: Ids = free[label[free] == label[nearest]]
    if len(skin) < FEWEST:
        raise UserError(
            f"the piece of mesh at the nose has {len(skin)} vertices",
            "a face in one piece, of 1,000 vertices or more",
            f"check the nose's point{_merge(vertices, free)}",
        )
    return skin


def _merge(vertices: Floats, ids: Ids) -> str:
    """A word on meshes in pieces, as games have them along the seams of their textures."""
    twins = coincident(vertices, ids)
    return f"; {twins} vertices lie exactly on others: if they should be one, merge them by distance" if twins else ""


def _check_near(vertices: Floats, triangles: Ids, everything: Ids, points: Mapping[str, Floats]) -> None:
    away = closest(vertices, triangles, np.stack([points[name] for name in GUIDE])).distance
    worst = int(away.argmax())
    if away[worst] > FAR:
        raise UserError(
            f"{GUIDE[worst]} lies {away[worst] / REFERENCE_WIDTH:.0%} of the eyes' span from the face's surface",
            "points on the face",
            f"place it on the mesh, in its shape at rest{_merge(vertices, np.unique(everything))}",
        )


def _predicted(
    known: Face, vertices: Floats, triangles: Ids, skin: Ids, points: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Where the known head's rows come to lie, [ROW_POINTS, 3] each."""
    guides = guide_points(known)
    start, end = (np.stack([table[name] for name in GUIDE]) for table in (guides, dict(points)))
    placed, warp = fit_known(known, vertices, triangles[np.isin(triangles, skin).all(axis=1)], start, end, 1.0)
    laid = warp(placed.vertices)
    names = [f"{row}_lip_{lip}" for row in ("inner", "outer") for lip in ("upper", "lower")]
    names += [f"lid_{lid}_{side}" for lid in ("upper", "lower") for side in SIDES] + [f"brow_{side}" for side in SIDES]
    return {name: resample(laid[known.landmarks[name]], ROW_POINTS) for name in names}


class _Finder:
    """Ways along the skin's edges, at the reference head's size."""

    def __init__(self, vertices: Floats, triangles: Ids, skin: Ids, lengths: csr_matrix) -> None:
        self._p, self._skin = vertices, skin
        self._lengths = lengths.tocoo()
        self._tree = cKDTree(vertices[skin])
        self._up = vertex_normals(vertices, triangles)[:, 1]
        a, b = edge_pairs(triangles)
        n = len(vertices)
        edges, count = np.unique(np.minimum(a, b) * n + np.maximum(a, b), return_counts=True)
        self._border = np.zeros(len(vertices), bool)
        self._border[np.concatenate(np.divmod(edges[count == 1], n))] = True

    def nearest(self, point: Floats) -> int:
        """The skin's vertex nearest to a point."""
        return int(self._skin[self._tree.query(point)[1]])

    def row(self, points: Floats) -> Ids:
        """Vertices nearest to points, each once, in their order."""
        found = self._skin[self._tree.query(points)[1]]
        each: Ids = found[np.sort(np.unique(found, return_index=True)[1])]
        return each

    def _no_way(self) -> UserError:
        return UserError(
            "no line of edges leads along the lips or lids where the points say they are",
            "lips and lids modelled as rows of edges, within a few millimetres of the points",
            f"{STANDING} If so, check the points of mouth and eyes{_merge(self._p, self._skin)}",
        )

    def way(self, near: Floats, start: int, end: int, inwards: float = 0.0) -> Ids:
        """The cheapest way from ``start`` to ``end`` along a predicted curve [n, 3].

        Args:
            near: the curve.
            start: first vertex.
            end: last vertex.
            inwards: 1 where the surface should face up there, -1 down, 0 either.

        Raises:
            UserError: there is no way within the corridor.
        """
        dense = resample(near, 6 * len(near))
        away = cKDTree(dense).query(self._p[self._skin])[0]
        cost = np.full(len(self._p), np.inf)
        cost[self._skin] = np.where(away < CORRIDOR, 1 + (away / NEAR) ** 2, np.inf)
        if inwards:
            cost += TURNED * (1 - inwards * self._up)
        cost = np.where(self._border, BORDER * cost, cost)
        cost[[start, end]] = 1.0
        a, b = self._lengths.row, self._lengths.col
        weight = self._lengths.data * 0.5 * (cost[a] + cost[b])
        open_ = np.isfinite(weight)
        n = len(self._p)
        graph = csr_matrix((weight[open_], (a[open_], b[open_])), shape=(n, n))
        before = dijkstra(graph, indices=start, return_predecessors=True)[1]
        path = [end]
        while path[-1] != start:
            step = int(before[path[-1]])
            if step < 0:
                raise self._no_way()
            path.append(step)
        return np.array(path[::-1], np.int64)
