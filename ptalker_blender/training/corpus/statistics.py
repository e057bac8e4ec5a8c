"""Figures of a corpus, to be read before training on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ...errors import UserError
from .folder import EXACT
from .phones import PHONES, SILENCE
from .read import CorpusEntry, read_corpus
from .texts import RARE_SPELLINGS

_NAMED_VOICES: Final = 20
# What a voice is made of. Formant synthesis computes its sound from rules; flite's and festival's voices are built on
# recordings of a speaker; and what has no exact labels was said by somebody.
REAL, RECORDED, FORMANT = "real recordings", "synthesis built on recordings", "formant synthesis"
_SYNTHESISERS: Final = MappingProxyType(
    {"flite": RECORDED, "festival": RECORDED, "espeak": FORMANT, "espeak-lang": FORMANT}
)


@dataclass(frozen=True)
class CorpusStatistics:
    """Figures of a corpus.

    Attributes:
        hours_by_voice: by synthesiser and voice; espeak's variants together, by language.
        hours_by_source: ``REAL``, ``RECORDED``, ``FORMANT``.
        phone_shares: share of speech time (silence: of all time) by phone, in the order of ``PHONES``.
        phone_counts: segments by phone.
        phones_per_second: speech phones per second of speech.
        silence_share: of all time.
    """

    utterances: int
    sentences: int
    hours: float
    hours_by_voice: dict[str, float]
    hours_by_source: dict[str, float]
    phone_shares: dict[str, float]
    phone_counts: dict[str, int]
    phones_per_second: float
    silence_share: float

    @property
    def human_share(self) -> float:
        """Share of the time that people said, or voices built on recordings of people."""
        hours = self.hours_by_source
        return (hours[REAL] + hours[RECORDED]) / max(sum(hours.values()), 1e-9)

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
            f"from voices of people {100 * self.human_share:.1f} % of time: "
            + ", ".join(f"{source} {hours:.2f} h" for source, hours in self.hours_by_source.items()),
            f"silence {100 * self.silence_share:.1f} % of time; {self.phones_per_second:.1f} phones a second of speech",
            "rarest phones, % of speech time: " + ", ".join(f"{p} {100 * self.phone_shares[p]:.2f}" for p in rare),
            "phones drawn more often: " + ", ".join(f"{p} {100 * self.phone_shares[p]:.2f}" for p in RARE_SPELLINGS),
        )


def source_of(entry: CorpusEntry) -> str:
    """``REAL``, ``RECORDED`` or ``FORMANT``.

    Raises:
        UserError: exact labels of a synthesiser of which nothing is known.
    """
    if entry.labels != EXACT:
        return REAL
    family = entry.voice.partition(":")[0]
    if family not in _SYNTHESISERS:
        raise UserError(f"voice {entry.voice!r} of {entry.id}", f"one of {', '.join(_SYNTHESISERS)}", "make it anew")
    return _SYNTHESISERS[family]


def voice_family(voice: str) -> str:
    """The voice; of espeak's hundreds of variants, which are one machine, ``espeak`` or ``espeak-lang:LANGUAGE``."""
    family, _, name = voice.partition(":")
    return {"espeak": "espeak", "espeak-lang": f"espeak-lang:{name.partition('+')[0]}"}.get(family, voice)


def corpus_statistics(*folders: Path) -> CorpusStatistics:
    """Count corpora, taken together. Raises UserError when there is none at a folder."""
    entries = [entry for folder in folders for entry in read_corpus(folder)]
    source_seconds: Counter[str] = Counter()
    voice_seconds: Counter[str] = Counter()
    phone_seconds: Counter[str] = Counter()
    phone_counts: Counter[str] = Counter()
    for entry in entries:
        source_seconds[source_of(entry)] += entry.seconds  # type: ignore[assignment]
        voice_seconds[voice_family(entry.voice)] += entry.seconds  # type: ignore[assignment]
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
        hours_by_source={source: float(source_seconds[source]) / 3600 for source in (REAL, RECORDED, FORMANT)},
        hours_by_voice={voice: float(seconds) / 3600 for voice, seconds in voice_seconds.items()},
        phone_shares=shares,
        phone_counts={phone: phone_counts[phone] for phone in PHONES},
        phones_per_second=(sum(phone_counts.values()) - phone_counts[SILENCE]) / speech,
        silence_share=shares[SILENCE],
    )
