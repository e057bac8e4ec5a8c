"""LDTW (Mimic): how far lips are from the truth's when their timing is forgiven."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vertices = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]


def lip_warping_distance(predicted: Vertices, truth: Vertices) -> float:
    """LDTW: cost of the best warping path over the number of its cells, in the vertices' unit.

    A cell (i, j) costs the mean distance of the lip vertices in predicted frame i and true frame j. A path goes from
    both starts to both ends by steps (1, 1), (1, 0), (0, 1), all of weight 1 (H. Sakoe, S. Chiba, IEEE Trans. ASSP
    26(1), 1978, without slope constraint). Mimic's own formula is not in our notes: this is what its name says.

    Args:
        predicted: [T, n, 3] lip vertices.
        truth: [T', n, 3].

    Raises:
        ValueError: no frames, or different numbers of vertices.
    """
    if not (len(predicted) and len(truth)) or predicted.shape[1:] != truth.shape[1:]:
        raise ValueError(f"lips of shapes {predicted.shape} and {truth.shape}")
    total, cells = best_path(frame_distances(predicted, truth))
    return total / cells


def frame_distances(predicted: Vertices, truth: Vertices) -> Doubles:
    """Mean distance of the vertices between every two frames, [T, T']."""
    costs = np.empty((len(predicted), len(truth)))
    axes = np.array(np.moveaxis(truth, 2, 0), np.float64, order="C")
    # A row at a time in one buffer: all at once takes gigabytes, and new arrays for each row four times as long.
    buffer = np.empty_like(axes)
    for row, frame in zip(costs, np.asarray(predicted, np.float64), strict=True):
        np.subtract(axes, frame.T[:, None], out=buffer)
        np.multiply(buffer, buffer, out=buffer)
        squares = buffer[0]
        squares += buffer[1]
        squares += buffer[2]
        np.sqrt(squares, out=squares).mean(axis=1, out=row)
    return costs


def best_path(costs: Doubles) -> tuple[float, int]:
    """Total and number of cells of the cheapest path through a matrix from its first cell to its last.

    Among equals the diagonal step is taken, then that in the first axis.
    """
    rows, columns = costs.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    # Cells of one anti-diagonal do not depend on each other.
    for diagonal in range(2, rows + columns + 1):
        i = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        j = diagonal - i
        before = np.minimum(np.minimum(total[i - 1, j - 1], total[i - 1, j]), total[i, j - 1])
        total[i, j] = costs[i - 1, j - 1] + before
    return float(total[rows, columns]), _cells(total)


def _cells(total: Doubles) -> int:
    i, j = total.shape[0] - 1, total.shape[1] - 1
    count = 1
    while (i, j) != (1, 1):
        steps = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
        i, j = min(steps, key=lambda cell: total[cell])
        count += 1
    return count
