"""From the weights of a head's own keys back to the controls: a mapping table read the other way.

Each frame is the nearest solution of ``key = sum of gain * control + offset`` over controls within 0 and 1. Where keys
leave a choice (one key for both sides, none for a control) the least controls are taken, alike where they are alike.
Mouth shapes stand for their poses; correctives follow from other keys and say nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...motion.controls import BLENDSHAPES, INDEX, N_BLENDSHAPES, N_CONTROLS
from ..head import Head, load_head
from ..solving.box import BoxProblem, solve_box
from .poses import viseme_controls
from .table import MappingTable, Row, VisemeRow

Doubles = NDArray[np.float64]

_RIDGE = 1e-6  # of a gain of 1: chooses the least controls, and moves none by more than that share
_TOLERANCE, _MAX_ITERATIONS = 1e-6, 2000


def controls_from_keys(
    table: MappingTable, weights: Mapping[str, NDArray[np.floating[Any]]], head: Head | None = None
) -> NDArray[np.float32]:
    """Controls that give keys these weights through a table; the inverse of ``apply_table`` where there is one.

    Args:
        table: what drives what.
        weights: [T] by key name; keys of the table that are absent say nothing, those it lacks are passed over.
        head: with the 52 keys, for the poses of mouth shapes; None for the default head, read only if needed.

    Returns:
        float32 [T, 55], blendshapes within 0 and 1; angles only where the table has keys for them.

    Raises:
        ValueError: no weights, or of different lengths.
    """
    counts = {len(weight) for weight in weights.values()}
    if len(counts) != 1:
        raise ValueError(f"weights of {sorted(counts)} frames")
    frames = counts.pop()
    everything: tuple[Row | VisemeRow, ...] = (*table.rows, *table.visemes)
    rows = [row for row in everything if row.key in weights]
    known = list(dict.fromkeys(row.key for row in rows))
    wanted = np.zeros((frames, len(known)))
    for at, key in enumerate(known):
        wanted[:, at] = np.asarray(weights[key], np.float64) - sum(row.offset for row in rows if row.key == key)
    found = np.zeros((frames, N_CONTROLS))
    voiced = _voiced(table, head)
    gains = _gains(rows, known, voiced)
    moving = np.flatnonzero(gains.any(axis=1))
    lower, upper = np.zeros(len(moving)), np.ones(len(moving))
    angles = (moving >= N_BLENDSHAPES) & (moving < N_CONTROLS)
    lower[angles], upper[angles] = -np.pi, np.pi
    solved = _within(gains[moving], wanted, lower, upper)
    for column, source in enumerate(moving):
        if source < N_CONTROLS:
            found[:, source] += solved[:, column]
        else:
            found[:, :N_BLENDSHAPES] += solved[:, column, None] * voiced[source - N_CONTROLS][1]
    found[:, :N_BLENDSHAPES] = found[:, :N_BLENDSHAPES].clip(0.0, 1.0)
    return found.astype(np.float32)


def _voiced(table: MappingTable, head: Head | None) -> list[tuple[str, Doubles]]:
    """The visemes of a table with their poses [52], less what keys of their own show."""
    names = tuple(dict.fromkeys(row.viseme for row in table.visemes))
    if not names:
        return []
    poses = viseme_controls(names, head if head is not None else load_head()).copy()
    own = [INDEX[name] for name in {*table.controls} & {*BLENDSHAPES}]
    poses[:, own] = 0.0
    return list(zip(names, poses, strict=True))


def _gains(rows: list[Row | VisemeRow], known: list[str], voiced: list[tuple[str, Doubles]]) -> Doubles:
    """What each control, then each viseme, adds to each key, [55 + N, K]."""
    names = [name for name, _ in voiced]
    gains = np.zeros((N_CONTROLS + len(voiced), len(known)))
    for row in rows:
        source = INDEX[row.control] if isinstance(row, Row) else N_CONTROLS + names.index(row.viseme)
        gains[source, known.index(row.key)] += row.gain
    return gains


def _within(gains: Doubles, wanted: Doubles, lower: Doubles, upper: Doubles) -> Doubles:
    """Minimise |x gains - wanted|^2 + ridge |x|^2 per row of ``wanted`` [T, K] over x [T, C] within bounds."""
    if not gains.size or not wanted.size:
        return np.zeros((len(wanted), len(gains)))
    size = np.sqrt((gains**2).sum(axis=1))[:, None]  # each source in units of its own gain, as the solver wants it
    unit = gains / size
    limits = lower[:, None] * size, upper[:, None] * size
    gram = unit @ unit.T
    problem = BoxProblem(gram, unit @ wanted.T, *limits, smoothness=0.0, ridge=_RIDGE)
    solved = solve_box(problem, _TOLERANCE, _MAX_ITERATIONS).values
    for one, other in np.argwhere(np.triu(gram < -1 + 1e-9)):  # a key that goes both ways shows one of the two
        both = np.minimum(solved[one], solved[other]).clip(0.0)
        solved[one] -= both
        solved[other] -= both
    return np.asarray((solved / size).T, np.float64)
