"""espeak-ng in other languages: its phones by their IPA names, its text drawn from the language's own words.

The names go to the nearest of our phones (``phones.from_ipa``). A name that is unknown, such as that of a change to
English inside a phrase, refuses the sentence. IPA names alone would not do: a pause and the short vowel before a trill
both have none. So every sentence is spoken twice, once for its mnemonics and once for its IPA names; the onsets must
agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from ...errors import UserError
from .espeak import VARIANTS, check_variant, draw_prosody, speak
from .languages import LANGUAGES, Language, Phrases
from .phones import SILENCE, from_espeak, from_ipa, is_ipa_modifier
from .texts import Split
from .voice import Utterance

# "_" and its relatives are pauses; ";", "!" and ":" mark the phone before, which then goes on.
_PAUSE, _MARKS = "_", frozenset((";", "!", ":", ";;", "::"))
# Elsewhere than in English the tap and the trill are an r made by the tip of the tongue behind lips at rest. Ours is
# said with round lips, and the tap of American English is a t.
_TIP_OF_THE_TONGUE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"ɾ": ("d",), "r": ("l",)})
FAMILY: Final = "espeak-lang"


def phones_of_sign(language: Language, mnemonic: str, ipa: str) -> tuple[str, ...] | None:
    """Phones of one event: none where it only marks the phone before, None when the sign is unknown.

    Args:
        language: whose exceptions come first.
        mnemonic: espeak's name of the phone.
        ipa: its IPA name; "" where espeak has none.
    """
    if not mnemonic or mnemonic.startswith(_PAUSE):
        return (SILENCE,)
    if mnemonic in language.phones:
        return language.phones[mnemonic]
    if mnemonic in _MARKS or is_ipa_modifier(ipa):
        return ()
    if ipa in _TIP_OF_THE_TONGUE:
        return _TIP_OF_THE_TONGUE[ipa]
    return from_ipa(ipa) if ipa else from_espeak(mnemonic)


class LanguageVoice:
    """The espeak-ng voices of one language other than English.

    Args:
        name: code of ``LANGUAGES``, perhaps with "+variant"; without, the variant is drawn for every sentence.
        split: which phrases it says.

    Raises:
        UserError: an unknown language or variant, or no word list.
    """

    def __init__(self, name: str, split: Split = "all") -> None:
        code, _, self._variant = name.partition("+")
        if code not in LANGUAGES:
            raise UserError(f"language {code!r}", f"one of {', '.join(LANGUAGES)}", f"choose one after {FAMILY}:")
        check_variant(self._variant)
        self._language = LANGUAGES[code]
        self.phrases: Phrases | None = Phrases(self._language, split)

    def synthesise(self, text: str, rng: np.random.Generator) -> Utterance | None:
        """See ``Voice.synthesise``. None: an unknown sign or no sound. UserError: no library or no such voice."""
        variant = VARIANTS[int(rng.integers(len(VARIANTS)))]
        name = f"{self._language.code}+{self._variant or variant}"
        request = {"text": text, "voice": name, **draw_prosody(rng)}
        spoken, named = speak(request), speak({**request, "ipa": True})
        if spoken is None or named is None or [at for _, at in spoken.onsets] != [at for _, at in named.onsets]:
            return None
        phones = [
            phones_of_sign(self._language, mnemonic, ipa)
            for (mnemonic, _), (ipa, _) in zip(spoken.onsets, named.onsets, strict=True)
        ]
        return spoken.utterance(phones, text, f"{FAMILY}:{name}")

    def close(self) -> None:
        """Nothing is kept between sentences."""
