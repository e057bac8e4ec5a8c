"""Making a corpus: the same utterances from the same seed, whatever the number of workers."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...errors import UserError
from .bank import VoiceBank, open_voice, program_versions
from .folder import check_target, new_corpus, write_index, write_utterance
from .texts import Texts
from .voice import SYNTHESIS_VERSION, Utterance

MIN_SECONDS: Final = 0.5
_ATTEMPTS: Final = 25
# Utterances a task: enough to pay for starting festival, small enough for progress and even load.
_BLOCK: Final = 40


@dataclass(frozen=True)
class CorpusReport:
    """What was made.

    Attributes:
        rejected: sentences drawn but not usable (no exact times, too short), over all utterances.
    """

    folder: Path
    utterances: int
    seconds: float
    rejected: int


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
        open_voice(spec).close()
    versions = program_versions(voices)
    with new_corpus(out) as made:
        entries, rejected = _run_blocks(made, utterances, seed, voices, texts, workers, progress)
        record = {
            "utterances": utterances,
            "seed": seed,
            "synthesis_version": SYNTHESIS_VERSION,
            "voices": dict(voices),
            "texts": {"source": texts.source, "sentences": len(texts.sentences), "sha256": texts.sha256},
            "programs": versions,
            "rejected": rejected,
        }
        write_index(made, entries, record)
    return CorpusReport(out, utterances, sum(float(entry["seconds"]) for entry in entries), rejected)


def _run_blocks(
    folder: Path,
    utterances: int,
    seed: int,
    voices: Mapping[str, float],
    texts: Texts,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[list[dict[str, Any]], int]:
    """Index entries in order, and the number of rejected sentences."""
    blocks = [
        _Block(folder, first, min(first + _BLOCK, utterances), seed, dict(voices), texts)
        for first in range(0, utterances, _BLOCK)
    ]
    if workers > 1 and len(blocks) < 2 * workers:
        # A short corpus: one utterance a task, so that every worker has some.
        blocks = [_Block(folder, k, k + 1, seed, dict(voices), texts) for k in range(utterances)]
    entries: dict[int, dict[str, Any]] = {}
    rejected = 0

    def take(made: tuple[dict[int, dict[str, Any]], int]) -> None:
        nonlocal rejected
        entries.update(made[0])
        rejected += made[1]
        if progress is not None:
            progress(len(entries), utterances)

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
    return [entries[k] for k in sorted(entries)], rejected


def _make_block(block: _Block) -> tuple[dict[int, dict[str, Any]], int]:
    entries: dict[int, dict[str, Any]] = {}
    rejected = 0
    with VoiceBank(block.voices) as bank:
        for k in range(block.first, block.last):
            utterance, failed = _draw_utterance(bank, block.texts, np.random.default_rng((block.seed, k)))
            rejected += failed
            entries[k] = write_utterance(block.folder, f"u{k:06d}", utterance)
    return entries, rejected


def _draw_utterance(bank: VoiceBank, texts: Texts, rng: np.random.Generator) -> tuple[Utterance, int]:
    """An utterance and how many sentences were refused before it.

    The voice is drawn once, so that a voice that refuses more often keeps its share.
    """
    voice = bank.draw(rng)
    for failed in range(_ATTEMPTS):
        utterance = voice.synthesise(texts.draw(rng), rng)
        if utterance is not None and utterance.seconds >= MIN_SECONDS and float(np.abs(utterance.samples).max()) > 0:
            return utterance, failed
    raise UserError(
        f"{type(voice).__name__} could speak none of {_ATTEMPTS} sentences", "sentences it gives exact times for",
        "check the voice with its own program, or leave it out",
    )  # fmt: skip


def default_workers() -> int:
    """As many processes as cores, four at most: beyond that the disk is the limit."""
    return min(4, os.cpu_count() or 1)
