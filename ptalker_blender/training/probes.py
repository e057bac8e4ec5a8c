"""Linear probes: what can be read from a code by whoever was not there when it was trained.

A classifier that took part in training proves nothing by failing (docs/decisions.d/constraints.md); these are fitted
anew, on codes the network has finished with, and judged on what they were not fitted to (Alain and Bengio,
"Understanding intermediate layers using linear classifier probes", 2016). numpy and scipy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

_DECAY = 1.0  # L2 penalty of the classifier per fit, as scikit-learn's C = 1
_STEPS = 200  # of L-BFGS; probes of a few hundred features settle in fewer
_RIDGES = np.logspace(-4, 4, 17)  # penalties tried, in units of a standardised feature's variance


@dataclass(frozen=True)
class ProbeScore:
    """How well a probe did on what it was not fitted to.

    Attributes:
        accuracy: share of right answers over all samples, 0..1.
        chance: share of the commonest label, which a probe reaches that ignores the features.
        deviation: standard deviation of the accuracy over the folds.
    """

    accuracy: float
    chance: float
    deviation: float


def linear_probe_accuracy(
    features: NDArray[np.floating[Any]],
    labels: NDArray[np.integer[Any]],
    rng: np.random.Generator,
    folds: int = 5,
    groups: NDArray[np.integer[Any]] | None = None,
) -> ProbeScore:
    """Cross-validated accuracy of multinomial logistic regression on standardised features.

    Args:
        features: [N, D].
        labels: [N], any integers.
        rng: draws the folds.
        folds: parts the samples are dealt into, evenly within each label.
        groups: [N]; samples of one group (a recording, a sentence) are never in both halves. None: each for itself.

    Raises:
        ValueError: fewer than two labels or folds, features that are not finite, or a label that some fold holds
            alone, so that the probe could not have learned it.
    """
    x, y = _matrix(features), np.unique(labels, return_inverse=True)[1].astype(np.int64)
    if folds < 2 or len(y) != len(x) or not y.any():
        raise ValueError(
            f"{folds} folds of {len(x)} features and {len(y)} labels, {len(np.unique(y))} of them different"
        )
    part = _deal_by_label(y, np.arange(len(y)) if groups is None else np.asarray(groups), rng, folds)
    right = np.zeros(len(y), bool)
    for fold in np.unique(part):
        test = part == fold
        lonely = np.setdiff1d(y[test], y[~test])
        if len(lonely):
            raise ValueError(f"{len(lonely)} labels occur in one fold only: each needs 2 or more samples or groups")
        mean, scale = _standard(x[~test])
        weights = _fit_logistic((x[~test] - mean) / scale, y[~test], int(y.max()) + 1)
        right[test] = (_with_one((x[test] - mean) / scale) @ weights).argmax(1) == y[test]
    by_fold = [right[part == fold].mean() for fold in np.unique(part)]
    return ProbeScore(float(right.mean()), float(np.bincount(y).max() / len(y)), float(np.std(by_fold)))


def regression_r(
    features: NDArray[np.floating[Any]],
    targets: NDArray[np.floating[Any]],
    groups: NDArray[np.integer[Any]],
    folds: int = 5,
) -> Array:
    """Pearson r between each target and its ridge regression from the features, on groups the fit has not seen.

    The penalty is chosen for each target and fold within the fitting half, again with no group in both parts. Both
    sides of the correlation are taken as differences from the fitting half's mean: that mean itself falls where the
    judged half's rises, so useless features would otherwise show a negative r: -0.26 on average for 40 groups, and
    -0.13 this way (-0.05 for 200 groups; measured on noise).

    Args:
        features: [N, D].
        targets: [N, M].
        groups: [N], such as the performer; dealt to the folds in their order, with no chance involved.
        folds: parts; as many as there are groups if those are fewer.

    Returns:
        float64 [M]; nan for a target that is the same everywhere, 0 where the features say nothing at all.

    Raises:
        ValueError: fewer than three groups (two to fit and choose, one to judge), or arrays that do not fit.
    """
    x, y = _matrix(features), _matrix(targets)
    if not len(x) == len(y) == len(groups):
        raise ValueError(f"{len(x)} features, {len(y)} targets and {len(groups)} groups do not fit")
    part = _deal_groups(np.asarray(groups), folds, least=3)
    predicted, actual = np.zeros_like(y), np.zeros_like(y)
    for fold in np.unique(part):
        test = part == fold
        predicted[test], actual[test] = _judge(x, y, np.asarray(groups), test, folds)
    moves = np.ptp(y, axis=0) > 0.0
    return np.array([_pearson(predicted[:, m], actual[:, m]) if moves[m] else np.nan for m in range(y.shape[1])])


def _matrix(values: NDArray[np.floating[Any]]) -> Array:
    matrix = np.asarray(values, np.float64)
    if matrix.ndim != 2 or not np.isfinite(matrix).all():
        raise ValueError(f"a probe reads finite values [N, D], got {matrix.shape}")
    return matrix


def _standard(x: Array) -> tuple[Array, Array]:
    """Mean and scale [D]; a feature that does not move is left as it is."""
    scale = x.std(axis=0)
    return x.mean(axis=0), np.where(scale > 1e-9 * (1.0 + np.abs(x).max(axis=0)), scale, 1.0)


def _with_one(x: Array) -> Array:
    return np.concatenate([x, np.ones((len(x), 1))], axis=1)


def _deal_by_label(labels: Labels, groups: NDArray[np.integer[Any]], rng: np.random.Generator, folds: int) -> Labels:
    """Fold of each sample [N]: whole groups, shuffled, dealt out label by label so that folds hold like shares."""
    names, first, group = np.unique(groups, return_index=True, return_inverse=True)
    shuffled = rng.permutation(len(names))
    order = shuffled[np.argsort(labels[first][shuffled], kind="stable")]
    fold = np.empty(len(names), np.int64)
    fold[order] = np.arange(len(names)) % folds
    return np.asarray(fold[group], np.int64)


def _deal_groups(groups: NDArray[np.integer[Any]], folds: int, least: int) -> Labels:
    """Fold of each sample [N], whole groups in the order of their numbers."""
    names, group = np.unique(groups, return_inverse=True)
    if len(names) < least or folds < 2:
        raise ValueError(f"{len(names)} groups in {folds} folds; {least} groups and 2 folds are needed")
    return np.asarray(group % min(folds, len(names)), np.int64)


def _fit_logistic(x: Array, labels: Labels, classes: int) -> Array:
    """Weights [D + 1, K], the last row without penalty, of x [N, D] by L-BFGS; the problem is convex."""
    inputs, wanted = _with_one(x), np.eye(classes)[labels]
    shape = (inputs.shape[1], classes)

    def cost(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(shape)
        logits = inputs @ weights
        log_total = logsumexp(logits, axis=1, keepdims=True)
        decay = _DECAY * weights
        decay[-1] = 0.0
        value = float((log_total[:, 0] - (logits * wanted).sum(1)).sum() + 0.5 * (decay * weights).sum())
        return value, (inputs.T @ (np.exp(logits - log_total) - wanted) + decay).ravel()

    found = minimize(cost, np.zeros(shape[0] * classes), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    return np.asarray(found.x, np.float64).reshape(shape)


def _judge(
    x: Array, y: Array, groups: NDArray[np.integer[Any]], test: NDArray[np.bool_], folds: int
) -> tuple[Array, Array]:
    """Predictions and truth [n, M] of the judged samples, as differences from the fitting half's mean."""
    fit_x, fit_y = x[~test], y[~test]
    inner = _deal_groups(groups[~test], folds, least=2)
    errors = np.zeros((len(_RIDGES), y.shape[1]))
    for fold in np.unique(inner):
        held = inner == fold
        guesses = _ridge_path(fit_x[~held], fit_y[~held], fit_x[held])
        errors += np.square(guesses - (fit_y[held] - fit_y[~held].mean(axis=0))).sum(axis=1)
    best = errors.argmin(axis=0)
    guesses = _ridge_path(fit_x, fit_y, x[test])
    return guesses[best, :, np.arange(y.shape[1])].T, y[test] - fit_y.mean(axis=0)


def _ridge_path(x: Array, y: Array, asked: Array) -> Array:
    """Ridge predictions [penalties, n, M] for the asked features [n, D], without the mean of y [N, M]; by one SVD."""
    mean, scale = _standard(x)
    u, s, vt = np.linalg.svd((x - mean) / scale, full_matrices=False)
    seen, wanted = (asked - mean) / scale @ vt.T, u.T @ (y - y.mean(axis=0))
    # s / (s^2 + penalty N) is the filter of ridge regression; without penalty it would be 1 / s.
    filters = s / (s**2 + _RIDGES[:, None] * len(x))
    return np.asarray(np.einsum("nr,pr,rm->pnm", seen, filters, wanted, optimize=True), np.float64)


def _pearson(predicted: Array, actual: Array) -> float:
    """Correlation of two [N]; 0 where what is predicted moves by rounding errors only."""
    a, b = predicted - predicted.mean(), actual - actual.mean()
    moves, size = float(np.sqrt(a @ a)), float(np.sqrt(b @ b))
    return float(a @ b) / (moves * size) if moves > 1e-12 * size else 0.0
