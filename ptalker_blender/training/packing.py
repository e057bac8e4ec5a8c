"""``ptalker corpus --pack``: corpora into one file of at most so many bytes.

What does not fit is left out by a seeded draw: the first utterance drawn of every voice stays (espeak's variants count
as one, see ``statistics.voice_family``), and of the others those
that hold rare phones stay more often, in the measure in which training would draw them more often
(``mix.draw_weights``).
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ..errors import UserError
from ..files import atomic_write
from .corpus.folder import RECORD, Progress
from .corpus.packed import CONTENTS, KBPS_RANGE, PACK_FORMAT, block_name, encode_block
from .corpus.phones import PHONES
from .corpus.read import CorpusEntry, read_corpus
from .corpus.statistics import voice_family
from .mix import RARE_POWER, draw_weights
from .speech_data import load_utterance, spoken

BLOCK: Final = 32  # utterances: about two minutes, 0.2 MB
MIB: Final = 1 << 20
# What an archive holds besides the data: for each member a header and an entry of the directory, both with its name.
_HEADER_BYTES, _ENTRY_BYTES, _END_BYTES = 30, 46, 22
# No clock in the file; the codec still numbers its streams at random, so two packs differ in those bytes alone.
_DATE: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class PackRules:
    """How a pack is made.

    Attributes:
        limit_mib: largest file, in MiB.
        kbps: bit rate of the sound; 12 costs at most 1.5 points of frames right, see docs/decisions.d/corpus.md.
        seed: of the draw of what stays.
        workers: threads that encode.
    """

    limit_mib: float = 50.0
    kbps: float = 12.0
    seed: int = 1
    workers: int = 1

    def __post_init__(self) -> None:
        least, most = KBPS_RANGE
        if not 0 < self.limit_mib < float("inf") or not least <= self.kbps <= most or self.workers < 1 or self.seed < 0:
            found = f"limit {self.limit_mib:g} MiB, {self.kbps:g} kbit/s, workers {self.workers}, seed {self.seed}"
            raise UserError(found, f"above 0, {least:g} to {most:g}, 1 or more, 0 or more", "change them")


@dataclass(frozen=True)
class PackReport:
    """What was packed.

    Attributes:
        size: bytes of the file.
        kept: utterances and hours by part.
        whole: utterances and hours of each part's corpus.
    """

    file: Path
    size: int
    kept: Mapping[str, tuple[int, float]]
    whole: Mapping[str, tuple[int, float]]

    def lines(self) -> tuple[str, ...]:
        """The report as text: the file, and each part with the share left out."""
        head = f"packed corpus: {self.file}, {self.size / MIB:.1f} MiB"
        return (head, *(self._line(part) for part in self.kept))

    def _line(self, part: str) -> str:
        (count, hours), (of_count, of_hours) = self.kept[part], self.whole[part]
        out = 100 * (1 - hours / of_hours)
        return f"{part}: {count} of {of_count} utterances, {hours:.2f} of {of_hours:.2f} h; {out:.1f} % left out"


@dataclass(frozen=True)
class _Block:
    part: str
    number: int  # within its part
    place: float  # in the order of all blocks, 0 to 1
    entries: tuple[CorpusEntry, ...]


def pack_corpora(file: Path, folders: Sequence[Path], rules: PackRules, progress: Progress | None = None) -> PackReport:
    """Pack corpus folders; each becomes a part, named like its folder.

    Args:
        file: replaced only when complete.
        folders: corpora, of different names.
        rules: limit, bit rate, seed.
        progress: called with (blocks encoded, blocks in all).

    Raises:
        UserError: no corpus, two of the same name, or a limit in which not every voice has a place.
    """
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        raise UserError(f"corpora named {', '.join(names)}", "different names", "rename a folder")
    corpora = dict(zip(names, map(read_corpus, folders), strict=True))
    records = {name: _record(folder) for name, folder in zip(names, folders, strict=True)}
    blocks = _blocks(corpora, rules.seed)
    kept: dict[str, list[_Block]] = {name: [] for name in names}
    with atomic_write(file) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        room = rules.limit_mib * MIB - _END_BYTES - len(_contents(corpora, records, corpora, {}, rules))
        room -= _member_bytes(CONTENTS)
        for block, sound, labels in _encode(blocks, rules, progress):
            sound_name, labels_name = (block_name(block.part, block.number, kind) for kind in ("opus", "json"))
            room -= len(sound) + len(zlib.compress(labels)) + _member_bytes(sound_name) + _member_bytes(labels_name)
            if room < 0:
                break
            _write(archive, sound_name, sound, zipfile.ZIP_STORED)
            _write(archive, labels_name, labels, zipfile.ZIP_DEFLATED)
            kept[block.part].append(block)
        entries = {name: tuple(e for block in kept[name] for e in block.entries) for name in names}
        _require_voices(corpora, entries, rules)
        counts = {name: len(kept[name]) for name in names}
        _write(archive, CONTENTS, _contents(entries, records, corpora, counts, rules), zipfile.ZIP_DEFLATED)
    amounts, whole = ({name: _amount(spoken) for name, spoken in each.items()} for each in (entries, corpora))
    return PackReport(file, file.stat().st_size, amounts, whole)


def _blocks(corpora: Mapping[str, Sequence[CorpusEntry]], seed: int) -> list[_Block]:
    """All blocks, those that are to stay first; the corpora in even measure, so that each loses the same share."""
    blocks = []
    for name, entries in corpora.items():
        if not entries:
            raise UserError(f"no utterances in {name}", "a corpus with speech in it", "leave it out")
        order = keeping_order(entries, seed)
        voices = len({voice_family(entry.voice) for entry in entries})
        cuts = range(0, len(order), BLOCK)
        for number, at in enumerate(cuts):
            chosen = tuple(entries[k] for k in order[at : at + BLOCK])
            place = 0.0 if at < voices else number / len(cuts)  # one utterance of every voice before anything else
            blocks.append(_Block(name, number, place, chosen))
    return sorted(blocks, key=lambda block: block.place)


def keeping_order(entries: Sequence[CorpusEntry], seed: int) -> list[int]:
    """Indices of entries, those that are to stay first: one of every voice, then a draw by the rarity of their phones.

    The draw is without replacement (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
    """
    silent = np.empty(0, np.int16)
    weights = draw_weights([spoken(entry, silent) for entry in entries], RARE_POWER)
    keys = np.log(np.random.default_rng(seed).random(len(entries)).clip(min=1e-300)) / weights
    order = [int(k) for k in np.argsort(-keys, kind="stable")]
    first_of_voice: dict[str, int] = {}
    for k in order:
        first_of_voice.setdefault(voice_family(entries[k].voice), k)
    first = set(first_of_voice.values())
    return [*first_of_voice.values(), *(k for k in order if k not in first)]


def _encode(
    blocks: Sequence[_Block], rules: PackRules, progress: Progress | None
) -> Iterator[tuple[_Block, bytes, bytes]]:
    """Blocks with their sound and labels, in order; no more than a few are encoded ahead of what is asked for."""

    def encode(block: _Block) -> tuple[_Block, bytes, bytes]:
        return block, *encode_block([load_utterance(entry) for entry in block.entries], rules.kbps)

    with ThreadPoolExecutor(rules.workers) as pool:  # the codec runs outside the interpreter's lock
        for at in range(0, len(blocks), rules.workers):
            yield from pool.map(encode, blocks[at : at + rules.workers])
            if progress is not None:
                progress(min(at + rules.workers, len(blocks)), len(blocks))


def _require_voices(
    corpora: Mapping[str, Sequence[CorpusEntry]], kept: Mapping[str, Sequence[CorpusEntry]], rules: PackRules
) -> None:
    for name, entries in corpora.items():
        lost = {voice_family(entry.voice) for entry in entries} - {voice_family(entry.voice) for entry in kept[name]}
        if lost:
            found = f"{len(lost)} voices of {name} have no place in {rules.limit_mib:g} MiB"
            raise UserError(found, "at least one utterance of every voice", "raise --limit-mib or lower --kbps")


def _contents(
    kept: Mapping[str, Sequence[CorpusEntry]],
    records: Mapping[str, object],
    corpora: Mapping[str, Sequence[CorpusEntry]],
    blocks: Mapping[str, int],
    rules: PackRules,
) -> bytes:
    """The JSON that tells what the archive holds, and what it left out."""
    parts = {}
    for name, entries in kept.items():
        (count, hours), (of_count, of_hours) = _amount(entries), _amount(corpora[name])
        parts[name] = {
            "blocks": blocks.get(name, 1 + len(entries) // BLOCK),
            "utterances": [count, of_count],
            "hours": [round(hours, 4), round(of_hours, 4)],
            "corpus": records[name],
        }
    contents = {
        "format": PACK_FORMAT, "phones": PHONES, "kbps": rules.kbps, "limit_mib": rules.limit_mib, "seed": rules.seed,
        "parts": parts,
    }  # fmt: skip
    return json.dumps(contents, ensure_ascii=False).encode()


def _record(folder: Path) -> object:
    record: object = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return record


def _amount(entries: Sequence[CorpusEntry]) -> tuple[int, float]:
    return len(entries), sum(entry.seconds for entry in entries) / 3600


def _member_bytes(name: str) -> int:
    return _HEADER_BYTES + _ENTRY_BYTES + 2 * len(name.encode())


def _write(archive: zipfile.ZipFile, name: str, data: bytes, compression: int) -> None:
    archive.writestr(zipfile.ZipInfo(name, _DATE), data, compression)
