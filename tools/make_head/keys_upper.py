"""Keys of the eyes, lids, brows, cheeks and nose. Displacements in millimetres at weight 1.

Eyes and lids: :mod:`keys_lids`; brows: :mod:`keys_brows`. Cheek and nose are soft pushes of the skin.
"""

from __future__ import annotations

import numpy as np

from .fields import mirror
from .keys_brows import brow_keys
from .keys_lids import LidKeys, lid_keys
from .measures import EYE, Array
from .mesh import Mesh
from .shaping import bump, smoothstep


def upper_keys(mesh: Mesh) -> dict[str, Array]:
    """All eye, brow, cheekSquint and noseSneer keys of an assembled head, [V, 3] each."""
    left = brow_keys(mesh) | lid_keys(LidKeys(mesh)) | {"noseSneerLeft": _sneer(mesh)}
    inner = left.pop("browInnerUp")
    left["eyeSquintLeft"] = left["eyeSquintLeft"] + _push(mesh, (33, -18), (15, 7), (0.0, 1.8, 1.7))
    left["cheekSquintLeft"] = left["cheekSquintLeft"] + _push(mesh, (37, -27), (15, 11), (0.4, 5.8, 4.2))
    keys = left | {name.replace("Left", "Right"): mirror(mesh, deltas) for name, deltas in left.items()}
    return keys | {"browInnerUp": inner}


def _sneer(mesh: Mesh) -> Array:
    """The wing of the nose rises with the skin beside it, which is heaped up beside the bridge."""
    wing = _push(mesh, (13, -36), (7, 8), (1.2, 5.6, 0.6)) + _push(mesh, (20, -39), (7, 8), (0.4, 3.4, 2.2))
    heap = _push(mesh, (9, -14), (6, 9), (-0.3, 2.8, 2.4)) - _push(mesh, (13, -25), (5, 4), (0.0, 0.0, 1.2))
    fold = _push(mesh, (8, 2), (4, 5), (-0.2, -0.8, 0.8))
    return wing + heap + fold


def _push(
    mesh: Mesh, centre: tuple[float, float], size: tuple[float, float], move: tuple[float, float, float]
) -> Array:
    """A soft push of the left face's skin: not of the lids' margins, the lips or the scalp, nor across the midline."""
    x, y, z = mesh.points().T
    allowed = np.zeros(len(x))
    allowed[mesh.groups["skin"]] = 1
    hidden = mesh.groups["sock"] + mesh.groups["lip_inside"]
    allowed[hidden + mesh.groups["lid_inside_left"] + mesh.groups["lid_inside_right"]] = 0
    from_eye = np.hypot((np.abs(x) - EYE[0]) / 14.5, (y - EYE[1] - 0.8) / 9.0)
    weight = bump(x, y, *centre, *size) * allowed * smoothstep(20, 50, z) * smoothstep(-54, -43, y)
    weight *= smoothstep(-4.0, 4.0, x) * smoothstep(1.1, 2.2, from_eye)
    pushed: Array = np.where(weight < 0.004, 0.0, weight)[:, None] * np.array(move)
    return pushed
