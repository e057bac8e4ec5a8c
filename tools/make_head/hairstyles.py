"""The haircuts of the rest of the family: the default's locks laid anew, as many and as finely divided as there.

Shape keys go from one member to another by vertex index, so a haircut may move, widen and flatten locks, but neither
add nor drop any.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .hair import LOCKS, TOUSLED, Hairstyle, Lock
from .shaping import spline


def shortened(lock: Lock, length: float, lift: float, width: float, thick: float) -> Lock:
    """A lock of the same root, cut to a share of its length; its lift, width and thickness take factors."""
    guide = np.unwrap(np.radians(np.array(lock.guide)), axis=0, period=2 * np.pi)
    places = np.linspace(0.0, length, len(guide))
    cut = np.degrees(spline(np.linspace(0.0, 1.0, len(guide)), guide, places))
    stations = tuple((float(a), float(e), float(h) * (lift if h > 0 else 1.0)) for a, e, h in cut)
    return replace(lock, guide=stations, width=lock.width * width, thick=lock.thick * thick)


CROPPED = Hairstyle(
    locks=tuple(shortened(lock, 0.8, 0.32, 0.85, 0.6) for lock in LOCKS), hairline=TOUSLED.hairline, cap_lift=2.2
)

BOB = TOUSLED
