"""Which vertices a metric is taken on: region files of the papers' repositories, and our own regions of FLAME."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...rig.flame_file import N_VERTICES
from ...rig.flame_landmarks import flame_landmarks, flame_regions

Ids = NDArray[np.int32]

_EXPECTED = (
    'a JSON file such as {"lips": [1, 2], "upper": "fdd.txt", "inner_upper": [3], "inner_lower": [4], "up": [0, 1, 0]}'
)
_ADVICE = "see docs/datasets.md"
_NAMES = ("lips", "upper", "face", "inner_upper", "inner_lower")
_ALONE = 5.0  # a first id this many times further from its region than any other id is from its neighbour is no part


@dataclass(frozen=True)
class Regions:
    """Vertex ids, int32, by what they are for; empty where not given.

    Attributes:
        lips: LVE, LDTW, LDD, jitter, beats.
        upper: upper face, FDD.
        face: FVE; empty: all vertices.
        inner_upper: inner upper lip, and
        inner_lower: its partners in the lower, pair by pair: closures.
        up: float64 [3], unit vector from the lower lip to the upper.
        notes: what was mended in reading, a sentence each.
    """

    lips: Ids
    upper: Ids
    face: Ids
    inner_upper: Ids
    inner_lower: Ids
    up: NDArray[np.float64]
    notes: tuple[str, ...] = ()


def read_regions(path: Path, vertices: int, rest: NDArray[np.float32] | None = None) -> Regions:
    """Read regions from JSON; a region is a list of ids, or the name of a text file beside it (``lve.txt``).

    Ids are vertices. A list that begins with the count of what follows, or with an id that has nothing to do with the
    others (PTalker's VOCASET lips begin with 649, a vertex of the neck), loses its first entry, and ids that stand
    twice count once; notes say so.

    Args:
        path: the JSON file.
        vertices: V.
        rest: [V, 3], by which a stray id is told; without it FLAME's by our own table, others only by the count.

    Raises:
        UserError: unreadable, no lips, ids out of range, or inner lips of different lengths.
    """
    table = _read_json(path)
    unknown = sorted(set(table) - {*_NAMES, "up"})
    if unknown or "lips" not in table:
        found = f"no region {unknown[0]!r} is known" if unknown else "it has no lips"
        raise UserError(f"{path.name}: {found}", _EXPECTED, _ADVICE)
    notes: list[str] = []
    ids = {name: _region(path, name, table.get(name, []), vertices, rest, notes) for name in _NAMES}
    if not len(ids["lips"]) or len(ids["inner_upper"]) != len(ids["inner_lower"]):
        counts = ", ".join(f"{len(ids[name])} {name}" for name in ("lips", "inner_upper", "inner_lower"))
        raise UserError(f"{path.name} has {counts}", "lips, and inner lips in pairs", _ADVICE)
    return Regions(**ids, up=_up(path, table.get("up", [0.0, 1.0, 0.0])), notes=tuple(notes))


def flame_vertex_regions(rest: NDArray[np.float32] | None) -> Regions:
    """Our own regions of FLAME's 5,023 vertices (y up).

    The upper face is the face above the lower lids' lowest point, for which a neutral mesh is needed. These are not the
    lists of other repositories: figures on them compare only with each other.

    Args:
        rest: [5023, 3], any unit; None: no upper face.
    """
    regions, marks = flame_regions(), flame_landmarks()
    upper = np.zeros(0, np.int32)
    if rest is not None:
        lids = np.concatenate([marks["lid_lower_left"], marks["lid_lower_right"]])
        upper = regions["face"][rest[regions["face"], 1] > rest[lids, 1].min()]
    return Regions(
        regions["lips"], upper, regions["face"], marks["inner_lip_upper"], marks["inner_lip_lower"],
        np.array([0.0, 1.0, 0.0]), ("regions: our own of FLAME",),
    )  # fmt: skip


def without_count(
    ids: Sequence[int], name: str, vertices: int, rest: NDArray[np.float32] | None
) -> tuple[Sequence[int], tuple[str, ...]]:
    """A region's ids without a count or another stray number at their head, and a note if there was one.

    Args:
        ids: as in the file.
        name: of the region, for the note.
        vertices: V.
        rest: [V, 3] or None.
    """
    if len(ids) < 3:
        return ids, ()
    first, others = ids[0], np.asarray(ids[1:], np.int64)
    if first == len(others) and first not in others:
        return ids[1:], (f"{name}: the first number, {first}, is the count of what follows and was dropped",)
    inside = 0 <= first < vertices and bool(((others >= 0) & (others < vertices)).all())
    if inside and _alone(first, others, vertices, rest):
        return ids[1:], (f"{name}: the first number, {first}, is far from all others (a leftover count?): dropped",)
    return ids, ()


def _alone(first: int, others: NDArray[np.int64], vertices: int, rest: NDArray[np.float32] | None) -> bool:
    if rest is None:
        if vertices != N_VERTICES:
            return False
        regions = flame_regions()
        around = [
            not np.isin(others, regions[name]).any() for name in ("neck", "scalp", "ears") if first in regions[name]
        ]
        return bool(around) and around[0]
    points = np.asarray(rest[others], np.float64)
    apart = np.linalg.norm(points - np.asarray(rest[first], np.float64), axis=1).min()
    nearest = [np.partition(np.linalg.norm(points - point, axis=1), 1)[1] for point in points]
    return bool(apart > _ALONE * max(nearest))


def _region(
    path: Path, name: str, value: object, vertices: int, rest: NDArray[np.float32] | None, notes: list[str]
) -> Ids:
    ids = _read_list(path.parent / value) if isinstance(value, str) else value
    if not isinstance(ids, list) or not all(isinstance(i, int) and not isinstance(i, bool) for i in ids):
        raise UserError(f"{path.name}: {name} is no list of whole numbers", _EXPECTED, _ADVICE)
    kept: Sequence[int] = ids
    if not name.startswith("inner"):  # pairs are neither counted nor sorted out
        kept, told = without_count(ids, name, vertices, rest)
        notes += told
        unique = list(dict.fromkeys(kept))
        if len(unique) < len(kept):
            notes.append(f"{name}: {len(kept) - len(unique)} ids stand twice and count once")
        kept = unique
    outside = [i for i in kept if not 0 <= i < vertices]
    if outside:
        raise UserError(
            f"{path.name}: {name} names vertex {outside[0]}", f"0 to {vertices - 1}",
            "ids index vertices, not coordinates; check that the regions are of this mesh",
        )  # fmt: skip
    return np.array(kept, np.int32)


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path.name} cannot be read ({error})"[:300], _EXPECTED, _ADVICE) from error
    if not isinstance(table, dict):
        raise UserError(f"{path.name} holds no table", _EXPECTED, _ADVICE)
    return table


def _read_list(path: Path) -> list[int]:
    expected = "vertex ids, separated by commas or blanks"
    try:
        words = re.split(r"[,\s]+", path.read_text(encoding="utf-8").strip())
        return [int(word) for word in words if word]
    except (OSError, ValueError) as error:
        raise UserError(f"{path.name} cannot be read ({error})"[:300], expected, _ADVICE) from error


def _up(path: Path, value: object) -> NDArray[np.float64]:
    numbers = isinstance(value, list) and len(value) == 3 and all(isinstance(v, int | float) for v in value)
    up = np.array(value, np.float64) if numbers else np.zeros(3)
    length = float(np.linalg.norm(up))
    if not (np.isfinite(length) and length > 0):
        raise UserError(f"{path.name}: up is {value!r}"[:200], "a direction such as [0, 1, 0]", _ADVICE)
    return up / length
