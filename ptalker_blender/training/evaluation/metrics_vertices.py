"""The papers' vertex metrics, one function each; protocols as in the released code where there is one.

All take vertices float [T, V, 3] in any unit and answer in that unit (or its square, as the papers print it). Region
indices are of *vertices*: PTalker's released loss indexes the flattened 3V axis with them and so weights other
coordinates; its metric, like CodeTalker's and ours, does not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vertices = NDArray[np.floating[Any]]
Ids = NDArray[np.int32]
Doubles = NDArray[np.float64]


def distances(predicted: Vertices, truth: Vertices, ids: Ids) -> Doubles:
    """Distance of each of some vertices in each frame, [T, n].

    Raises:
        ValueError: sequences of different shapes, no frames, or no vertices.
    """
    if predicted.shape != truth.shape or predicted.ndim != 3 or predicted.shape[2] != 3:
        raise ValueError(f"two sequences [T, V, 3] of one shape are needed, got {predicted.shape} and {truth.shape}")
    if not len(predicted) or not len(ids):
        raise ValueError(f"{len(predicted)} frames and {len(ids)} vertices: there is nothing to measure")
    difference = np.subtract(predicted[:, ids], truth[:, ids], dtype=np.float64)
    return np.asarray(np.sqrt(np.square(difference).sum(axis=2)), np.float64)


def lip_vertex_error(of_lips: Doubles) -> tuple[float, float]:
    """LVE: mean over frames of the largest distance of a lip vertex, (squared, plain).

    The squared form is that of the released code of FaceFormer's successors (CodeTalker, PTalker: ``max`` of the sum of
    squares, then the mean over all frames of all sequences), in square units.

    Args:
        of_lips: [T, n], see :func:`distances`.
    """
    worst = of_lips.max(axis=1)
    return float(np.square(worst).mean()), float(worst.mean())


def face_vertex_error(of_face: Doubles) -> tuple[float, float]:
    """FVE (Mimic): mean over frames and vertices of the distance, (squared, plain)."""
    return float(np.square(of_face).mean()), float(of_face.mean())


def spread(offsets: Vertices, squared: bool) -> Doubles:
    """Standard deviation over time (ddof 0) of how far each vertex is from rest, [n]; with ``squared`` of its square.

    Args:
        offsets: [T, n, 3] from the neutral mesh.
        squared: of squared distances.
    """
    squares = np.square(offsets, dtype=np.float64).sum(axis=2)
    return np.asarray((squares if squared else np.sqrt(squares)).std(axis=0), np.float64)


def dynamics_deviation(predicted: Vertices, truth: Vertices, squared: bool) -> tuple[float, float]:
    """FDD on upper-face vertices, LDD on lip vertices: (signed, unsigned).

    Signed is the released form of FDD: mean over vertices of the truth's :func:`spread`, less the prediction's
    (positive: the prediction moves too little). Vertices, and sequences when they are averaged, cancel in it: a
    forehead that moves too much and brows that move too little score 0. Unsigned takes the absolute difference of
    each vertex before any mean, so that nothing cancels. Released code has the spread of squared distances.

    Args:
        predicted: [T, n, 3] offsets from the neutral mesh.
        truth: the same of the truth; T may differ.
        squared: spread of squared distances (square units), as printed in the papers, or of distances.
    """
    difference = spread(truth, squared) - spread(predicted, squared)
    return float(difference.mean()), float(np.abs(difference).mean())


def jitter(vertices: Vertices) -> float | None:
    """Mean length of the third difference in time over frames and vertices, unit per frame cubed; None under 4 frames.

    Third differences of smooth speech are small and of noise large. It depends on the frame rate (noise of one size
    does not, motion does with its cube), which reports therefore name.

    Args:
        vertices: [T, n, 3], absolute or offsets.
    """
    if len(vertices) < 4:
        return None
    third = np.diff(np.asarray(vertices, np.float64), n=3, axis=0)
    return float(np.sqrt(np.square(third).sum(axis=2)).mean())


def gap(vertices: Vertices, upper: Ids, lower: Ids, up: Doubles) -> Doubles:
    """Opening of the inner lips, [T]: height of the upper lip's vertices above their partners', mean over the pairs.

    Args:
        vertices: [T, V, 3] without head motion.
        upper: [p] inner upper lip.
        lower: [p] inner lower lip, pair by pair.
        up: unit vector [3].
    """
    return np.asarray(((vertices[:, upper] - vertices[:, lower]).astype(np.float64) @ up).mean(axis=1), np.float64)
