"""What a corpus folder holds, and how one is written: complete or not at all.

``utterances/ID.flac`` (16 kHz mono PCM16, peak ``PEAK``), ``index.jsonl`` (one object a line: id, voice, text, seconds,
segments [[phone, start, end], ...] in seconds; labels and confidence where they are not exact) and ``corpus.json`` (how
it was made).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from ...errors import UserError
from .voice import CORPUS_RATE, Utterance

FORMAT: Final = 1
INDEX, RECORD, UTTERANCES = "index.jsonl", "corpus.json", "utterances"
PEAK: Final = 0.7  # levels are drawn at training; here every utterance gets the same headroom
# Where the labels of an utterance come from; an index line without the entry is of the first kind.
EXACT, ALIGNED, RELABELLED = "exact", "aligned", "relabelled"

Progress = Callable[[int, int], None]


def check_target(out: Path) -> None:
    """Refuse to replace anything but a corpus or an empty folder. Raises UserError."""
    if out.exists() and not (out / RECORD).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} exists and is no corpus", "a new folder or an earlier corpus", "name another folder")


@contextmanager
def new_corpus(out: Path) -> Iterator[Path]:
    """A scratch folder that takes the place of ``out`` when the block ends without an error; checked beforehand.

    Raises:
        UserError: when ``out`` is there and is no corpus.
    """
    check_target(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
        made = Path(scratch) / "corpus"
        (made / UTTERANCES).mkdir(parents=True)
        yield made
        if out.exists():
            old = made.with_name("old")
            out.rename(old)
            made.rename(out)
            shutil.rmtree(old)
        else:
            made.rename(out)


def write_index(folder: Path, entries: Iterable[Mapping[str, Any]], record: Mapping[str, Any]) -> None:
    """Write the index and the record; the format and the rate are added to the record."""
    lines = (json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    (folder / INDEX).write_text("".join(lines), encoding="utf-8")
    full = {"format": FORMAT, **record, "sample_rate_hz": CORPUS_RATE, "peak": PEAK}
    (folder / RECORD).write_text(json.dumps(full, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_utterance(folder: Path, identity: str, utterance: Utterance) -> dict[str, Any]:
    """Write one sound and return its line of the index."""
    samples = np.float32(PEAK) * utterance.samples / np.abs(utterance.samples).max()
    soundfile.write(folder / UTTERANCES / f"{identity}.flac", samples, CORPUS_RATE, format="FLAC", subtype="PCM_16")
    return {
        "id": identity,
        "voice": utterance.voice,
        "text": utterance.text,
        "seconds": round(utterance.seconds, 6),
        # A tenth of a millisecond: finer than any of the synthesisers' own grids.
        "segments": [[s.phone, round(s.start, 4), round(s.end, 4)] for s in utterance.segments],
    }
