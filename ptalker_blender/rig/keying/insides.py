"""What cannot be seen from outside: the mouth's lining and the backs of the lids.

Cut along the contact edges of the lips, or along the margins of the lids, the skin falls into pieces; the one with the
nose is outside, what hangs on the other side of a cut is inside. Rows that leave out vertices are joined by the
shortest ways along the skin. Where a cut does not part the skin (lids modelled without a back, say) nothing is inside.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from .face import SIDES, Face
from .surface import edge_pairs

Ids = NDArray[np.int64]

OUTSIDE, MOUTH, EYE_LEFT, EYE_RIGHT = range(4)
INSIDES = (MOUTH, EYE_LEFT, EYE_RIGHT)
DETOUR = 2.0  # of the straight distance: longer ways do not join a row


def insides(face: Face) -> NDArray[np.int8]:
    """[V] which side of the cuts each vertex of the skin is on; the cuts themselves and other parts are OUTSIDE."""
    n = len(face.vertices)
    skin = np.zeros(n, bool)
    skin[face.part("skin")] = True
    triangles = face.triangles[skin[face.triangles].all(axis=1)]
    a, b = edge_pairs(triangles)
    cuts = {MOUTH: np.union1d(_joined(face, face.lip("upper")), _joined(face, face.lip("lower")))}
    cuts |= {label: _margin(face, side, a, b) for label, side in zip((EYE_LEFT, EYE_RIGHT), SIDES, strict=True)}
    cut = np.zeros(n, np.int8)
    for room, ids in cuts.items():
        cut[ids] = room
    free = (cut[a] == 0) & (cut[b] == 0)
    piece = connected_components(
        csr_matrix((np.ones(int(free.sum())), (a[free], b[free])), shape=(n, n)), directed=False
    )[1]
    outside = piece[face.landmarks["nose_tip"][0]]
    # A piece belongs to the cut that most of its edges lead to.
    votes = np.zeros((int(piece.max()) + 1, 4), np.int64)
    across = (cut[a] == 0) & (cut[b] > 0)
    np.add.at(votes, (piece[a[across]], cut[b[across]]), 1)
    label = np.where(votes.sum(axis=1) > 0, votes.argmax(axis=1), OUTSIDE).astype(np.int8)
    label[outside] = OUTSIDE
    out = np.where(skin & (cut == 0), label[piece], OUTSIDE).astype(np.int8)
    return out


def _margin(face: Face, side: str, a: Ids, b: Ids) -> Ids:
    """The ring of a lid's margins; where rows leave out the corners of the eye, what both rows' ends are joined to."""
    upper, lower = (face.row(f"lid_{lid}_{side}") for lid in ("upper", "lower"))
    corners = [f"eye_{end}_corner_{side}" for end in (("outer", "inner") if side == "right" else ("inner", "outer"))]
    if all(name in face.landmarks for name in corners):
        first, last = (face.row(name)[:1] for name in corners)
        return np.union1d(*(_joined(face, np.concatenate([first, row, last])) for row in (upper, lower)))
    ring = [_joined(face, upper), _joined(face, lower)]
    ring += [np.intersect1d(b[a == upper[end]], b[a == lower[end]]) for end in (0, -1)]
    return np.unique(np.concatenate(ring))


def _joined(face: Face, row: Ids) -> Ids:
    """A row and, where neighbours in it share no edge, the vertices of the shortest way between them."""
    edges = face.edges
    found = [row]
    for start, end in pairwise(row.tolist()):
        if start == end or edges[start, end]:
            continue
        limit = DETOUR * float(np.linalg.norm(face.vertices[start] - face.vertices[end]))
        before = dijkstra(edges, indices=start, limit=limit, return_predecessors=True)[1]
        at = int(before[end])
        while at >= 0 and at != start:
            found.append(np.array([at]))
            at = int(before[at])
    return np.unique(np.concatenate(found))
