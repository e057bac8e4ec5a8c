"""A mapping table as a flat list of rows that a person edits, and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import bpy

from ..motion.controls import BLENDSHAPES, CONTROLS
from ..rig.mapping import Combination, MappingTable, Row, VisemeRow
from ..rig.mapping.poses import VISEMES
from .key_blocks import key_ranges

VISEME = "viseme "  # before a viseme's name, which could be taken for a control's
JOINT = " * "  # between the controls of a corrective shape
SOURCES: tuple[str, ...] = (*BLENDSHAPES, *(VISEME + name for name in VISEMES))


@dataclass(frozen=True)
class TableRow:
    """One row of any kind.

    Attributes:
        source: a control, ``viseme aa``, or controls joined by ``*``.
        key: the shape key.
        factor: the table's gain.
        rest: the table's offset.
    """

    source: str
    key: str
    factor: float = 1.0
    rest: float = 0.0


def rows_of(table: MappingTable) -> list[TableRow]:
    """List every row of a table. Of the least of two controls the operation is kept by the table, not by the row."""
    return [
        *(TableRow(row.control, row.key, row.gain, row.offset) for row in table.rows),
        *(TableRow(VISEME + row.viseme, row.key, row.gain, row.offset) for row in table.visemes),
        *(TableRow(JOINT.join(row.controls), row.key, row.gain, row.offset) for row in table.combinations),
    ]


def table_of(rows: Iterable[TableRow], before: MappingTable | None) -> MappingTable:
    """Build a table from rows; what is not complete is left out, and of two rows of one source and key the last counts.

    Args:
        rows: in order.
        before: the table until now, whose limits and operations are kept.
    """
    operations = {(row.controls, row.key): row.operation for row in before.combinations} if before else {}
    table = MappingTable(limits=before.limits if before else {}, silent=before.silent if before else ())
    for row in rows:
        read = _read(row)
        if isinstance(read, Combination):
            read = replace(read, operation=operations.get((read.controls, read.key), read.operation))
        if read is not None:
            table = table.set(read)
    return replace(table, limits={key: limit for key, limit in table.limits.items() if key in table.keys})


def problem(row: TableRow, obj: bpy.types.Object) -> str:
    """Say why a row moves nothing on an object; empty if it does."""
    if not row.source or not row.key:
        return "Choose a control and a shape key"
    if _read(row) is None:
        return f"There is no control {row.source}"
    if row.key not in key_ranges(obj):
        return f"There is no shape key {row.key}"
    return ""


def _read(row: TableRow) -> Row | Combination | VisemeRow | None:
    if not row.key:
        return None
    if row.source in CONTROLS:
        return Row(row.source, row.key, row.factor, row.rest)
    viseme = row.source.removeprefix(VISEME)
    if row.source.startswith(VISEME) and viseme in VISEMES:
        return VisemeRow(viseme, row.key, row.factor, row.rest)
    controls = tuple(part.strip() for part in row.source.split(JOINT.strip()))
    if len(controls) > 1 and len(set(controls)) == len(controls) and all(name in CONTROLS for name in controls):
        return Combination(controls, row.key, gain=row.factor, offset=row.rest)
    return None
