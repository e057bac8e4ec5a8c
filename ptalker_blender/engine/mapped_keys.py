"""The keys of a take on any head: controls through its mapping tables, then only the keys that are needed.

numpy only; runs in the worker and in the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ..motion.controls import HEAD_ANGLES, INDEX
from ..motion.density import DENSITIES, KEY_ERROR_MM, choose_keys
from ..motion.motion import Motion
from ..motion.reduce import KeyCurve
from ..rig.mapping import MappingTable, MotionLost, apply_table, joined, motion_lost
from ..rig.tolerances import bound_of, key_tolerances, table_tolerances
from .keys import default_head


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
    motion: Motion,
    tables: Sequence[MappingTable],
    density: str,
    progress: Callable[[float], None] | None = None,
    error_mm: float = KEY_ERROR_MM,
) -> MappedKeys:
    """Turn a motion at the scene's rate into keys of a character's objects.

    Args:
        motion: [T, 55].
        tables: one per object.
        density: as in ``keys.make_keys``; the error bound is that of the default head, in the keys' own units.
        progress: called with the part done (0..1); may raise to cancel.
        error_mm: that bound, for the lips.

    Raises:
        UserError: the default head cannot be read.
        ValueError: another density.
    """
    if density not in DENSITIES:
        raise ValueError(f"density must be one of {DENSITIES}, got {density!r}")
    head, count = default_head(), len(tables) + 1
    turning = {name: motion.values[:, INDEX[name]] for name in HEAD_ANGLES}
    bound = bound_of(error_mm)

    def part(number: int) -> Callable[[float], None] | None:
        return None if progress is None else lambda done: progress((number + done) / count)

    turns = choose_keys(turning, density, lambda: key_tolerances(head, bound), part(0))
    tracks = []
    for number, table in enumerate(tables, 1):
        if progress is not None:
            progress(number / count)
        weights = apply_table(table, motion.values, head)
        tracks.append(choose_keys(weights, density, partial(table_tolerances, table, head, bound), part(number)))
    return MappedKeys(turns, tuple(tracks), _lost(tables, motion))


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
