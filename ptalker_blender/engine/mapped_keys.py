"""The keys of a take on any head: controls through its mapping tables, then only the keys that are needed.

numpy only; runs in the worker and in the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import HEAD_ANGLES, INDEX
from ..motion.motion import Motion
from ..motion.reduce import KeyCurve, reduce_channels
from ..rig.mapping import MappingTable, MotionLost, apply_table, joined, motion_lost
from ..rig.tolerances import key_tolerances, table_tolerances
from .keys import ALL, DENSITIES, default_head


@dataclass(frozen=True)
class MappedKeys:
    """What a bake writes.

    Attributes:
        turns: curves of the head's angles.
        tracks: for each table the curves of its keys, named after them.
        lost: what the keys of all tables together cannot show.
    """

    turns: tuple[KeyCurve, ...]
    tracks: tuple[tuple[KeyCurve, ...], ...]
    lost: MotionLost


def make_mapped_keys(
    motion: Motion, tables: Sequence[MappingTable], density: str, progress: Callable[[float], None] | None = None
) -> MappedKeys:
    """Turn a motion at the scene's rate into keys of a character's objects.

    Args:
        motion: [T, 55].
        tables: one per object.
        density: as in ``keys.make_keys``; the error bound is that of the default head, in the keys' own units.
        progress: called with the part done (0..1); may raise to cancel.

    Raises:
        UserError: the default head cannot be read.
        ValueError: another density.
    """
    if density not in DENSITIES:
        raise ValueError(f"density must be one of {DENSITIES}, got {density!r}")
    head, count = default_head(), len(tables) + 1
    turning = {name: motion.values[:, INDEX[name]] for name in HEAD_ANGLES}
    bounds = key_tolerances(head)

    def part(number: int) -> Callable[[float], None] | None:
        return None if progress is None else lambda done: progress((number + done) / count)

    turns = _curves(turning, bounds, density, part(0))
    tracks = []
    for number, table in enumerate(tables, 1):
        if progress is not None:
            progress(number / count)
        weights = apply_table(table, motion.values, head)
        tracks.append(_curves(weights, table_tolerances(table, head), density, part(number)))
    return MappedKeys(turns, tuple(tracks), _lost(tables, motion))


def _curves(
    channels: dict[str, NDArray[np.float32]],
    bounds: dict[str, float],
    density: str,
    progress: Callable[[float], None] | None,
) -> tuple[KeyCurve, ...]:
    if density != ALL:
        return reduce_channels(channels, bounds, progress)
    return tuple(
        KeyCurve(name, np.arange(len(values), dtype=np.float32), values.copy()) for name, values in channels.items()
    )


def _lost(tables: Sequence[MappingTable], motion: Motion) -> MotionLost:
    """What the objects cannot show between them.

    Joined, a control's own key on one object (the jaw of the teeth) is taken from the visemes of another (the face),
    although those show it too; so where there are visemes each object is measured by itself as well.
    """
    candidates = [joined(tables)]
    if len(tables) > 1 and any(table.visemes for table in tables):
        candidates += tables
    measured = [motion_lost(table, motion.values, default_head()) for table in candidates]
    return min(measured, key=lambda lost: (lost.lips, lost.face))
