"""Other languages than English: which espeak-ng speaks for us, its word list, and phrases drawn from it.

They are there for phones and phone sequences that English text hardly has (rounded front vowels, nasal vowels, zh, y),
not for meaning: a phrase is a handful of words drawn from Debian's word list of the language, each as likely as any.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from ...errors import UserError
from .texts import Split, in_split

WORDS_PER_PHRASE: Final = (3, 8)
# Longer words are compounds and rare inflections, which everyday speech has few of.
LETTERS_PER_WORD: Final = (2, 12)
_LONGEST_LINE: Final = 4096  # bytes; Turkish lines carry hundreds of affix flags
_DRAWS: Final = 1000


@dataclass(frozen=True)
class Language:
    """One language.

    Attributes:
        code: the voice's name in espeak-ng.
        words: word list, one word a line, perhaps followed by "/" and affix flags (hunspell).
        package: the Debian package it comes with.
        encoding: of the list.
        phones: phones of espeak's mnemonics whose IPA name in this language is wrong, missing or names another sound.
    """

    code: str
    words: Path
    package: str
    encoding: str = "utf-8"
    phones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_DICT: Final = Path("/usr/share/dict")  # where Debian's word lists lie
_HUNSPELL: Final = Path("/usr/share/hunspell")
LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {
        language.code: language
        for language in (
            # Final -er is an open vowel; its name in espeak is that of the English one, which is said with round lips.
            Language("de", _DICT / "ngerman", "wngerman", phones=MappingProxyType({"3": ("ah",)})),
            Language("fr", _DICT / "french", "wfrench"),
            Language("es", _DICT / "spanish", "wspanish"),
            Language("it", _DICT / "italian", "witalian"),
            Language("nl", _DICT / "dutch", "wdutch"),
            Language("pl", _DICT / "polish", "wpolish"),
            Language("pt", _DICT / "portuguese", "wportuguese"),
            # One sound (the sj-sound), not an s and an x.
            Language("sv", _DICT / "swedish", "wswedish", "latin-1", MappingProxyType({"sx": ("sh",)})),
            Language("tr", _HUNSPELL / "tr_TR.dic", "hunspell-tr"),
            # "y" is the unrounded vowel of the letter yery; its name is that of the French rounded one.
            Language(
                "ru",
                _HUNSPELL / "ru_RU.dic",
                "hunspell-ru",
                phones=MappingProxyType({"y": ("ih",), 'u"': ("uw",), "I^": ("ih",)}),
            ),
        )
    }
)


def is_word(word: str) -> bool:
    """Whether a line of a list is a word to be spoken: 2-12 letters, capitals (abbreviations) only at its start."""
    least, most = LETTERS_PER_WORD
    return word.isalpha() and least <= len(word) <= most and word[1:] == word[1:].lower()


class Phrases:
    """Random phrases of a language.

    The list is sought in, not read: the Polish one holds 4.3 million words. A word is the line after a random byte, so
    words after long ones come a little more often, which is of no consequence here.

    Args:
        language: see ``LANGUAGES``.
        split: phrases of the other split are drawn anew.

    Raises:
        UserError: the word list is not installed.
    """

    def __init__(self, language: Language, split: Split = "all") -> None:
        if not language.words.is_file():
            raise UserError(
                f"no word list at {language.words}",
                f"the words of the language {language.code!r}",
                f"apt-get install {language.package}, or leave espeak-lang:{language.code} out",
            )
        self._language, self._split = language, split
        self._bytes = language.words.stat().st_size

    def draw(self, rng: np.random.Generator) -> str:
        """One phrase of ``WORDS_PER_PHRASE`` words. Raises UserError when the list holds no words."""
        with self._language.words.open("rb") as lines:
            for _ in range(_DRAWS):
                count = int(rng.integers(*WORDS_PER_PHRASE, endpoint=True))
                phrase = " ".join(self._word(lines.fileno(), rng) for _ in range(count))
                if in_split(phrase, self._split):
                    return phrase
        raise UserError(
            f"no phrase of {self._language.words} in the split {self._split!r}", "some", "use a longer list"
        )

    def _word(self, descriptor: int, rng: np.random.Generator) -> str:
        for _ in range(_DRAWS):
            raw = os.pread(descriptor, _LONGEST_LINE, int(rng.integers(self._bytes)))
            lines = raw.split(b"\n", 2)
            if len(lines) < 3:  # past the last line, or inside one longer than what was read
                continue
            try:
                word = lines[1].partition(b"/")[0].decode(self._language.encoding).strip()
            except UnicodeDecodeError:
                continue  # a line that is not in the list's encoding is no word of the language
            if is_word(word):
                return word
        expected = f"one word a line in {self._language.encoding}"
        raise UserError(f"no words in {self._language.words}", expected, f"install {self._language.package} anew")


def word_list_digest(language: Language) -> str:
    """SHA-256 of the word list, for the corpus record."""
    with language.words.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
