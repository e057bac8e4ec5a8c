"""espeak-ng: formant synthesis in many accents and voices, with stop closures put where they are.

Measured on version 1.51 (docs/decisions.d/corpus.md): the event of a stop fires after its closure silence, late by a
median of 39 ms in 76 % of stops. Lips would close late on every p and b: ``correct_closures`` moves the onsets back.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from .phones import SILENCE, STOPS, PhoneSegment, from_espeak, tile
from .voice import Utterance, at_corpus_rate

PACKAGE: Final = "espeak-ng"
LIBRARY: Final = "libespeak-ng.so.1"
# en-us thrice: the corpus is American first; only some accents accept a +variant (en-gb does not).
ACCENTS: Final = ("en-us", "en-us", "en-us", "en-us-nyc", "en-gb-x-rp")
# Human-like variants, chosen by name, not by listening: whispers, robots and effects are left out.
VARIANTS: Final = tuple(
    (  # noqa: SIM905  # 63 names one a line would hide the rest of the module
        "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 Alex Alicia Andrea Andy Annie Denis Diogo Gene Hugo Jacky Lee Marco Mario "
        "Michael Mike adam anika aunty belinda benjamin boris caleb david ed edward grandma grandpa iven john "
        "kaukovalta klatt klatt2 klatt3 linda max michel miguel norbert pablo paul pedro quincy rob robert sandro "
        "shelby steph travis victor zac"
    ).split()
)
_TIMEOUT_S: Final = 20.0
_WORDS_PER_MINUTE: Final = (130, 210)
_PITCH: Final = (15, 85)
_PITCH_RANGE: Final = (30, 80)
# A pair such as "aa r" in one espeak phone: the vowel takes a little more than half.
_PAIR_SPLIT: Final = 0.55


def correct_closures(
    samples: NDArray[np.float32], rate: int, segments: Sequence[PhoneSegment]
) -> tuple[PhoneSegment, ...]:
    """Move the onset of every stop back over the near-silence of its closure.

    Walks back from the onset in 3 ms steps while the signal stays under 1 % of the utterance's peak, for at most
    150 ms, not closer than 15 ms to the onset of the phone before, and not into a pause.

    Args:
        samples: float32 [S].
        rate: in Hz.
        segments: in order; neighbours touch.
    """
    magnitude = np.abs(samples)
    quiet = 0.01 * float(magnitude.max(initial=0.0))
    step = max(1, round(0.003 * rate))
    corrected = list(segments)
    for k in range(1, len(corrected)):
        before, stop = corrected[k - 1], corrected[k]
        if stop.phone not in STOPS or before.phone == SILENCE:
            continue
        onset = round(stop.start * rate)
        lowest = max(round((before.start + 0.015) * rate), round((stop.start - 0.15) * rate))
        moved = onset
        while moved - step >= lowest and float(magnitude[moved - step : moved].max(initial=0.0)) < quiet:
            moved -= step
        if moved < onset:
            corrected[k - 1] = PhoneSegment(before.phone, before.start, moved / rate)
            corrected[k] = PhoneSegment(stop.phone, moved / rate, stop.end)
    return tuple(corrected)


def segments_of_onsets(
    phones: Sequence[tuple[str, ...] | None], onsets: Sequence[int], rate: int, samples: int
) -> tuple[PhoneSegment, ...] | None:
    """Segments of espeak's onset events; None when a name is unknown.

    Args:
        phones: of each event: one, two (the stretch is split), none (what came before goes on), or None: unknown.
        onsets: sample of each event.
        rate: in Hz.
        samples: S, where the last phone ends.
    """
    segments: list[PhoneSegment] = []
    for names, sample, end_sample in zip(phones, onsets, [*onsets[1:], samples], strict=True):
        if names is None:
            return None
        start, end = sample / rate, end_sample / rate
        if end <= start:
            continue
        if not names:
            if segments:
                segments[-1] = PhoneSegment(segments[-1].phone, segments[-1].start, end)
        elif len(names) == 1:
            segments.append(PhoneSegment(names[0], start, end))
        else:
            middle = start + _PAIR_SPLIT * (end - start)
            segments += [PhoneSegment(names[0], start, middle), PhoneSegment(names[1], middle, end)]
    return tuple(segments)


@dataclass(frozen=True)
class Spoken:
    """What espeak gave for one sentence.

    Attributes:
        samples: float32 [S].
        rate: in Hz.
        onsets: (name, sample) of each phone.
    """

    samples: NDArray[np.float32]
    rate: int
    onsets: tuple[tuple[str, int], ...]

    def utterance(self, phones: Sequence[tuple[str, ...] | None], text: str, voice: str) -> Utterance | None:
        """The utterance, given the phones of each onset; None when one is unknown or there is no sound."""
        count = len(self.samples)
        segments = segments_of_onsets(phones, [at for _, at in self.onsets], self.rate, count)
        if segments is None or not count:
            return None
        corrected = correct_closures(self.samples, self.rate, tile(segments, count / self.rate))
        return at_corpus_rate(self.samples, self.rate, corrected, text, voice)


class EspeakVoice:
    """espeak-ng voices.

    Args:
        name: "" draws accent and variant anew for every sentence, "en-us" fixes the accent, "en-us+f3" both.
    """

    def __init__(self, name: str = "") -> None:
        self.phrases = None
        self._accent, _, self._variant = name.partition("+")
        check_variant(self._variant)

    def _draw_name(self, rng: np.random.Generator) -> str:
        accent = ACCENTS[int(rng.integers(len(ACCENTS)))]
        variant = VARIANTS[int(rng.integers(len(VARIANTS)))]
        return f"{self._accent or accent}+{self._variant or variant}"

    def synthesise(self, text: str, rng: np.random.Generator) -> Utterance | None:
        """See ``Voice.synthesise``. None: an unknown mnemonic or no sound. UserError: no library or no such voice."""
        name = self._draw_name(rng)
        spoken = speak({"text": text, "voice": name, **draw_prosody(rng)})
        if spoken is None:
            return None
        phones = [from_espeak(mnemonic) for mnemonic, _ in spoken.onsets]
        return spoken.utterance(phones, text, f"espeak:{name}")

    def close(self) -> None:
        """Nothing is kept between sentences."""


def check_variant(name: str) -> None:
    """Refuse a variant that is not in ``VARIANTS`` ("" is none): the library would take it for none and say nothing."""
    if name and name not in VARIANTS:
        raise UserError(f"espeak variant {name!r}", f"one of {', '.join(VARIANTS)}", "choose one of these after +")


def draw_prosody(rng: np.random.Generator) -> dict[str, object]:
    """Speaking rate, pitch and pitch range of one sentence, as ``speak`` wants them."""
    return {
        "rate": int(rng.integers(*_WORDS_PER_MINUTE, endpoint=True)),
        "pitch": int(rng.integers(*_PITCH, endpoint=True)),
        "range": int(rng.integers(*_PITCH_RANGE, endpoint=True)),
    }


def speak(request: Mapping[str, object]) -> Spoken | None:
    """One sentence from a process of its own; None when it hangs or fails on this text.

    Args:
        request: text, voice, rate, pitch, range; "ipa": true for IPA names instead of mnemonics.

    Raises:
        UserError: no library or no such voice.
    """
    reply = _run({"library": LIBRARY, "ipa": False, **request})
    if reply is None:
        return None
    header, _, pcm = reply.partition(b"\n")
    answer = json.loads(header)
    samples = np.frombuffer(pcm, np.int16).astype(np.float32) / np.float32(32768)
    return Spoken(samples, int(answer["rate"]), tuple((str(name), int(at)) for name, at in answer["onsets"]))


def _run(request: dict[str, object]) -> bytes | None:
    """The reply of one espeak process; None when it hangs or fails on this text."""
    program = Path(__file__).with_name("espeak_process.py")
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(program)],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode == 3:
        raise UserError(f"the library {LIBRARY} is not installed", "espeak-ng 1.51", f"apt-get install {PACKAGE}")
    if done.returncode == 4:
        raise UserError(
            f"espeak-ng has no voice {request['voice']!r}", "a voice of `espeak-ng --voices`, with or without +variant",
            "choose another name after espeak:",
        )  # fmt: skip
    return done.stdout if done.returncode == 0 else None
