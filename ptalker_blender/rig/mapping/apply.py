"""From controls to key weights by a mapping table, and what gets lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...motion.controls import BLENDSHAPES, INDEX, N_BLENDSHAPES, N_CONTROLS
from ..head import Head, load_head
from .energy import energy, gram
from .table import MappingTable
from .visemes import viseme_weights

_WORTH_NAMING = 0.005  # of the lips' or the face's energy: below it a lost control is not worth a line


@dataclass(frozen=True)
class MotionLost:
    """Shares, 0..1, of a motion's energy (mm^2 on the default head) that the keys cannot show.

    Attributes:
        lips: over the lips.
        face: over the whole face, lips included.
        controls: controls that drive no key, with their own share of the lips' and the face's energy, most first.
    """

    lips: float
    face: float
    controls: tuple[tuple[str, float, float], ...]

    def text(self) -> str:
        """Return one line for the artist."""
        if max(self.lips, self.face) < _WORTH_NAMING:
            return "The keys of this head show the whole motion."
        line = (
            f"The keys of this head cannot show {self.lips:.0%} of the lips' and {self.face:.0%} of the face's motion"
        )
        shares = ((name, max(lips, face)) for name, lips, face in self.controls)
        named = [f"{name} ({share:.0%})" for name, share in shares if share >= _WORTH_NAMING]
        more = f" and {len(named) - 5} more" if len(named) > 5 else ""
        return f"{line}; without a key: {', '.join(named[:5])}{more}." if named else f"{line}."


def apply_table(
    table: MappingTable, values: NDArray[np.floating[Any]], head: Head | None = None
) -> dict[str, NDArray[np.float32]]:
    """Weights of every key of ``table``.

    Args:
        table: what drives what.
        values: [T, 55] controls.
        head: with the 52 keys, to measure viseme poses on; None for the default head, read only if the table has
            visemes.

    Returns:
        float32 [T] by key name, within the table's limits, in the order of ``table.keys``.

    Raises:
        ValueError: ``values`` is not [T, 55].
    """
    controls = _checked(values)
    weights = {key: np.zeros(len(controls)) for key in table.keys}
    for row in table.rows:
        weights[row.key] += row.gain * controls[:, INDEX[row.control]] + row.offset
    for item in table.combinations:
        sources = controls[:, [INDEX[control] for control in item.controls]]
        joint = sources.prod(axis=1) if item.operation == "product" else sources.min(axis=1)
        weights[item.key] += item.gain * joint + item.offset
    names = _visemes(table)
    if names:
        solved, _ = viseme_weights(names, _for_visemes(table, controls), head if head is not None else load_head())
        for voiced in table.visemes:
            weights[voiced.key] += voiced.gain * solved[:, names.index(voiced.viseme)] + voiced.offset
    return {key: _clamped(table, key, weight).astype(np.float32) for key, weight in weights.items()}


def motion_lost(table: MappingTable, values: NDArray[np.floating[Any]], head: Head) -> MotionLost:
    """How much of a motion's energy the keys of ``table`` leave out.

    Takes the keys' weights back to the controls they stand for (a key shared by controls moves all of them alike, a
    viseme makes its pose) and measures what differs from the motion on ``head``. Combinations add nothing: they are
    corrections of shapes. The head's angles are not keys and do not count.

    Raises:
        ValueError: ``values`` is not [T, 55].
    """
    controls = _checked(values)
    shapes = controls[:, :N_BLENDSHAPES]
    missing = shapes - _shown(table, controls, head)
    metrics = [gram(head, head.landmarks[region]) for region in ("lips", "face")]
    voiced = {name for name in BLENDSHAPES if table.visemes and metrics[0][INDEX[name], INDEX[name]] > 0}
    carried = ({*table.controls} | voiced) - {*table.silent}
    lost = [name for name in BLENDSHAPES if name not in carried and shapes[:, INDEX[name]].any()]
    totals = [energy(shapes, metric) for metric in metrics]
    # Where one of two controls that cancel each other is lost, what is left can be further off than no motion at all.
    pairs = list(zip(metrics, totals, strict=True))
    shares = [min(1.0, energy(missing, metric) / total) if total > 0 else 0.0 for metric, total in pairs]
    own = []
    for name in lost:
        squared = float((shapes[:, INDEX[name]] ** 2).sum())
        at = INDEX[name]
        lips, face = (squared * float(metric[at, at]) / total if total > 0 else 0.0 for metric, total in pairs)
        own.append((name, lips, face))
    own.sort(key=lambda entry: -max(entry[1:]))
    return MotionLost(shares[0], shares[1], tuple(own))


def _shown(table: MappingTable, controls: NDArray[np.float64], head: Head) -> NDArray[np.float64]:
    """Blendshapes [T, 52] that the keys show between them."""
    estimates: dict[str, list[NDArray[np.float64]]] = {}
    for key in dict.fromkeys(row.key for row in table.rows):
        rows = [row for row in table.rows if row.key == key and row.control in BLENDSHAPES]
        offset = sum(row.offset for row in table.rows if row.key == key)
        driven = sum((row.gain * controls[:, INDEX[row.control]] for row in rows), np.zeros(len(controls)))
        weight = _clamped(table, key, driven + offset) - offset
        for sign in (1.0, -1.0):
            same = [row for row in rows if row.gain * sign > 0]
            reach = sum(row.gain for row in same)
            for row in same:
                # With keys that go both ways, the sign of the weight says which of the two it shows.
                both_ways = len(same) < len(rows)
                part = np.maximum(weight / reach, 0.0) if both_ways else weight / reach
                estimates.setdefault(row.control, []).append(part)
    shown = np.zeros((len(controls), N_BLENDSHAPES))
    for control, parts in estimates.items():
        shown[:, INDEX[control]] = np.mean(parts, axis=0)
    names = _visemes(table)
    if names:
        solved, poses = viseme_weights(names, _for_visemes(table, controls), head)
        shown += solved @ poses
    return shown


def _visemes(table: MappingTable) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.viseme for row in table.visemes))


def _for_visemes(table: MappingTable, controls: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blendshapes [T, 52] that no key of their own shows, the visemes' share of the work."""
    left = controls[:, :N_BLENDSHAPES].copy()
    left[:, [INDEX[name] for name in (*table.controls, *table.silent) if INDEX[name] < N_BLENDSHAPES]] = 0.0
    return left


def _clamped(table: MappingTable, key: str, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(weight, *table.limits[key]) if key in table.limits else weight


def _checked(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    if values.ndim != 2 or values.shape[1] != N_CONTROLS:
        raise ValueError(f"controls must be [T, {N_CONTROLS}], got {values.shape}")
    return np.asarray(values, np.float64)
