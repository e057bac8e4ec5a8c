"""Mapping our controls onto the shape keys that a head already has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...motion.controls import BLENDSHAPES, N_BLENDSHAPES
from .apply import MotionLost, apply_table, motion_lost
from .curves import map_curves
from .files import load_table, parse_table, save_table, table_text
from .guess import SILENT, Guess, guess_table
from .invert import controls_from_keys
from .table import Combination, MappingTable, Row, VisemeRow, joined

__all__ = [
    "SILENT", "Combination", "Guess", "MappingTable", "MotionLost", "Row", "VisemeRow", "apply_table",
    "controls_from_keys", "guess_table", "joined", "load_table", "map_curves", "motion_lost", "parse_table",
    "save_table", "table_for_keys", "table_text",
]  # fmt: skip


def table_for_keys(
    key_names: Sequence[str],
    ranges: Mapping[str, tuple[float, float]],
    saved: MappingTable | None = None,
) -> Guess:
    """What the scene asks for one object: the guess for its keys, with the artist's own table over it.

    Args:
        key_names: the object's keys without the reference key.
        ranges: ``(slider_min, slider_max)`` of each.
        saved: the artist's table, from a file or the object's own property; rows for keys that this object lacks are
            left out and named in the notes.

    Returns:
        a guess whose ``table`` is what ``apply_table`` wants and whose ``notes`` are for the report.
    """
    guess = guess_table(key_names, ranges)
    if saved is None:
        return guess
    own, absent = saved.restricted(key_names)
    table = own.merged_over(guess.table)
    known = replace(table, limits={**{key: ranges[key] for key in table.keys if key in ranges}, **own.limits})
    notes = guess.notes
    if absent:
        notes = (*notes, f"{len(absent)} keys of the table are not on this head: {', '.join(absent[:5])}.")
    driven, mapped = {*known.keys}, {*known.controls}
    return replace(
        guess,
        table=known,
        mapped_share=len(mapped & {*BLENDSHAPES}) / N_BLENDSHAPES,
        unmapped=tuple(control for control in BLENDSHAPES if control not in mapped),
        unmatched=tuple(name for name in key_names if name not in driven and name != "Basis"),
        notes=notes,
    )
