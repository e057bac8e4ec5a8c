"""A stretch of a take from another performance: new keys inside the range alone, passing over from the old ones.

Keys before and after the range are not touched, to the bit, handles included; only of a Bezier segment that reaches
over an end of the range the handle outside is shortened, so that the curve outside keeps its shape. At the ends of the
range the old curve's value is kept, and over the blend time the new performance comes in; so it does around keys inside
that the artist marked as kept (type Extreme, R in the dope sheet). Locked channels stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import bpy
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..motion.density import REDUCED, TWOS, choose_keys, interpolation
from ..motion.motion import Motion
from ..motion.packed import on_grid
from .key_arrays import Keys, chosen, marked, merged, plain_keys, read_keys, write_keys
from .seams import cut, has_key, interpolation_at, keep_sides
from .take_motion import store_motion
from .take_record import TakeRecord, edited_channels, note_written
from .take_writing import KeptTake, channel_bounds, curves_of, take_channels

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Stretch:
    """Frames of a take that are performed anew.

    Attributes:
        frames: scene frames [N] of the motion's frames inside the range.
        inside: the motion's frame numbers [N].
        share: [N] of the new performance, 0 at ends beyond which the take goes on.
        blend: frames over which it comes in.
    """

    frames: Curve
    inside: NDArray[np.intp]
    share: Curve
    blend: float


@dataclass(frozen=True)
class RangeWritten:
    """What a re-bake of a range did: the take's record, channels changed, and marked keys that were respected."""

    record: TakeRecord
    changed: int
    kept: int


def stretch_of(take: KeptTake, first: float, last: float, seconds: float) -> Stretch:
    """The frames of a take from scene frame ``first`` to ``last``, blended over ``seconds`` inside.

    Raises:
        UserError: fewer than three frames of the take lie in the range.
    """
    count = len(take.motion.values)
    frames = take.record.start + np.arange(count)
    inside = np.flatnonzero((frames >= first) & (frames <= last))
    if len(inside) < 3:
        raise UserError(
            f"{len(inside)} frames of the take lie from {first:g} to {last:g}",
            f"a range within {frames[0]:g} to {frames[-1]:g}",
            "set First and Last",
        )
    blend, share = max(1.0, seconds * take.motion.fps), np.ones(len(inside))
    if inside[0] > 0:
        share = np.minimum(share, _rise((inside - inside[0]) / blend))
    if inside[-1] < count - 1:
        share = np.minimum(share, _rise((inside[-1] - inside) / blend))
    return Stretch(frames[inside], inside, share, blend)


def blended(take: KeptTake, new: Motion, stretch: Stretch) -> Motion:
    """The take's motion with the stretch from another of the same line.

    Raises:
        UserError: the other has another length, as when the scene's rate or the recording was changed.
    """
    if new.values.shape != take.motion.values.shape:
        raise UserError(
            f"the new performance has {len(new.values)} frames, the take {len(take.motion.values)}",
            "the same recording at the same frame rate",
            "bake the whole line again",
        )
    values = take.motion.values.astype(np.float64)
    values[stretch.inside] += stretch.share[:, None] * (new.values[stretch.inside] - values[stretch.inside])
    return on_grid(replace(new, values=values.astype(np.float32), fps=take.motion.fps))


def rewrite_range(
    action: bpy.types.Action, take: KeptTake, motion: Motion, shown: NDArray[np.float32], stretch: Stretch
) -> RangeWritten:
    """Write a stretch of a take.

    Args:
        action: the take's first.
        take: as it was.
        motion: of `blended`, which the take keeps from now on.
        shown: [T, 55] the new performance as directed, of which the keys inside are made.
        stretch: where.
    """
    record = take.record
    edited, changed, kept = edited_channels(action, record), 0, 0
    for part, channels in take_channels(record, shown):
        curves = curves_of(action, record, part)
        bounds = channel_bounds(record, part) if record.density == REDUCED else {}
        for name, weights in channels.items():
            curve = curves.get(name)
            if curve is None or curve.lock:
                continue
            kept += _rewrite_curve(curve, weights[stretch.inside], stretch, record, bounds.get(name, 0.0))
            changed += 1
    store_motion(action, motion)
    return RangeWritten(note_written(action, record, edited), changed, kept)


def _rewrite_curve(
    curve: bpy.types.FCurve, target: NDArray[np.float32], stretch: Stretch, record: TakeRecord, bound: float
) -> int:
    """New keys of one channel inside the stretch; the number of marked keys that stay."""
    frames, keys = stretch.frames, read_keys(curve)
    first, last = _seams(keys, stretch, record)
    for seam in (first, last):
        keys = cut(keys, seam) if seam is not None else keys
    within = (keys["co"][:, 0] >= frames[0]) & (keys["co"][:, 0] <= frames[-1])
    pins = keys["co"][within & marked(keys), 0].astype(np.float64)
    share = stretch.share
    for pin in pins:
        share = np.minimum(share, _rise(np.abs(frames - pin) / stretch.blend))
    values, mixed = target.copy(), np.flatnonzero(share < 1.0)  # elsewhere what was there does not count
    old = np.array([curve.evaluate(frame) for frame in frames[mixed]])
    values[mixed] = old + share[mixed] * (target[mixed] - old)
    at = _chosen_frames(values, np.searchsorted(frames, pins), stretch, record, bound)
    met = [place for seam, place in ((first, 0), (last, len(frames) - 1)) if seam is not None]
    at = np.union1d(at, np.array(met, np.intp))
    new = plain_keys(frames[at], values[at], interpolation(record.density))
    keep_sides(new, keys, first, last)
    staying: Keys = chosen(keys, ~within | marked(keys))
    write_keys(curve, merged(staying, new))
    return len(pins)


def _seams(keys: Keys, stretch: Stretch, record: TakeRecord) -> tuple[float | None, float | None]:
    """First and last frame of a stretch where the old curve goes on beyond; None where nothing of it must be kept."""
    first, last = (float(stretch.frames[end]) if stretch.share[end] == 0.0 else None for end in (0, -1))
    if record.density != TWOS:
        return first, last
    # A pose that is held over the first frame needs no key there, nor one before the key of the next frame.
    held = first is not None and interpolation_at(keys, first) == "CONSTANT"
    short = last is not None and interpolation_at(keys, last) == "CONSTANT" and has_key(keys, last + 1.0)
    return None if held else first, None if short else last


def _chosen_frames(
    values: NDArray[np.float32], pins: NDArray[np.intp], stretch: Stretch, record: TakeRecord, bound: float
) -> NDArray[np.intp]:
    """Which of the stretch's frames get a key, in order; pieces between marked keys are reduced by themselves."""
    if record.density == TWOS:
        return np.asarray(np.flatnonzero(stretch.inside % 2 == 0))
    ends = np.unique(np.concatenate(([0], pins.clip(0, len(values) - 1), [len(values) - 1])))
    found = [ends]
    for left, right in pairwise(ends.tolist()):
        (piece,) = choose_keys({"piece": values[left : right + 1]}, record.density, lambda: {"piece": bound})
        found.append(left + piece.frames.astype(np.intp))
    return np.asarray(np.unique(np.concatenate(found)))


def _rise(x: Curve) -> Curve:
    """Smooth step from 0 at 0 to 1 at 1."""
    inside = np.clip(x, 0.0, 1.0)
    return np.asarray(inside * inside * (3.0 - 2.0 * inside))
