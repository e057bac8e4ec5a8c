"""index.csv: who performs in which file, and the split, where no paper prescribes one."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...errors import UserError
from .clips import SPLITS

NAME = "index.csv"
_COLUMNS = ("name", "performer", "split")
_EXPECTED = f"a table with the columns {', '.join(_COLUMNS)} and, if known, sentence"
_SUFFIXES = frozenset({".csv", ".npz", ".npy", ".pkl", ".wav"})


@dataclass(frozen=True)
class Entry:
    """One row.

    Attributes:
        name: path of the motion's file below the folder, with slashes and without suffix.
        performer: who performs.
        split: one of ``SPLITS``.
        sentence: what is said; the name where the table does not tell.
    """

    name: str
    performer: str
    split: str
    sentence: str


Entries = Iterable[Entry]
ByFile = Mapping[Path, Entry]


def read_index(path: Path) -> tuple[Entry, ...]:
    """Read a table of takes.

    Raises:
        UserError: unreadable, a column missing, a cell empty, an unknown split, a name twice, or splits that leak (see
            :func:`check_leaks`).
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
            columns = [str(column).strip().lower() for column in reader.fieldnames or ()]
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise UserError(f"{path.name} cannot be read ({error})"[:300], _EXPECTED, "write it as UTF-8 text") from error
    missing = [column for column in _COLUMNS if column not in columns]
    if missing:
        raise UserError(f"{path.name} has no column {missing[0]}", _EXPECTED, "see docs/datasets.md")
    entries = tuple(_entry(path, number, row) for number, row in enumerate(rows, 2))
    if not entries:
        raise UserError(f"{path.name} has no rows", _EXPECTED, "see docs/datasets.md")
    twice = {entry.name for entry in entries if sum(other.name == entry.name for other in entries) > 1}
    if twice:
        raise UserError(f"{path.name} names {min(twice)} twice", "every take once", "remove one row")
    check_leaks(path.name, entries)
    return entries


def check_leaks(file: str, entries: Sequence[Entry]) -> None:
    """Refuse splits whose test would not be one.

    Raises:
        UserError: a performer of test_b is trained on, one of test_a is not, or a sentence of test_a is trained on with
            the same performer.
    """
    trained = {entry.performer for entry in entries if entry.split == "train"}
    said = {(entry.performer, entry.sentence) for entry in entries if entry.split == "train"}
    for entry in entries:
        if entry.split == "test_b" and entry.performer in trained:
            raise UserError(f"{file}: {entry.performer} is in train and in test_b ({entry.name})",
                            "performers of test_b that are not trained on", "use test_a")  # fmt: skip
        if entry.split == "test_a" and trained and entry.performer not in trained:
            raise UserError(f"{file}: {entry.performer} is in test_a ({entry.name}) and not in train",
                            "performers of test_a that are trained on", "use test_b")  # fmt: skip
        if entry.split == "test_a" and (entry.performer, entry.sentence) in said:
            raise UserError(f"{file}: {entry.performer} says {entry.sentence} in train and in test_a",
                            "sentences of test_a that are not trained on", "move one of the takes")  # fmt: skip


def chosen(folder: Path, files: Sequence[Path], index: Path | None) -> tuple[ByFile, tuple[str, ...]]:
    """The entries of some files below a folder, and notes.

    Without a table every take is for training, and the performer is the name of the folder it lies in.

    Args:
        folder: of the set.
        files: of the motions.
        index: the table; None: ``index.csv`` in the folder, if there is one.

    Raises:
        UserError: the table names a take that is not there, or see :func:`read_index`.
    """
    names = {_name(file.relative_to(folder).as_posix()): file for file in files}
    table = index or folder / NAME
    if index is None and not table.is_file():
        entries = {file: Entry(name, file.parent.name, "train", file.stem) for name, file in names.items()}
        return entries, (f"no {NAME}: all takes are for training, performers are named after their folders",)
    rows = read_index(table)
    absent = [row.name for row in rows if row.name not in names]
    if absent:
        raise UserError(f"{table.name} names {absent[0]}, which is not in {folder}", "files that are there",
                        "correct the name: the path below the folder, without suffix")  # fmt: skip
    left = len(names) - len(rows)
    notes = (f"{left} takes that {table.name} does not name were left out",) if left else ()
    return {names[row.name]: row for row in rows}, notes


def _entry(path: Path, number: int, row: Mapping[str | None, object]) -> Entry:
    cells = {str(key).strip().lower(): str(value or "").strip() for key, value in row.items() if key is not None}
    empty = [column for column in _COLUMNS if not cells.get(column)]
    if empty:
        raise UserError(f"{path.name}, line {number}, has no {empty[0]}", _EXPECTED, "fill it in")
    if cells["split"] not in SPLITS:
        raise UserError(f"{path.name}, line {number}, has split {cells['split']!r}"[:200], " or ".join(SPLITS),
                        "see docs/datasets.md")  # fmt: skip
    name = _name(cells["name"])
    return Entry(name, cells["performer"], cells["split"], cells.get("sentence") or PurePosixPath(name).name)


def _name(text: str) -> str:
    path = PurePosixPath(text.replace("\\", "/"))
    return (path.with_suffix("") if path.suffix.lower() in _SUFFIXES else path).as_posix()
