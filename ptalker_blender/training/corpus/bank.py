"""Voice specs and the default mix.

``flite:slt``, ``festival:ked_diphone``, ``espeak``, ``espeak:en-us+f3``, ``espeak-lang:de``, ``espeak-lang:fr+m3``; and
``espeak-lang`` in a list stands for all its languages.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Final, Self

import numpy as np

from ...errors import UserError
from . import espeak, espeak_language, festival, flite
from .languages import LANGUAGES, word_list_digest
from .texts import Split
from .voice import Voice, require_program

# flite:rms is held out: it is the voice no training run hears.
DEFAULT_VOICES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "flite:slt": 0.18,
        "flite:awb": 0.18,
        "flite:kal16": 0.13,
        "festival:ked_diphone": 0.13,
        "festival:cmu_us_slt_arctic_hts": 0.18,
        "espeak": 0.20,
    }
)
HELD_OUT_VOICE: Final = "flite:rms"
_VERSION_COMMANDS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = MappingProxyType(
    {
        "flite": (("flite", "--version"), flite.PACKAGE),
        "festival": (("festival", "--version"), festival.PACKAGES),
        "espeak": (("espeak-ng", "--version"), espeak.PACKAGE),
        espeak_language.FAMILY: (("espeak-ng", "--version"), espeak.PACKAGE),
    }
)


def open_voice(spec: str, split: Split = "all") -> Voice:
    """The voice of a spec; one that draws phrases of its own draws them from the split.

    Raises:
        UserError: an unknown synthesiser or voice, or a missing program or word list.
    """
    family, _, name = spec.partition(":")
    if family == "flite":
        return flite.FliteVoice(name)
    if family == "festival":
        return festival.FestivalVoice(name)
    if family == "espeak":
        return espeak.EspeakVoice(name)
    if family == espeak_language.FAMILY:
        return espeak_language.LanguageVoice(name, split)
    known = "flite:NAME, festival:NAME, espeak[:ACCENT[+VARIANT]] or espeak-lang[:LANGUAGE[+VARIANT]]"
    raise UserError(f"voice {spec!r}", known, "see --voices")


def parse_voices(text: str) -> dict[str, float]:
    """Shares of a list such as ``flite:slt=2,espeak``; a share that is not given is 1.

    That of ``espeak-lang`` is divided among all languages.

    Raises:
        UserError: when a share is not a positive number or a voice comes twice.
    """
    shares: dict[str, float] = {}
    for item in text.split(","):
        spec, equals, share_text = item.strip().partition("=")
        try:
            share = float(share_text) if equals else 1.0
        except ValueError:
            share = 0.0
        if not spec or not 0 < share < float("inf") or spec in shares:
            raise UserError(f"voice list item {item!r}", "SPEC or SPEC=SHARE, each voice once", "see --voices")
        shares[spec] = share
    together = shares.pop(espeak_language.FAMILY, 0.0)
    if together:
        for language in LANGUAGES:
            spec = f"{espeak_language.FAMILY}:{language}"
            shares[spec] = shares.get(spec, 0.0) + together / len(LANGUAGES)
    return shares


def word_lists(voices: Mapping[str, float]) -> dict[str, str]:
    """SHA-256 of the word list of each language among the voices. Raises UserError when one is not installed."""
    specs = (spec.partition(":") for spec in voices)
    codes = sorted({name.partition("+")[0] for family, _, name in specs if family == espeak_language.FAMILY})
    return {code: word_list_digest(LANGUAGES[code]) for code in codes}


def program_versions(voices: Mapping[str, float]) -> dict[str, str]:
    """What each synthesiser family in use says its version is. Raises UserError when one is missing."""
    versions: dict[str, str] = {}
    for family in sorted({spec.partition(":")[0] for spec in voices}):
        (program, option), package = _VERSION_COMMANDS[family]
        done = subprocess.run(
            [require_program(program, package), option],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        line = next((line for line in lines if any(c.isdigit() for c in line) and "(c)" not in line), "")
        # Where program and data lie is the machine's affair, not the version's.
        versions[family] = re.sub(r"^/\S+: |\s*Data at:.*$", "", line)
    return versions


class VoiceBank:
    """The voices of a mix, each opened when it is first drawn and closed with the bank.

    Args:
        voices: share of each voice spec, any positive scale.
        split: of the phrases that voices draw themselves.
    """

    def __init__(self, voices: Mapping[str, float], split: Split = "all") -> None:
        self._split: Split = split
        self._specs = tuple(voices)
        self._cumulative = np.cumsum([voices[spec] for spec in self._specs])
        self._open: dict[str, Voice] = {}

    def draw(self, rng: np.random.Generator) -> str:
        """The spec of one voice, by share."""
        at = rng.random() * self._cumulative[-1]
        return self._specs[int(np.searchsorted(self._cumulative, at, side="right"))]

    def get(self, spec: str) -> Voice:
        """The voice of a spec."""
        if spec not in self._open:
            self._open[spec] = open_voice(spec, self._split)
        return self._open[spec]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for voice in self._open.values():
            voice.close()
        self._open.clear()
