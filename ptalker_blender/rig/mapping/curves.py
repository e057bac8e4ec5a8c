"""Curves of controls to curves of keys, for takes whose keys were chosen before the mapping was known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...motion.controls import INDEX, N_CONTROLS
from ...motion.reduce import KeyCurve
from ..head import Head
from .apply import apply_table
from .table import MappingTable


def map_curves(table: MappingTable, curves: Sequence[KeyCurve], head: Head | None = None) -> tuple[KeyCurve, ...]:
    """Curves of the keys that ``curves`` reach.

    A key has a frame wherever one of the controls that drive it has one; a key that one control drives keeps that
    control's frames, and its numbers too where the gain is 1. Between frames, what bends (products, visemes, limits)
    is as coarse as the given keys: where the whole motion is at hand, ``engine.mapped_keys`` does better.

    Args:
        table: what drives what.
        curves: one per control, linear in between; controls without one rest at 0 and reach no key.
        head: to measure viseme poses on, see ``apply_table``.

    Returns:
        one curve per key, named after the key.
    """
    given = {curve.name: curve for curve in curves}
    sources: dict[str, list[str]] = {}
    for key, controls in _drives(table):
        if any(control in given for control in controls):
            sources.setdefault(key, []).extend(control for control in controls if control in given)
    voiced = [row.key for row in table.visemes]
    if given:
        loose = [name for name in given if name not in {*table.controls, *table.silent}]
        for key in voiced if loose else ():
            sources.setdefault(key, []).extend(loose)
    found = []
    for key, names in sources.items():
        if key not in voiced:
            found.append(_curve(_only(table, key), key, names, given, head))
    spoken = [key for key in dict.fromkeys(voiced) if key in sources]
    if spoken:
        found += _spoken(table, spoken, sorted({name for key in spoken for name in sources[key]}), given, head)
    return tuple(found)


def _drives(table: MappingTable) -> Iterable[tuple[str, tuple[str, ...]]]:
    for row in table.rows:
        yield row.key, (row.control,)
    for item in table.combinations:
        yield item.key, item.controls


def _only(table: MappingTable, key: str) -> MappingTable:
    return replace(
        table,
        rows=tuple(row for row in table.rows if row.key == key),
        combinations=tuple(row for row in table.combinations if row.key == key),
        visemes=(),
    )


def _curve(
    table: MappingTable, key: str, controls: Sequence[str], given: Mapping[str, KeyCurve], head: Head | None
) -> KeyCurve:
    frames, values = _sampled(controls, given)
    return KeyCurve(key, frames, apply_table(table, values, head)[key])


def _spoken(
    table: MappingTable, keys: Sequence[str], controls: Sequence[str], given: Mapping[str, KeyCurve], head: Head | None
) -> list[KeyCurve]:
    """The visemes' keys, solved together."""
    frames, values = _sampled(controls, given)
    weights = apply_table(table, values, head)
    return [KeyCurve(key, frames, weights[key]) for key in keys]


def _sampled(
    controls: Sequence[str], given: Mapping[str, KeyCurve]
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float32]], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Every frame at which one of ``controls`` has a key [K], and all controls there [K, 55]."""
    frames = np.unique(np.concatenate([np.asarray(given[name].frames, np.float32) for name in controls]))
    values = np.zeros((len(frames), N_CONTROLS))
    for name in controls:
        curve = given[name]
        values[:, INDEX[name]] = np.interp(frames, curve.frames, np.asarray(curve.values, np.float64))
    return frames, values
