"""The sculpt: where the skin lies, its openings not yet cut. Millimetres; y = 0 at the eyes, z = 0 at the ears.

A lofted head: stations from the neck to the crown give a front, a side and a back point and the roundness of the
section between them. On that loft the features of the face are raised as smooth heights along z. Every number is
this project's own, chosen by eye around ordinary anthropometric proportions (head height 235 mm, breadth 152 mm).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ids = NDArray[np.int64]

#            yF    zF     W    yS    zS    yB    zB    n
STATIONS = np.array([
    (-172.0, 34.0, 52.0, -170.0, -20.0, -164.0, -72.0, 2.0),   # 0 base of the neck
    (-152.0, 36.0, 46.0, -146.0, -19.0, -134.0, -69.0, 2.0),   # 1
    (-127.0, 45.0, 47.0, -113.0, -15.0, -103.0, -71.0, 2.0),   # 2 above the larynx
    (-119.0, 66.0, 49.5, -92.0, -7.0, -80.0, -77.0, 1.95),     # 3 under the chin
    (-113.5, 88.0, 53.0, -75.0, 0.0, -60.0, -82.0, 1.85),      # 4 jaw line
    (-103.0, 97.5, 57.5, -62.0, 2.0, -44.0, -88.0, 1.85),      # 5 chin
    (-88.0, 97.0, 62.0, -50.0, 2.0, -31.0, -92.0, 1.95),       # 6 under the lower lip
    (-70.0, 98.5, 66.0, -38.0, 1.0, -18.0, -95.0, 2.0),        # 7 mouth
    (-50.0, 98.5, 69.5, -27.0, 0.0, -4.0, -97.0, 2.1),         # 8 under the nose
    (-25.0, 96.5, 73.5, -12.0, -2.0, 12.0, -99.0, 2.25),       # 9 nose
    (0.0, 95.0, 74.5, 4.0, -4.0, 26.0, -100.0, 2.35),          # 10 eyes
    (22.0, 97.0, 75.5, 20.0, -7.0, 40.0, -99.5, 2.35),         # 11 brows
    (48.0, 94.5, 76.0, 40.0, -10.0, 56.0, -96.0, 2.3),         # 12 forehead
    (75.0, 84.0, 73.0, 63.0, -12.0, 72.0, -89.0, 2.2),         # 13
    (98.0, 62.0, 62.5, 87.0, -13.0, 90.0, -75.0, 2.1),         # 14
    (112.5, 36.0, 44.0, 106.0, -13.0, 105.0, -54.0, 2.0),      # 15
    (119.0, 11.0, 22.0, 117.0, -13.0, 116.0, -34.0, 2.0),      # 16
    (121.0, -13.0, 0.0, 121.0, -13.0, 121.0, -13.0, 2.0),      # 17 crown
])  # fmt: skip

EYE = np.array([32.0, 0.0, 68.3])  # centre of the left eyeball
EYE_RADIUS = 16.8
EYE_HALF_WIDTH = 15.0  # of the opening between the lids
LID_RADIUS = EYE_RADIUS + 1.5  # outside of the lids
MOUTH_HALF_WIDTH = 24.0
MOUTH_HEIGHT = -69.0
BROW_HEIGHT = 22.0


def spline(knots: Array, values: Array, at: Array) -> Array:
    """Cubic Hermite curve through ``values`` [K] or [K, C] with finite-difference tangents, linear beyond the ends."""
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


def smooth_max(a: Array, b: Array, width: float) -> Array:
    """The larger of both, rounded where they differ by less than about ``width``."""
    d = a - b
    return 0.5 * (a + b + np.sqrt(d * d + width * width))


def bump(x: Array, y: Array, cx: float, cy: float, rx: float, ry: float) -> Array:
    """A bell of height 1 at (cx, cy)."""
    return np.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2)


def loft(theta: Array, t: Array) -> Array:
    """The bare head at azimuth ``theta`` (0 front, pi back; radians) and station ``t``: [..., 3]."""
    yf, zf, w, ys, zs, yb, zb, n = np.moveaxis(spline(np.arange(len(STATIONS)), STATIONS, t), -1, 0)
    s = np.sign(np.sin(theta)) * np.abs(np.sin(theta)) ** (2 / n)
    c = np.sign(np.cos(theta)) * np.abs(np.cos(theta)) ** (2 / n)
    end_y, end_z = np.where(c >= 0, yf, yb), np.where(c >= 0, zf, zb)
    return np.stack([w * s, ys + (end_y - ys) * np.abs(c), zs + (end_z - zs) * np.abs(c)], axis=-1)


def chart_of(x: Array, y: Array) -> tuple[Array, Array]:
    """The (theta, t) whose loft point has this x and y, on the front half; Newton from a table."""
    table_theta, table_t = (g.ravel() for g in np.meshgrid(np.linspace(0.02, 1.5, 60), np.linspace(2, 15, 120)))
    table = loft(table_theta, table_t)
    side, ax = np.where(x < 0, -1.0, 1.0), np.abs(x)
    near = np.array([np.argmin(np.hypot(table[:, 0] - a, table[:, 1] - b)) for a, b in zip(ax, y, strict=True)])
    theta, t = table_theta[near], table_t[near]
    e = 1e-4
    for _ in range(40):
        p, pa, pb = loft(theta, t), loft(theta + e, t), loft(theta, t + e)
        rx, ry = ax - p[:, 0], y - p[:, 1]
        a, b = (pa[:, 0] - p[:, 0]) / e, (pb[:, 0] - p[:, 0]) / e
        c, d = (pa[:, 1] - p[:, 1]) / e, (pb[:, 1] - p[:, 1]) / e
        det = a * d - b * c
        det = np.where(np.abs(det) < 1e-6, 1e-6, det)
        theta = np.clip(theta + np.clip((d * rx - b * ry) / det, -0.1, 0.1), 1e-4, 1.56)
        t = t + np.clip((a * ry - c * rx) / det, -0.3, 0.3)
    return side * theta, t


def features(x: Array, y: Array) -> Array:
    """Height along z of the face's features over the loft: nose, brow ridge, cheeks, chin, philtrum; sockets sunk."""
    ax = np.abs(x)
    z = 5.0 * bump(ax, y, 42, -29, 18, 15)  # cheek bone
    z += 3.0 * bump(ax, y, 27, -52, 16, 18)  # cheek beside the mouth
    z += 2.6 * bump(ax, y, 24, 20, 16, 7)  # brow ridge
    z += 5.0 * bump(x, y, 0, -102, 14, 10)  # chin
    z -= 2.0 * bump(x, y, 0, -87.5, 14, 4.5)  # fold under the lower lip
    z -= 0.9 * bump(x, y, 0, -56, 2.4, 6)  # philtrum
    z += 0.5 * (bump(ax, y, 4.2, -57, 2, 6))
    z += 1.4 * bump(x, y, 0, -68, 22, 16)  # teeth behind the lips
    z -= 10.5 * bump(ax, y, EYE[0] + 0.5, -0.5, 18.5, 13.5)  # socket
    return z + nose(x, y)


