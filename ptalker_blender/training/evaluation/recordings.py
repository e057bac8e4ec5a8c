"""The labelled recordings of the data folder: sound with phone segments, set by set."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...audio.clip import AudioClip
from ...audio.load import load_audio
from ...errors import UserError
from ..corpus.phones import PhoneSegment
from .labels import read_labels

# Folder under speech/ by set. Order is that of the tables. All labels but praatio's are stated to be machine made.
SETS: Mapping[str, str] = {
    "librivox": "librivox_sense_and_sensibility",
    "ljspeech": "ljspeech",
    "praatio": "praatio",
    "promo": "promo",
    "mfa": "mfa",
}


@dataclass(frozen=True)
class LabelledClip:
    """One recording with its phones.

    Attributes:
        name: path below ``speech/`` as in the index, e.g. ``ljspeech/LJ001-0001.flac``.
        audio: the sound, 16 kHz.
        segments: normalised phones in order.
        transcript: what is said, as the index has it ("" when unknown).
    """

    name: str
    audio: AudioClip
    segments: tuple[PhoneSegment, ...]
    transcript: str = ""


def find_data(data: Path | None = None) -> Path:
    """The data folder: the one given, else ``PTALKER_DATA``, else ``../shared/data`` beside the checkout.

    Raises:
        UserError: when it is not there.
    """
    checkout = Path(__file__).resolve().parents[3]
    named = data or Path(os.environ.get("PTALKER_DATA") or checkout.parent / "shared" / "data")
    if not (named / "speech" / "index.csv").is_file():
        raise UserError(
            f"no recordings in {named}",
            "a folder with speech/index.csv and motion/facegood",
            "name it with --data or the environment variable PTALKER_DATA",
        )
    return named


def labelled_sets(data: Path) -> Mapping[str, tuple[LabelledClip, ...]]:
    """All recordings with phone labels, by set, in the order of the index.

    Args:
        data: the data folder, see ``find_data``.

    Raises:
        UserError: when the index or a file it names cannot be read.
    """
    speech = data / "speech"
    rows = tuple(_phone_rows(speech / "index.csv"))
    return {
        name: tuple(_load(speech, row) for row in rows if Path(row["file"]).parts[0] == folder)
        for name, folder in SETS.items()
    }


def _phone_rows(index: Path) -> Iterator[dict[str, str]]:
    """Rows whose labels reach down to phones; the others hold words only."""
    try:
        with index.open(newline="", encoding="utf-8") as file:
            yield from (row for row in csv.DictReader(file) if row["label_file"] and "phone" in row["label_kind"])
    except OSError as error:
        raise UserError(f"{index}: {error.strerror}", "the index of the recordings", "check --data") from error


def _load(speech: Path, row: Mapping[str, str]) -> LabelledClip:
    return LabelledClip(
        name=row["file"],
        audio=load_audio(speech / row["file"]),
        segments=read_labels(speech / row["label_file"]),
        transcript=row["transcript"],
    )
