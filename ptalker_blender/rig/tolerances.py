"""How far a control's keys may stray: an error bound in the head's millimetres, turned into one bound per control."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import BLENDSHAPES, HEAD_ANGLES
from .head import Head

# Metres. Several controls err at once: on range-of-motion captures, bounds of 0.05, 0.1 and 0.2 mm gave a 99th
# percentile of the lip error of 0.16, 0.31 and 0.51 mm, and 0.2 mm is what an animator is promised.
KEY_ERROR = 0.05e-3
MAX_TOLERANCE = 0.02  # for keys that move nothing on this head: another head may show them


def key_tolerances(head: Head, metres: float = KEY_ERROR) -> dict[str, float]:
    """Largest error of each control that moves no vertex of ``head`` by more than ``metres`` on its own.

    Args:
        head: gives the displacement of each key; a control for which it has no key gets ``MAX_TOLERANCE``.
        metres: bound on the displacement, lips and lids alike.

    Returns:
        tolerance by control for ``motion.reduce.reduce_keys``: blendshapes in their own unit, head angles in radians.
    """
    index = {name: i for i, name in enumerate(head.key_names)}
    reach = {name: _reach(head.key_deltas[index[name]]) for name in BLENDSHAPES if name in index}
    follow = np.ones(len(head.vertices), np.float32) if head.follow is None else head.follow
    radius = _reach(follow[:, None] * (head.vertices - head.neck_pivot))
    reach.update(dict.fromkeys(HEAD_ANGLES, radius))
    names = (*BLENDSHAPES, *HEAD_ANGLES)
    return {name: min(MAX_TOLERANCE, metres / max(reach.get(name, 0.0), 1e-9)) for name in names}


def _reach(vectors: NDArray[np.float32]) -> float:
    """Length of the longest of [V, 3] vectors."""
    return float(np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1).max()))
