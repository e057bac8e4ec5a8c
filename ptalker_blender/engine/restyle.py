"""Mimic's motion-driven path: how a motion is cut into the engine's windows, and what a restyled take keeps of it.

The network reads from a motion what is said and gives it another manner. Where the eyes look, when they blink and how
the head turns is neither: a performer did it at that moment, so the source's own is kept where it moves.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import CONTROLS, INDEX
from .windows import FRAMES

UpperFace = Literal["source", "style"]  # whose blinks, gaze and head turns a restyled take has
UPPER_FACE: tuple[UpperFace, ...] = get_args(UpperFace)

_LIDS = tuple(INDEX[name] for name in CONTROLS if name.startswith("eyeBlink"))
_GAZE = tuple(INDEX[name] for name in CONTROLS if name.startswith("eyeLook"))
_HEAD = tuple(INDEX[name] for name in CONTROLS if name.startswith("head"))
# A range of less than this is noise of a tracker or nothing at all: of the key's way, and of radians for the head.
_MOVES = ((_LIDS, 0.05), (_GAZE, 0.02), (_HEAD, 0.01))


def motion_window(values: NDArray[np.float32], start: int) -> NDArray[np.float32]:
    """FRAMES frames [FRAMES, C] from ``start`` on; outside the motion it is continued as in a mirror.

    A mirror keeps a channel's mean and spread, on which the content encoder's instance norm rests; holding the last
    frame or a rest pose would change them most in the shortest motions.

    Args:
        values: [T, C] at 50 Hz, T >= 1.
        start: first frame, negative before the motion.
    """
    period = 2 * len(values)
    place = np.arange(start, start + FRAMES) % period
    window: NDArray[np.float32] = values[np.where(place < len(values), place, period - 1 - place)]
    return window


def kept_channels(source: NDArray[np.float32]) -> tuple[int, ...]:
    """Channels of lids, gaze and head that a restyled take keeps: those of each group in which something moves.

    Args:
        source: controls [T, 55].
    """
    groups = (group for group, least in _MOVES if np.ptp(source[:, list(group)], axis=0).max() > least)
    return tuple(channel for group in groups for channel in group)
