"""Controls to viseme weights: each frame as the nearest mix of viseme poses and rest."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...motion.controls import N_BLENDSHAPES
from ..head import Head
from .energy import gram
from .poses import lip_gap, viseme_controls

_GAP = 4.0  # weight of 1 mm between the lips against 1 mm of every lip vertex: a closure is small, but must be seen
_TONGUE = 0.2  # weight of a tongue vertex against a lip vertex: seen less, and little else tells th from d
_RIDGE = 0.01  # of each pose's own energy: makes the solution unique where poses look alike
_NEARNESS = 0.06  # see viseme_weights; more of it takes fewer visemes at once and loses more of the motion
_STEPS = 500
_ENOUGH = 1e-6  # largest change of a weight in one step at which we stop


def viseme_weights(
    names: tuple[str, ...], values: NDArray[np.floating[Any]], head: Head
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights of the visemes ``names`` that come nearest to each frame on the head's lips and tongue.

    Minimises the squared distance in mm^2 (lips, tongue, and the gap between the lips, so that rounded lips shut too)
    over weights that are not negative and sum to at most 1, so that a frame lies between the poses and rest: mouth
    shapes of a rig are alternatives, and two full ones would deform it. On lips, most vowels are mixes of others (an
    "eh" is half "aa", half "ee"), so distance alone would choose many shapes where the rig has the very one. Each
    viseme (and rest) therefore costs ``_NEARNESS`` times its own squared distance from the frame, which is linear in
    the weights (locality-constrained coding, Wang et al. 2010). Solved by accelerated projected gradient (Beck and
    Teboulle 2009), all frames at once; the problem is strictly convex, so the weights follow the frame continuously.

    Args:
        names: N names of ``poses.VISEMES``.
        values: [T, 52] blendshapes.
        head: what distances are measured on; it needs the 52 keys, as the default head has them.

    Returns:
        weights float64 [T, N], and the poses float64 [N, 52].
    """
    if values.ndim != 2 or values.shape[1] != N_BLENDSHAPES:
        raise ValueError(f"blendshapes must be [T, {N_BLENDSHAPES}], got {values.shape}")
    poses = viseme_controls(names, head)
    lips, gap = head.landmarks["lips"], lip_gap(head)
    metric = gram(head, lips) + _GAP * len(lips) * np.outer(gap, gap) + _TONGUE * gram(head, head.parts["tongue"])
    quadratic = poses @ metric @ poses.T
    own = np.diag(quadratic)
    # Sum over i of w_i |x - p_i|^2 and (1 - sum w) |x|^2, halved and without what the weights do not change.
    linear = (1 + _NEARNESS) * (np.asarray(values, np.float64) @ metric @ poses.T) - _NEARNESS / 2 * own
    return _nearest(quadratic + np.diag(_RIDGE * own), linear), poses


def _nearest(quadratic: NDArray[np.float64], linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minimise ``w Q w / 2 - l w`` per row of ``linear`` [T, N] over ``w >= 0, sum w <= 1``."""
    if not linear.size:
        return np.zeros_like(linear)
    # In units of each pose's size: beside a wide vowel, pressed lips hardly move, and one step cannot suit both.
    size = np.sqrt(np.diag(quadratic))
    shape, pulls = quadratic / np.outer(size, size), linear / size
    step = 1.0 / np.linalg.eigvalsh(shape)[-1]
    weights = np.zeros_like(linear)
    open_rows = np.arange(len(linear))  # frames that still move
    ahead, momentum = weights.copy(), np.ones(len(linear))
    for _ in range(_STEPS):
        old, start = weights[open_rows], ahead[open_rows]
        new = _project(start - step * (start @ shape - pulls[open_rows]), 1.0 / size)
        moved = new - old
        # Momentum that has begun to lead uphill starts anew (O'Donoghue and Candes 2015).
        uphill = ((start - new) * moved).sum(axis=1) > 0
        before = np.where(uphill, 1.0, momentum[open_rows])
        grown = (1 + np.sqrt(1 + 4 * before**2)) / 2
        weights[open_rows], momentum[open_rows] = new, grown
        ahead[open_rows] = new + ((before - 1) / grown)[:, None] * moved
        open_rows = open_rows[np.abs(moved / size).max(axis=1) > _ENOUGH]
        if not len(open_rows):
            break
    solved: NDArray[np.float64] = weights / size
    return solved


def _project(points: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nearest points u >= 0 with ``cost @ u <= 1`` (Held, Wolfe and Crowder 1974), for positive costs."""
    inside = np.maximum(points, 0.0)
    over = inside @ cost > 1.0
    if over.any():
        rows = points[over]
        order = np.argsort(-rows / cost, axis=1)
        ranked, costs = np.take_along_axis(rows, order, axis=1), cost[order]
        multiplier = (np.cumsum(ranked * costs, axis=1) - 1.0) / np.cumsum(costs**2, axis=1)
        count = (ranked / costs > multiplier).sum(axis=1)
        shift = multiplier[np.arange(len(rows)), count - 1]
        inside[over] = np.maximum(rows - shift[:, None] * cost, 0.0)
    return inside
