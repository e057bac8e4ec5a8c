"""The 52 keys for a face that has none.

1. A known face, our default head, is laid over the target (:mod:`.registration`), and its keys come along, turned and
   stretched as the map between the two does with small displacements.
2. Where lips and lids meet, places correspond by their share of the row, not by closeness; blinks and mouthClose are
   made anew from the target's own opening and jaw (:mod:`.eyes`, :mod:`.mouth`).
3. What these rows ask for beyond 1 is spread over the surface as smoothly as it goes (:mod:`.spread`).
4. Eyeballs turn about their centres, lids are pushed clear of them, teeth and tongue ride on the jaw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ..head import Head
from .eyes import CLEARANCE, LOOKS, clear_of_eyeball, closed_lids, fit_eyeball, gaze
from .face import OPTIONAL_PARTS, SIDES, Face, face_of_head, normalised
from .mouth import closed_lips, jaw_share, ride_the_jaw, tongue_key
from .registration import Registration, register, rows
from .rows import contact_rows
from .spread import Spread
from .surface import closest, geodesic
from .warp import similarity

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Progress = Callable[[str, float], None]

BLUR = 0.025  # metres over which the map's turn and stretch are averaged
SMOOTHING = 0.003  # metres on the reference head; what the transfer leaves of a target's unevenness
FOLD, FIRM = 0.008, 40.0  # metres about margins of lids and lips, and how much firmer the transfer is held there
ROW_REACH = 0.006  # metres: how far what rows ask for is carried
ROW_KEEP = 0.02  # how much the rest of the skin holds against that
ROW_WEIGHT = 40.0  # of a row's vertex: met to some hundredths
ALONG = (0.004, 0.012)  # metres from the skin: what lies nearer goes with it, what lies farther keeps still
HOLD = 0.012  # metres from what must keep still over which motion fades in
LIDS = 0.02  # metres from a lid's margin within which skin can meet the eyeball
STILL = 1e-5  # metres: less is none
CHUNK = 1024


#: Makes jawOpen [V, 3] of a target whose jaw is known, from the share [V] of the jaw's motion that its skin takes.
Opening = Callable[[Face, Floats], Floats]


@dataclass(frozen=True)
class BuiltKeys:
    """Keys of a face.

    Attributes:
        names: K key names.
        deltas: float32 [K, V, 3], metres at weight 1.
    """

    names: tuple[str, ...]
    deltas: NDArray[np.float32]


def build_keys(
    known: Head, target: Face, progress: Progress | None = None, opening: Opening | None = None
) -> BuiltKeys:
    """Give ``target`` every key of ``known``.

    Args:
        known: one of our own heads.
        target: see :class:`.face.Face`; any size, anywhere.
        progress: told what is being done and how much of the whole is done, 0..1.
        opening: how the target's own jaw opens; None to open it as the known head's does.

    Raises:
        UserError: the target's vertices are no numbers.
    """
    tell = progress or (lambda what, done: None)
    own, target = target, normalised(target)
    if not np.isfinite(target.vertices[target.part("skin")]).all():
        raise UserError("the face has vertices that are no numbers", "a face", "restore or delete them")
    source = face_of_head(known)
    tell("laying the known head over this one", 0.0)
    registration = register(source, target)
    tell("carrying keys over", 0.3)
    keys = np.asarray(known.key_deltas, np.float64)
    carry = _Carrier(source, target, registration)
    moved = carry.to_skin(keys)
    tell("smoothing", 0.5)
    moved = _smooth(target, registration, moved)
    tell("closing lips and lids", 0.7)
    index = {name: k for k, name in enumerate(known.key_names)}
    if opening is not None:
        share = carry.to_skin(
            np.repeat(jaw_share(source, keys[index["jawOpen"]])[None, :, None], 3, axis=2), turn=False
        )
        moved[index["jawOpen"]] = opening(own, _smooth(target, registration, share)[0, :, 0]) / own.unit
    moved = _meet_rows(carry, keys, moved, index, opening is not None)
    tell("eyes and teeth", 0.9)
    moved = hold_still(target, _finish(source, target, keys, moved, index))
    moved[np.abs(moved).max(axis=2) < STILL] = 0.0
    return BuiltKeys(known.key_names, (own.unit * moved).astype(np.float32))


class _Carrier:
    """Displacements of the known face as the target's."""

    def __init__(self, known: Face, target: Face, registration: Registration) -> None:
        self.known, self.target, self.registration = known, target, registration
        scale, self._rotation, shift = similarity(rows(known), rows(target))
        self._scale = scale
        self._placed = scale * known.vertices @ self._rotation.T + shift

    def turned(self, deltas: Floats, ids: Ids) -> Floats:
        """Displacements [K, n, 3] of the known face's vertices ``ids``, as they are in the target's space."""
        start = self._scale * deltas[:, ids] @ self._rotation.T
        out = np.empty_like(start)
        for first in range(0, len(ids), CHUNK):
            part = slice(first, first + CHUNK)
            jacobian = self.registration.warp.jacobian(self._placed[ids[part]], BLUR * self.target.unit)
            out[:, part] = np.einsum("nij,knj->kni", jacobian, start[:, part])
        return out

    def to_skin(self, deltas: Floats, turn: bool = True) -> Floats:
        """[K, V', 3] from [K, V, 3]; zero away from the target's skin. Without ``turn`` plain numbers are carried."""
        contact, skin = self.registration.contact, self.registration.skin
        used = np.unique(contact.corners)
        known = np.zeros(deltas.shape)
        known[:, used] = self.turned(deltas, used) if turn else deltas[:, used]
        out = np.zeros((len(deltas), len(self.target.vertices), 3))
        out[:, skin] = np.stack([contact.read(field) for field in known])
        return out


