"""Each key moves only what its name says.

A key's region is the parts it may move (all of them) and the skin near the landmarks it belongs to. Distances are for
a face with eyes 64 mm apart and are scaled to the face at hand. ``across`` is how far a one-sided key may reach over
the midline: muscles of the brow and the lips do, lids do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ...motion.controls import BLENDSHAPES
from .anatomy import Anatomy
from .check import Check
from .contact import Array, Ids, Mask

LEAK_TOLERANCE = 0.1  # mm, less than anybody sees
DEAD_KEY = 0.3  # mm; a key that moves nothing farther is no key
_LIPS = ("inner_lip_upper", "inner_lip_lower", "outer_lip_upper", "outer_lip_lower",
         "mouth_corner_left", "mouth_corner_right")  # fmt: skip
_LIDS = ("lid_upper_{side}", "lid_lower_{side}")


@dataclass(frozen=True)
class Region:
    """Where a key may act.

    Attributes:
        near: landmarks; ``{side}`` stands for the key's side, both for keys without one.
        reach: how far from them the skin may move, mm on a face with eyes 64 mm apart.
        parts: parts that may move besides skin.
        above, below: landmarks whose lowest (highest) point the skin must be above (below), with an allowance in mm.
        across: how far beyond the midline a one-sided key may move, mm.
    """

    near: tuple[str, ...]
    reach: float
    parts: tuple[str, ...] = ()
    above: tuple[str, float] | None = None
    below: tuple[str, float] | None = None
    across: float = 1.0


_NOT_THE_LIDS = ("lid_lower_{side}", 0.0)
# Across the midline as far as half a mouth: the other corner stays.
_MOUTH = Region(_LIPS, 68, below=_NOT_THE_LIDS, above=("chin", -30), across=24)
_BROW = Region(("brow_{side}",), 50, parts=("brows",), above=("lid_upper_{side}", 0), across=9)
_EYE = Region(_LIDS, 26, parts=("lashes",), below=("brow_{side}", 8))
# The jaw carries the neck's skin, teeth and tongue; lids, brows and the nose's tip stay.
_JAW = Region((*_LIPS, "chin"), 112, parts=("teeth_lower", "tongue"), below=("nose_tip", 12), across=1e3)

# By the beginning of the key's name; the longest that fits counts.
REGIONS: dict[str, Region] = {
    "eyeBlink": _EYE,
    "eyeLook": Region(_LIDS, 26, parts=("lashes", "eye_{side}"), below=("brow_{side}", 8)),
    "eyeSquint": Region(_LIDS, 34, parts=("lashes", "brows"), below=("brow_{side}", 8)),
    "eyeWide": Region(_LIDS, 30, parts=("lashes", "brows"), below=("brow_{side}", 20)),
    "jaw": _JAW,
    "mouth": _MOUTH,
    "mouthLeft": Region(_LIPS, 68, below=_NOT_THE_LIDS, above=("chin", -30), across=1e3),
    "mouthRight": Region(_LIPS, 68, below=_NOT_THE_LIDS, above=("chin", -30), across=1e3),
    "brow": _BROW,
    "cheekPuff": Region(_LIPS, 80, below=_NOT_THE_LIDS, above=("chin", -35)),
    "cheekSquint": Region(("lid_lower_{side}",), 48, parts=("lashes",), below=("brow_{side}", 0)),
    "noseSneer": Region(("nose_tip", "lid_lower_{side}"), 45, below=("brow_{side}", 5), across=6),
    "tongueOut": Region((), 0, parts=("tongue",)),
}


def locality_checks(anatomy: Anatomy) -> tuple[Check, ...]:
    """Per key, the largest displacement outside its region in mm; then how many keys are missing or move nothing."""
    labels = np.full(len(anatomy.points), "no part", dtype=object)
    for part, ids in anatomy.head.parts.items():
        labels[ids] = part
    found = []
    for name in BLENDSHAPES:
        if name not in anatomy.deltas:
            continue
        length = np.linalg.norm(anatomy.deltas[name], axis=1)
        outside = np.where(allowed(anatomy, name), 0.0, length)
        at = int(outside.argmax())
        x, y, z = anatomy.points[at]
        detail = f"{labels[at]} at x {x:.0f} y {y:.0f} z {z:.0f} mm; moves {length.max():.1f} mm inside"
        found.append(Check(f"locality: {name}", float(outside[at]), "mm", LEAK_TOLERANCE * anatomy.unit, detail))
    return (*found, _dead_keys(anatomy))


def _dead_keys(anatomy: Anatomy) -> Check:
    still = [name for name in BLENDSHAPES if name not in anatomy.deltas
             or not np.linalg.norm(anatomy.deltas[name], axis=1).max() >= DEAD_KEY * anatomy.unit]  # fmt: skip
    return Check("keys: missing or still", float(len(still)), "keys", 0.0, ", ".join(still))


def allowed(anatomy: Anatomy, key: str) -> Mask:
    """Bool [V], where ``key`` may move vertices."""
    region = REGIONS[max((start for start in REGIONS if key.startswith(start)), key=len)]
    whole = key in ("jawLeft", "jawRight", "mouthLeft", "mouthRight") or not key.endswith(("Left", "Right"))
    sides = ("left", "right") if whole else (("left",) if key.endswith("Left") else ("right",))
    place = anatomy.points
    result = np.zeros(len(place), bool)
    for side in sides:
        result |= _skin(anatomy, region, side)
        for part in region.parts:
            result[anatomy.part(part.format(side=side))] = True
    if not whole:
        sign = 1.0 if sides[0] == "left" else -1.0
        result &= sign * place[:, 0] > -region.across * anatomy.unit
    return result


def _skin(anatomy: Anatomy, region: Region, side: str) -> Mask:
    ids = _landmarks(anatomy, region.near, side)
    if not len(ids):
        return np.zeros(len(anatomy.points), bool)
    distance = cKDTree(anatomy.points[ids]).query(anatomy.points)[0]
    inside = anatomy.skin & (distance <= region.reach * anatomy.unit)
    height = anatomy.points[:, 1]
    if region.above:
        inside &= height > _level(anatomy, region.above, side, np.min)
    if region.below:
        inside &= height < _level(anatomy, region.below, side, np.max)
    return np.asarray(inside, np.bool_)


def _level(anatomy: Anatomy, bound: tuple[str, float], side: str, pick: Callable[[Array], float]) -> float:
    name, allowance = bound
    return float(pick(anatomy.points[_landmarks(anatomy, (name,), side), 1])) + allowance * anatomy.unit


def _landmarks(anatomy: Anatomy, names: tuple[str, ...], side: str) -> Ids:
    groups = [anatomy.ids(name.format(side=side)) for name in names]
    return np.concatenate(groups) if groups else np.zeros(0, np.int64)
