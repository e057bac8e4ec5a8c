"""Text as written to words as spoken: numbers, money, times of day, abbreviations and initials spelled out. US English.

The usual cases of dialogue, not a reader of everything: what is read otherwise than spoken can be written as spoken.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

_ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES: Final = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_LARGEST: Final = 10**15
_ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_MONEY: Final = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
}
_ABBREVIATIONS: Final = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "dr": "doctor", "prof": "professor", "jr": "junior", "sr": "senior",
    "vs": "versus", "etc": "et cetera", "approx": "approximately", "dept": "department", "gen": "general",
    "col": "colonel", "capt": "captain", "lt": "lieutenant", "sgt": "sergeant", "rev": "reverend", "ave": "avenue",
    "blvd": "boulevard", "rd": "road",
}  # fmt: skip
_DOTLESS: Final = frozenset(("Mr", "Mrs", "Ms", "Dr", "etc"))  # written without the dot too
_SIGNS: Final = {"&": " and ", "%": " percent ", "+": " plus ", "=": " equals ", "@": " at ", "°": " degrees "}
_EVENTS: Final = re.compile(r"\[[^\]]*\]|<[^>]*>|\{[^}]*\}")  # [laughter], <breath>: sounds, not words
_AMOUNT: Final = r"\d{1,3}(?:,\d{3})+|\d+"


def spoken_words(text: str) -> tuple[str, ...]:
    """The words a reader says for a text, of letters a-z and apostrophes.

    Lower case, but words in capitals stay so within a text that is not all capitals, since they may be initials.
    ``[...]``, ``<...>`` and ``{...}`` are events and left out. Letters lose their accents; other scripts vanish, so a
    text in them has no words.
    """
    plain = unicodedata.normalize("NFKD", _EVENTS.sub(" ", text)).translate({0x2019: "'", 0x2018: "'"})
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    for pattern, say in _READINGS:
        plain = pattern.sub(lambda match, say=say: f" {say(match)} ", plain)  # type: ignore[misc]
    for sign, name in _SIGNS.items():
        plain = plain.replace(sign, name)
    words = [word for token in plain.split() for word in _token(token)]
    shouted = not any(c.islower() for c in _EVENTS.sub(" ", text))
    return tuple(word if word.isupper() and not shouted else word.lower() for word in words)


def number_words(value: int) -> str:
    """A whole number from 0 as it is said: 1205 -> "one thousand two hundred five".

    Raises:
        ValueError: below 0, or a thousand trillion and more.
    """
    if not 0 <= value < _LARGEST:
        raise ValueError(f"{value} is not from 0 to 10^15 - 1")
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
    scale, name = next((scale, name) for scale, name in _SCALES if value >= scale)
    count, rest = divmod(value, scale)
    return f"{number_words(count)} {name}" + (f" {number_words(rest)}" if rest else "")


def ordinal_words(value: int) -> str:
    """21 -> "twenty first"."""
    *front, last = number_words(value).split()
    ordinal = _ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last.rstrip("t") + "th")
    return " ".join([*front, ordinal])


def year_words(value: int) -> str:
    """1465 -> "fourteen sixty five", 1900 -> "nineteen hundred", 2003 as a number."""
    century, rest = divmod(value, 100)
    if not 1100 <= value < 2100 or 2000 <= value < 2010:
        return number_words(value)
    if rest == 0:
        return f"{number_words(century)} hundred"
    return f"{number_words(century)} {'oh ' if rest < 10 else ''}{number_words(rest)}"


def _digits(text: str) -> str:
    return " ".join(_ONES[int(c)] for c in text if c.isascii() and c.isdigit())


def _whole(text: str) -> str:
    """A run of digits, perhaps with thousands' commas: a year where it looks like one, digits where too long."""
    digits = text.replace(",", "")
    if len(digits) > 15 or (len(digits) > 1 and digits[0] == "0"):
        return _digits(digits)
    return year_words(int(digits)) if len(text) == 4 else number_words(int(digits))


def _decimal(match: re.Match[str]) -> str:
    return f"{_whole(match['whole'])} point {_digits(match['part'])}"


def _money(match: re.Match[str]) -> str:
    one, many, cent, cents = _MONEY[match["sign"]]
    amount = match["whole"].replace(",", "")
    if match["scale"]:
        fraction = f" point {_digits(match['part'])}" if match["part"] else ""
        return f"{_count(amount)}{fraction} {match['scale']} {many}"
    spoken = f"{_count(amount)} {one if int(amount) == 1 else many}"
    if match["part"]:
        small = int((match["part"] + "0")[:2])
        spoken += f" and {number_words(small)} {cent if small == 1 else cents}" if small else ""
    return spoken


def _count(digits: str) -> str:
    return number_words(int(digits)) if len(digits) <= 15 else _digits(digits)


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"])
    if minute == 0:
        return f"{number_words(hour)}" + ("" if match["half"] else " o'clock")
    return f"{number_words(hour)} {'oh ' if minute < 10 else ''}{number_words(minute)}"


_READINGS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (
        re.compile(
            rf"(?P<sign>[$£€])(?P<whole>{_AMOUNT})(?:\.(?P<part>\d+))?"
            r"(?:\s+(?P<scale>hundred|thousand|million|billion|trillion)\b)?"
        ),
        _money,
    ),
    (re.compile(r"\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?P<half>(?=\s*[ap]\.?m\b))?"), _time),
    (re.compile(r"\b(?P<n>\d{1,15})(?:st|nd|rd|th)\b", re.I), lambda m: ordinal_words(int(m["n"]))),
    (re.compile(r"\b(?P<decade>\d{3}0)'?s\b"), lambda m: _plural(year_words(int(m["decade"])))),
    (re.compile(rf"\b(?P<whole>{_AMOUNT})\.(?P<part>\d+)"), _decimal),
    (re.compile(_AMOUNT), lambda m: _whole(m[0])),
)


def _plural(spoken: str) -> str:
    return spoken[:-1] + "ies" if spoken.endswith("y") else spoken + "s"


def _token(token: str) -> Iterator[str]:
    """The words of one token between spaces, in their case."""
    if re.fullmatch(r"\W*(?:[A-Za-z]\.){2,}\W*", token):  # i.e., U.S.A.
        yield from (c for c in token.upper() if c.isalpha())
        return
    for part in re.split(r"[^A-Za-z'.]+", token):
        bare = part.strip(".'")
        dotted = part.rstrip("'").endswith(".") or bare in _DOTLESS
        known = _ABBREVIATIONS.get(bare.lower()) if dotted else None
        if known is not None:
            yield from known.split()
        else:
            yield from (piece for piece in part.split(".") if piece.strip("'"))