def _smooth(target: Face, registration: Registration, moved: Floats) -> Floats:
    weights = np.zeros(len(target.vertices))
    weights[registration.skin] = registration.alike
    # Lids and lips fold within millimetres, and are known well: they are smoothed the less.
    lids = target.row(*(f"lid_{lid}_{side}" for lid in ("upper", "lower") for side in SIDES))
    margins = np.concatenate([lids, target.lip("upper"), target.lip("lower")])
    away = geodesic(target.edges, margins, LIDS * target.unit) / (FOLD * target.unit)
    weights *= 1 + FIRM * np.exp(-(np.minimum(away, 30.0) ** 2))
    region = Region(target, np.abs(moved).max(axis=(0, 2)) > STILL, 0.03 * target.unit)
    return region.fields(weights, SMOOTHING * target.unit, moved)


def _meet_rows(carry: _Carrier, keys: Floats, moved: Floats, index: dict[str, int], keep_jaw: bool) -> Floats:
    """Let rows that meet move as those of the known face do, and close blinks and mouthClose exactly."""
    target = carry.target
    ids, ask = _asked_of_rows(carry, keys)
    if keep_jaw:
        ask[index["jawOpen"]] = moved[index["jawOpen"], ids]
    for k, at, displacement in _exact(carry, keys, moved, index, ids, ask):
        ask[k, np.searchsorted(ids, at)] = displacement
    residual = np.zeros_like(moved)
    residual[:, ids] = ask - moved[:, ids]
    weights = np.full(len(target.vertices), ROW_KEEP)
    weights[ids] = ROW_WEIGHT
    near = np.zeros(len(target.vertices), bool)
    near[ids] = True
    region = Region(target, near, 4 * ROW_REACH * target.unit)
    out = moved + region.fields(weights, ROW_REACH * target.unit, residual)
    out[:, ids] = ask
    return out


def _asked_of_rows(carry: _Carrier, keys: Floats) -> tuple[Ids, Floats]:
    """Vertices [n] of the target's rows, ascending, and the displacements [K, n, 3] of the same places on the known."""
    wanted: dict[int, Floats] = {}
    for theirs, mine in contact_rows(carry.known, carry.target):
        turned = carry.turned(keys, theirs.ids)
        k = np.clip(np.searchsorted(theirs.share, mine.share), 1, len(theirs.share) - 1)
        before = theirs.share[k - 1]
        t = ((mine.share - before) / np.maximum(theirs.share[k] - before, 1e-12))[None, :, None]
        read = (1 - t) * turned[:, k - 1] + t * turned[:, k]
        wanted |= dict(zip(mine.ids.tolist(), read.transpose(1, 0, 2), strict=True))
    ids = np.array(sorted(wanted))
    return ids, np.stack([wanted[v] for v in ids.tolist()], axis=1)


