"""Making a corpus: the same utterances from the same seed, whatever the number of workers."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...errors import UserError
from .bank import VoiceBank, open_voice, program_versions, word_lists
from .folder import check_target, new_corpus, write_index, write_utterance
from .texts import Texts
from .voice import SYNTHESIS_VERSION, Utterance, Voice

MIN_SECONDS: Final = 0.5
_ATTEMPTS: Final = 25
# Utterances a task: enough to pay for starting festival, small enough for progress and even load.
_BLOCK: Final = 40


@dataclass(frozen=True)
class CorpusReport:
    """What was made.

    Attributes:
        rejected: sentences drawn but not usable (no exact times, too short), over all utterances.
        refused_shares: share of the sentences given to a voice that were not usable, by voice spec.
    """

    folder: Path
    utterances: int
    seconds: float
    rejected: int
    refused_shares: Mapping[str, float]


@dataclass(frozen=True)
class _Made:
    """What a block gave: index entries by number, and sentences refused and spoken by voice spec."""

    entries: dict[int, dict[str, Any]]
    refused: Counter[str]
    spoken: Counter[str]


@dataclass(frozen=True)
class _Block:
    folder: Path
    first: int
    last: int
    seed: int
    voices: Mapping[str, float]
    texts: Texts


def make_corpus(
    out: Path,
    utterances: int,
    seed: int,
    voices: Mapping[str, float],
    texts: Texts,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> CorpusReport:
    """Make a corpus folder, replacing one that is there only when the new one is complete.

    What it holds is told in ``folder``. Utterance k depends on ``SeedSequence((seed, k))``, the voices and the texts
    alone.

    Args:
        out: the corpus folder.
        utterances: how many.
        seed: not negative.
        voices: share of each voice spec, see ``bank``.
        texts: sentences and their weights.
        workers: processes.
        progress: called with (made, wanted) as blocks complete.

    Raises:
        UserError: a missing program, an unknown voice, ``out`` a folder that is not a corpus, or no usable sentence.
    """
    check_target(out)  # before any work
    if utterances < 1 or workers < 1 or seed < 0:
        raise UserError(
            f"utterances {utterances}, workers {workers}, seed {seed}", "1 or more, 1 or more, 0 or more", "change them"
        )
    for spec in voices:
        open_voice(spec, texts.split).close()
    versions, languages = program_versions(voices), word_lists(voices)
    with new_corpus(out) as made:
        done = _run_blocks(made, utterances, seed, voices, texts, workers, progress)
        entries = [done.entries[k] for k in sorted(done.entries)]
        rejected = done.refused.total()
        record: dict[str, Any] = {
            "utterances": utterances,
            "seed": seed,
            "synthesis_version": SYNTHESIS_VERSION,
            "voices": dict(voices),
            "texts": {"source": texts.source, "sentences": len(texts.sentences), "sha256": texts.sha256},
            "programs": versions,
            "rejected": rejected,
        }
        if languages:
            record["word_lists"] = languages
        write_index(made, entries, record)
    refused = {spec: done.refused[spec] / (done.refused[spec] + count) for spec, count in sorted(done.spoken.items())}
    return CorpusReport(out, utterances, sum(float(entry["seconds"]) for entry in entries), rejected, refused)


def _run_blocks(
    folder: Path,
    utterances: int,
    seed: int,
    voices: Mapping[str, float],
    texts: Texts,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> _Made:
    """All blocks, made in any order."""
    blocks = [
        _Block(folder, first, min(first + _BLOCK, utterances), seed, dict(voices), texts)
        for first in range(0, utterances, _BLOCK)
    ]
    if workers > 1 and len(blocks) < 2 * workers:
        # A short corpus: one utterance a task, so that every worker has some.
        blocks = [_Block(folder, k, k + 1, seed, dict(voices), texts) for k in range(utterances)]
    all_made = _Made({}, Counter(), Counter())

    def take(made: _Made) -> None:
        all_made.entries.update(made.entries)
        all_made.refused.update(made.refused)
        all_made.spoken.update(made.spoken)
        if progress is not None:
            progress(len(all_made.entries), utterances)

    if workers == 1:
        for block in blocks:
            take(_make_block(block))
    else:
        # spawn: a fork would copy the threads' locks of whatever the caller has running.
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            futures = [pool.submit(_make_block, block) for block in blocks]
            try:
                for future in as_completed(futures):
                    take(future.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return all_made


def _make_block(block: _Block) -> _Made:
    made = _Made({}, Counter(), Counter())
    with VoiceBank(block.voices, block.texts.split) as bank:
        for k in range(block.first, block.last):
            rng = np.random.default_rng((block.seed, k))
            # The voice is drawn once, so that a voice that refuses more often keeps its share.
            spec = bank.draw(rng)
            utterance, failed = _draw_utterance(bank.get(spec), block.texts, rng)
            made.refused[spec] += failed
            made.spoken[spec] += 1
            made.entries[k] = write_utterance(block.folder, f"u{k:06d}", utterance)
    return made


def _draw_utterance(voice: Voice, texts: Texts, rng: np.random.Generator) -> tuple[Utterance, int]:
    """An utterance and how many sentences were refused before it."""
    source = voice.phrases or texts
    for failed in range(_ATTEMPTS):
        utterance = voice.synthesise(source.draw(rng), rng)
        if utterance is not None and utterance.seconds >= MIN_SECONDS and float(np.abs(utterance.samples).max()) > 0:
            return utterance, failed
    raise UserError(
        f"{type(voice).__name__} could speak none of {_ATTEMPTS} sentences", "sentences it gives exact times for",
        "check the voice with its own program, or leave it out",
    )  # fmt: skip


def default_workers() -> int:
    """As many processes as cores, four at most: beyond that the disk is the limit."""
    return min(4, os.cpu_count() or 1)
