"""What the mouth asks for beyond transferred keys: lips that meet over an open jaw; teeth and tongue on the jaw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .face import Face
from .rows import lip_rows
from .warp import rigid

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

UPPER_SHARE = np.array([0.3, 0.33, 0.03])  # of the way between the lips that the upper one goes, as on our own heads
ON_THE_JAW = ("teeth_lower", "tongue")
CHIN = 0.014  # metres on the reference head round the chin that go with the jaw as a whole


def closed_lips(face: Face, jaw_open: Floats) -> tuple[Ids, Floats]:
    """What mouthClose does to the contact edges so that it undoes ``jaw_open`` [V, 3]: ids [n] and displacements."""
    upper, lower = lip_rows(face)
    ids, wanted = [], []
    for mine in (upper, lower):
        above, below = upper.read(jaw_open, mine.share), lower.read(jaw_open, mine.share)
        follow = UPPER_SHARE * (below - above)
        ids.append(mine.ids[1:-1])
        wanted.append((above + follow - jaw_open[mine.ids])[1:-1])
    return np.concatenate(ids), np.vstack(wanted)


def ride_the_jaw(face: Face, key: Floats) -> Floats:
    """``key`` [V, 3] with lower teeth and tongue moved as one body with the chin."""
    parts = [face.part(name) for name in ON_THE_JAW if len(face.part(name))]
    if not parts:
        return key
    p, skin = face.vertices, face.part("skin")
    chin = skin[np.linalg.norm(p[skin] - p[face.landmarks["chin"][0]], axis=1) < CHIN * face.unit]
    rotation, shift = rigid(p[chin], p[chin] + key[chin])
    out = key.copy()
    for ids in parts:
        out[ids] = p[ids] @ rotation.T + shift - p[ids]
    return out


def jaw_share(face: Face, jaw_open: Floats) -> Floats:
    """Share [V] of the jaw's own motion that each vertex of a known face takes part in, 1 on teeth and chin.

    Raises:
        ValueError: the face has no lower teeth to tell the jaw's own motion by.
    """
    teeth = face.part("teeth_lower")
    if not len(teeth):
        raise ValueError("a known face needs lower teeth")
    rotation, shift = rigid(face.vertices[teeth], face.vertices[teeth] + jaw_open[teeth])
    whole = face.vertices @ rotation.T + shift - face.vertices
    share: Floats = np.sum(jaw_open * whole, axis=1) / np.maximum(np.sum(whole**2, axis=1), 1e-12)
    return share
