"""Ways into the phone set (``transcript.phones``) from every notation the project meets.

Alphabets with signs that English lacks (IPA, X-SAMPA) map to the English phone whose mouth shape is nearest.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ...transcript.phones import (
    PHONE_INDEX,
    PHONES,
    SILENCE,
    VISEME_OF_PHONE,
    VISEMES,
    PhoneSegment,
    from_arpabet,
    tile,
)

# The phone set itself ships; to the corpus it is all one subject.
__all__ = [
    "ESPEAK",
    "PHONES",
    "PHONE_INDEX",
    "SILENCE",
    "STOPS",
    "VISEMES",
    "VISEME_OF_PHONE",
    "PhoneSegment",
    "from_arpabet",
    "from_espeak",
    "from_ipa",
    "from_xsampa",
    "is_ipa_modifier",
    "normalise",
    "tile",
]

STOPS: Final = frozenset(("p", "b", "t", "d", "k", "g", "ch", "jh"))

# espeak-ng mnemonics of its English voices; two phones where the sound has an r, an l or a glide inside.
ESPEAK: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        name: tuple(phones.split())
        for name, phones in {
            "@": "ah", "@2": "ah", "@5": "uh", "@L": "ah l", "@-": "ah", "a": "ae", "aa": "ae", "a#": "ah", "A:": "aa",
            "A": "aa", "A@": "aa r", "E": "eh", "E2": "eh", "E#": "eh", "e": "eh", "I": "ih", "I2": "ih", "I#": "ih",
            "i3": "ih", "i": "iy", "i:": "iy", "0": "aa", "0#": "aa", "O2": "aa", "O:": "ao", "O": "ao", "O@": "ao r",
            "o@": "ao r", "o": "ow", "V": "ah", "U": "uh", "u:": "uw", "u": "uw", "3:": "er", "3": "er", "3#": "er",
            "eI": "ey", "aI": "ay", "OI": "oy", "oU": "ow", "aU": "aw", "e@": "eh r", "i@": "iy r", "i@3": "iy r",
            "U@": "uh r", "aI@": "ay ah", "aI3": "ay er", "aU@": "aw er", "p": "p", "b": "b", "t": "t", "t#": "t",
            "t2": "t", "*": "t", "d": "d", "d#": "d", "k": "k", "x": "k", "g": "g", "tS": "ch", "tS;": "ch",
            "dZ": "jh", "f": "f", "v": "v", "T": "th", "D": "dh", "s": "s", "s#": "s", "z": "z", "z#": "z", "S": "sh",
            "Z": "zh", "h": "hh", "m": "m", "m-": "m", "n": "n", "n-": "n", "n^": "n", "N": "ng", "l": "l", "l-": "l",
            "l/": "l", "l#": "l", "L": "l", "r": "r", "r-": "r", "r/": "r", "w": "w", "w#": "w", "j": "y",
            "?": SILENCE, "_": SILENCE, "_:": SILENCE, "_!": SILENCE, "_|": SILENCE, "": SILENCE,
        }.items()
    }
)  # fmt: skip

_IPA: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        name: tuple(phones.split())
        for name, phones in {
            "ɑ": "aa", "ɒ": "aa", "ɐ": "ah", "a": "aa", "æ": "ae", "ʌ": "ah", "ə": "ah", "ɜ": "er",
            "ɝ": "er", "ɚ": "er", "ɔ": "ao", "ɛ": "eh", "e": "ey", "o": "ow", "ɪ": "ih", "ɨ": "ih", "i": "iy",
            "y": "uw", "ø": "uw",
            "oɪ": "oy", "ɔø": "oy", "ɔʏ": "oy", "ɛɪ": "ey", "ʌʊ": "aw", "ɐʊ": "aw", "ɐɪ": "ay", "eʊ": "eh uh",
            "iʊ": "iy uh", "uɪ": "uw ih", "yʊ": "uw uh", "œy": "uh uw", "ja": "y aa", "ju": "y uw", "pf": "p f",
            "ss": "s",
            "œ": "uh", "ʏ": "uh", "ʊ": "uh", "u": "uw", "ʉ": "uw", "ɯ": "uh", "ɤ": "ah", "ɵ": "uh",
            "aɪ": "ay", "aj": "ay", "ai": "ay", "aʊ": "aw", "aw": "aw", "au": "aw", "eɪ": "ey", "ej": "ey", "ei": "ey",
            "oʊ": "ow", "əʊ": "ow", "əw": "ow", "ow": "ow", "ou": "ow", "ɔɪ": "oy", "ɔj": "oy", "ɔi": "oy",
            "ɛɹ": "eh r", "ɔɹ": "ao r", "ɑɹ": "aa r", "ɪɹ": "ih r", "ʊɹ": "uh r", "eə": "eh r", "ɪə": "ih r",
            "ʊə": "uh r",
            "p": "p", "b": "b", "t": "t", "d": "d", "k": "k", "g": "g", "ɡ": "g", "ʔ": SILENCE, "ɾ": "t", "c": "k",
            "ɟ": "g", "q": "k", "ʈ": "t", "ɖ": "d", "tʃ": "ch", "dʒ": "jh", "ʧ": "ch", "ʤ": "jh", "tɕ": "ch",
            "dʑ": "jh", "tʂ": "ch", "dʐ": "jh", "ts": "t s", "dz": "d z", "m": "m", "ɱ": "m", "n": "n", "ɲ": "n",
            "ɳ": "n", "ŋ": "ng", "ɴ": "ng", "f": "f", "v": "v", "ʋ": "v", "ɸ": "f", "β": "b", "θ": "th", "ð": "dh",
            "s": "s", "z": "z", "ʃ": "sh", "ʒ": "zh", "ɕ": "sh", "ʑ": "zh", "ʂ": "sh", "ʐ": "zh", "ç": "hh", "ʝ": "y",
            "x": "hh", "χ": "hh", "ɣ": "g", "ʁ": "g", "h": "hh", "ɦ": "hh", "ħ": "hh", "l": "l", "ɫ": "l", "ɭ": "l",
            "ʎ": "l", "ɬ": "l", "r": "r", "ɹ": "r", "ɻ": "r", "ɽ": "r", "ʀ": "g", "j": "y", "ɥ": "w", "w": "w",
            "ʍ": "w", "ɰ": "w", "": SILENCE, "sil": SILENCE, "spn": SILENCE, "sp": SILENCE,
            "<eps>": SILENCE, "pau": SILENCE,
        }.items()
    }
)  # fmt: skip
# Length, stress, syllabicity, aspiration, secondary articulation, ties: none changes which phone it is.
_IPA_MODIFIERS: Final = frozenset("ːˑˈˌ.ʰʱʲʷˠˤⁿˡ̩̯̥̬̪̃̚͜͡˞̝̞̟̠̤̰̺̻̹̜˥˦˧˨˩ʼ")

_XSAMPA_TO_IPA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "r\\`": "ɻ", "s\\": "ɕ", "z\\": "ʑ", "r\\": "ɹ", "h\\": "ɦ", "p\\": "ɸ", "@`": "ɚ", "3`": "ɝ", "s`": "ʂ",
        "z`": "ʐ", "t`": "ʈ", "d`": "ɖ", "n`": "ɳ", "l`": "ɭ", "A": "ɑ", "Q": "ɒ", "6": "ɐ", "{": "æ", "V": "ʌ",
        "@": "ə", "3": "ɜ", "O": "ɔ", "E": "ɛ", "I": "ɪ", "1": "ɨ", "2": "ø", "9": "œ", "Y": "ʏ", "U": "ʊ", "}": "ʉ",
        "M": "ɯ", "7": "ɤ", "8": "ɵ", "?": "ʔ", "4": "ɾ", "J": "ɲ", "N": "ŋ", "F": "ɱ", "B": "β", "T": "θ", "D": "ð",
        "S": "ʃ", "Z": "ʒ", "C": "ç", "X": "χ", "G": "ɣ", "R": "ʁ", "L": "ʎ", "5": "ɫ", "H": "ɥ", "W": "ʍ", ":": "ː",
        '"': "ˈ", "%": "ˌ", "=": "", "_h": "", "_w": "", "_j": "", "~": "",
    }
)  # fmt: skip


def from_espeak(mnemonic: str) -> tuple[str, ...] | None:
    """The one or two phones of an espeak-ng mnemonic, stress and length marks stripped; None when unknown."""
    for candidate in (mnemonic, mnemonic.strip("',:;%=|"), mnemonic.rstrip(";")):
        if candidate in ESPEAK:
            return ESPEAK[candidate]
    return None


def from_ipa(sign: str) -> tuple[str, ...] | None:
    """The phones of one IPA segment (diphthongs, affricates and r-coloured vowels count as one); None when unknown.

    The result is a pair where ARPAbet writes two phones. Signs English lacks go to the nearest mouth shape.
    """
    decomposed = "".join(c for c in unicodedata.normalize("NFD", sign.strip()) if c not in _IPA_MODIFIERS)
    return _IPA.get(unicodedata.normalize("NFC", decomposed))


def is_ipa_modifier(sign: str) -> bool:
    """Whether a sign is modifiers alone: it says something of the phone before and is none itself."""
    return bool(sign) and all(c in _IPA_MODIFIERS for c in unicodedata.normalize("NFD", sign))


def from_xsampa(name: str) -> tuple[str, ...] | None:
    """The phones of one X-SAMPA segment, by way of IPA; None when unknown."""
    rest, ipa = name.strip(), ""
    while rest:
        width = next((w for w in (3, 2, 1) if rest[:w] in _XSAMPA_TO_IPA), 0)
        ipa += _XSAMPA_TO_IPA[rest[:width]] if width else rest[0]
        rest = rest[width or 1 :]
    return from_ipa(ipa)


def normalise(name: str) -> tuple[str, ...] | None:
    """The phones of a label in unknown notation: ARPAbet first, then IPA, then X-SAMPA; None when no notation fits.

    Single letters are read as ARPAbet ("b", "y" the glide), so pass labels of a known notation to its own function.
    """
    arpabet = from_arpabet(name)
    if arpabet is not None:
        return (arpabet,)
    return from_ipa(name) or from_xsampa(name)
