"""How a head of FLAME's topology turns: the joint of its neck, and which vertices go along."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .flame_jaw import jaw_frame
from .flame_landmarks import flame_regions
from .keying.face import Face
from .keying.surface import edge_lengths, geodesic

Floats = NDArray[np.float64]

#: From the jaw's joint to the neck's on FLAME's mean head, metres up and ahead; both lie in the middle of the skull.
NECK_FROM_JAW = (0.0067, 0.0039)
MEAN_UNIT = 0.893  # of the mean head, see :attr:`.keying.face.Face.unit`


def neck_joint(face: Face) -> Floats:
    """The joint [3] that a face of :func:`.keying.face.flame_face` nods about, metres; FLAME's own within 2 mm."""
    up, ahead = NECK_FROM_JAW
    scale = face.unit / MEAN_UNIT
    return np.asarray(jaw_frame(face.vertices).joint + scale * np.array([0.0, up, ahead]), np.float64)


def turn_shares(face: Face) -> Floats:
    """Share of the head's rotation [5023]: 1 on the head, falling over the neck to 0 at the edge of the bust."""
    neck = flame_regions()["neck"]
    shares = np.ones(len(face.vertices))
    lengths = edge_lengths(face.vertices, face.triangles)
    head = np.setdiff1d(face.part("skin"), neck)
    from_rim, from_head = (geodesic(lengths, ids)[neck] for ids in (np.intersect1d(_rim(face), neck), head))
    way = from_rim / (from_rim + from_head)
    shares[neck] = way**2 * (3 - 2 * way)
    return shares


def _rim(face: Face) -> NDArray[np.int64]:
    """Vertices of edges with one triangle."""
    edges = np.sort(np.concatenate([face.triangles, np.roll(face.triangles, -1, axis=1)]).reshape(2, -1).T, axis=1)
    unique, uses = np.unique(edges, axis=0, return_counts=True)
    return np.asarray(np.unique(unique[uses == 1]), np.int64)
