"""Readers of phone labels: Praat TextGrid, the aligner JSON of pocketsphinx, the phone CSV of the LJ recordings.

All give normalised ``PhoneSegment`` in order; alphabets are mapped by ``training.corpus.phones``. The alphabet is that
of the whole file (``V`` is a consonant in ARPAbet and a vowel in X-SAMPA): the first of ARPAbet, IPA and X-SAMPA that
knows all of its labels. Adjacent p, b and m are kept apart, see ``closures.score_stretches``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..corpus.phones import PhoneSegment, from_arpabet, from_ipa, from_xsampa
from .textgrid import read_textgrid

Row = tuple[str, float, float]  # label as written, start and end in seconds
Phones = tuple[str, ...]

# "ripped the" of praatio's bobby: one segment for both, of unknown parts; the lips close for all of it.
_JOINT_LABELS: Mapping[str, str] = {"PT": "P"}
_READABLE = "a .TextGrid with a phone tier, a .phone.json or a .phones.csv"


def read_labels(path: Path | str) -> tuple[PhoneSegment, ...]:
    """Read the phone labels of one recording, by suffix.

    Returns:
        Segments in order of time, seconds, silence included where the file labels it; empty intervals are dropped.

    Raises:
        UserError: for a missing, broken or unknown file, one without phones, and labels of an unknown alphabet.
    """
    source = Path(path)
    reader = _reader(source)
    try:
        segments = tuple(_segments(list(reader(source))))
    except OSError as error:
        raise UserError(f"{source}: {error.strerror}", _READABLE, "check the path") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{source.name} is not a readable label file ({error})", _READABLE, "export the labels again"
        ) from error
    if not segments:
        raise UserError(f"{source.name} holds no phones", _READABLE, "export the labels again")
    return segments


def _reader(path: Path) -> Callable[[Path], Iterable[Row]]:
    name = path.name.lower()
    for suffix, reader in ((".textgrid", _from_textgrid), (".phone.json", _from_json), (".phones.csv", _from_csv)):
        if name.endswith(suffix):
            return reader
    raise UserError(f"{path.name} is no known label file", _READABLE, "convert the labels to one of these")


def _segments(rows: Sequence[Row]) -> Iterator[PhoneSegment]:
    """Rows as segments, a label of two phones halved; refuses labels that run backwards."""
    phones_of = _alphabet({label for label, _, _ in rows})
    previous = float("-inf")
    for label, start, end in rows:
        if start < previous - 1e-6 or end < start:
            raise ValueError(f"label {label!r} at {start} .. {end} s is out of order")
        previous = start
        if end == start:
            continue
        phones = phones_of[label]
        edges = [start + (end - start) * k / len(phones) for k in range(len(phones))] + [end]
        for phone, (left, right) in zip(phones, pairwise(edges), strict=True):
            yield PhoneSegment(phone, left, right)


def _alphabet(labels: Iterable[str]) -> dict[str, Phones]:
    """The phones of each label in the first alphabet that knows them all; refuses what none does."""
    written = {label: _JOINT_LABELS.get(label, label) for label in labels}
    unknown: list[str] = []
    for to_phones in (_one_arpabet, from_ipa, from_xsampa):
        known = {label: to_phones(name) for label, name in written.items()}
        unknown = sorted(label for label, phones in known.items() if phones is None)
        if not unknown:
            return {label: phones for label, phones in known.items() if phones is not None}
    raise ValueError(f"labels of no one alphabet, among them {unknown[0]!r}")


def _one_arpabet(name: str) -> Phones | None:
    phone = from_arpabet(name)
    return None if phone is None else (phone,)


def _from_textgrid(path: Path) -> Iterator[Row]:
    """The first tier named like phones ("phone", "phones", "phons"); an empty label is silence."""
    tiers = read_textgrid(path)
    tier = next((tier for tier in tiers if tier.name.strip().lower().startswith("phon")), None)
    if tier is None:
        names = ", ".join(tier.name for tier in tiers) or "none"
        raise UserError(
            f"{path.name} has no phone tier (tiers: {names})", _READABLE, "choose a recording with phone labels"
        )
    for interval in tier.intervals:
        yield interval.text.strip(), interval.start, interval.end


def _from_json(path: Path) -> Iterator[Row]:
    """Pocketsphinx aligner output: {b: begin, d: duration, t: text, w: [parts]}, phones at the leaves."""
    yield from _leaves(json.loads(path.read_text(encoding="utf-8")), depth=0)


def _leaves(node: dict[str, Any], depth: int) -> Iterator[Row]:
    if "w" in node:
        for part in node["w"]:
            yield from _leaves(part, depth + 1)
    elif depth == 2:  # utterance, word, phone: a leaf above is a word without phones
        start = float(node["b"])
        # Rounded because begin + duration of neighbours otherwise differ in the last bit.
        yield str(node["t"]), start, round(start + float(node["d"]), 6)


def _from_csv(path: Path) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["phone"], float(row["start_s"]), float(row["end_s"])
