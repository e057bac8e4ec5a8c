"""Forced alignment and free phone recognition by pocketsphinx 5 (BSD; the extra ``transcript``), US English.

Two passes, as in its own documentation: ``set_align_text`` finds the words, ``set_alignment`` the phones inside them,
on a grid of 10 ms. Measured against exact times on voices made from human recordings: 83-88 % of frames right,
boundaries mostly within 20 ms (docs/decisions.d/real_voices.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from .phones import SILENCE, PhoneSegment, from_arpabet

GRID_S: Final = 0.01
# The aligner's frame k is the window from k to k + 2.56 grid steps, so a boundary before frame k lies half way between
# the centres of two windows, not at k steps. Unshifted, its boundaries were early by 7 ms on exact times.
WINDOW_S: Final = 0.0256
_SHIFT_S: Final = (WINDOW_S - GRID_S) / 2
# Beams, tried in turn: the default one loses some clips, a very wide one (1e-200) more, by overflow of the score.
_BEAMS: Final[tuple[Mapping[str, Any], ...]] = (
    {},
    {"beam": 1e-60, "wbeam": 1e-40, "pbeam": 1e-60},
    {"beam": 1e-80, "wbeam": 1e-60, "pbeam": 1e-80},
    {"beam": 1e-30, "pbeam": 1e-30, "wbeam": 1e-20},
    {"bestpath": False},
)


class UnknownWordError(Exception):
    """A word has no pronunciation; the message is the word."""


@dataclass(frozen=True)
class Alignment:
    """Phones found for a text.

    Attributes:
        phones: in order, pauses as silence; from 0 s on, in steps of 10 ms.
        words: what was aligned, without the pauses.
    """

    phones: tuple[PhoneSegment, ...]
    words: tuple[str, ...]


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
    """The aligner with its decoders; every clip is treated alike, whatever was aligned before it.

    Args:
        lexicon: pronunciations (ARPAbet, upper case, without stress) of words the model's dictionary does not have.

    Raises:
        UserError: pocketsphinx is not installed.
    """

    def __init__(self, lexicon: Mapping[str, str] | None = None) -> None:
        try:
            import pocketsphinx
        except ModuleNotFoundError as error:
            raise UserError(
                "pocketsphinx is not installed", "the aligner", "pip install 'ptalker[transcript]'"
            ) from error
        self._sphinx = pocketsphinx
        self._lexicon = dict(lexicon or {})
        self._decoders: dict[int, Any] = {}
        self._free: Any = None

    def align(self, samples: NDArray[np.int16], text: str) -> Alignment | None:
        """Phones of a text in a sound [S] at 16 kHz; None when no path through the sound says it.

        Raises:
            UnknownWordError: a word is in neither the dictionary nor the lexicon.
        """
        words = tuple(self._spelling(word) for word in words_of(text))
        raw = samples.astype(np.int16).tobytes()
        for beams in range(len(_BEAMS) if words else 0):
            phones = self._try(beams, raw, words)
            if phones is not None:
                return Alignment(phones, words)
        return None

    def free_phones(self, samples: NDArray[np.int16]) -> tuple[PhoneSegment, ...]:
        """What the recogniser hears in a sound [S] at 16 kHz without knowing the text, by its phone language model."""
        if self._free is None:
            model = f"{self._sphinx.get_model_path()}/en-us/en-us-phone.lm.bin"
            self._free = self._sphinx.Decoder(
                lm=None, allphone=model, lw=2.0, pip=0.3, beam=1e-20, pbeam=1e-20, cmn="batch", loglevel="FATAL"
            )
        self._free.reinit_feat()
        self._decode(self._free, samples.astype(np.int16).tobytes())
        return tuple(
            _segment(piece.word, piece.start_frame, piece.end_frame + 1) for piece in self._free.seg() or ()
        )  # fmt: skip

    def _spelling(self, word: str) -> str:
        decoder = self._decoder(0)
        for spelling in (word, word.strip("'")):
            if spelling in self._lexicon or decoder.lookup_word(spelling) is not None:
                return spelling
        raise UnknownWordError(word)

    def _decoder(self, beams: int) -> Any:
        if beams not in self._decoders:
            # Batch normalisation of the cepstra: the running mean would make a clip depend on those before it.
            decoder = self._sphinx.Decoder(lm=None, loglevel="FATAL", cmn="batch", **_BEAMS[beams])
            for word, phones in self._lexicon.items():
                if decoder.lookup_word(word) is None:
                    decoder.add_word(word, phones, True)
            self._decoders[beams] = decoder
        return self._decoders[beams]

    def _try(self, beams: int, raw: bytes, words: Sequence[str]) -> tuple[PhoneSegment, ...] | None:
        decoder = self._decoder(beams)
        decoder.reinit_feat()  # the noise estimate, too, would carry over from clip to clip
        try:
            decoder.set_align_text(" ".join(words))
            self._decode(decoder, raw)
            if decoder.hyp() is None:
                return None
            decoder.set_alignment()
            self._decode(decoder, raw)
            found = decoder.get_alignment()
        except RuntimeError:  # how pocketsphinx says that no path survived; that decoder fails from then on
            del self._decoders[beams]
            return None
        if found is None:
            return None
        return tuple(_segment(p.name, p.start, p.start + p.duration) for word in found for p in word)

    @staticmethod
    def _decode(decoder: Any, raw: bytes) -> None:
        decoder.start_utt()
        decoder.process_raw(raw, full_utt=True)
        decoder.end_utt()


def _segment(name: str, first: int, last: int) -> PhoneSegment:
    phone = from_arpabet(re.sub(r"\(\d+\)$", "", name))
    # Only fillers ("+NSN+", "SIL", "<s>") lie outside ARPAbet in this model.
    start = first * GRID_S + _SHIFT_S if first else 0.0
    return PhoneSegment(SILENCE if phone is None else phone, start, last * GRID_S + _SHIFT_S)
