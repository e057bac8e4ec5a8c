"""What is said when: phones and words of a line, for the sheet's captions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ptalker_blender.training.corpus.phones import PhoneSegment
from ptalker_blender.training.evaluation.labels import read_labels
from ptalker_blender.training.evaluation.textgrid import read_textgrid


@dataclass(frozen=True)
class Word:
    """A word, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Labels:
    """Captions of a line; words are empty where the file has none."""

    phones: tuple[PhoneSegment, ...] = ()
    words: tuple[Word, ...] = ()


def read_captions(path: Path) -> Labels:
    """Read phones and words from a label file of any kind that ``ptalker evaluate`` reads.

    Raises:
        UserError: a missing, broken or unknown file.
    """
    return Labels(read_labels(path), tuple(word for word in _words(path) if word.text and word.text[0] not in "(<["))


def _words(path: Path) -> list[Word]:
    name = path.name.lower()
    if name.endswith(".json"):
        tree = json.loads(path.read_text(encoding="utf-8"))
        return [Word(str(w["t"]), float(w["b"]), float(w["b"]) + float(w["d"])) for w in tree.get("w", ())]
    if name.endswith(".textgrid"):
        tier = next((tier for tier in read_textgrid(path) if tier.name.strip().lower().startswith("word")), None)
        return [] if tier is None else [Word(i.text.strip(), i.start, i.end) for i in tier.intervals]
    return []
