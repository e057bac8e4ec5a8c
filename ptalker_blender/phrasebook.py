"""Sentences in another language: a gettext catalogue, and finding the message that a finished sentence was made from.

Sentences are made with f-strings in many places, some of them in the worker's process, where there is no Blender to ask
for a translation. So they stay English until they are shown. There ``Phrasebook.say`` finds the template of which a
sentence was made (``tools/extract_strings.py`` writes f"no file {path}" as "no file {0}"), and fills its translation
with the same values. No bpy here: the translation itself is asked for through a function.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Callable, Iterable
from functools import cached_property

from .errors import UserError

# Made of other messages, whose own templates must not swallow what follows them: these are tried first.
FRAMES = ("{0}; expected {1}; {2}", "{0} (details in the system console)", "{0}; nothing was written")
_LAST = ("{0}: {1}",)  # tried when nothing else fits
_FIELD = re.compile(r"\{(\d+)\}")
_LINE = re.compile(r'(msgctxt|msgid|msgstr)?\s*(".*")')


class Phrasebook:
    """The messages of one language.

    Args:
        messages: English messages that have a translation; values of a template are ``{0}``, ``{1}`` ...
        translate: gives the translation of one of them.
    """

    def __init__(self, messages: Iterable[str], translate: Callable[[str], str]) -> None:
        self._messages = frozenset(messages)
        self._translate = translate

    def say(self, sentence: str) -> str:
        """The sentence in the other language, its values too where they are messages; as it was where none is known."""
        if sentence in self._messages:
            return self._translate(sentence)
        for template, pattern in self._patterns:
            match = pattern.fullmatch(sentence)
            if match is not None:
                values = {int(name[1:]): value for name, value in match.groupdict().items()}
                return self._filled(template, values)
        lower = _uncapitalised(sentence)
        if lower:  # messages begin small where they are a part of others, and are capitalised to stand alone
            said = self.say(lower)
            return said[:1].upper() + said[1:] if said != lower else sentence
        return sentence

    def _filled(self, template: str, values: dict[int, str]) -> str:
        text = self._translate(template) if template in self._messages else template
        return text.format(*(self._value(template, n, values[n]) for n in range(len(values))))

    def _value(self, template: str, place: int, value: str) -> str:
        """A part of a sentence: messages are translated, and names stay, even if they are called like a button."""
        if f"'{{{place}}}'" in template or (template not in FRAMES and " " not in value):
            return value
        return self.say(value)

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        """Templates, the most telling first: of those that fit, the one with most words of its own is meant."""
        found = [one for one in self._messages if _FIELD.search(one) and one not in FRAMES]
        ordered = [*FRAMES, *sorted(found, key=lambda one: (-len(_FIELD.sub("", one)), one))]
        return [(template, _pattern(template)) for template in (*ordered, *_LAST)]


def fields(template: str) -> list[str]:
    """The places in a template for values, in order of their numbers.

    Raises:
        ValueError: braces that are no place for a value.
    """
    return sorted(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def read_po(text: str, name: str) -> dict[str, str]:
    """Messages with a translation in a gettext catalogue (PO file); fuzzy and plural ones are not for Blender.

    Args:
        text: of the file.
        name: for the line the user sees.

    Raises:
        UserError: a line that is none of such a file, or a translation whose values are other than the message's.
    """
    found: dict[str, str] = {}
    entry: dict[str, str] = {}
    part, fuzzy = "", False
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith("#"):
            fuzzy |= line.startswith("#,") and "fuzzy" in line
            continue
        if not line.strip():
            _keep(entry, found, name, fuzzy)
            entry, part, fuzzy = {}, "", False
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None or not (match[1] or part):
            raise UserError(f"{name} has a line {number} that is no message", "a gettext catalogue", "mend it")
        part = match[1] or part
        entry[part] = entry.get(part, "") + ast.literal_eval(match[2])
    return found


def _keep(entry: dict[str, str], found: dict[str, str], name: str, fuzzy: bool) -> None:
    message, said = entry.get("msgid", ""), entry.get("msgstr", "")
    if not message or not said or fuzzy:
        return
    if _FIELD.search(message) and set(_FIELD.findall(message)) != set(_FIELD.findall(said)):
        raise UserError(
            f"{name} translates {message!r} with other values", "each {0}, {1} of the message once", "mend it"
        )
    found[message] = said


def _pattern(template: str) -> re.Pattern[str]:
    pieces, seen = [], set()
    for literal, name, _, _ in string.Formatter().parse(template):
        pieces.append(re.escape(literal))
        if name is not None:
            pieces.append(f"(?P=v{name})" if name in seen else f"(?P<v{name}>.*?)")
            seen.add(name)
    return re.compile("".join(pieces), re.DOTALL)


def _uncapitalised(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:] if sentence[:1].isupper() and sentence[1:2].islower() else ""
