"""SCS (Mimic): is the manner of a prediction that of its reference, to a style encoder's ear?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Motion = NDArray[np.floating[Any]]
StyleEncoder = Callable[[Motion], NDArray[np.floating[Any]]]  # motion [T, C] -> code [D]


def style_cosine(encode: StyleEncoder, predicted: Motion, reference: Motion) -> float:
    """SCS: cosine of the style codes of a predicted motion and of its style reference, -1..1.

    The encoder must be fixed, one for all systems compared; Mimic takes that of its own network, which favours it.
    Codes of one space share a large mean and all look alike (0.97 to 0.99 in Mimic's table), so report the cosine with
    the wrong references beside it.

    Args:
        encode: motion [T, C] -> code [D].
        predicted: [T, C].
        reference: [P, C].

    Raises:
        ValueError: codes of different lengths, or one that is zero or not finite.
    """
    a, b = (np.asarray(encode(motion), np.float64).ravel() for motion in (predicted, reference))
    if a.shape != b.shape:
        raise ValueError(f"style codes of {a.size} and {b.size} numbers")
    scale = float(np.sqrt((a @ a) * (b @ b)))
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError("a style code that is zero or not finite has no direction")
    return float(a @ b) / scale
