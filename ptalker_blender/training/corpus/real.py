"""A corpus of real recordings with transcripts: phones by forced alignment, marked as such, the doubtful left out."""

from __future__ import annotations

import csv
import json
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...audio.load import load_audio
from ...errors import UserError
from ...transcript.check import AlignmentRules, agreement, fault
from .folder import ALIGNED, PEAK, Progress, check_target, new_corpus, write_index, write_utterance
from .forced import ForcedAligner, UnknownWordError, read_lexicon
from .phones import tile
from .voice import CORPUS_RATE, Utterance

DROPPED: Final = "dropped.jsonl"
SPLITS: Final = ("train", "test")
LONGEST_S: Final = 30.0  # the aligner's beams lose longer clips, and training cuts windows of 2.9 s anyway
_BLOCK: Final = 40
_COLUMNS: Final = ("file", "speaker", "transcript")


@dataclass(frozen=True)
class Recording:
    """One recording to be aligned.

    Attributes:
        file: path below the folder, as the index has it.
        speaker: name.
        text: what is said.
    """

    file: str
    speaker: str
    text: str

    @property
    def id(self) -> str:
        """Name of the utterance in the corpus."""
        return "-".join(Path(self.file).with_suffix("").parts)


@dataclass(frozen=True)
class RealReport:
    """What became of the recordings.

    Attributes:
        kept, seconds, speakers: in the corpus.
        dropped: recordings left out, by reason.
    """

    kept: int
    seconds: float
    speakers: int
    dropped: Mapping[str, int]

    def lines(self) -> tuple[str, ...]:
        """The counts as text."""
        total = self.kept + sum(self.dropped.values())
        reasons = (f"dropped, {reason}: {count}" for reason, count in sorted(self.dropped.items()))
        kept = f"kept {self.kept} of {total} recordings, {self.seconds / 3600:.2f} h, {self.speakers} speakers"
        return (kept, *reasons)


@dataclass(frozen=True)
class _Block:
    source: Path
    made: Path
    name: str
    recordings: tuple[Recording, ...]
    lexicon: Mapping[str, str]
    rules: AlignmentRules


def read_index(index: Path) -> tuple[Recording, ...]:
    """Recordings of a CSV with the columns file, speaker and transcript (others are ignored), in its order.

    Raises:
        UserError: unreadable, without these columns, with an empty field, or two files of one name.
    """
    try:
        with index.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            rows = list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{index} cannot be read ({error})", "a CSV index", "name it with --index") from error
    if missing:
        raise UserError(f"{index.name} without {', '.join(missing)}", f"the columns {', '.join(_COLUMNS)}", "add them")
    for number, row in enumerate(rows, 2):
        if not all(row[name] for name in _COLUMNS):
            raise UserError(f"line {number} of {index.name}", "a file, a speaker and a transcript", "complete it")
    recordings = tuple(Recording(row["file"], row["speaker"], row["transcript"]) for row in rows)
    twice = [name for name, count in Counter(r.id for r in recordings).items() if count > 1]
    if twice:
        raise UserError(f"{twice[0]} twice in {index.name}", "every file once", "remove one")
    return recordings


def read_speakers(path: Path) -> dict[str, str]:
    """The split of each speaker, ``train`` or ``test``, of a CSV with the columns speaker and split.

    Raises:
        UserError: unreadable, another split, or a speaker twice.
    """
    advice = "see configs/speakers_speechocean762.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(row.get("speaker"), row.get("split")) for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error})", "a CSV of speakers", advice) from error
    splits: dict[str, str] = {}
    for speaker, split in rows:
        if not speaker or split not in SPLITS or speaker in splits:
            raise UserError(
                f"speaker {speaker!r} of split {split!r} in {path.name}", "each speaker once, train or test", advice
            )
        splits[speaker] = split
    return splits


def select(recordings: Sequence[Recording], speakers: Mapping[str, str], split: str) -> tuple[Recording, ...]:
    """The recordings of one split, or of ``all``.

    Raises:
        UserError: a speaker of the index without split, or no recording at all.
    """
    unknown = sorted({r.speaker for r in recordings} - set(speakers)) if split != "all" else []
    if unknown:
        raise UserError(f"speaker {unknown[0]} without split", "every speaker of the index in the split file", "add it")
    chosen = tuple(r for r in recordings if split == "all" or speakers[r.speaker] == split)
    if not chosen:
        raise UserError(f"no recordings of split {split}", "recordings of some speaker", "check the split file")
    return chosen


