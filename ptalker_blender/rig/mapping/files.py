"""Mapping tables as files: versioned JSON that a person can read and change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ...errors import UserError
from ...files import atomic_write
from .table import Combination, MappingTable, Row, VisemeRow

FORMAT = "ptalker-mapping 1"
SUFFIX = ".json"
MAX_BYTES = 4 * 1024 * 1024  # a table for 52 controls takes some 10 kB

T = TypeVar("T")


def save_table(table: MappingTable, path: Path | str) -> None:
    """Write ``table`` as JSON; the file appears only when complete.

    Raises:
        UserError: where the file cannot be written.
    """
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(table_text(table, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"cannot write {path} ({error.strerror})", "a folder you can write in", "choose another"
        ) from error


def table_text(table: MappingTable, indent: int | None = None) -> str:
    """Return ``table`` as JSON, which :func:`parse_table` reads back; None for one line."""
    document = {
        "format": FORMAT,
        "rows": [_numbers(row, {"control": row.control, "key": row.key}) for row in table.rows],
        "combinations": [
            _numbers(row, {"controls": list(row.controls), "key": row.key, "operation": row.operation})
            for row in table.combinations
        ],
        "visemes": [_numbers(row, {"viseme": row.viseme, "key": row.key}) for row in table.visemes],
        "limits": {key: list(limit) for key, limit in table.limits.items()},
        "silent": list(table.silent),
    }
    return json.dumps(document, ensure_ascii=False, indent=indent, allow_nan=False)


def load_table(path: Path | str) -> MappingTable:
    """Read a table that :func:`save_table` or a person wrote.

    Raises:
        UserError: where the file is missing, is no JSON, is of another version, or says something impossible; the
            message names the entry.
    """
    source = Path(path)
    try:
        if source.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES} bytes")
        text = source.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _unreadable(source.name, str(reason)) from error
    return parse_table(text, source.name)


def parse_table(text: str, name: str) -> MappingTable:
    """Read a table from JSON text.

    Args:
        text: what :func:`table_text` or a person wrote.
        name: of the file or object it comes from, for messages.

    Raises:
        UserError: as :func:`load_table`.
    """
    try:
        return _table(json.loads(text, parse_constant=_refuse_constant))
    except (ValueError, RecursionError) as error:
        # JSON's decoding errors are ValueErrors, as are our own; deep nesting ends in RecursionError.
        raise _unreadable(name, str(error) or type(error).__name__) from error


def _unreadable(name: str, reason: str) -> UserError:
    return UserError(
        f"{name} could not be read as a mapping table ({reason})",
        f'JSON with "format": "{FORMAT}"',
        "correct the entry, or save the table again from PTalker",
    )


def _numbers(row: Row | Combination | VisemeRow, entry: dict[str, object]) -> dict[str, object]:
    return {**entry, "gain": row.gain, "offset": row.offset}


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number a key can have")


def _table(document: Any) -> MappingTable:
    entry = _object(document, "the file")
    if entry.get("format") != FORMAT:
        raise ValueError(f"format {str(entry.get('format'))[:40]!r}")
    unknown = set(entry) - {"format", "rows", "combinations", "visemes", "limits", "silent"}
    if unknown:
        raise ValueError(f"unknown entry {min(unknown)[:40]!r}")
    limits = _object(entry.get("limits", {}), "limits")
    return MappingTable(
        _list(entry, "rows", _row),
        _list(entry, "combinations", _combination),
        _list(entry, "visemes", _viseme),
        {key: _limit(key, value) for key, value in limits.items()},
        _list(entry, "silent", lambda item: _text({"name": item}, "name")),
    )


def _list(document: Mapping[str, Any], name: str, build: Callable[[Any], T]) -> tuple[T, ...]:
    items = document.get(name, [])
    if not isinstance(items, list):
        raise ValueError(f"{name} must be a list")
    built = []
    for number, item in enumerate(items, 1):
        try:
            built.append(build(item))
        except ValueError as error:
            raise ValueError(f"{name}, entry {number}: {error}") from error
    return tuple(built)


def _row(item: Any) -> Row:
    entry = _object(item, "it", "control", "key", "gain", "offset")
    return Row(_text(entry, "control"), _text(entry, "key"), _number(entry, "gain", 1.0), _number(entry, "offset", 0.0))


def _combination(item: Any) -> Combination:
    entry = _object(item, "it", "controls", "key", "operation", "gain", "offset")
    controls = _list(entry, "controls", lambda name: _text({"name": name}, "name"))
    operation: Any = _text({"operation": "product", **entry}, "operation")  # checked by the class
    gain, offset = _number(entry, "gain", 1.0), _number(entry, "offset", 0.0)
    return Combination(controls, _text(entry, "key"), operation, gain, offset)


def _viseme(item: Any) -> VisemeRow:
    entry = _object(item, "it", "viseme", "key", "gain", "offset")
    gain, offset = _number(entry, "gain", 1.0), _number(entry, "offset", 0.0)
    return VisemeRow(_text(entry, "viseme"), _text(entry, "key"), gain, offset)


def _limit(key: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"limits of {key!r} must be two numbers")
    pair = {"low": value[0], "high": value[1]}
    return _number(pair, "low", 0.0), _number(pair, "high", 0.0)


def _object(item: Any, what: str, *allowed: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise ValueError(f"{what} must be an object")
    unknown = set(item) - set(allowed) if allowed else set()
    if unknown:
        raise ValueError(f"unknown entry {min(unknown)[:40]!r}")
    return item


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a name, got {str(value)[:40]!r}")
    return value


def _number(entry: Mapping[str, Any], name: str, default: float) -> float:
    value = entry.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number, got {str(value)[:40]!r}")
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError(f"{name} is too large") from error
