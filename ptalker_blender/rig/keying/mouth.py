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


def ride_the_jaw(known: Face, key: Floats, target: Face, moved: Floats) -> Floats:
    """``moved`` [V', 3] with the target's lower teeth and tongue as one body: turned as the known ones, with the chin.

    Args:
        known: the face the keys come from.
        key: [V, 3] one of its jaw keys.
        target: the face to be given one.
        moved: what the target's skin does.
    """
    parts = [target.part(name) for name in ON_THE_JAW if len(target.part(name))]
    if not parts:
        return moved
    teeth, skin, p = known.part("teeth_lower"), target.part("skin"), target.vertices
    rotation, _ = rigid(known.vertices[teeth], known.vertices[teeth] + key[teeth])
    chin = skin[np.linalg.norm(p[skin] - p[target.landmarks["chin"][0]], axis=1) < CHIN * target.unit]
    centre, shift = p[chin].mean(axis=0), moved[chin].mean(axis=0)
    out = moved.copy()
    for ids in parts:
        out[ids] = (p[ids] - centre) @ rotation.T + centre + shift - p[ids]
    return out


def tongue_key(known: Face, key: Floats, target: Face) -> Floats:
    """Displacements [n, 3] of the target's tongue for tongueOut: by share of its length from root to tip.

    Args:
        known: the face the keys come from.
        key: [V, 3] its tongueOut.
        target: the face to be given one; n is the number of its tongue's vertices.
    """
    theirs, mine = known.part("tongue"), target.part("tongue")
    start, end = known.vertices[theirs, 2], target.vertices[mine, 2]
    longer = float(np.ptp(end)) / max(float(np.ptp(start)), 1e-9)
    share, at = ((z - z.min()) / max(float(np.ptp(z)), 1e-9) for z in (start, end))
    order = np.argsort(share)
    # Smoothed along the length: vertices of one cross-section move by different amounts.
    bins = np.linspace(0, 1, 24)
    profile = np.stack([np.interp(bins, share[order], key[theirs][order, axis]) for axis in range(3)], axis=1)
    moved: Floats = longer * np.stack([np.interp(at, bins, profile[:, axis]) for axis in range(3)], axis=1)
    moved[:, 0] = 0.0
    return moved


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