def _exact(
    carry: _Carrier, keys: Floats, moved: Floats, index: dict[str, int], ids: Ids, ask: Floats
) -> list[tuple[int, Ids, Floats]]:
    """What blinks and mouthClose do to lids and lips: key, vertex ids [n] among ``ids``, displacements [n, 3]."""
    exact: list[tuple[int, Ids, Floats]] = []
    for side in SIDES:
        name = f"eyeBlink{side.title()}"
        if name in index:
            k = index[name]
            exact.append((k, *closed_lids(carry.known, keys[k], carry.target, side, moved[k])))
    if "jawOpen" in index and "mouthClose" in index:
        opening = moved[index["jawOpen"]].copy()
        opening[ids] = ask[index["jawOpen"]]
        exact.append((index["mouthClose"], *closed_lips(carry.target, opening)))
    return exact


class Region:
    """The part of a face's skin within some distance of given vertices: fields are solved there only."""

    def __init__(self, face: Face, near: NDArray[np.bool_], margin: float) -> None:
        inside = geodesic(face.edges, np.flatnonzero(near), margin) <= margin if near.any() else near
        member = np.zeros(len(face.vertices), bool)
        member[face.part("skin")] = True
        member &= inside
        self._triangles = face.triangles[member[face.triangles].all(axis=1)]
        self._ids = np.unique(self._triangles)
        self._points = face.vertices[self._ids]
        number = np.zeros(len(face.vertices), np.int64)
        number[self._ids] = np.arange(len(self._ids))
        self._triangles = number[self._triangles]

    def fields(self, weights: Floats, reach: float, targets: Floats) -> Floats:
        """Smooth fields [K, V, 3] for targets [K, V, 3]; zero outside of the region."""
        spread = Spread(self._points, self._triangles, weights[self._ids], reach)
        stacked = targets[:, self._ids].transpose(1, 0, 2)
        solved = spread(stacked.reshape(len(self._ids), -1)).reshape(stacked.shape)
        out = np.zeros_like(targets)
        out[:, self._ids] = solved.transpose(1, 0, 2)
        return out


def _finish(known: Face, target: Face, keys: Floats, moved: Floats, index: dict[str, int]) -> Floats:
    for side in SIDES:
        if not len(target.part(f"eye_{side}")):
            continue
        for name in (f"{look}{side.title()}" for look in LOOKS):
            if name in index:
                moved[index[name], target.part(f"eye_{side}")] = gaze(known, keys[index[name]], target, side)
        lids = _lid_skin(target, side)
        ball = fit_eyeball(target.vertices[target.part(f"eye_{side}")])
        for k in range(len(moved)):
            if np.abs(moved[k, lids]).max() > STILL:
                moved[k, lids] = clear_of_eyeball(target.vertices[lids], moved[k, lids], ball, CLEARANCE * target.unit)
    for name in ("jawOpen", "jawForward", "jawLeft", "jawRight"):
        if name in index:
            moved[index[name]] = ride_the_jaw(known, keys[index[name]], target, moved[index[name]])
    if "tongueOut" in index and len(target.part("tongue")) and len(known.part("tongue")):
        k = index["tongueOut"]
        moved[k, target.part("tongue")] = tongue_key(known, keys[k], target)
    _take_along(target, moved)
    return moved


def _take_along(face: Face, fields: Floats) -> None:
    """What is no skin and no part with a motion of its own (brows, lashes, a beard) goes with the skin it lies on."""
    own = np.concatenate([face.part(name) for name in ("skin", *OPTIONAL_PARTS)])
    others = np.setdiff1d(np.unique(face.triangles), own)
    if not len(others):
        return
    skin = np.zeros(len(face.vertices), bool)
    skin[face.part("skin")] = True
    found = closest(face.vertices, face.triangles[skin[face.triangles].all(axis=1)], face.vertices[others])
    near, far = ALONG[0] * face.unit, ALONG[1] * face.unit
    fade = np.clip((far - found.distance) / (far - near), 0.0, 1.0)
    for field in fields:
        field[others] = fade[:, None] * found.read(field)


def hold_still(face: Face, fields: Floats) -> Floats:
    """Fields [K, V, 3] without motion where the face must keep still, and fading in around it."""
    if not len(face.still):
        return fields
    limit = HOLD * face.unit
    away = np.minimum(geodesic(face.edges, face.still, limit) / limit, 1.0)
    fade = np.ones(len(face.vertices))
    fade[face.part("skin")] = (away**2 * (3 - 2 * away))[face.part("skin")]
    held: Floats = fields * fade[:, None]
    return held


def _lid_skin(face: Face, side: str) -> Ids:
    margin = face.row(f"lid_upper_{side}", f"lid_lower_{side}")
    limit = LIDS * face.unit
    near = geodesic(face.edges, margin, limit) <= limit
    return np.intersect1d(np.flatnonzero(near), face.part("skin"))
