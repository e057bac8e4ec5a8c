"""Sentences to speak, and how often each is drawn.

The default text is the example sentences of WordNet (Debian wordnet-base, permissive licence): short, modern, in the
voice of everyday speech. Some phones are so rare in it (zh 0.0 %, oy 0.3 %, th and uh 0.4 %, y 0.5 % of speech) that a
classifier would learn never to say them, so sentences spelled with them are drawn more often.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from ...errors import UserError

WORDNET_FOLDER: Final = Path("/usr/share/wordnet")  # where Debian's wordnet-base puts it
WORDNET_FILES: Final = ("data.noun", "data.verb", "data.adj", "data.adv")
WORDS_RANGE: Final = (4, 18)
Split = Literal["train", "test", "all"]
# One sentence in twenty is never used for training, so that "new text" can be drawn from any seed.
_TEST_SHARE: Final = 20

# A word, perhaps with an apostrophe or hyphen inside; capitals only at its start, so no abbreviations.
_WORD: Final = re.compile(r"[A-Za-z]?[a-z]*(?:['-][a-z]+)*'?[,;:]?$")
_SENTENCE_END: Final = re.compile(r"[.!?]$")

# Spellings that mostly hold the phone. Not a pronouncing program, so that the text needs no synthesiser.
RARE_SPELLINGS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "zh": re.compile(r"[aeiou]sion|[aeo][sz]ure|usual|casual|visual|garage|beige|genre|rouge|prestige|massage"),
        "oy": re.compile(r"(?<![gd])oi(?!n[gc]id)[lncdst]|oy(?!o)|voice|noise|choice"),
        "th": re.compile(
            r"\bth(?!e\b|is\b|at\b|ese\b|ose\b|ey\b|em\b|eir\b|ere|en\b|an\b|ough|us\b|y\b|e)|[aeiou]th\b|[nrlf]th"
        ),
        "uh": re.compile(
            r"\w*(?:book|look|took|cook|hook|good|foot|stood|wood|could|should|would|full|pull|bush|push|cushion)"
            r"|\bput\b|woman|sugar|butcher|\bwool"
        ),
        "y": re.compile(
            r"\by[aeou]|\buni|\bus[eu]|few|music|beaut|huge|human|[mbpfvkc]u[lrt]e|cure|value|million|onion"
        ),
    }
)
RARE_BOOST: Final[Mapping[str, float]] = MappingProxyType({"zh": 8.0, "oy": 4.0, "th": 2.0, "uh": 2.0, "y": 1.5})


@dataclass(frozen=True)
class Texts:
    """Sentences and the probability of each.

    Attributes:
        sentences: unique, in source order.
        weights: float64 [N], summing to 1.
        source: where they come from, for the corpus record.
        split: which of its sentences they are.
    """

    sentences: tuple[str, ...]
    weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    source: str
    split: Split = "all"

    def draw(self, rng: np.random.Generator) -> str:
        """One sentence."""
        cumulative = np.cumsum(self.weights)
        return self.sentences[int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))]

    @property
    def sha256(self) -> str:
        """Digest of the sentences, one a line, in order."""
        return hashlib.sha256("\n".join(self.sentences).encode()).hexdigest()


def is_clean(sentence: str) -> bool:
    """Whether synthesisers read it as written: one sentence of 4-18 plain words, no digits, no abbreviations."""
    if not sentence[:1].isalpha():
        return False
    words = _SENTENCE_END.sub("", sentence).split(" ")
    if not WORDS_RANGE[0] <= len(words) <= WORDS_RANGE[1]:
        return False
    return all(word and word not in {",", ";", ":"} and _WORD.match(word) for word in words)


def wordnet_sentences(folder: Path = WORDNET_FOLDER) -> tuple[str, ...]:
    """The clean, unique example sentences of a WordNet 3.0 database folder, in file order.

    Raises:
        UserError: when the database is not there.
    """
    found: dict[str, None] = {}
    for name in WORDNET_FILES:
        path = folder / name
        if not path.is_file():
            raise UserError(
                f"no WordNet database at {path}",
                "the data files of WordNet 3.0",
                "apt-get install wordnet-base, or give sentences with --sentences FILE",
            )
        for line in path.read_text(encoding="latin-1").splitlines():
            gloss = "" if line.startswith("  ") else line.partition("|")[2]
            for quote in re.findall(r'"([^"]+)"', gloss):
                sentence = " ".join(quote.replace("`", "'").split())
                if is_clean(sentence):
                    found[sentence] = None
    return tuple(found)


def file_sentences(path: Path) -> tuple[str, ...]:
    """The clean, unique sentences of a UTF-8 text file, one a line.

    Raises:
        UserError: when the file cannot be read or holds no usable sentence.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error})", "a UTF-8 text file", "check the path") from error
    sentences = tuple(dict.fromkeys(line for line in (" ".join(raw.split()) for raw in lines) if is_clean(line)))
    if not sentences:
        raise UserError(
            f"no usable sentence in {path}",
            f"sentences of {WORDS_RANGE[0]}-{WORDS_RANGE[1]} plain words, one a line",
            "spell out numbers and abbreviations",
        )
    return sentences


def in_split(sentence: str, split: Split) -> bool:
    """Whether a sentence belongs to a split; decided by its own digest, so adding sentences moves no other."""
    held_out = int.from_bytes(hashlib.sha256(sentence.encode()).digest()[:4], "big") % _TEST_SHARE == 0
    return split == "all" or held_out == (split == "test")


def weigh(sentences: Iterable[str], source: str, split: Split = "all") -> Texts:
    """The sentences of a split, those spelled with a rare phone weighted by the product of its boosts.

    Raises:
        UserError: when the split is empty.
    """
    chosen = tuple(sentence for sentence in sentences if in_split(sentence, split))
    if not chosen:
        raise UserError(f"no sentence of {source} falls in the split {split!r}", "at least one", "give more sentences")
    weights = np.ones(len(chosen))
    for k, sentence in enumerate(chosen):
        lowered = sentence.lower()
        for phone, spelling in RARE_SPELLINGS.items():
            if spelling.search(lowered):
                weights[k] *= RARE_BOOST[phone]
    return Texts(chosen, weights / weights.sum(), source, split)
