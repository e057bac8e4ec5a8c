"""Forced alignment for the corpus: transcripts as the dictionary spells them, words without pronunciation refused.

The aligner itself ships (``transcript.align``). A corpus wants no guessed
pronunciations, so its texts are read strictly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...transcript.align import Aligner, Alignment
from .phones import PhoneSegment, from_arpabet


class UnknownWordError(Exception):
    """A word has no pronunciation; the message is the word."""


def words_of(text: str) -> tuple[str, ...]:
    """The words of a transcript as the dictionary spells them: lower case, apostrophes kept, hyphens split."""
    return tuple(re.sub(r"[^a-z' ]+", " ", text.lower().replace("-", " ")).split())


def read_lexicon(path: Path) -> dict[str, str]:
    """Pronunciations by word (lower case) of a file with lines ``WORD PHONE PHONE ...``; the first of a word holds.

    Raises:
        UserError: an unreadable file, or a phone that ARPAbet does not have.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error})", "a lexicon", "check the path") from error
    lexicon: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        word, *names = line.split() or [""]
        phones = [from_arpabet(name) for name in names]
        if word and (not phones or None in phones):
            raise UserError(f"line {number} of {path.name}: {line!r}", "WORD and its ARPAbet phones", "correct it")
        if word:
            lexicon.setdefault(word.lower(), " ".join(str(phone).upper() for phone in phones))
    return lexicon


class ForcedAligner:
    """``transcript.align.Aligner`` for texts.

    Args:
        lexicon: pronunciations (ARPAbet, upper case, without stress) of words the model's dictionary does not have.

    Raises:
        UserError: pocketsphinx is not installed.
    """

    def __init__(self, lexicon: Mapping[str, str] | None = None) -> None:
        self._aligner = Aligner(lexicon)

    def align(self, samples: NDArray[np.int16], text: str) -> Alignment | None:
        """Phones of a text in a sound [S] at 16 kHz; None when no path through the sound says it.

        Raises:
            UnknownWordError: a word is in neither the dictionary nor the lexicon.
        """
        return self._aligner.align(samples, tuple(self._spelling(word) for word in words_of(text)))

    def free_phones(self, samples: NDArray[np.int16]) -> tuple[PhoneSegment, ...]:
        """What the recogniser hears in a sound [S] at 16 kHz without knowing the text."""
        return self._aligner.free_phones(samples)

    def _spelling(self, word: str) -> str:
        for spelling in (word, word.strip("'")):
            if self._aligner.knows(spelling):
                return spelling
        raise UnknownWordError(word)
