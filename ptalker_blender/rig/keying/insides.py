"""What cannot be seen from outside: the mouth's lining and the backs of the lids.

Cut along the contact edges of the lips, or along the margins of the lids, the skin falls into pieces; the one with the
nose is outside, what hangs on the other side of a cut is inside. Where a cut does not part the skin (lids modelled
without a back, say) nothing is inside.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from .face import SIDES, Face
from .surface import edge_pairs

Ids = NDArray[np.int64]

OUTSIDE, MOUTH, EYE_LEFT, EYE_RIGHT = range(4)
INSIDES = (MOUTH, EYE_LEFT, EYE_RIGHT)


def insides(face: Face) -> NDArray[np.int8]:
    """[V] which side of the cuts each vertex of the skin is on; the cuts themselves and other parts are OUTSIDE."""
    n = len(face.vertices)
    skin = np.zeros(n, bool)
    skin[face.part("skin")] = True
    triangles = face.triangles[skin[face.triangles].all(axis=1)]
    a, b = edge_pairs(triangles)
    cuts = {MOUTH: np.union1d(face.lip("upper"), face.lip("lower"))}
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
    ring = [upper, lower]
    ring += [
        face.row(name) for name in (f"eye_inner_corner_{side}", f"eye_outer_corner_{side}") if name in face.landmarks
    ]
    for end in (0, -1):
        ring.append(np.intersect1d(b[a == upper[end]], b[a == lower[end]]))
    return np.unique(np.concatenate(ring))
