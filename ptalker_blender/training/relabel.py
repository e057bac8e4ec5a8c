"""Self-training: a corpus of aligned recordings labelled anew by the network that is to be trained further.

The phones are those of the alignment, in its order; where they lie, and which of them were said at all, the network's
posteriors decide. Speakers who leave out or merge sounds are thus no longer taught as if they had not.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.clip import SAMPLE_RATE, AudioClip
from ..errors import UserError
from ..model.checkpoint import file_sha256, load_checkpoint
from ..model.network import Network
from ..motion.controls import ENGINE_FPS
from ..transcript.phones import frame_labels
from .constrained import constrained_viterbi
from .corpus.folder import RELABELLED, UTTERANCES, Progress, new_corpus, write_index
from .corpus.phones import PHONE_INDEX, SILENCE, PhoneSegment, tile
from .corpus.read import CorpusEntry, read_corpus
from .phone_stage import phone_posteriors

FAR = -100.0  # score of a frame beyond reach: worse than any posterior, so only a phone with no frame at all is there
FLOOR = 1e-4  # of a posterior: the network is never surer than its label smoothing taught it


@dataclass(frozen=True)
class RelabelRules:
    """How far the network may depart from the alignment.

    Attributes:
        skip_cost: nats for leaving out a phone of the text; a silence costs nothing.
        reach: seconds around its aligned place within which a phone may be put.
        least_confidence: geometric mean of the posteriors along the path, speech frames, below which an utterance is
            left out.
    """

    skip_cost: float = 6.0
    reach: float = 0.15
    least_confidence: float = 0.05

    def __post_init__(self) -> None:
        if self.skip_cost <= 0 or self.reach <= 0:
            raise ValueError("skip_cost and reach must be positive")


@dataclass(frozen=True)
class Relabelling:
    """One utterance's new labels.

    Attributes:
        segments: phones covering the utterance, on boundaries half way between frames at 50 Hz.
        confidence: geometric mean of the posteriors along the path over speech frames, 0 to 1.
        skipped: phones of the text (silences not counted) that were left out.
    """

    segments: tuple[PhoneSegment, ...]
    confidence: float
    skipped: int


@dataclass(frozen=True)
class RelabelReport:
    """What became of a corpus: utterances kept and dropped, phones left out of those kept, share of frames changed."""

    kept: int
    dropped: int
    phones: int
    skipped: int
    changed: float

    def line(self) -> str:
        """The counts as text."""
        return (
            f"kept {self.kept} utterances, dropped {self.dropped}; {self.skipped} of {self.phones} phones left out, "
            f"{100 * self.changed:.1f} % of frames changed"
        )


def relabel(
    posteriors: NDArray[np.float32],
    segments: Sequence[PhoneSegment],
    seconds: float,
    rules: RelabelRules,
) -> Relabelling:
    """New times for the phones of an utterance.

    Args:
        posteriors: [T, K] at 50 Hz, frame k centred on k / 50 s.
        segments: the aligned phones, in order.
        seconds: duration.
        rules: see there.
    """
    floored = np.log(np.maximum(posteriors.astype(np.float64), FLOOR))
    names = np.array([PHONE_INDEX[s.phone] for s in segments])
    silent = names == PHONE_INDEX[SILENCE]
    times = np.arange(len(posteriors)) / ENGINE_FPS
    near = np.stack([(times >= s.start - rules.reach) & (times <= s.end + rules.reach) for s in segments], axis=1)
    # Each place of the sequence has a score of its own, since the same phone may come twice.
    # Dividing the posteriors by the phones' shares, as hybrid recognisers do, was tried and changed nothing.
    scores = floored[:, names] + np.where(near, 0.0, FAR)
    path = constrained_viterbi(scores, np.arange(len(names)), np.where(silent, 0.0, rules.skip_cost))
    speech = ~silent[path]
    along = floored[np.arange(len(path)), names[path]]
    confidence = float(np.exp(along[speech].mean())) if speech.any() else 0.0
    first = np.flatnonzero(np.diff(path, prepend=-1))
    edges = np.append((first - 0.5) / ENGINE_FPS, seconds).clip(0, seconds)
    found = [PhoneSegment(segments[path[k]].phone, edges[i], edges[i + 1]) for i, k in enumerate(first)]
    skipped = int((~silent).sum() - (~silent[np.unique(path)]).sum())
    return Relabelling(tile(found, seconds), confidence, skipped)


def relabel_corpus(
    source: Path, out: Path, weights: Path, rules: RelabelRules, progress: Progress | None = None
) -> RelabelReport:
    """Label a corpus anew with a network's posteriors into another folder; the sound is copied as it is.

    Raises:
        UserError: no corpus, weights that cannot be used, ``out`` no corpus, or nothing kept.
    """
    entries, network = read_corpus(source), load_checkpoint(weights)
    rows: list[dict[str, Any]] = []
    phones = skipped = changed = frames = 0
    with new_corpus(out) as made:
        for number, entry in enumerate(entries, 1):
            new = _relabel_entry(network, entry, rules)
            if new.confidence >= rules.least_confidence:
                rows.append(_row(entry, new))
                shutil.copyfile(entry.path, made / UTTERANCES / entry.path.name)
                phones += sum(s.phone != SILENCE for s in entry.segments)
                skipped += new.skipped
                before, after = (_frames(s, entry.seconds) for s in (entry.segments, new.segments))
                changed, frames = changed + int((before != after).sum()), frames + len(before)
            if progress is not None:
                progress(number, len(entries))
        if not rows:
            found = f"none of {len(entries)} utterances with a confidence of {rules.least_confidence:g}"
            raise UserError(found, "weights that know these voices a little", "train on the aligned corpus first")
        record = {
            "labels": RELABELLED, "utterances": len(rows), "source": source.resolve().name,
            "weights_sha256": file_sha256(weights),
        }  # fmt: skip
        write_index(made, rows, record)
    return RelabelReport(len(rows), len(entries) - len(rows), phones, skipped, changed / frames)


def _relabel_entry(network: Network, entry: CorpusEntry, rules: RelabelRules) -> Relabelling:
    samples = entry.samples()
    posteriors = phone_posteriors(network, AudioClip(samples))
    return relabel(posteriors, entry.segments, len(samples) / SAMPLE_RATE, rules)


def _row(entry: CorpusEntry, new: Relabelling) -> dict[str, Any]:
    return {
        "id": entry.id,
        "voice": entry.voice,
        "text": entry.text,
        "seconds": entry.seconds,
        "segments": [[s.phone, round(s.start, 4), round(s.end, 4)] for s in new.segments],
        "labels": RELABELLED,
        "confidence": round(new.confidence, 3),
    }


def _frames(segments: Sequence[PhoneSegment], seconds: float) -> NDArray[np.int64]:
    return frame_labels(segments, round(seconds * ENGINE_FPS), ENGINE_FPS)
