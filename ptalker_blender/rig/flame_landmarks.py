"""Landmarks and regions of FLAME as vertex numbers of our own finding; no positions.

Landmarks have the names of :mod:`.head` where they mean the same: ``inner_lip_upper/lower`` (the contact edges without
the corners, 13 pairs), ``outer_lip_upper/lower`` (corner to corner), ``mouth_corner_left/right``,
``lid_upper/lower_left/right`` (margins without corners, 11 pairs), ``chin``, ``nose_tip``, ``brow_left/right``; and
``eye_inner/outer_corner_left/right`` and ``pupil_left/right``. Sequences run from the character's right to the left. On
FLAME's mean head the contact edges overlap by about a millimetre: its lips are closed.

Regions: ``skin``, ``eyeball_left``, ``eyeball_right``; the skin's ``face``, ``neck``, ``ears`` and ``scalp``, which
have no vertex in common and are all of it; ``lips``, a part of the face with its inner rim.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from . import flame_landmark_table as table


@cache
def flame_landmarks() -> Mapping[str, NDArray[np.int32]]:
    """Vertex numbers int32 [n] by landmark, read-only."""
    return MappingProxyType({name: _frozen(text.split()) for name, text in table.LANDMARKS.items()})


@cache
def flame_regions() -> Mapping[str, NDArray[np.int32]]:
    """Sorted vertex numbers int32 [n] by region, read-only."""
    return MappingProxyType({name: _frozen(_spread(text)) for name, text in table.REGIONS.items()})


@cache
def skin_mirror() -> NDArray[np.int32]:
    """The counterpart on the other side of each of the skin's vertices 0..3930, int32 [3931].

    All but two of the skin's 11,731 edges have their mirror image in the mesh.
    """
    return _frozen(table.MIRROR.split())


def _spread(text: str) -> list[int]:
    """Numbers of ``first-last`` and single entries."""
    ends = [entry.partition("-") for entry in text.split()]
    return [k for first, _, last in ends for k in range(int(first), int(last or first) + 1)]


def _frozen(numbers: list[str] | list[int]) -> NDArray[np.int32]:
    array = np.array([int(number) for number in numbers], np.int32)
    array.flags.writeable = False
    return array
