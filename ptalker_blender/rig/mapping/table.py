"""The mapping table: which shape keys each control drives, and how. Artists edit it, so it is saved as plain JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ...motion.controls import INDEX
from .poses import VISEMES

Operation = Literal["product", "min"]
OPERATIONS: tuple[Operation, ...] = ("product", "min")


@dataclass(frozen=True)
class Row:
    """``key += gain * control + offset``; several rows for one key add up, and one control may have several rows."""

    control: str
    key: str
    gain: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        _check_source(self.control in INDEX, "control", self.control)
        _check_target(self.key, self.gain, self.offset)


@dataclass(frozen=True)
class Combination:
    """``key += gain * f(controls) + offset``, f the product or the least of two or more controls: a corrective."""

    controls: tuple[str, ...]
    key: str
    operation: Operation = "product"
    gain: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        for control in self.controls:
            _check_source(control in INDEX, "control", control)
        if len(set(self.controls)) != len(self.controls) or len(self.controls) < 2:
            raise ValueError(f"a combination needs two or more different controls, got {list(self.controls)}")
        if self.operation not in OPERATIONS:
            raise ValueError(f"operation {self.operation!r} is none of {', '.join(OPERATIONS)}")
        _check_target(self.key, self.gain, self.offset)


@dataclass(frozen=True)
class VisemeRow:
    """``key += gain * weight of the viseme + offset``; the weights are solved from the controls, see ``visemes.py``."""

    viseme: str
    key: str
    gain: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        _check_source(self.viseme in VISEMES, "viseme", self.viseme)
        _check_target(self.key, self.gain, self.offset)


@dataclass(frozen=True)
class MappingTable:
    """Everything that turns controls into key weights.

    Attributes:
        rows: linear rows, in order.
        combinations: corrective shapes.
        visemes: keys driven by the weights of visemes.
        limits: lowest and highest value of each key, to which weights are clamped; a key that is absent is not clamped.
        silent: controls that the artist wants to drive nothing, so that merging brings no guess back.

    Raises:
        ValueError: two rows of one source and one key, limits that are not ordered numbers, an unknown silent control.
    """

    rows: tuple[Row, ...] = ()
    combinations: tuple[Combination, ...] = ()
    visemes: tuple[VisemeRow, ...] = ()
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    silent: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        pairs = [
            *((row.control, row.key) for row in self.rows),
            *((row.controls, row.key) for row in self.combinations),
            *((f"viseme {row.viseme}", row.key) for row in self.visemes),
        ]
        twice = next((pair for pair in pairs if pairs.count(pair) > 1), None) if len(set(pairs)) < len(pairs) else None
        if twice is not None:
            raise ValueError(f"{twice[0]} and key {twice[1]!r} are joined by two rows")
        for control in self.silent:
            _check_source(control in INDEX, "control", control)
        for key, (low, high) in self.limits.items():
            if not (math.isfinite(low) and math.isfinite(high) and low <= high):
                raise ValueError(f"limits of key {key!r} are {low} to {high}")

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that the table drives, once, in order."""
        rows: tuple[Row | Combination | VisemeRow, ...] = (*self.rows, *self.combinations, *self.visemes)
        return tuple(dict.fromkeys(row.key for row in rows))

    @property
    def controls(self) -> tuple[str, ...]:
        """Every control that has a row of its own; combinations and visemes do not count."""
        return tuple(dict.fromkeys(row.control for row in self.rows))

    def set(self, row: Row | Combination | VisemeRow) -> MappingTable:
        """Return a table with ``row`` in the place of the one with the same source and key, or at the end."""
        if isinstance(row, Row):
            silent = tuple(control for control in self.silent if control != row.control)
            return replace(self, rows=_put(self.rows, row), silent=silent)
        if isinstance(row, Combination):
            return replace(self, combinations=_put(self.combinations, row))
        return replace(self, visemes=_put(self.visemes, row))

    def remove(self, *, control: str | None = None, key: str | None = None) -> MappingTable:
        """Return a table without the rows of ``control`` (its combinations too), of ``key``, or of both together.

        Raises:
            ValueError: neither was given.
        """
        if control is None and key is None:
            raise ValueError("remove() needs a control or a key")

        def stays(controls: tuple[str, ...], target: str) -> bool:
            return not ((control is None or control in controls) and (key is None or key == target))

        return replace(
            self,
            rows=tuple(row for row in self.rows if stays((row.control,), row.key)),
            combinations=tuple(row for row in self.combinations if stays(row.controls, row.key)),
            visemes=tuple(row for row in self.visemes if stays((), row.key)),
        )

    def silence(self, control: str) -> MappingTable:
        """Return a table in which ``control`` drives nothing, and which keeps it so when merged over a guess."""
        quiet = self.remove(control=control)
        return replace(quiet, silent=tuple(dict.fromkeys((*self.silent, control))))

    def merged_over(self, guess: MappingTable) -> MappingTable:
        """Return the artist's table (this one) completed by a guess.

        Of the guess stays what this table does not speak of: a row whose control and key have no row here and whose
        control is not silent; combinations and viseme rows whose key has no row here. Limits here win over the guess's.
        """
        spoken, targets = {*self.controls, *self.silent}, set(self.keys)
        rows = (row for row in guess.rows if row.control not in spoken and row.key not in targets)
        combinations = (
            row for row in guess.combinations if row.key not in targets and not {*row.controls} & {*self.silent}
        )
        visemes = (row for row in guess.visemes if row.key not in targets)
        return MappingTable(
            (*self.rows, *rows),
            (*self.combinations, *combinations),
            (*self.visemes, *visemes),
            {**guess.limits, **self.limits},
            self.silent,
        )

    def restricted(self, keys: Iterable[str]) -> tuple[MappingTable, tuple[str, ...]]:
        """Return the table for an object that has ``keys``, and the keys it names that the object lacks."""
        there = set(keys)
        table = replace(
            self,
            rows=tuple(row for row in self.rows if row.key in there),
            combinations=tuple(row for row in self.combinations if row.key in there),
            visemes=tuple(row for row in self.visemes if row.key in there),
            limits={key: limit for key, limit in self.limits.items() if key in there},
        )
        return table, tuple(key for key in self.keys if key not in there)


