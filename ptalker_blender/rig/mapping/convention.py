"""Rig families: which keys they have and what each means, read from the tables in ``conventions/``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal, TypeVar

from ...motion.controls import INDEX, N_BLENDSHAPES
from .names import Reading, canonical, words
from .poses import VISEMES

Kind = Literal["key", "shared", "viseme", "ignored"]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Match:
    """What a convention says of one key of an object.

    Attributes:
        key: the object's own name of it.
        kind: key: it alone makes a control, or ``part`` of one; shared: several controls share it; viseme; ignored:
            known, but nothing that speech drives (an emotion).
        gains: controls and their gains; empty for visemes and ignored keys.
        part: which part of the control, "" for all of it.
        viseme: name in ``VISEMES``, "" if none.
        distance: how far the spelling is from the convention's, 0 best.
    """

    key: str
    kind: Kind
    gains: tuple[tuple[str, float], ...] = ()
    part: str = ""
    viseme: str = ""
    distance: int = 0

    @property
    def slot(self) -> tuple[object, ...]:
        """What it fills; two keys with one slot are copies of each other."""
        return (self.kind, self.gains, self.part, self.viseme, self.key if self.kind == "ignored" else "")


@dataclass(frozen=True)
class Convention:
    """One rig family.

    Attributes:
        name: for people.
        arkit: whether ARKit names in any spelling belong to it too.
        keys: by canonical spelling, the control and the part of it.
        shared: by canonical spelling, controls and gains.
        visemes: by canonical spelling, a name in ``VISEMES``.
        ignored: canonical spellings of keys that are known and left alone.
    """

    name: str
    arkit: bool = False
    keys: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    shared: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    visemes: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """How many slots a complete rig of this family fills."""
        slots = {*self.keys.values(), *self.shared.values(), *self.visemes.values()}
        return len(slots) + (N_BLENDSHAPES if self.arkit else 0)

    def match(self, name: str, spellings: Sequence[str], reading: Reading | None) -> Match | None:
        """What the key ``name`` is here.

        Args:
            name: a key of the object.
            spellings: what ``names.stems`` made of it.
            reading: what ``names.read_arkit`` made of it.
        """
        for distance, stem in enumerate(spellings):
            if stem in self.keys:
                control, part = self.keys[stem]
                return Match(name, "key", ((control, 1.0),), part, distance=distance)
            if stem in self.shared:
                return Match(name, "shared", self.shared[stem], distance=distance)
            if stem in self.visemes:
                return Match(name, "viseme", viseme=self.visemes[stem], distance=distance)
            if stem in self.ignored:
                return Match(name, "ignored")
        return arkit_match(name, reading) if self.arkit else None


def arkit_match(name: str, reading: Reading | None) -> Match | None:
    """Turn a reading of an ARKit name into a match; a key for both sides is shared by the two halves' mean."""
    if reading is None:
        return None
    if len(reading.controls) == 1:
        return Match(name, "key", ((reading.controls[0], 1.0),), reading.part, distance=reading.distance)
    gains = tuple((control, 1.0 / len(reading.controls)) for control in reading.controls)
    return Match(name, "shared", gains, distance=reading.distance)


def load_conventions() -> tuple[Convention, ...]:
    """Every family of ``conventions/*.toml``, ARKit first, then by file name.

    Raises:
        ValueError: a table names a control or viseme that does not exist (a fault of ours).
    """
    folder = files(__package__).joinpath("conventions")
    tables = sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=lambda item: item.name)
    found = [_convention(tomllib.loads(item.read_text(encoding="utf-8"))) for item in tables]
    return tuple(sorted(found, key=lambda convention: convention.name != "ARKit"))


def _convention(table: Mapping[str, Any]) -> Convention:
    name = str(table["name"])
    keys = {key: _control(name, value) for key, value in table.get("keys", {}).items()}
    shared = {
        key: tuple((_control(name, control)[0], float(gain)) for control, gain in gains.items())
        for key, gains in table.get("shared", {}).items()
    }
    visemes = {key: str(value) for key, value in table.get("visemes", {}).items()}
    for viseme in visemes.values():
        if viseme not in VISEMES:
            raise ValueError(f"convention {name}: {viseme!r} is no viseme")
    return Convention(
        name,
        bool(table.get("arkit", False)),
        _spelled(keys),
        _spelled(shared),
        _spelled(visemes),
        frozenset(_spelled(dict.fromkeys(table["ignored"], ""))),
    )


def _control(convention: str, value: str) -> tuple[str, str]:
    control, _, part = value.partition(":")
    if control not in INDEX:
        raise ValueError(f"convention {convention}: {control!r} is no control")
    return control, part


def _spelled(table: Mapping[str, Value]) -> dict[str, Value]:
    """Index a table by the spellings that ``stems`` produces."""
    return {spelling: value for key, value in table.items() for spelling in ("".join(words(key)), canonical(key))}
