"""Viterbi alignment of a known phone sequence with a network's own posteriors, in which phones may be left out.

After Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding algorithm" (1967), on a
left-to-right chain as in forced alignment with hidden Markov models; the skips let a speaker leave out what stands in
the text, at a price.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def constrained_viterbi(
    scores: NDArray[np.float64], phones: NDArray[np.int64], skip_costs: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The best way through a phone sequence, each phone held for one frame or more or left out at its price.

    Args:
        scores: [T, K], log score of each phone in each frame.
        phones: [N], the sequence; indices into the K.
        skip_costs: [N], what leaving a phone out costs; infinite: it may not be.

    Returns:
        int64 [T], which phone of the sequence (0 .. N - 1) each frame belongs to, never falling.

    Raises:
        ValueError: no frames, no phones, or more phones that may not be left out than frames.
    """
    frames, count = len(scores), len(phones)
    if not frames or not count or int(np.isinf(skip_costs).sum()) > frames:
        raise ValueError(
            f"{count} phones, {int(np.isinf(skip_costs).sum())} of them needed, do not fit {frames} frames"
        )
    # An infinite price would make differences of sums undefined; this one exceeds what any path can gain.
    bound = 1.0 + 2.0 * float(np.abs(scores).max()) * frames + float(skip_costs[np.isfinite(skip_costs)].sum())
    prices = np.where(np.isinf(skip_costs), bound, skip_costs).astype(np.float64)
    paid = np.concatenate([[0.0], np.cumsum(prices)])  # paid[j]: price of leaving out phones 0 .. j - 1
    emitted = scores[:, phones].astype(np.float64)
    best = emitted[0] - paid[:-1]
    came_from = np.zeros((frames, count), np.int64)
    order = np.arange(count)
    for t in range(1, frames):
        # Arriving at j from any i < j costs paid[j] - paid[i + 1], so the best i is a running maximum.
        credit = best + paid[1:]
        leader = np.maximum.accumulate(credit)
        first_at = np.maximum.accumulate(np.where(credit == leader, order, 0))
        arrive = np.concatenate([[-np.inf], leader[:-1] - paid[1:-1]])
        stays = best >= arrive
        came_from[t] = np.where(stays, order, np.concatenate([[0], first_at[:-1]]))
        best = np.where(stays, best, arrive) + emitted[t]
    path = np.zeros(frames, np.int64)
    path[-1] = int(np.argmax(best + paid[1:] - paid[-1]))
    for t in range(frames - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path
