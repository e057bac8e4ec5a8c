"""An F-curve cut at a frame: one key more, and the same curve.

A stretch that gets other keys is cut out first. Else a Bezier segment that reaches over its end would change its shape
outside too, with the key at its other end. A segment is halved by de Casteljau's construction (Farin, Curves and
Surfaces for CAGD, 4.2) at the parameter at which it passes the frame.
"""

from __future__ import annotations

from typing import Any, Final

import bpy
import numpy as np
from numpy.typing import NDArray

from .key_arrays import Keys

Points = NDArray[np.float64]
_LEFT, _RIGHT = "handle_left", "handle_right"
_AFTER: Final = (_RIGHT, "interpolation", "easing", "amplitude", "back", "period")  # of a key, what its segment needs
_STEPS: Final = 50  # of the bisection: below the precision of a frame number by far


def interpolation_at(keys: Keys, frame: float) -> str:
    """How the curve goes on at a frame between two keys; empty on a key and beyond the ends."""
    place = _place(keys, frame)
    if place is None:
        return ""
    items = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items
    return str(next(item.identifier for item in items if item.value == keys["interpolation"][place]))


def cut(keys: Keys, frame: float) -> Keys:
    """The keys with one more at ``frame``, of the same curve.

    Unchanged where there is nothing to cut: on a key, beyond the ends, and in a segment that eases by a formula
    (Sine, Bounce and the like), of which no part is one again.
    """
    how, place = interpolation_at(keys, frame), _place(keys, frame)
    if place is None or how not in ("BEZIER", "LINEAR", "CONSTANT"):
        return keys
    new = {name: np.insert(values, place + 1, values[place], axis=0) for name, values in keys.items()}
    start, end = (keys["co"][k].astype(np.float64) for k in (place, place + 1))
    if how == "BEZIER":
        _halve(new, place, _corrected(keys, place), frame)
    else:
        share = (frame - start[0]) / (end[0] - start[0]) if how == "LINEAR" else 0.0
        new["co"][place + 1] = frame, start[1] + share * (end[1] - start[1])
        for name, side in ((_LEFT, -1.0), (_RIGHT, 1.0)):
            new[name][place + 1] = new["co"][place + 1] + np.array([side / 3.0, 0.0], np.float32)
    new["type"][place + 1] = _number("type", "KEYFRAME")
    for name in ("select_control_point", "select_left_handle", "select_right_handle"):
        new[name][place + 1] = False
    return new


def keep_sides(new: Keys, old: Keys, first: float | None, last: float | None) -> None:
    """Let the curve outside a stretch be as it was, where its new keys meet the old ones.

    Args:
        new: keys of the stretch, changed in place.
        old: keys before.
        first: frame of the stretch's first key, whose left side stays; None for neither.
        last: frame of its last, whose right side stays.
    """
    for frame, names, side in ((first, (_LEFT,), _LEFT), (last, _AFTER, _RIGHT)):
        ours, theirs = _on(new, frame), _on(old, frame)
        if ours is None or theirs is None:
            continue
        for name in names:
            new[name][ours] = old[name][theirs]
        new[f"{side}_type"][ours] = _number(f"{side}_type", "FREE")


def has_key(keys: Keys, frame: float) -> bool:
    """Whether a key lies on a frame."""
    return _on(keys, frame) is not None


def _place(keys: Keys, frame: float) -> int | None:
    """Number of the key whose segment passes over a frame."""
    frames = keys["co"][:, 0]
    place = int(np.searchsorted(frames, frame, side="right")) - 1
    inside = 0 <= place < len(frames) - 1 and frames[place] < frame
    return place if inside else None


def _on(keys: Keys, frame: float | None) -> int | None:
    if frame is None:
        return None
    found = np.flatnonzero(keys["co"][:, 0] == frame)
    return int(found[0]) if len(found) else None


def _corrected(keys: Keys, place: int) -> Points:
    """The segment's four points [4, 2], handles that are longer than it shortened, as Blender evaluates them.

    Of two that overlap nearly wholly, a half may have one to shorten again, and then differs slightly.
    """
    start, end = keys["co"][place].astype(np.float64), keys["co"][place + 1].astype(np.float64)
    out, into = keys[_RIGHT][place] - start, keys[_LEFT][place + 1] - end
    length = end[0] - start[0]
    out, into = (handle * min(1.0, length / max(abs(handle[0]), length)) for handle in (out, into))
    return np.stack([start, start + out, end + into, end])


def _halve(keys: Keys, place: int, points: Points, frame: float) -> None:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        before = _casteljau(points, middle)[0][-1][0] < frame
        low, high = (middle, high) if before else (low, middle)
    left, right = _casteljau(points, low)
    keys[_RIGHT][place] = left[1]
    keys[_LEFT][place + 1], keys["co"][place + 1], keys[_RIGHT][place + 1] = left[2], left[3], right[1]
    keys["co"][place + 1][0] = frame
    keys[_LEFT][place + 2] = right[2]
    for name in (_LEFT, _RIGHT):
        keys[f"{name}_type"][place + 1] = _number(f"{name}_type", "ALIGNED")
    _hold(keys, place)
    _hold(keys, place + 2)


def _casteljau(points: Points, at: float) -> tuple[Points, Points]:
    """Both halves of a cubic Bezier curve [4, 2] at a parameter, in order."""
    rows = [points]
    while len(rows[-1]) > 1:
        rows.append(rows[-1][:-1] + at * np.diff(rows[-1], axis=0))
    return np.stack([row[0] for row in rows]), np.stack([row[-1] for row in rows[::-1]])


def _hold(keys: Keys, place: int) -> None:
    """Let a key keep its handles, which Blender would else work out anew from where the next keys are now."""
    names = [f"{name}_type" for name in (_LEFT, _RIGHT)]
    automatic = {_number(names[0], kind) for kind in ("AUTO", "AUTO_CLAMPED")}
    both = all(keys[name][place] in automatic for name in names)
    for name in names:
        if keys[name][place] in automatic | {_number(name, "VECTOR")}:
            keys[name][place] = _number(name, "ALIGNED" if both else "FREE")


def _number(name: str, kind: str) -> Any:
    return bpy.types.Keyframe.bl_rna.properties[name].enum_items[kind].value