def align_corpus(
    source: Path,
    out: Path,
    recordings: Sequence[Recording],
    *,
    lexicon: Path | None = None,
    rules: AlignmentRules | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> RealReport:
    """Align recordings and write them as a corpus folder (see ``folder``), with the reasons of those left out.

    Args:
        source: the folder the recordings' paths are relative to; its name becomes part of the voices' names.
        out: the corpus folder, replaced only when complete.
        recordings: what to align.
        lexicon: pronunciations of words the aligner's dictionary lacks, see ``forced.read_lexicon``.
        rules: which alignments are believed.
        workers: processes; the result does not depend on them.
        progress: called with (done, wanted).

    Raises:
        UserError: a file that is missing or no sound, no aligner, ``out`` no corpus, or nothing kept.
    """
    check_target(out)  # before any work
    bounds = rules or AlignmentRules()
    words = {} if lexicon is None else read_lexicon(lexicon)
    ForcedAligner(words)  # refuses before any work when there is none
    kept: list[dict[str, Any]] = []
    dropped: list[dict[str, Any]] = []
    with new_corpus(out) as made:
        blocks = [
            _Block(source, made, source.resolve().name, tuple(recordings[k : k + _BLOCK]), words, bounds)
            for k in range(0, len(recordings), _BLOCK)
        ]
        for rows, faults in _run(blocks, workers):
            kept += rows
            dropped += faults
            if progress is not None:
                progress(len(kept) + len(dropped), len(recordings))
        reasons = Counter(row["reason"] for row in dropped)
        if not kept:
            raise UserError(
                f"none of {len(recordings)} alignments believed ({dict(reasons)})", "some", "check the transcripts"
            )
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in dropped)
        (made / DROPPED).write_text(lines, encoding="utf-8")
        record = {"labels": ALIGNED, "utterances": len(kept), "source": source.resolve().name, "dropped": dict(reasons)}
        write_index(made, kept, record)
    seconds = sum(float(row["seconds"]) for row in kept)
    return RealReport(len(kept), seconds, len({row["voice"] for row in kept}), dict(reasons))


def _run(blocks: Sequence[_Block], workers: int) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    if workers == 1:
        yield from map(_align_block, blocks)
        return
    # spawn: a fork would copy the threads' locks of whatever the caller has running.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_align_block, blocks)


def _align_block(block: _Block) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    aligner = ForcedAligner(block.lexicon)
    kept: list[dict[str, Any]] = []
    dropped: list[dict[str, Any]] = []
    for recording in block.recordings:
        row, reason, confidence = _align(aligner, recording, block)
        if row is not None:
            kept.append(row)
        else:
            dropped.append({"id": recording.id, "reason": reason, "confidence": confidence, "text": recording.text})
    return kept, dropped


def _align(aligner: ForcedAligner, recording: Recording, block: _Block) -> tuple[dict[str, Any] | None, str, float]:
    """The index line, or None with the reason; and the confidence."""
    samples = load_audio(block.source / recording.file).samples
    seconds = len(samples) / CORPUS_RATE
    level = float(np.abs(samples).max())
    if level == 0 or seconds > LONGEST_S:
        return None, "silence" if level == 0 else f"longer than {LONGEST_S:g} s", 0.0
    # The level that training sees: a faint recording would otherwise lose bits.
    pcm = np.rint(samples * (PEAK / level) * 32767).astype(np.int16)
    try:
        alignment = aligner.align(pcm, recording.text)
    except UnknownWordError:
        return None, "a word without pronunciation", 0.0
    if alignment is None:
        return None, "no alignment found", 0.0
    confidence = round(agreement(alignment.phones, aligner.free_phones(pcm), seconds), 3)
    reason = fault(alignment.phones, confidence, block.rules)
    if reason is not None:
        return None, reason, confidence
    utterance = Utterance(samples, tile(alignment.phones, seconds), recording.text, f"{block.name}:{recording.speaker}")
    row = write_utterance(block.made, recording.id, utterance)
    return row | {"labels": ALIGNED, "confidence": confidence}, "", confidence
