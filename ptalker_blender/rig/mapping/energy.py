"""Motion energy: how much of a face's movement, in square millimetres on its vertices, a set of controls carries."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...motion.controls import BLENDSHAPES, N_BLENDSHAPES
from ..head import Head

_MM = 1000.0


def gram(head: Head, ids: NDArray[np.int32]) -> NDArray[np.float64]:
    """Inner products [52, 52] of the blendshapes' displacements over the vertices ``ids``, mm^2.

    The energy of controls c is ``c @ gram @ c``: the sum over the vertices of the squared distance from rest.
    Blendshapes that the head has no key for are zero. The head's angles move it as a whole and are left out.
    """
    deltas = np.zeros((N_BLENDSHAPES, len(ids) * 3))
    for row, name in enumerate(BLENDSHAPES):
        if name in head.key_names:
            deltas[row] = head.key_deltas[head.key_names.index(name)][ids].reshape(-1).astype(np.float64) * _MM
    product: NDArray[np.float64] = deltas @ deltas.T
    return product


def energy(controls: NDArray[np.floating[Any]], metric: NDArray[np.float64]) -> float:
    """Sum over the frames of ``c @ metric @ c``, mm^2; ``controls`` is [T, 52]."""
    values = np.asarray(controls, np.float64)
    return float(np.sum((values @ metric) * values))
