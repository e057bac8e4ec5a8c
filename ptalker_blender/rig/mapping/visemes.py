"""Controls to viseme weights: each frame as the nearest mix of viseme poses and rest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...motion.controls import N_BLENDSHAPES
from ..head import Head
from .energy import gram
from .poses import viseme_controls

_TONGUE = 0.2  # weight of a tongue vertex against a lip vertex: seen less, and little else tells th from d
_RIDGE = 0.02  # of each pose's own energy: settles poses that look alike, at 0.2 % more of the motion lost
_STEPS = 500
_ENOUGH = 1e-6  # largest change of a weight in one step at which we stop


def viseme_weights(
    names: tuple[str, ...], values: NDArray[np.floating[Any]], head: Head
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights of the visemes ``names`` that come nearest to each frame on the head's lips and tongue.

    Minimises the squared distance in mm^2 (plus a slight ridge) over weights that are not negative and sum to at
    most 1, so that a frame lies between the poses and rest: mouth shapes of a rig are alternatives, and two full
    ones would deform it. Accelerated projected gradient (Beck and Teboulle 2009), all frames at once. The solution
    depends continuously on the frame (the problem is strictly convex), so smooth controls give smooth weights.

    Args:
        names: N names of ``poses.VISEMES``.
        values: [T, 52] blendshapes.
        head: what distances are measured on.

    Returns:
        weights float64 [T, N], and the poses float64 [N, 52].
    """
    if values.ndim != 2 or values.shape[1] != N_BLENDSHAPES:
        raise ValueError(f"blendshapes must be [T, {N_BLENDSHAPES}], got {values.shape}")
    poses = viseme_controls(names, head)
    metric = gram(head, head.landmarks["lips"]) + _TONGUE * gram(head, head.parts["tongue"])
    quadratic = poses @ metric @ poses.T
    quadratic = quadratic + np.diag(_RIDGE * np.diag(quadratic))
    linear = np.asarray(values, np.float64) @ metric @ poses.T
    return _nearest(quadratic, linear), poses


def _nearest(quadratic: NDArray[np.float64], linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minimise ``w Q w / 2 - l w`` per row of ``linear`` [T, N] over ``w >= 0, sum w <= 1``."""
    weights = np.zeros_like(linear)
    if not linear.size:
        return weights
    step = 1.0 / np.linalg.eigvalsh(quadratic)[-1]
    open_rows = np.arange(len(linear))  # frames that still move
    ahead, momentum = weights.copy(), np.ones(len(linear))
    for _ in range(_STEPS):
        old, start, pull = weights[open_rows], ahead[open_rows], linear[open_rows]
        new = _project(start - step * (start @ quadratic - pull))
        moved = new - old
        # Momentum that has begun to lead uphill starts anew (O'Donoghue and Candes 2015).
        uphill = ((start - new) * moved).sum(axis=1) > 0
        before = np.where(uphill, 1.0, momentum[open_rows])
        grown = (1 + np.sqrt(1 + 4 * before**2)) / 2
        weights[open_rows], momentum[open_rows] = new, grown
        ahead[open_rows] = new + ((before - 1) / grown)[:, None] * moved
        open_rows = open_rows[np.abs(moved).max(axis=1) > _ENOUGH]
        if not len(open_rows):
            break
    return weights


def _project(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nearest points with entries >= 0 that sum to at most 1 (Held, Wolfe and Crowder 1974)."""
    inside = np.maximum(points, 0.0)
    over = inside.sum(axis=1) > 1.0
    if over.any():
        rows = points[over]
        down = -np.sort(-rows, axis=1)
        excess = np.cumsum(down, axis=1) - 1.0
        count = (down * np.arange(1, rows.shape[1] + 1) > excess).sum(axis=1)
        shift = excess[np.arange(len(rows)), count - 1] / count
        inside[over] = np.maximum(rows - shift[:, None], 0.0)
    return inside
