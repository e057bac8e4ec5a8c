"""A directed motion becomes the keys of a take that is there: only channels that are still ours are written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import bpy
import numpy as np
from numpy.typing import NDArray

from ..engine.keys import default_head
from ..errors import UserError
from ..motion.controls import HEAD_ANGLES, INDEX
from ..motion.density import choose_keys, interpolation
from ..motion.motion import Motion
from ..rig.mapping import apply_table, parse_table
from ..rig.tolerances import bound_of, key_tolerances, table_tolerances
from .actions import HEAD_CHANNELS
from .curves import move_keys, set_keys, written_fingerprint
from .key_blocks import value_path
from .take_motion import read_motion
from .take_record import HEAD_PART, TakeRecord, head_curves, members, note_written, part_curves, read_record

Channels = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class KeptTake:
    """A take with the motion it was made from."""

    record: TakeRecord
    motion: Motion


def require_kept(action: bpy.types.Action) -> KeptTake:
    """A take that can be directed or re-baked in part.

    Raises:
        UserError: it keeps no motion, what it keeps cannot be read, or it is linked: changes would be lost on reload.
    """
    for member in members(action):
        if not member.is_editable:
            raise UserError(f"'{member.name}' is linked", "a take of this file", "make it local, or bake one here")
    record, motion = read_record(action), read_motion(action)
    if record is None or motion is None:
        raise UserError(
            f"'{action.name}' does not keep the motion it was made from", "a take of this version", "bake it again"
        )
    return KeptTake(record, motion)


def take_channels(record: TakeRecord, values: NDArray[np.float32]) -> Iterator[tuple[int | str, Channels]]:
    """Channels of a motion [T, 55] part by part, named as the F-curves are found: data path, or axis of the head."""
    for place, part in enumerate(record.parts):
        table = parse_table(part.table, f"the mapping of '{part.object}'")
        weights = apply_table(table, values, default_head() if table.visemes else None)
        yield place, {value_path(key): weight for key, weight in weights.items()}
    turning = {}
    for name in HEAD_ANGLES:
        axis, sign = HEAD_CHANNELS[name]
        turning[str(axis)] = np.float32(sign) * values[:, INDEX[name]]
    yield HEAD_PART, turning


def channel_bounds(record: TakeRecord, part: int | str) -> dict[str, float]:
    """Largest error of each channel of a part, by the names of ``take_channels``."""
    bound = bound_of(record.error_mm)
    if part == HEAD_PART:
        angles = key_tolerances(default_head(), bound)
        return {str(HEAD_CHANNELS[name][0]): angles[name] for name in HEAD_ANGLES}
    table = parse_table(record.parts[int(part)].table, "the take's mapping")
    return {value_path(key): error for key, error in table_tolerances(table, default_head(), bound).items()}


def curves_of(action: bpy.types.Action, record: TakeRecord, part: int | str) -> dict[str, bpy.types.FCurve]:
    """F-curves of a part by the names of ``take_channels``."""
    return head_curves(action) if part == HEAD_PART else part_curves(action, record, int(part))


def preview(
    action: bpy.types.Action,
    record: TakeRecord,
    values: NDArray[np.float32],
    edited: Collection[str],
    shown: dict[str, NDArray[np.float32]],
) -> dict[str, str]:
    """Show a motion with a key on every frame; the fingerprints of the F-curves that changed, by id.

    Args:
        action: the take's first.
        record: as read; it is not changed, nor is what the take notes (see ``take_record.note_preview``).
        values: [T, 55].
        edited: ids of channels to leave alone.
        shown: what earlier calls wrote, by id; empty before the first. Kept up to date.
    """
    frames, changed = record.start + np.arange(len(values)), {}
    for part, channels in take_channels(record, values):
        curves, last = curves_of(action, record, part), None
        for name, weights in channels.items():
            known = f"{part}:{name}"
            if known in edited or name not in curves:
                continue
            if known in shown and np.array_equal(shown[known], weights):
                continue
            if known not in shown or not move_keys(curves[name], frames, weights):
                set_keys(curves[name], frames, weights)
            shown[known], last = weights, curves[name]
            changed[known] = written_fingerprint(frames, weights)
        if last is not None:
            last.update()  # one for its whole Action: the only way to have it seen (no tag of an ID does, 4.2 to 5.0)
    return changed


def rewrite(
    action: bpy.types.Action,
    record: TakeRecord,
    values: NDArray[np.float32],
    edited: Collection[str],
    direction: Mapping[str, float],
) -> TakeRecord:
    """Write a motion with the take's own density, and note it.

    Args:
        action: the take's first.
        record: as read.
        values: [T, 55].
        edited: ids of channels to leave alone.
        direction: to be noted on the take.
    """
    kind = interpolation(record.density)
    for part, channels in take_channels(record, values):
        curves = curves_of(action, record, part)
        free = {name: w for name, w in channels.items() if name in curves and f"{part}:{name}" not in edited}
        for curve in choose_keys(free, record.density, partial(channel_bounds, record, part)):
            frames = record.start + np.asarray(curve.frames, np.float64)
            set_keys(curves[curve.name], frames, curve.values, kind)
    return note_written(action, record, tuple(edited), direction=dict(direction), resting=True)
