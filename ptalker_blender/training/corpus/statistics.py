"""Figures of a corpus, to be read before training on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .phones import PHONES, SILENCE
from .read import read_corpus

_NAMED_VOICES: Final = 20


@dataclass(frozen=True)
class CorpusStatistics:
    """Figures of a corpus.

    Attributes:
        hours_by_voice: by synthesiser and voice; all espeak variants together.
        phone_shares: share of speech time (silence: of all time) by phone, in the order of ``PHONES``.
        phone_counts: segments by phone.
        phones_per_second: speech phones per second of speech.
        silence_share: of all time.
    """

    utterances: int
    sentences: int
    hours: float
    hours_by_voice: dict[str, float]
    phone_shares: dict[str, float]
    phone_counts: dict[str, int]
    phones_per_second: float
    silence_share: float

    def lines(self) -> tuple[str, ...]:
        """The figures as text, a few lines."""
        by_voice = sorted(self.hours_by_voice.items())
        if len(by_voice) > _NAMED_VOICES:  # recordings of hundreds of speakers
            hours = [hours for _, hours in by_voice]
            voices = f"{len(by_voice)} voices, {min(hours):.3f} to {max(hours):.3f} each"
        else:
            voices = ", ".join(f"{voice} {hours:.2f}" for voice, hours in by_voice)
        rare = sorted((phone for phone in PHONES if phone != SILENCE), key=lambda phone: self.phone_shares[phone])[:8]
        return (
            f"{self.utterances} utterances, {self.sentences} different sentences, {self.hours:.2f} h",
            f"hours by voice: {voices}",
            f"silence {100 * self.silence_share:.1f} % of time; {self.phones_per_second:.1f} phones a second of speech",
            "rarest phones, % of speech time: " + ", ".join(f"{p} {100 * self.phone_shares[p]:.2f}" for p in rare),
        )


def corpus_statistics(folder: Path) -> CorpusStatistics:
    """Count a corpus. Raises UserError when there is none."""
    entries = read_corpus(folder)
    voice_seconds: Counter[str] = Counter()
    phone_seconds: Counter[str] = Counter()
    phone_counts: Counter[str] = Counter()
    for entry in entries:
        family, _, name = entry.voice.partition(":")
        # Of espeak's hundreds of variants the accent is lost, the language kept.
        voice = {"espeak": "espeak", "espeak-lang": f"espeak-lang:{name.partition('+')[0]}"}.get(family, entry.voice)
        voice_seconds[voice] += entry.seconds  # type: ignore[assignment]
        for segment in entry.segments:
            phone_seconds[segment.phone] += segment.end - segment.start  # type: ignore[assignment]
            phone_counts[segment.phone] += 1
    total = float(sum(phone_seconds.values()))
    silence = float(phone_seconds[SILENCE])
    speech = max(total - silence, 1e-9)
    shares = {p: float(phone_seconds[p]) / (max(total, 1e-9) if p == SILENCE else speech) for p in PHONES}
    return CorpusStatistics(
        utterances=len(entries),
        sentences=len({entry.text for entry in entries}),
        hours=total / 3600,
        hours_by_voice={voice: float(seconds) / 3600 for voice, seconds in voice_seconds.items()},
        phone_shares=shares,
        phone_counts={phone: phone_counts[phone] for phone in PHONES},
        phones_per_second=(sum(phone_counts.values()) - phone_counts[SILENCE]) / speech,
        silence_share=shares[SILENCE],
    )
