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

from ..audio.clip import AudioClip
from ..errors import UserError
from .phones import SILENCE, PhoneSegment, from_arpabet

GRID_S: Final = 0.01
# The aligner's frame k is the window from k to k + 2.56 grid steps, so a boundary before frame k lies half way between
# the centres of two windows, not at k steps. Unshifted, its boundaries were early by 7 ms on exact times.
WINDOW_S: Final = 0.0256
PEAK: Final = 0.7  # of full scale: the level the aligner's figures were taken at; a faint line would lose bits
_SHIFT_S: Final = (WINDOW_S - GRID_S) / 2
# Beams, tried in turn: the default one loses some clips, a very wide one (1e-200) more, by overflow of the score.
_BEAMS: Final[tuple[Mapping[str, Any], ...]] = (
    {},
    {"beam": 1e-60, "wbeam": 1e-40, "pbeam": 1e-60},
    {"beam": 1e-80, "wbeam": 1e-60, "pbeam": 1e-80},
    {"beam": 1e-30, "pbeam": 1e-30, "wbeam": 1e-20},
    {"bestpath": False},
    {"bestpath": False, "beam": 1e-100, "wbeam": 1e-100, "pbeam": 1e-100},
)


@dataclass(frozen=True)
class Word:
    """One word and its stretch of time in seconds; the text is the dictionary's spelling."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Alignment:
    """Phones and words found for a text.

    Attributes:
        phones: in order, pauses as silence; from 0 s on, in steps of 10 ms.
        spans: the words in time, without the pauses.
    """

    phones: tuple[PhoneSegment, ...]
    spans: tuple[Word, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """What was aligned, without the pauses."""
        return tuple(word.text for word in self.spans)


class Aligner:
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
                "pocketsphinx is not installed",
                "the aligner of the extra 'transcript'",
                "pip install 'ptalker[transcript]' into the Python that performs, or leave the transcript out",
            ) from error
        self._sphinx = pocketsphinx
        self._lexicon = dict(lexicon or {})
        self._decoders: dict[int, Any] = {}
        self._free: Any = None

    @property
    def dictionary(self) -> Path:
        """The model's pronunciations, lines ``word PHONE PHONE ...``."""
        return Path(self._sphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"

    def knows(self, word: str) -> bool:
        """Whether a word, lower case, has a pronunciation."""
        return word in self._lexicon or self._decoder(0).lookup_word(word) is not None

    def teach(self, pronunciations: Mapping[str, str]) -> None:
        """Add pronunciations (as ``lexicon``) of words not known so far; the others stay as they are."""
        new = {word: phones for word, phones in pronunciations.items() if not self.knows(word)}
        self._lexicon |= new
        for decoder in self._decoders.values():
            for word, phones in new.items():
                decoder.add_word(word, phones, True)

    def align(self, samples: NDArray[np.int16], words: Sequence[str]) -> Alignment | None:
        """Phones of words in a sound [S] at 16 kHz; None when no path through the sound says them.

        Args:
            samples: 16 bit, see ``pcm``.
            words: all known, see ``knows``.
        """
        raw = samples.astype(np.int16).tobytes()
        for beams in range(len(_BEAMS) if words else 0):
            found = self._try(beams, raw, words)
            if found is not None:
                return found
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

    def _decoder(self, beams: int) -> Any:
        if beams not in self._decoders:
            # Batch normalisation of the cepstra: the running mean would make a clip depend on those before it.
            decoder = self._sphinx.Decoder(lm=None, loglevel="FATAL", cmn="batch", **_BEAMS[beams])
            for word, phones in self._lexicon.items():
                if decoder.lookup_word(word) is None:
                    decoder.add_word(word, phones, True)
            self._decoders[beams] = decoder
        return self._decoders[beams]

    def _try(self, beams: int, raw: bytes, words: Sequence[str]) -> Alignment | None:
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
        phones: list[PhoneSegment] = []
        spans: list[Word] = []
        for word in found:
            inside = [_segment(p.name, p.start, p.start + p.duration) for p in word]
            phones += inside
            if any(p.phone != SILENCE for p in inside):
                spans.append(Word(_bare(word.name), inside[0].start, inside[-1].end))
        return Alignment(tuple(phones), tuple(spans))

    @staticmethod
    def _decode(decoder: Any, raw: bytes) -> None:
        decoder.start_utt()
        decoder.process_raw(raw, full_utt=True)
        decoder.end_utt()


def pcm(audio: AudioClip) -> NDArray[np.int16]:
    """The samples as the aligner takes them, 16 bit, brought to one level; silence stays silence."""
    level = float(np.abs(audio.samples).max(initial=0.0))
    scaled = audio.samples * (PEAK / level) if level else audio.samples
    return np.asarray(np.rint(scaled * 32767.0), np.int16)


def _bare(name: str) -> str:
    """A name without the number of the pronunciation: ``the(2)``."""
    return re.sub(r"\(\d+\)$", "", name)


def _segment(name: str, first: int, last: int) -> PhoneSegment:
    phone = from_arpabet(_bare(name))
    # Only fillers ("+NSN+", "SIL", "<s>") lie outside ARPAbet in this model.
    start = first * GRID_S + _SHIFT_S if first else 0.0
    return PhoneSegment(SILENCE if phone is None else phone, start, last * GRID_S + _SHIFT_S)
