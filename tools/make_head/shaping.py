"""Small curves for shaping: smooth steps, bells and splines."""

from __future__ import annotations

import numpy as np

from .measures import Array


def spline(knots: Array, values: Array, at: Array) -> Array:
    """Cubic Hermite curve through ``values`` [K] or [K, C] with finite-difference tangents, constant beyond."""
    knots, values = np.asarray(knots, float), np.asarray(values, float)
    tangents = np.gradient(values, knots, axis=0)
    i = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    h = knots[i + 1] - knots[i]
    s = np.clip((at - knots[i]) / h, 0, 1)
    if values.ndim == 2:
        h, s = h[..., None], s[..., None]
    return (
        (1 + 2 * s) * (1 - s) ** 2 * values[i]
        + s * (1 - s) ** 2 * h * tangents[i]
        + s**2 * (3 - 2 * s) * values[i + 1]
        + s**2 * (s - 1) * h * tangents[i + 1]
    )


def smoothstep(low: float, high: float, at: Array) -> Array:
    """0 below ``low``, 1 above ``high``, smooth between; ``low`` may exceed ``high``."""
    s = np.clip((at - low) / (high - low), 0, 1)
    return s * s * s * (s * (6 * s - 15) + 10)


def bump(x: Array, y: Array, cx: float, cy: float, rx: float, ry: float) -> Array:
    """A bell of height 1 at (cx, cy)."""
    return np.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2)
