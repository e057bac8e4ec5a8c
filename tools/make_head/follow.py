"""How far every vertex follows the head's rotation: the head wholly, the bust not at all, the neck by its height.

The neck bends between two lines seen from the side: the collar's upper edge, found on the bust, and the jaw with the
base of the skull. Both tilt, in opposite senses, so height is counted as a share of the way between them: neck and
collar then part nowhere, and the short nape bends over its whole length just as the longer throat does.
"""

from __future__ import annotations

import numpy as np

from .measures import Array
from .mesh import Mesh

#: (z, y) of the line from which everything turns with the head: base of the skull, angle of the jaw, throat, chin.
JAW = np.array([(-63.0, -84.0), (-10.0, -112.0), (55.0, -107.0), (88.0, -98.0)])
ABOVE_COLLAR = 1.0  # mm over the collar's highest point at which the neck begins to turn
SOFT = 0.25  # share of the way, at each end, over which the bend sets in


def follow(mesh: Mesh, default: Mesh) -> Array:
    """Share of the head's rotation [V], 0..1.

    Args:
        mesh: with the groups ``skin`` and ``bust``.
        default: the default member of its family, to which ``JAW`` fits; a longer chin turns no less. It may be
            ``mesh`` itself.

    Raises:
        ValueError: the bust has no vertices on the midline, so that no collar is found.
    """
    points = mesh.points()
    share = np.ones(len(points))
    skin, bust = np.array(mesh.groups["skin"]), np.array(mesh.groups["bust"])
    _, y, z = default.points()[default.groups["skin"]].T
    low, high = collar_top(points[bust], z) + ABOVE_COLLAR, np.interp(z, *JAW.T)
    share[skin] = ramp((y - low) / (high - low))
    share[bust] = 0.0
    return share


def collar_top(bust: Array, z: Array) -> Array:
    """Height [n] at depths ``z`` [n] of the lowest straight line over the collar's edges in front and behind.

    Args:
        bust: [B, 3], millimetres; highest in front and behind at the collar.
        z: [n], millimetres; held to the collar's own range.
    """
    middle = bust[np.abs(bust[:, 0]) < 1e-6]
    centre = (bust[:, 2].min() + bust[:, 2].max()) / 2
    ahead, behind = middle[middle[:, 2] > centre], middle[middle[:, 2] < centre]
    if not len(ahead) or not len(behind):
        raise ValueError("the bust needs vertices on the midline, in front and behind")
    front, back = ahead[np.argmax(ahead[:, 1])], behind[np.argmax(behind[:, 1])]
    slope = (front[1] - back[1]) / (front[2] - back[2])
    # The collar's sides lie over the straight line between its ends: lift the line until nothing rises above it.
    lift = float((bust[:, 1] - (back[1] + slope * (bust[:, 2] - back[2]))).max())
    line: Array = back[1] + slope * (np.clip(z, back[2], front[2]) - back[2]) + lift
    return line


def ramp(at: Array) -> Array:
    """0 below 0, 1 above 1, straight between but for soft ends: no steeper than 1 / (1 - SOFT)."""
    s = np.clip(at, 0, 1)
    top = 1 / (1 - SOFT)
    rise = np.where(s < SOFT, top * s * s / (2 * SOFT), top * (s - SOFT / 2))
    out: Array = np.where(s > 1 - SOFT, 1 - top * (1 - s) ** 2 / (2 * SOFT), rise)
    return out
