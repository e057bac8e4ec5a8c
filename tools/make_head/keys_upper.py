"""Keys of the eyes, lids, brows, cheeks and nose. Displacements in millimetres at weight 1."""

from __future__ import annotations

import numpy as np

from .fields import mirror, symmetric
from .keys_lids import LidKeys, lid_keys
from .measures import EYE, Array
from .mesh import Mesh
from .shaping import bump, smoothstep


def upper_keys(mesh: Mesh) -> dict[str, Array]:
    """All eye, brow, cheekSquint and noseSneer keys, [V, 3] each."""
    left = {**_lids(LidKeys(mesh)), **_brows(mesh), **_cheek_and_nose(mesh)}
    keys = left | {name.replace("Left", "Right"): mirror(mesh, d) for name, d in left.items()}
    inner = _skin_push(mesh, 12, 25, 14, 13, (0.6, 6.4, 0.4))
    keys["browInnerUp"] = symmetric(mesh, inner + mirror(mesh, inner))
    return keys


def _lids(lids: LidKeys) -> dict[str, Array]:
    keys = lid_keys(lids)
    keys["eyeSquintLeft"] = keys["eyeSquintLeft"] + _skin_push(lids.mesh, 33, -17, 14, 7, (0.0, 1.6, 1.0))
    return keys


def _skin_push(mesh: Mesh, cx: float, cy: float, rx: float, ry: float, move: tuple[float, float, float]) -> Array:
    """A soft push of the left upper face; fades before the lid margins, never below the nose, never on the scalp."""
    x, y, z = mesh.points().T
    allowed = np.zeros(len(x))
    allowed[mesh.groups["skin"] + mesh.groups["brows"]] = 1
    allowed[mesh.groups["sock"] + mesh.groups["lip_inside"]] = 0
    allowed[mesh.groups["lid_inside_left"] + mesh.groups["lid_inside_right"]] = 0
    from_eye = np.hypot((np.abs(x) - EYE[0]) / 14.5, (y - EYE[1] - 0.8) / 9.0)
    w = bump(x, y, cx, cy, rx, ry) * allowed * smoothstep(20, 50, z) * smoothstep(-52, -42, y) * smoothstep(66, 50, y)
    w = np.where(w < 0.004, 0.0, w) * smoothstep(1.0, 2.3, from_eye)
    return w[:, None] * np.array(move)


def _brows(mesh: Mesh) -> dict[str, Array]:
    down = _skin_push(mesh, 13, 22, 14, 13, (-1.6, -4.8, 0.8)) + _skin_push(mesh, 34, 25, 15, 12, (-0.6, -3.4, 0.2))
    return {
        "browDownLeft": down,
        "browOuterUpLeft": _skin_push(mesh, 43, 26, 17, 13, (0.4, 6.4, -0.6)),
    }


def _cheek_and_nose(mesh: Mesh) -> dict[str, Array]:
    sneer = _skin_push(mesh, 12, -40, 7, 9, (0.8, 3.4, 0.4)) + _skin_push(mesh, 9, -12, 7, 12, (-0.4, 1.8, 0.8))
    return {
        "cheekSquintLeft": _skin_push(mesh, 36, -25, 15, 10, (0.0, 4.0, 2.4)),
        "noseSneerLeft": sneer,
    }
