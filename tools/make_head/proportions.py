"""Smooth changes of the cage's authored points, one per proportion of an identity; zeros and ones change no bit.

Every change names its region as a product of falloffs, so that openings (eyes, lips), which are not warped at all,
meet skin that has hardly moved. The midline stays at x = 0.
"""

from __future__ import annotations

import numpy as np

from .identity import Identity
from .measures import Array
from .shaping import bump, smoothstep


def warped(identity: Identity, points: Array) -> Array:
    """Points [..., 3] of the left half of the default head as they lie on another character's."""
    out = np.array(points, float)
    for change in (_skull, _cheeks, _jaw, _chin, _nose, _neck):
        out = out + change(identity, out)
    out[points[..., 0] == 0.0, 0] = 0.0
    return out


def _aside(x: Array) -> Array:
    """0 on the midline, 1 at the sides of the head."""
    return np.clip(np.abs(x) / 60.0, 0.0, 1.0)


def _skull(who: Identity, points: Array) -> Array:
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    above = smoothstep(5.0, 70.0, y)
    front = smoothstep(20.0, 75.0, z)
    ridge = bump(x, y, 26.0, 23.0, 26.0, 11.0) + 0.4 * bump(x, y, 0.0, 21.0, 12.0, 9.0)
    temple = _aside(x) ** 1.5 * smoothstep(-60.0, -25.0, y) * smoothstep(70.0, 30.0, y) * smoothstep(78.0, 45.0, z)
    return np.stack([
        who.cranium_width * above * np.clip(x / 70.0, 0, 1) + who.face_width * temple,
        who.cranium_height * smoothstep(25.0, 105.0, y),
        who.forehead * front * np.exp(-(((y - 62.0) / 28.0) ** 2)) + who.brow_ridge * front * ridge
        - who.cranium_depth * smoothstep(-10.0, -90.0, z) * smoothstep(-70.0, 10.0, y),
    ], axis=-1)  # fmt: skip


def _cheeks(who: Identity, points: Array) -> Array:
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    ahead = smoothstep(5.0, 45.0, z)
    full = bump(x, y, 55.0, -45.0, 24.0, 27.0) * smoothstep(28.0, 54.0, x) * ahead
    bone = bump(x, y, 60.0, -22.0, 16.0, 13.0) * ahead
    side, forward = np.array([0.85, 0.6]), np.array([0.8, 0.5])
    out = who.cheek_fullness * full * side[0] + who.cheekbones * bone * forward[0]
    along = who.cheek_fullness * full * side[1] + who.cheekbones * bone * forward[1]
    return np.stack([out, np.zeros_like(out), along], axis=-1)


def _jaw(who: Identity, points: Array) -> Array:
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    corner = np.exp(-(((y + 82.0) / 27.0) ** 2)) * smoothstep(18.0, 50.0, x) * smoothstep(-25.0, 20.0, z)
    corner = corner * smoothstep(-122.0, -104.0, y)
    lower = smoothstep(-58.0, -84.0, y) * smoothstep(-122.0, -108.0, y) * smoothstep(24.0, 46.0, x)
    lower = lower * smoothstep(-15.0, 25.0, z) * smoothstep(85.0, 60.0, z)
    zero = np.zeros_like(x)
    return np.stack([who.jaw_width * corner, -who.jaw_drop * lower, zero], axis=-1)


def _chin(who: Identity, points: Array) -> Array:
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    below = smoothstep(-74.0, -92.0, y) * smoothstep(30.0, 78.0, z)
    middle = np.exp(-((x / 30.0) ** 2))
    floor = np.exp(-((x / 34.0) ** 2)) * smoothstep(-96.0, -106.0, y) * smoothstep(15.0, 45.0, z)
    floor = floor * smoothstep(-122.0, -112.0, y) * smoothstep(90.0, 70.0, z)
    return np.stack([
        (who.chin_width - 1.0) * x * below * smoothstep(48.0, 20.0, x),
        -who.chin_length * below * (0.35 + 0.65 * middle) - who.under_chin * floor,
        who.chin_forward * below * middle,
    ], axis=-1)  # fmt: skip


def _nose(who: Identity, points: Array) -> Array:
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    nose = (
        smoothstep(23.0, 11.0, x) * smoothstep(80.0, 92.0, z) * smoothstep(-49.0, -42.0, y) * smoothstep(18.0, 4.0, y)
    )
    tip = np.exp(-(((y + 34.0) / 9.0) ** 2)) * smoothstep(14.0, 5.0, x)
    return np.stack([
        (who.nose_width - 1.0) * x * nose * smoothstep(0.0, -24.0, y),
        nose * (who.nose_tip_up * tip * smoothstep(100.0, 114.0, z) - who.nose_length * smoothstep(2.0, -30.0, y)),
        nose * (who.nose_bridge * np.exp(-(((y + 9.0) / 15.0) ** 2)) + who.nose_tip * smoothstep(-10.0, -30.0, y)
                * smoothstep(94.0, 108.0, z)),
    ], axis=-1)  # fmt: skip


def _neck(who: Identity, points: Array) -> Array:
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    low = smoothstep(-104.0, -132.0, y) + 0.5 * smoothstep(30.0, 0.0, z) * smoothstep(-85.0, -110.0, y) * smoothstep(
        -132.0, -115.0, y
    )
    grown = (who.neck_width - 1.0) * low
    return np.stack([grown * x, np.zeros_like(x), 0.5 * grown * (z + 18.0)], axis=-1)
