"""How far a control's keys may stray: an error bound in the head's millimetres, turned into one bound per control."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import BLENDSHAPES, HEAD_ANGLES
from .head import Head
from .mapping.poses import viseme_controls
from .mapping.table import MappingTable

# Metres, of a control that moves the lips. Several err at once: with this bound the 99th percentile of the lip error
# is 0.15 to 0.19 mm on spoken lines and 0.19 mm on range-of-motion captures; 0.2 mm is what an animator is promised.
KEY_ERROR = 0.0625e-3
PROMISED_MM = 0.2
# What moves no lip: two or three of brows, lids or cheeks share a place, so each may err by half of what is promised.
# The head turns with all that is on it: its bound is at the place that goes farthest.
_ELSEWHERE, _TURNING = 1.6, 3.2  # times KEY_ERROR: 0.1 and 0.2 mm
_MOVES_LIPS = 1e-3  # metres at a weight of 1
MAX_TOLERANCE = 0.02  # for keys that move nothing on this head: another head may show them


def bound_of(error_mm: float) -> float:
    """Bound of one control's displacement, metres, for an error of the lips of ``error_mm`` (99th percentile).

    Raises:
        ValueError: not above 0.
    """
    if not error_mm > 0.0:
        raise ValueError(f"an error bound must be above 0, got {error_mm}")
    return KEY_ERROR * error_mm / PROMISED_MM


def key_tolerances(head: Head, metres: float = KEY_ERROR) -> dict[str, float]:
    """Largest error of each control that, on its own, moves no vertex of ``head`` by more than its bound.

    Args:
        head: gives the displacement of each key; a control for which it has no key gets ``MAX_TOLERANCE``.
        metres: bound on the displacement by what moves the lips; 1.6 times that for what does not, 3.2 times for the
            head's angles.

    Returns:
        tolerance by control for ``motion.reduce.reduce_keys``: blendshapes in their own unit, head angles in radians.
    """
    reach, names = _reaches(head), (*BLENDSHAPES, *HEAD_ANGLES)
    return {name: min(MAX_TOLERANCE, metres / max(reach.get(name, 0.0), 1e-9)) for name in names}


def table_tolerances(table: MappingTable, head: Head, metres: float = KEY_ERROR) -> dict[str, float]:
    """Largest error of each key of a mapping table, in the key's own unit.

    A key stands for what drives it: where a control of 1 takes it to its ``gain``, an error of the key is ``1 / gain``
    as large in the control. Of several controls the most sensitive decides. The mesh that the keys belong to is
    not looked at: it may be of any size, and speech is seen at the size of a head.

    Args:
        table: whose keys are to be reduced.
        head: the default head, with the 52 keys; visemes are measured as the poses they stand for.
        metres: bound on the displacement.

    Returns:
        tolerance by key.
    """
    controls = key_tolerances(head, metres)
    names = tuple(dict.fromkeys(row.viseme for row in table.visemes))
    voiced = _of_visemes(names, head, metres) if names else {}
    found: dict[str, float] = {}
    for key, gain, bound in (
        *_of_rows(table, controls),
        *((row.key, row.gain, min(controls[name] for name in row.controls)) for row in table.combinations),
        *((row.key, row.gain, voiced[row.viseme]) for row in table.visemes),
    ):
        found[key] = min(found.get(key, np.inf), abs(gain) * bound)
    return found


def _of_visemes(names: tuple[str, ...], head: Head, metres: float) -> dict[str, float]:
    deltas = head.key_deltas[[head.key_names.index(name) for name in BLENDSHAPES]]
    reaches = (_reach(np.tensordot(pose, deltas, axes=1)) for pose in viseme_controls(names, head))
    return {name: min(MAX_TOLERANCE, metres / max(reach, 1e-9)) for name, reach in zip(names, reaches, strict=True)}


def _of_rows(table: MappingTable, controls: Mapping[str, float]) -> Iterator[tuple[str, float, float]]:
    """Key, reach and the least of its controls' bounds; a key shared by controls is moved by all of them together."""
    for key in dict.fromkeys(row.key for row in table.rows):
        for sign in (1.0, -1.0):
            same = [row for row in table.rows if row.key == key and row.gain * sign > 0]
            if same:
                yield key, sum(row.gain for row in same), min(controls[row.control] for row in same)


@lru_cache(maxsize=2)  # 30 ms, and whatever chooses keys asks: in Blender at each rest of a slider
def _reaches(head: Head) -> Mapping[str, float]:
    """How far each control moves some vertex, metres per unit, over its share of the bound; absent without a key."""
    index, lips = {name: i for i, name in enumerate(head.key_names)}, head.landmarks["lips"]
    reach = {}
    for name in (name for name in BLENDSHAPES if name in index):
        deltas = head.key_deltas[index[name]]
        reach[name] = _reach(deltas) / (1.0 if _reach(deltas[lips]) > _MOVES_LIPS else _ELSEWHERE)
    follow = np.ones(len(head.vertices), np.float32) if head.follow is None else head.follow
    radius = _reach(follow[:, None] * (head.vertices - head.neck_pivot))
    return {**reach, **dict.fromkeys(HEAD_ANGLES, radius / _TURNING)}


def _reach(vectors: NDArray[np.float32]) -> float:
    """Length of the longest of [V, 3] vectors."""
    return float(np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1).max()))
