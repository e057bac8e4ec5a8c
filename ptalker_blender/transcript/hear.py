"""A line and its text to phones in time, or the reason why the text is not believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..audio.clip import AudioClip
from .align import Aligner, Word, pcm
from .check import AlignmentRules, fault, shared_speech
from .guess import LetterToSound
from .phones import PhoneSegment
from .words import spoken_words

# Bounds for a line's own transcript, by ``check.shared_speech``: what they let through and refuse is in
# docs/decisions.d/transcript.md.
LINE_RULES: Final = AlignmentRules(least_agreement=0.30, hurried_share=0.30)
_LONGEST_INITIALS: Final = 5
_NAMED: Final = 5  # guessed words that a note names


@dataclass(frozen=True)
class Heard:
    """What became of a transcript.

    Attributes:
        phones: in time, in order; empty when the transcript is not used.
        confidence: share of the speech in which a recogniser without the text hears the same mouth shapes, 0 to 1.
        guessed: words, with the pronunciation (ARPAbet) guessed for them.
        refused: why the transcript is not used; "" when it is.
        words: in time, in order, as the dictionary spells them; empty when the transcript is not used.
    """

    phones: tuple[PhoneSegment, ...]
    confidence: float
    guessed: tuple[tuple[str, str], ...] = ()
    refused: str = ""
    words: tuple[Word, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the artist, warnings all."""
        if self.refused:
            return (f"the dialogue was ignored: {self.refused}",)
        if not self.guessed:
            return ()
        named = ", ".join(f"{word} ({phones})" for word, phones in self.guessed[:_NAMED])
        more = f" and {len(self.guessed) - _NAMED} more" if len(self.guessed) > _NAMED else ""
        return (f"pronunciation guessed of {named}{more}",)


class Listener:
    """Finds texts in lines; keeps the aligner and the dictionary between them.

    Args:
        rules: which alignments are believed.

    Raises:
        UserError: pocketsphinx is not installed.
    """

    def __init__(self, rules: AlignmentRules | None = None) -> None:
        self._aligner = Aligner()
        self._rules = rules or LINE_RULES
        self._guesser: LetterToSound | None = None

    def hear(self, audio: AudioClip, text: str) -> Heard:
        """Find a text in a line. A text that was not said is refused, not an error."""
        words, guessed = self._spell(spoken_words(text))
        if not words:
            return Heard((), 0.0, refused="it holds no English words")
        if not np.any(audio.samples):
            return Heard((), 0.0, refused="the sound is silent")
        samples = pcm(audio)
        found = self._aligner.align(samples, words)
        if found is None:
            return Heard((), 0.0, guessed, "its words cannot be found in the sound")
        confidence = shared_speech(found.phones, self._aligner.free_phones(samples), audio.seconds)
        reason = fault(found.phones, confidence, self._rules)
        if reason is not None:
            return Heard((), confidence, guessed, f"it does not seem to be what is said ({reason})")
        return Heard(found.phones, confidence, guessed, words=found.spans)

    def _spell(self, words: Sequence[str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Words as the aligner knows them, and those whose pronunciation had to be guessed."""
        spelled: list[str] = []
        guessed: dict[str, str] = {}
        for word in words:
            known = self._known(word)
            if known:
                spelled += known
                continue
            bare = word.lower().strip("'")
            if bare not in guessed:
                if self._guesser is None:
                    self._guesser = LetterToSound(self._aligner.dictionary)
                guessed[bare] = self._guesser.guess(bare)
            spelled.append(bare)
        self._aligner.teach(guessed)
        return tuple(spelled), tuple(guessed.items())

    def _known(self, word: str) -> tuple[str, ...]:
        """How the dictionary spells a word; initials as the names of their letters; empty when it lacks the word."""
        lower = word.lower()
        if word.isupper() and len(word) == 1 and word not in "AI":
            return (self._letter(lower),)
        for spelling in (lower, lower.strip("'"), f"{lower}."):
            if spelling and self._aligner.knows(spelling):
                return (spelling,)
        if word.isupper() and word.isalpha() and len(word) <= _LONGEST_INITIALS:
            return tuple(self._letter(c) for c in lower)
        return ()

    def _letter(self, letter: str) -> str:
        return f"{letter}." if self._aligner.knows(f"{letter}.") else letter
