"""Performances that lie in the open file: an Action on shape keys, or a mesh that moves.

They are read into plain arrays in one go, for a worker that has no Blender. Actions are read from their F-curves, which
needs no frame to be shown; the mapping table of the head they are for, turned round, makes controls of its keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..engine.style_messages import SentMotion, SentPerformance
from ..errors import UserError
from ..motion.controls import BLENDSHAPES, INDEX, N_CONTROLS
from ..rig.mapping import MappingTable, controls_from_keys, guess_table, parse_table
from .actions import HEAD_CHANNELS
from .compat import actions as compat
from .key_blocks import key_ranges, shape_keys
from .mapping import guessed_table, saved_table
from .mesh_performances import read_mesh
from .take_motion import read_motion
from .take_record import TakeRecord, head_curves, part_curves, read_record
from .timing import effective_fps
from .turning import head_turner

ACTION, MESH = "ACTION", "MESH"
MAX_FRAMES = 1_000_000  # five hours at 50 frames a second; more is a mistyped range
_KEY = re.compile(r'key_blocks\["(.*)"\]\.value')
_ROTATION = "rotation_euler"
_STILL = 1e-3  # of a control: less is no performance

Curves = dict[str, bpy.types.FCurve]


@dataclass(frozen=True)
class _Played:
    """What an Action does to one face.

    Attributes:
        keys: F-curves by shape key.
        table: how the keys answer to controls.
        turns: F-curves of the head's Empty by axis.
    """

    keys: Curves
    table: MappingTable
    turns: Mapping[str, bpy.types.FCurve]


def read_action(
    action: bpy.types.Action, scene: bpy.types.Scene, first: int, last: int, head: bpy.types.Object | None = None
) -> SentMotion:
    """Frames ``first`` to ``last`` of an Action on shape keys, as controls at the scene's rate.

    Keys that the artist changed count as they are. What the head's keys cannot show comes from the motion that a take
    of ours keeps.

    Args:
        action: on the shape keys of any head; one of ours brings its table and its head's turns along.
        scene: whose frames are counted.
        first: first frame.
        last: last frame, included.
        head: whose mapping tells what the keys are; None: that of an object that plays the Action, else their names.

    Raises:
        UserError: an empty range, no shape keys that we know, or nothing that moves.
    """
    count = frames_of(first, last)
    played = _played(action, head)
    frames = np.arange(first, last + 1)
    weights = {name: _sampled(curve, frames) for name, curve in played.keys.items()}
    known = {name: weights[name] for name in played.table.keys if name in weights}
    if not known:
        raise UserError(
            f"Action '{action.name}' moves no shape key that is known"
            + (f" ({', '.join(list(weights)[:3])}, ...)" if weights else ""),
            "an Action on the shape keys of a face (ARKit, VRM, visemes, ...)",
            "choose another, or choose the head it is for and say which key is which under Mapping",
        )
    values = np.zeros((count, N_CONTROLS), np.float32)
    values[:] = controls_from_keys(played.table, known)
    _fill_unseen(values, action, played.table, frames)
    for name, (axis, sign) in HEAD_CHANNELS.items():
        if str(axis) in played.turns:
            values[:, INDEX[name]] = sign * _sampled(played.turns[str(axis)], frames)
    if np.ptp(values, axis=0).max() < _STILL:
        raise UserError(
            f"Action '{action.name}' keeps still in frames {first} to {last}",
            "a performance",
            f"choose other frames; its keys lie in {' to '.join(f'{end:g}' for end in action.frame_range)}",
        )
    source = {"kind": ACTION, "action": action.name, "object": head.name if head is not None else "",
              "first": first, "last": last}  # fmt: skip
    return SentMotion(action.name, effective_fps(scene), values, source)


def read_again(source: Mapping[str, Any], scene: bpy.types.Scene) -> SentPerformance:
    """Read a performance where it was read before.

    Args:
        source: of a ``SentPerformance``, perhaps by way of a take's provenance.
        scene: whose frames are counted.

    Raises:
        UserError: it has gone, or can no longer be read.
    """
    first, last = int(source["first"]), int(source["last"])
    name = str(source["object"])
    obj = scene.objects.get(name)
    if obj is None and name:
        raise UserError(f"object '{name}' is gone", "the object whose manner is used", "choose the style anew")
    if source["kind"] == MESH and obj is not None:
        return read_mesh(obj, scene, first, last)
    action = bpy.data.actions.get(str(source["action"]))
    if action is None:
        raise UserError(
            f"Action '{source['action']}' is gone", "the Action whose manner is used", "choose the style anew"
        )
    return read_action(action, scene, first, last, obj)


def frames_of(first: int, last: int) -> int:
    """How many frames a range has.

    Raises:
        UserError: none, or too many.
    """
    if not 0 < last - first + 1 <= MAX_FRAMES:
        raise UserError(f"the range {first} to {last}", "a first frame before the last", "correct the range")
    return last - first + 1


def moves_keys(action: bpy.types.Action) -> bool:
    """Whether an Action has F-curves on shape keys; cheap enough for a menu."""
    return any(_KEY.fullmatch(curve.data_path) for holder in compat.holders(action) for curve in holder.fcurves)


def _played(action: bpy.types.Action, head: bpy.types.Object | None) -> _Played:
    record = read_record(action)
    if record is not None and record.parts:
        return _take(action, record)
    player = head if head is not None and _plays(head, action) else _player(action)
    keys = shape_keys(player) if player is not None else None
    found = compat.fcurves(action, keys) if keys is not None else _most_keys(action)
    curves = _key_curves(found)
    return _Played(curves, _table(curves, head, player), _turns(player))


def _take(action: bpy.types.Action, record: TakeRecord) -> _Played:
    part = record.parts[0]
    curves = _key_curves(list(part_curves(action, record, 0).values()))
    return _Played(curves, parse_table(part.table, f"the table of '{action.name}'"), head_curves(action))


def _table(curves: Curves, *heads: bpy.types.Object | None) -> MappingTable:
    """The table of the first head that knows some of the keys; else what their names suggest."""
    for head in heads:
        if head is None or not key_ranges(head):
            continue
        table = saved_table(head) or guessed_table(head)
        if any(key in curves for key in table.keys):
            return table
    return guess_table(list(curves), dict.fromkeys(curves, (0.0, 1.0))).table


def _player(action: bpy.types.Action) -> bpy.types.Object | None:
    return next((obj for obj in bpy.data.objects if _plays(obj, action)), None)


def _plays(obj: bpy.types.Object, action: bpy.types.Action) -> bool:
    keys = shape_keys(obj)
    return keys is not None and keys.animation_data is not None and keys.animation_data.action == action


def _most_keys(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """F-curves of the slot that moves most shape keys."""
    found = [list(holder.fcurves) for holder in compat.holders(action)]
    return max(found, key=lambda curves: len(_key_curves(curves)), default=[])


def _key_curves(curves: list[bpy.types.FCurve]) -> Curves:
    found = {}
    for curve in curves:
        match = _KEY.fullmatch(curve.data_path)
        if match is not None and not curve.mute:
            found[bpy.utils.unescape_identifier(match[1])] = curve
    return found


def _turns(obj: bpy.types.Object | None) -> Curves:
    """F-curves that turn a head's Empty, by axis."""
    target = head_turner(obj) if obj is not None else None
    action = target.animation_data.action if target is not None and target.animation_data is not None else None
    if target is None or action is None:
        return {}
    return {str(c.array_index): c for c in compat.fcurves(action, target) if c.data_path == _ROTATION and not c.mute}


def _sampled(curve: bpy.types.FCurve, frames: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([curve.evaluate(frame) for frame in frames.tolist()], np.float64)


def _fill_unseen(
    values: NDArray[np.float32], action: bpy.types.Action, table: MappingTable, frames: NDArray[np.int64]
) -> None:
    """Take what no key of the head shows by itself from the motion that the take keeps."""
    record, kept = read_record(action), read_motion(action)
    if record is None or kept is None:
        return
    at = np.clip(np.rint(frames - record.start).astype(np.int64), 0, len(kept.values) - 1)
    shown = {*table.controls}
    unseen = [INDEX[name] for name in BLENDSHAPES if name not in shown]
    values[:, unseen] = kept.values[np.ix_(at, unseen)]
