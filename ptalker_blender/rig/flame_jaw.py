"""How FLAME's jaw opens, for a head of its topology without its file.

FLAME turns its jaw about a joint and bends lips and chin by correctives. Opening by an angle a moves a vertex by
sin(a) first + (1 - cos(a)) second, which is exact for skinning and linear correctives. Both fields start from the
turn of a weighted jaw; at the places of :mod:`.flame_jaw_table` they are brought to what was measured on the mean head
(in parts of the distance from joint to chin), and what that changes is spread smoothly.

A key is straight, an arc is not. ``jawOpen`` is the straight line that misses the arc least up to ``EXACT`` of its way;
``CORRECTIVE`` holds what is missing at the end and is driven by :func:`corrective_weight`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import flame_jaw_table as table
from .flame_landmarks import flame_landmarks, flame_regions, skin_mirror

Floats = NDArray[np.float64]

CORRECTIVE = "jawOpen_arc"
ANGLE = 0.4  # radians at jawOpen 1; the lips of the mean head then part by 39 mm, as on our own heads
EXACT = 0.75  # of the way: 0.3 rad
#: 1 - cos(a) is missed least up to EXACT by this share of its value at ANGLE per unit of the way (equal ripple).
_LINE = 2 * (np.sqrt(2) - 1) * EXACT


@dataclass(frozen=True)
class JawFrame:
    """Where a head's jaw turns.

    Attributes:
        joint: [3] metres.
        axes: [3, 3] rows: to the character's left, from the joint to the chin, up from there.
        length: metres from joint to chin.
    """

    joint: Floats
    axes: Floats
    length: float


def jaw_frame(points: Floats) -> JawFrame:
    """The jaw of a head in FLAME's order [5023, 3]; the joint is within some 1.1 mm of FLAME's own per axis."""
    marks, regions = flame_landmarks(), flame_regions()
    middles = {"chin": points[marks["chin"][0]]}
    middles |= {name: points[regions[name]].mean(axis=0) for name in table.JOINT if name != "chin"}
    joint = np.sum([share * middles[name] for name, share in table.JOINT.items()], axis=0)
    left = points[marks["mouth_corner_left"][0]] - points[marks["mouth_corner_right"][0]]
    left /= np.linalg.norm(left)
    ahead = middles["chin"] - joint
    ahead -= (ahead @ left) * left
    length = float(np.linalg.norm(ahead))
    ahead /= length
    return JawFrame(joint, np.stack([left, ahead, np.cross(ahead, left)]), length)


def turn_fields(points: Floats, frame: JawFrame, weights: Floats) -> Floats:
    """The two fields [2, V, 3] of a turn by skinning ``weights`` [V] alone."""
    away = points - frame.joint
    left = frame.axes[0]
    flat = away - (away @ left)[:, None] * left
    fields: Floats = np.stack([np.cross(left, away), -flat]) * weights[:, None]
    return fields


def measured(frame: JawFrame) -> tuple[NDArray[np.int64], Floats]:
    """Vertex ids [n] of both halves and what opening does to them, both fields [2, n, 3], metres."""
    ids = np.array(list(table.PLACES), np.int64)
    values = np.array(list(table.PLACES.values()), np.float64).reshape(len(ids), 2, 3) / 1000 * frame.length
    twins = skin_mirror()[ids].astype(np.int64)
    paired = twins != ids
    everywhere = np.concatenate([values, values[paired] * [-1.0, 1.0, 1.0]])
    return np.concatenate([ids, twins[paired]]), (everywhere @ frame.axes).transpose(1, 0, 2)


def straight(fields: Floats) -> tuple[Floats, Floats]:
    """``jawOpen`` and its corrective [V, 3] each, from the two fields [2, V, 3] of the arc."""
    whole = 1 - np.cos(ANGLE)
    line = np.sin(ANGLE) * fields[0] + _LINE * whole * fields[1]
    return line, (1 - _LINE) * whole * fields[1]


def corrective_weight(opening: NDArray[np.floating[Any]], closing: NDArray[np.floating[Any]] | float = 0.0) -> Floats:
    """The corrective's weight at ``jawOpen`` = ``opening`` and ``mouthClose`` = ``closing``.

    Nothing until the arc crosses the line, then its rest; lips that are closed over the open jaw are not pulled apart.
    """
    w = np.asarray(opening, np.float64)
    weight: Floats = np.maximum(w * (w - _LINE) / (1 - _LINE), 0.0) * (1 - np.clip(closing, 0.0, 1.0))
    return weight


def corrective_expression(opening: str, closing: str | None = None) -> str:
    """:func:`corrective_weight` as a driver's expression of variables; without ``closing`` lips are never closed."""
    weight = f"max(0, {opening} * ({opening} - {_LINE:.6f}) / {1 - _LINE:.6f})"
    return weight if closing is None else f"{weight} * (1 - min(max({closing}, 0), 1))"
