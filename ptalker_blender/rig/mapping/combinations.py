"""Corrective shapes: keys named after two or three other shapes, as ``Mouth_Smile_L_Jaw_Open``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from .convention import Convention
from .names import SIDES, Reading, read_arkit, stems, words
from .table import Combination

_GLUE = frozenset((
    "corrective", "correction", "corr", "combo", "combination", "fix", "and", "plus", "x", "c", "with",
))  # fmt: skip
_NUMBER_TAIL = re.compile(r"(?:[._ -]\d+)+$")
_MOST = 3


def find_combinations(names: Sequence[str], family: Convention, mapped: Collection[str]) -> tuple[Combination, ...]:
    """Keys among ``names`` that spell two or three controls of ``mapped``, as products.

    A product is 1 only where all of its controls are, and is smooth, which suits a shape that was made at the
    meeting of full shapes.

    Args:
        names: keys that mean no control by themselves.
        family: whose spellings the parts may have, besides ARKit's.
        mapped: controls that have a key; a correction of a shape that the head lacks would stand alone.
    """
    found: dict[frozenset[str], Combination] = {}
    for name in names:
        cut = tuple(word for word in words(_NUMBER_TAIL.sub("", name)) if word not in _GLUE)
        controls = next((c for c in _readings(cut, family) if len(c) > 1 and set(c) <= set(mapped)), None)
        if controls is not None:
            found.setdefault(frozenset(controls), Combination(controls, name))  # a second of the same would double it
    return tuple(found.values())


def _readings(cut: tuple[str, ...], family: Convention) -> Iterator[tuple[str, ...]]:
    """Every way to read the words as controls, one after the other; a side at the end may belong to any part."""
    yield from _split(cut, family, _MOST, "")
    if len(cut) > 2 and cut[-1] in SIDES:
        yield from _split(cut[:-1], family, _MOST, cut[-1])


def _split(cut: tuple[str, ...], family: Convention, most: int, side: str) -> Iterator[tuple[str, ...]]:
    if not cut:
        yield ()
        return
    if most == 0:
        return
    for end in range(len(cut), 0, -1):
        control = _control(cut[:end], family, side)
        if control is not None:
            for rest in _split(cut[end:], family, most - 1, side):
                if control not in rest:
                    yield (control, *rest)


def _control(part: tuple[str, ...], family: Convention, side: str) -> str | None:
    for spelled in ("_".join(part), *([f"{'_'.join(part)}_{side}"] if side else [])):
        match = family.match(spelled, stems(spelled), _strict(spelled))
        if match is not None and match.kind == "key" and not match.part:
            return match.gains[0][0]
    return None


def _strict(name: str) -> Reading | None:
    """An ARKit reading that uses every word of the name."""
    reading = read_arkit(name)
    if reading is None or len(reading.controls) > 1:
        return None
    letters = sum(len(SIDES.get(word, word)) for word in words(name))
    return reading if letters == len(reading.controls[0]) else None
