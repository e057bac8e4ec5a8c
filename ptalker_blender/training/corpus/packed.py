"""A packed corpus: one file that trains on another machine behind a narrow link.

A zip archive, nothing in it a program. ``pack.json`` tells what it holds; of each part (a corpus) there are blocks of
utterances, ``PART/00000.opus`` (their sounds one after the other, Ogg Opus at 16 kHz, a gap of silence after each) and
``PART/00000.json`` (columns voice, confidence, samples, end and, per utterance, phones and onsets: ``encode_block``).
Opus keeps the number of samples and their time exactly (measured: lag 0 at 6 to 32 kbit/s).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from ...errors import UserError
from ..utterance import Utterance
from .phones import PHONE_INDEX, PHONES
from .voice import CORPUS_RATE

PACK_FORMAT: Final = 1
CONTENTS: Final = "pack.json"
# Silence after every utterance, so that the codec's memory of one does not colour the next; two of its frames.
GAP: Final = round(0.04 * CORPUS_RATE)
TICKS: Final = 10_000  # a second; the grid of a corpus's index
# libsndfile's scale: bit rate = 6000 + (1 - compression level) * 250000, for each channel.
_LEAST_RATE, _RATE_RANGE = 6_000, 250_000
KBPS_RANGE: Final = (6.0, 64.0)


def encode_block(utterances: Sequence[Utterance], kbps: float) -> tuple[bytes, bytes]:
    """Sound and labels of a block, as they stand in the archive (the labels before deflation).

    Onsets are told as ticks since the onset before, which deflate well.
    """
    gap = np.zeros(GAP, np.int16)
    stream = io.BytesIO()
    sound = np.concatenate([piece for u in utterances for piece in (u.samples, gap)])
    level = 1.0 - (1000.0 * kbps - _LEAST_RATE) / _RATE_RANGE
    soundfile.write(stream, sound, CORPUS_RATE, format="OGG", subtype="OPUS", compression_level=level)
    labels = {
        "voice": [u.voice for u in utterances],
        "confidence": [u.confidence for u in utterances],
        "samples": [len(u.samples) for u in utterances],
        "end": [round(u.end * TICKS) for u in utterances],
        "phones": [u.phones.tolist() for u in utterances],
        "onsets": [np.diff(np.rint(u.starts * TICKS).astype(np.int64), prepend=0).tolist() for u in utterances],
    }
    return stream.getvalue(), json.dumps(labels, separators=(",", ":"), ensure_ascii=False).encode()


def decode_block(sound: bytes, labels: bytes, phones: Sequence[int]) -> tuple[Utterance, ...]:
    """The utterances of a block.

    Args:
        sound: Ogg Opus.
        labels: JSON.
        phones: index into ``PHONES`` of each phone number of the labels.

    Raises:
        ValueError, KeyError, IndexError, TypeError, soundfile.SoundFileError: damaged data.
    """
    samples, rate = soundfile.read(io.BytesIO(sound), dtype="int16")
    table = json.loads(labels)
    if rate != CORPUS_RATE or len(samples) != sum(table["samples"]) + GAP * len(table["samples"]):
        raise ValueError("sound and labels do not fit each other")
    of_pack = np.array(phones, np.int64)
    decoded, at = [], 0
    for k, count in enumerate(table["samples"]):
        decoded.append(
            Utterance(
                samples=samples[at : at + count].copy(),
                starts=np.cumsum(table["onsets"][k]) / TICKS,
                phones=of_pack[table["phones"][k]],
                end=table["end"][k] / TICKS,
                voice=str(table["voice"][k]),
                confidence=float(table["confidence"][k]),
            )
        )
        at += count + GAP
    return tuple(decoded)


def packed_path(path: Path) -> tuple[Path, str | None] | None:
    """The file and the part that a path means: ``FILE`` all parts, ``FILE/PART`` one of them; None: no file there."""
    if path.is_file():
        return path, None
    return (path.parent, path.name) if path.parent.is_file() else None


def read_packed(file: Path, part: str | None = None) -> Iterator[Utterance]:
    """The utterances of a packed corpus, block by block.

    Args:
        file: made by ``ptalker corpus --pack``.
        part: name of one of its corpora; None for all, one after the other.

    Raises:
        UserError: no packed corpus, a damaged one, or no such part.
    """
    advice = "make it anew with `ptalker corpus --pack`"
    try:
        with zipfile.ZipFile(file) as archive:
            contents = _contents(archive, file)
            phones = [PHONE_INDEX[name] for name in contents["phones"]]
            parts = contents["parts"]
            if part is not None and part not in parts:
                raise UserError(f"no part {part!r} in {file}", f"one of {', '.join(parts)}", "correct the name")
            for name in parts if part is None else (part,):
                for k in range(int(parts[name]["blocks"])):
                    sound, labels = (archive.read(block_name(name, k, kind)) for kind in ("opus", "json"))
                    yield from decode_block(sound, labels, phones)
    except (zipfile.BadZipFile, soundfile.SoundFileError, OSError, EOFError) as error:
        raise UserError(f"{file} cannot be read ({error})", "a packed corpus", advice) from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise UserError(f"{file} is damaged ({error})", "a packed corpus", advice) from error


def block_name(part: str, number: int, kind: str) -> str:
    """Where a block lies in the archive; kind is "opus" or "json"."""
    return f"{part}/{number:05d}.{kind}"


def _contents(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    if CONTENTS not in archive.namelist():
        raise UserError(f"no {CONTENTS} in {file}", "a packed corpus", "make it with `ptalker corpus --pack`")
    contents = json.loads(archive.read(CONTENTS))
    found = contents.get("format") if isinstance(contents, dict) else None
    if found != PACK_FORMAT or not set(contents["phones"]) <= set(PHONES):
        what = f"packed corpus of format {found} at {file}"
        raise UserError(what, f"format {PACK_FORMAT}", "pack the corpora anew with this version")
    checked: dict[str, Any] = contents
    return checked
