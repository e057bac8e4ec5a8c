"""Rigid motions and similarities between two sets of the same points, by least squares.

S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE PAMI 13(4), 1991.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Similarity:
    """``scale * rotation @ point + translation``, for each of N sets of points.

    Attributes:
        rotation: float64 [N, 3, 3], proper.
        scale: float64 [N], 0 or above.
        translation: float64 [N, 3].
        misfit: float64 [N], root mean square distance that is left, relative to that of the fixed points from their
            mean.
    """

    rotation: Floats
    scale: Floats
    translation: Floats
    misfit: Floats


def fit_similarity(moving: Array, fixed: Array, *, scaled: bool) -> Similarity:
    """The similarities that take points ``moving`` [N, V, 3] nearest to ``fixed`` [V, 3]; ``scaled`` False: scale 1.

    Points in a plane are enough; for points on a line, or at one place, the rotation is one of many.
    """
    n_points = len(fixed)
    if not n_points or moving.ndim != 3 or moving.shape[1:] != fixed.shape:
        raise ValueError(f"points {moving.shape} cannot be laid on points {fixed.shape}")
    means, mean = moving.mean(axis=1, dtype=np.float64), fixed.mean(axis=0, dtype=np.float64)
    centred, target = moving - means[:, None], fixed - mean
    u, stretch, vt = np.linalg.svd(np.einsum("vi,nvj->nij", target, centred, optimize=True))
    stretch[:, 2] *= np.sign(np.linalg.det(u @ vt))
    u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]  # no mirror images
    rotation = u @ vt
    spread, target_spread = np.square(centred).sum(axis=(1, 2)), float(np.square(target).sum())
    scale = np.ones(len(moving))
    if scaled:
        np.divide(stretch.sum(axis=1), spread, out=scale, where=spread > 0)
    left = np.maximum(target_spread - 2 * scale * stretch.sum(axis=1) + scale**2 * spread, 0)
    misfit = np.sqrt(left / target_spread) if target_spread > 0 else np.zeros(len(moving))
    return Similarity(rotation, scale, mean - scale[:, None] * (rotation @ means[:, :, None])[..., 0], misfit)


def without_head_motion(sequence: Array, rest: Array, still: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
    """Displacements of a tracked sequence with the head's own motion taken out.

    Args:
        sequence: [T, V, 3] positions, metres.
        rest: [V, 3], the same head at rest.
        still: numbers of vertices that only the head's motion moves, such as the scalp and the ears; three or more.

    Returns:
        float32 [T, V, 3], displacements from ``rest`` after each frame's still vertices were laid on the rest's.

    Raises:
        ValueError: shapes that do not fit, fewer than three still vertices.
    """
    if sequence.ndim != 3 or sequence.shape[1:] != rest.shape or len(still) < 3:
        raise ValueError(f"a sequence {sequence.shape} on a rest {rest.shape}, {len(still)} still vertices")
    fit = fit_similarity(sequence[:, still], rest[still], scaled=False)
    result = np.empty(sequence.shape, np.float32)
    for frame, (rotation, translation) in enumerate(zip(fit.rotation, fit.translation, strict=True)):
        result[frame] = sequence[frame] @ rotation.T + (translation - rest)
    return result
