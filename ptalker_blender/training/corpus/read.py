"""Reading a corpus: entries with lazy audio, and phone labels on a frame grid."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ...errors import UserError
from .folder import EXACT, FORMAT, INDEX, RECORD, UTTERANCES
from .phones import PhoneSegment
from .voice import CORPUS_RATE


@dataclass(frozen=True)
class CorpusEntry:
    """One utterance of a corpus; its audio stays on disk until asked for.

    Attributes:
        segments: phones covering ``[0, seconds]``.
        labels: where the segments come from: ``exact``, ``aligned`` or ``relabelled``, see ``folder``.
        confidence: 0 to 1, how far they are to be believed; 1 for exact ones.
    """

    id: str
    voice: str
    text: str
    seconds: float
    segments: tuple[PhoneSegment, ...]
    path: Path
    labels: str = EXACT
    confidence: float = 1.0

    def samples(self) -> NDArray[np.float32]:
        """float32 [S], mono, 16 kHz."""
        samples, rate = soundfile.read(self.path, dtype="float32")
        if rate != CORPUS_RATE or samples.ndim != 1:
            raise UserError(f"{self.path} at {rate} Hz", "16 kHz mono", "make the corpus anew with `ptalker corpus`")
        mono: NDArray[np.float32] = samples
        return mono


def read_corpus(folder: Path) -> tuple[CorpusEntry, ...]:
    """The entries of a corpus folder, in order.

    Raises:
        UserError: when the folder is no corpus of this format.
    """
    advice = "make it with `ptalker corpus`"
    if not (folder / RECORD).is_file() or not (folder / INDEX).is_file():
        raise UserError(f"no corpus at {folder}", f"a folder with {RECORD} and {INDEX}", advice)
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if record.get("format") != FORMAT:
        raise UserError(f"corpus format {record.get('format')} at {folder}", f"format {FORMAT}", advice)
    with (folder / INDEX).open(encoding="utf-8") as lines:
        return tuple(_entry(folder, json.loads(line)) for line in lines)


def _entry(folder: Path, row: dict[str, object]) -> CorpusEntry:
    segments = row["segments"]
    if not isinstance(segments, list):
        raise UserError(f"an index line of {folder} without segments", "segments", "make the corpus anew")
    return CorpusEntry(
        str(row["id"]),
        str(row["voice"]),
        str(row["text"]),
        float(str(row["seconds"])),
        tuple(PhoneSegment(str(phone), float(start), float(end)) for phone, start, end in segments),
        folder / UTTERANCES / f"{row['id']}.flac",
        str(row.get("labels", EXACT)),
        float(str(row.get("confidence", 1.0))),
    )