def joined(tables: Sequence[MappingTable]) -> MappingTable:
    """One table for a character of several objects; a key is then called by its object's number and its name.

    For measuring only, what the objects show between them. A control is silent where every table wants it so.
    """
    named = [_renamed(table, f"{number}:") for number, table in enumerate(tables)]
    silent = [name for name in (tables[0].silent if tables else ()) if all(name in table.silent for table in tables)]
    return MappingTable(
        tuple(row for table in named for row in table.rows),
        tuple(row for table in named for row in table.combinations),
        tuple(row for table in named for row in table.visemes),
        {key: limit for table in named for key, limit in table.limits.items()},
        tuple(silent),
    )


def _renamed(table: MappingTable, prefix: str) -> MappingTable:
    return MappingTable(
        tuple(replace(row, key=prefix + row.key) for row in table.rows),
        tuple(replace(row, key=prefix + row.key) for row in table.combinations),
        tuple(replace(row, key=prefix + row.key) for row in table.visemes),
        {prefix + key: limit for key, limit in table.limits.items()},
    )


def _put(rows: tuple, row: Row | Combination | VisemeRow) -> tuple:  # type: ignore[type-arg]  # of the row's own type
    def source(item: Row | Combination | VisemeRow) -> tuple[object, str]:
        if isinstance(item, Row):
            return item.control, item.key
        return (item.controls if isinstance(item, Combination) else item.viseme), item.key

    place = next((i for i, old in enumerate(rows) if source(old) == source(row)), len(rows))
    return (*rows[:place], row, *rows[place + 1 :])


def _check_source(known: bool, what: str, name: object) -> None:
    if not known:
        raise ValueError(f"{name!r} is no {what}")


def _check_target(key: str, gain: float, offset: float) -> None:
    if not key:
        raise ValueError("a row has an empty key name")
    if not (math.isfinite(gain) and math.isfinite(offset)):
        raise ValueError(f"gain and offset of key {key!r} must be finite numbers, got {gain} and {offset}")
