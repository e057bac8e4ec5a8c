"""Pronunciations of words that the dictionary lacks, by analogy with those it has.

Memory-based letter-to-sound conversion (Daelemans and van den Bosch, "Language-independent data-oriented
grapheme-to-phoneme conversion", 1997): each letter is said as in the dictionary's words that share the most of its
surroundings. Nothing is trained and no table ships; only the words that are asked about are compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

# Neighbours before and after a letter, from the most telling to none.
_CONTEXTS: Final = ((3, 3), (2, 3), (3, 2), (2, 2), (1, 2), (2, 1), (1, 1), (0, 1), (1, 0), (0, 0))
_ENOUGH: Final = 2  # words that agree to be one analogy; of one alone only the widest surroundings count
_MOST: Final = 120  # words looked at per letter
# Phones each letter may stand for (after Black, Lenzo and Pagel, "Issues in building general letter to sound rules",
# 1998, whose "allowables" these are in kind); any other pairing is possible but costs.
_ALLOWED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        letter: frozenset(phones.split())
        for letter, phones in {
            "a": "AA AE AH AO AW AY EH ER EY IH IY OW", "b": "B", "c": "K S SH CH", "d": "D T JH",
            "e": "EH IY AH ER IH EY AA Y UW", "f": "F V", "g": "G JH ZH F", "h": "HH", "i": "IH AY IY AH ER Y",
            "j": "JH Y HH ZH", "k": "K", "l": "L", "m": "M", "n": "N NG", "o": "AA AO AH OW OY UH UW AW ER W",
            "p": "P F", "q": "K", "r": "R ER", "s": "S Z SH ZH", "t": "T SH CH TH DH D", "u": "AH UW UH ER Y W IH",
            "v": "V F", "w": "W V UW AW", "x": "K Z S", "y": "Y IY IH AY AH", "z": "Z S T ZH", "'": "",
        }.items()
    }
)  # fmt: skip
_PAIRS: Final = frozenset(
    [("x", "K", "S"), ("x", "G", "Z"), ("x", "K", "SH"), ("u", "Y", "UW"), ("u", "Y", "UH"), ("u", "Y", "AH"),
     ("u", "Y", "ER"), ("z", "T", "S"), ("o", "W", "AH"), ("e", "Y", "UW"), ("j", "D", "ZH")]
)  # fmt: skip
_SYLLABIC: Final = frozenset("lmnr")  # "table": the schwa before the l is the l's own
_MISMATCH, _SILENT, _PAIR, _OTHER_PAIR = 4.0, 1.0, 0.5, 6.0


class LetterToSound:
    """Guesses by a dictionary.

    Args:
        dictionary: lines ``word PHONE PHONE ...``, see ``align.Aligner.dictionary``.
    """

    def __init__(self, dictionary: Path) -> None:
        entries: dict[str, tuple[str, ...]] = {}
        for line in dictionary.read_text(encoding="utf-8").splitlines():
            word, *phones = line.split()
            if re.fullmatch(r"[a-z]{2,}('s)?", word):
                entries.setdefault(word, tuple(phones))
        self._entries = entries
        # One long text, since searching it is far faster than asking 100,000 words.
        self._text = "".join(f"#{word}#\n" for word in entries)

    def guess(self, word: str, ignore: str = "") -> str:
        """Phones of a word in lower case, ARPAbet, upper case, separated by spaces.

        Args:
            word: letters a-z and apostrophes.
            ignore: words that begin with this are not asked (for measuring; nothing by default).
        """
        letters = f"#{re.sub('[^a-z]', '', word)}#"
        phones = [phone for i in range(1, len(letters) - 1) for phone in self._say(letters, i, ignore)]
        said = [phone for k, phone in enumerate(phones) if k == 0 or phone != phones[k - 1]]
        return " ".join(said) or "AH"

    def _say(self, letters: str, at: int, ignore: str) -> tuple[str, ...]:
        """How the letter at a place is said, by vote of the words most like it."""
        best: Counter[tuple[str, ...]] = Counter()
        for before, after in _CONTEXTS:
            first = max(0, at - before)
            votes = self._votes(letters[first : at + 1 + after], at - first, ignore)
            if votes.total() >= _ENOUGH:
                return votes.most_common(1)[0][0]
            best = best or votes
        return best.most_common(1)[0][0] if best else ()

    def _votes(self, surroundings: str, at: int, ignore: str) -> Counter[tuple[str, ...]]:
        votes: Counter[tuple[str, ...]] = Counter()
        found = -1
        while votes.total() < _MOST and (found := self._text.find(surroundings, found + 1)) >= 0:
            start = self._text.rfind("\n", 0, found + 1) + 2  # behind the "#"
            word = self._text[start : self._text.index("#", start)]
            if not (ignore and word.startswith(ignore)):
                votes[align_letters(word, self._entries[word])[found + at - start]] += 1
        return votes


@cache
def align_letters(word: str, phones: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The phones of each letter of a word, none, one or two, by the cheapest pairing from left to right."""
    rows, columns = len(word), len(phones)
    costs = [[float("inf")] * (columns + 1) for _ in range(rows + 1)]
    taken = [[0] * (columns + 1) for _ in range(rows + 1)]
    costs[0][0] = 0.0
    for i, letter in enumerate(word):
        for j in range(columns + 1):
            for count in range(min(2, columns - j) + 1):
                cost = costs[i][j] + _cost(letter, phones[j : j + count])
                if cost < costs[i + 1][j + count]:
                    costs[i + 1][j + count], taken[i + 1][j + count] = cost, count
    pieces: list[tuple[str, ...]] = []
    j = columns
    if costs[rows][columns] == float("inf"):  # more than two phones a letter: an abbreviation, no guide to spelling
        return ((),) * rows
    for i in range(rows, 0, -1):
        count = taken[i][j]
        pieces.append(phones[j - count : j])
        j -= count
    return tuple(reversed(pieces))


def _cost(letter: str, phones: tuple[str, ...]) -> float:
    allowed = _ALLOWED[letter]
    if not phones:
        return _SILENT
    if len(phones) == 1:
        return 0.0 if phones[0] in allowed else _MISMATCH
    if (letter, *phones) in _PAIRS or (letter in _SYLLABIC and phones[0] in ("AH", "IH") and phones[1] in allowed):
        return _PAIR
    return _OTHER_PAIR