def nose(x: Array, y: Array) -> Array:
    """The nose: a ridge with its own profile and width, the ball of the tip, two wings, two nostrils."""
    ax = np.abs(x)
    at = -y
    ridge = spline(np.array([-14.0, -4, 8, 20, 30, 35, 39, 43, 47, 51, 56]),
                   np.array([0.0, 0.4, 3.6, 9.0, 13.6, 15.4, 15.2, 12.0, 6.8, 2.4, 0.0]), at)  # fmt: skip
    width = spline(np.array([-14.0, 0, 15, 30, 38, 46, 56]), np.array([9.0, 7.4, 7.4, 8.8, 9.8, 9.4, 9.0]), at)
    z = np.where((at > -14) & (at < 56), ridge, 0.0) * np.exp(-((ax / width) ** 2.4))
    z += 2.2 * bump(x, y, 0, -37, 7.0, 5.5)
    z += 6.6 * np.exp(-((np.abs(ax - 11.0) / 5.0) ** 2.6) - (np.abs(y + 41.5) / 5.8) ** 2.6)
    return z - 4.6 * bump(ax, y, 5.8, -47.0, 2.7, 2.0)


def sculpt(theta: Array, t: Array) -> Array:
    """The skin at chart coordinates, eyelid bulge included, openings not yet cut."""
    p = loft(theta, t)
    front = smoothstep(10, 45, p[..., 2]) * smoothstep(2.6, 4.2, t)
    height = features(p[..., 0], p[..., 1]) * front
    # Cheeks face sideways as much as forwards; raise them along the section's normal, roughly.
    p = p + np.stack([0.25 * np.sign(p[..., 0]) * np.maximum(height, 0) * smoothstep(20, 50, np.abs(p[..., 0])),
                      np.zeros_like(height), height], axis=-1)  # fmt: skip
    dx, dy = np.abs(p[..., 0]) - EYE[0], p[..., 1] - EYE[1]
    r2 = dx * dx + dy * dy
    lid = EYE[2] + np.sqrt(np.maximum(LID_RADIUS**2 - r2, 0.0)) - 40 * np.maximum(np.sqrt(r2) / LID_RADIUS - 0.97, 0)
    raised = smooth_max(p[..., 2], lid, 2.5)
    near = smoothstep(26, 20, np.sqrt(r2)) * (p[..., 2] > 20)
    p[..., 2] += (raised - p[..., 2]) * near
    return p
