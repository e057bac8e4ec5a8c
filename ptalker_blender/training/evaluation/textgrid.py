"""Praat TextGrid files, in the long and the short text flavour, any of the encodings Praat writes.

Both flavours hold the same values in the same order; the long one adds names and indices around them. Praat's own
reader takes only free-standing numbers, quoted strings and ``<flags>`` and skips the rest (Praat manual, "TextGrid file
formats"), and so does this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError

_TOKEN = re.compile(r'"(?P<text>(?:[^"]|"")*)"(?=\s|$)|(?P<comment>![^\n]*)|(?P<word>\S+)')
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True)
class Interval:
    """One labelled interval, seconds; the text is as written, untrimmed."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Tier:
    """One interval tier of a TextGrid."""

    name: str
    intervals: tuple[Interval, ...]


def read_textgrid(path: Path | str) -> tuple[Tier, ...]:
    """Read the interval tiers of a TextGrid; point tiers are read over.

    Raises:
        UserError: when the file is missing, is no TextGrid text file, or breaks off.
    """
    source = Path(path)
    try:
        data = source.read_bytes()
    except OSError as error:
        raise UserError(f"{source}: {error.strerror}", "a readable TextGrid", "check the path") from error
    try:
        return parse_textgrid(_decode(data))
    except ValueError as error:
        raise UserError(
            f"{source.name} is not a readable TextGrid ({error})",
            "a Praat TextGrid in the long or short text format",
            "open it in Praat and save it again as a text file",
        ) from error


def parse_textgrid(text: str) -> tuple[Tier, ...]:
    """Interval tiers of TextGrid text.

    Raises:
        ValueError: for text that is no TextGrid or breaks off.
    """
    tokens = _tokens(text)
    if (_string(tokens), _string(tokens)) != ("ooTextFile", "TextGrid"):
        raise ValueError("no TextGrid header")
    _number(tokens), _number(tokens)
    if _next(tokens) != "<exists>":
        return ()
    tiers = [_tier(tokens) for _ in range(int(_number(tokens)))]
    return tuple(tier for tier in tiers if tier is not None)


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # what older versions of Praat wrote


def _tokens(text: str) -> Iterator[str | float]:
    """Strings keep a leading quote, so that a label such as "<exists>" or "3" is not taken for a flag or number."""
    for match in _TOKEN.finditer(text):
        word = match["word"]
        if match["text"] is not None:
            yield '"' + match["text"].replace('""', '"')
        elif word is None:
            continue
        elif _NUMBER.fullmatch(word):
            yield float(word)
        elif word.startswith("<") and word.endswith(">"):
            yield word


def _next(tokens: Iterator[str | float]) -> str | float:
    token = next(tokens, None)
    if token is None:
        raise ValueError("the file breaks off")
    return token


def _string(tokens: Iterator[str | float]) -> str:
    token = _next(tokens)
    if not isinstance(token, str) or not token.startswith('"'):
        raise ValueError(f"a quoted text was due, {token!r} found")
    return token[1:]


def _number(tokens: Iterator[str | float]) -> float:
    token = _next(tokens)
    if not isinstance(token, float):
        raise ValueError(f"a number was due, {token!r} found")
    return token


def _tier(tokens: Iterator[str | float]) -> Tier | None:
    kind, name = _string(tokens), _string(tokens)
    _number(tokens), _number(tokens)
    count = int(_number(tokens))
    if kind == "TextTier":
        for _ in range(count):
            _number(tokens), _string(tokens)
        return None
    if kind != "IntervalTier":
        raise ValueError(f"unknown tier class {kind!r}")
    return Tier(name, tuple(_interval(tokens) for _ in range(count)))


def _interval(tokens: Iterator[str | float]) -> Interval:
    start, end, text = _number(tokens), _number(tokens), _string(tokens)
    if not end >= start:
        raise ValueError(f"an interval ends at {end} s before it starts at {start} s")
    return Interval(start, end, text)
