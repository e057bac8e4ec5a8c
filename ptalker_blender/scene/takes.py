"""The takes of a head: which there are, which plays, and what can be done with them.

Takes are found by what they carry (``take_record``), not by a list of ours that could go stale: one that was renamed,
duplicated or appended is there. An Action without our provenance is the artist's own and never touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import Any

import bpy

from ..errors import UserError
from .actions import PROVENANCE, keep_assigned, nodding_turner, read_provenance, straighten
from .compat import actions as compat
from .key_blocks import require_keys, rest_value, shape_keys, value_path
from .nla import split_take
from .nla_pieces import character, every_owner, join
from .take_motion import has_motion
from .take_record import RECORD, TakeRecord, head_member, members, part_curves, part_member, read_record
from .turning import check_turning, require_head_turner

LEAST_FIT = 0.5  # of a take's curves that a head must have keys for


@dataclass(frozen=True)
class TakeInfo:
    """One take of a head, as a list shows it.

    Attributes:
        action: its first Action.
        active: whether it plays on the head now.
        line: name of the recording without its suffix.
        style: name of the style; of a file its name.
        seed: what blinks and head moves were drawn from.
        kept: whether it keeps its motion, so that it can be directed.
    """

    action: bpy.types.Action
    active: bool
    line: str
    style: str
    seed: int
    kept: bool

    def text(self) -> str:
        """Return line, style and seed in one line."""
        return f"{self.line}, {self.style}, seed {self.seed}"


def takes_of(obj: bpy.types.Object | None, others: bool = False) -> tuple[TakeInfo, ...]:
    """Takes in the file that fit a head's keys, by name; none for an object without shape keys.

    Args:
        obj: the head.
        others: whether those are wanted too that were made for another head that is still there.
    """
    keys = shape_keys(obj) if obj is not None else None
    if obj is None or keys is None:
        return ()
    paths = {value_path(block.name) for block in keys.key_blocks}
    fitting = [action for action in bpy.data.actions if is_take(action) and _fits(action, paths)]
    chosen = [one for one in fitting if others or active_take(obj) == one or not _of_another(one, obj)]
    return tuple(_info(action, keys) for action in sorted(chosen, key=lambda one: one.name.casefold()))


def has_takes(obj: bpy.types.Object | None) -> bool:
    """Whether ``obj`` has shape keys and the file any take, which may be another head's: for what redraws ask."""
    return obj is not None and shape_keys(obj) is not None and any(is_take(action) for action in bpy.data.actions)


def take_info(action: bpy.types.Action, obj: bpy.types.Object) -> TakeInfo:
    """One take of a head with shape keys, which is known to fit it; cheaper than the whole list."""
    return _info(action, obj.data.shape_keys)


def is_take(action: bpy.types.Action) -> bool:
    """Whether an Action is the first of a take that a list can show."""
    return RECORD in action and PROVENANCE in action


def has_lines(action: bpy.types.Action) -> bool:
    """Whether a take is one of lines, as Bake All Lines makes them."""
    return _lines_in(str(action.get(PROVENANCE, "{}")))


def active_take(obj: bpy.types.Object | None) -> bpy.types.Action | None:
    """The take that plays on a head; None if an Action of another kind does, or none."""
    keys = shape_keys(obj) if obj is not None else None
    action = keys.animation_data.action if keys is not None and keys.animation_data is not None else None
    return action if action is not None and is_take(action) else None


def shown_take(obj: bpy.types.Object | None) -> bpy.types.Action | None:
    """The take that is seen on a head: the one that plays, else the one that lies in its NLA; None without either."""
    return active_take(obj) or split_take(obj)


def require_take(name: str) -> tuple[bpy.types.Action, TakeRecord]:
    """A take by the name of its Action.

    Raises:
        UserError: no such Action, not a take, or its record cannot be read.
    """
    action = bpy.data.actions.get(name)
    if action is None or not is_take(action):
        raise UserError(f"'{name}' is no take", "an Action that PTalker baked", "choose one in the list of takes")
    record = read_record(action)
    if record is None:
        raise UserError(f"'{name}' says nothing of itself", "a take of this version", "bake it again")
    return action, record


def require_playing(obj: bpy.types.Object) -> tuple[bpy.types.Action, TakeRecord]:
    """The take that plays on a head.

    Raises:
        UserError: none does, or its record cannot be read.
    """
    action = active_take(obj)
    if action is None:
        raise UserError(f"no take plays on '{obj.name}'", "a take", "bake one, or make one active")
    return require_take(action.name)


def meshes_of(
    record: TakeRecord, head: bpy.types.Object, scene: bpy.types.Scene
) -> tuple[dict[int, bpy.types.Object], list[str]]:
    """The other meshes that a take moves when it plays on a head: by their places, and names of those left alone.

    Those are left alone that are not there, or that are of another head which the take was made for.
    """
    own = character(record, head, scene)
    found = {place: scene.objects.get(part.object) for place, part in enumerate(record.parts[1:], 1)}
    there = {place: obj for place, obj in found.items() if obj in own and obj != head}
    return there, [part.object for place, part in enumerate(record.parts[1:], 1) if place not in there]


def activate(action: bpy.types.Action, record: TakeRecord, head: bpy.types.Object, scene: bpy.types.Scene) -> list[str]:
    """Let a take play on a head and the other meshes it was made for.

    Args:
        action: the take's first.
        record: as read.
        head: gets the first part.
        scene: where the other parts are looked for, by their objects' names.

    Returns:
        names of objects that are not there, have other keys or are of another head, and stay as they are.

    Raises:
        UserError: the head cannot be animated; nothing was changed.
    """
    require_keys(head)
    turning, nodding = head_member(action), nodding_turner(head)
    if turning is not None:
        check_turning(head)
    (others, missing), chosen = meshes_of(record, head, scene), [(0, head)]
    for place, obj in others.items():
        if not _has_keys(action, record, place, obj):
            missing.append(record.parts[place].object)
        else:
            require_keys(obj)
            chosen.append((place, obj))
    for place, obj in chosen:
        member = part_member(action, record, place)
        if member is not None:
            _assign(obj, member, record.parts[place].slot, part_curves(action, record, place))
    if turning is not None:
        target = require_head_turner(head)
        keep_assigned(target)
        compat.assign(target, turning)
    elif nodding is not None:
        straighten(nodding)
    return missing


def take_off(head: bpy.types.Object, action: bpy.types.Action) -> None:
    """Let a take play no more on any object of the file; its keys go to rest."""
    gone = {one.as_pointer() for one in members(action)}
    for obj in bpy.data.objects:
        keys = shape_keys(obj)
        if keys is not None and _plays(keys, gone):
            _rest(obj, _moved(keys))
            compat.assign(keys, None)
        if _plays(obj, gone):
            straighten(obj)
    head.update_tag()


def rename(action: bpy.types.Action, name: str) -> str:
    """Give a take another name, on all its Actions; the name it got, which Blender makes unique.

    Raises:
        UserError: no name, or it is linked from another file, whose name would be back on reload.
    """
    if not name.strip():
        raise UserError("an empty name", "a name for the take", "type one")
    if any(not one.is_editable for one in members(action)):
        raise UserError(f"'{action.name}' is linked", "a take of this file", "rename it where it comes from")
    old, others = action.name, members(action)[1:]
    action.name = name.strip()
    for one in others:
        tail = one.name.removeprefix(old) if one.name.startswith(old) else f" {one.name}"
        one.name = f"{action.name}{tail}"
    return str(action.name)


def delete(action: bpy.types.Action, head: bpy.types.Object) -> tuple[str, tuple[str, ...]]:
    """Remove a take from the file; its name, and names of tracks that the artist had changed: they stay as Actions.

    Raises:
        UserError: it is linked from another file.
    """
    if action.library is not None:
        raise UserError(f"'{action.name}' is linked", "a take of this file", "delete it where it comes from")
    name, alone = str(action.name), not _copies(action)
    # Else the tracks in the NLA are as much the copy's.
    kept = join_to_rest(action, every_owner(), keep_changed=True) if alone else ()
    take_off(head, action)
    for one in members(action) if alone else [action]:  # a copy may play the others on
        bpy.data.actions.remove(one)
    return name, kept


def join_to_rest(
    action: bpy.types.Action, owners: Iterable[bpy.types.ID], keep_changed: bool = False
) -> tuple[str, ...]:
    """Take a take's tracks off the NLA; what they moved goes to rest.

    Args:
        action: the take's first.
        owners: as for ``nla_pieces.join``.
        keep_changed: as there.

    Returns:
        names of the tracks' Actions that stay in the file.

    Raises:
        UserError: as there.
    """
    joined = join(action, owners, keep_changed)
    record, left = read_record(action), {owner.as_pointer() for owner in joined.owners}
    paths = {path for part in record.parts for path in part.written} if record is not None else set()
    for obj in bpy.data.objects if left else ():
        keys = shape_keys(obj)
        if keys is not None and keys.as_pointer() in left:
            _rest(obj, paths)
        if obj.as_pointer() in left:
            obj.rotation_euler = (0.0, 0.0, 0.0)
    return joined.kept


def _copies(action: bpy.types.Action) -> list[bpy.types.Action]:
    record = read_record(action)
    numbers = ((one, read_record(one)) for one in bpy.data.actions if one != action and RECORD in one)
    return [one for one, other in numbers if record is not None and other is not None and other.number == record.number]


def _info(action: bpy.types.Action, keys: bpy.types.Key) -> TakeInfo:
    active = keys.animation_data is not None and keys.animation_data.action == action
    line, style, seed = _described(str(action[PROVENANCE]))
    return TakeInfo(action, active, line or str(action.name), style, seed, has_motion(action))


@lru_cache(maxsize=256)  # a list asks at every redraw
def _described(provenance: str) -> tuple[str, str, int]:
    """Line, style and seed; the line is empty if it is not told."""
    source: dict[str, Any] = json.loads(provenance)
    style = str(source.get("style", ""))
    shown = _short(style)
    mix = str(source.get("mix") or "")
    if mix:
        shown = f"{shown} + {_short(mix)}"
    line = str(source.get("line") or PurePath(str(source.get("audio_path", "")).replace("\\", "/")).stem)
    return line, shown, int(source.get("seed", 0))


def _short(style: str) -> str:
    """Its name, or that of its file."""
    return PurePath(style).stem if PurePath(style).suffix else style


@lru_cache(maxsize=64)  # a panel asks at every redraw, and many lines are a long text
def _lines_in(provenance: str) -> bool:
    return "lines" in json.loads(provenance)


def _of_another(action: bpy.types.Action, obj: bpy.types.Object) -> bool:
    """Whether the head a take was made for is another that is still in a scene; a renamed one is not found."""
    record = read_record(action)
    name = record.parts[0].object if record is not None else obj.name
    other = bpy.data.objects.get(name) if name != obj.name else None
    return other is not None and shape_keys(other) is not None and bool(other.users_scene)


def _fits(action: bpy.types.Action, paths: set[str]) -> bool:
    try:
        record = read_record(action)
    except UserError:
        return False  # told when it is used; a list cannot
    wanted = set(part_curves(action, record, 0)) if record is not None and record.parts else set()
    return bool(wanted) and len(wanted & paths) >= LEAST_FIT * len(wanted)


def _has_keys(action: bpy.types.Action, record: TakeRecord, place: int, obj: bpy.types.Object) -> bool:
    there = {value_path(block.name) for block in obj.data.shape_keys.key_blocks}
    wanted = set(part_curves(action, record, place))
    return len(wanted & there) >= LEAST_FIT * len(wanted)


def _assign(obj: bpy.types.Object, action: bpy.types.Action, slot: int | None, curves: Iterable[str]) -> None:
    keys = obj.data.shape_keys
    keep_assigned(keys)
    before = keys.animation_data.action if keys.animation_data is not None else None
    if before is not None and read_provenance(before) is not None:
        _rest(obj, _moved(keys) - set(curves))
    compat.assign(keys, action, slot)


def _moved(keys: bpy.types.Key) -> set[str]:
    """Data paths that the Action of now animates."""
    return {curve.data_path for curve in compat.fcurves(keys.animation_data.action, keys)}


def _rest(obj: bpy.types.Object, paths: set[str]) -> None:
    """Rest some keys; Blender would leave them where they happen to be."""
    for block in obj.data.shape_keys.key_blocks:
        if value_path(block.name) in paths:
            block.value = rest_value(obj, block.name)


def _plays(datablock: bpy.types.ID, actions: set[int]) -> bool:
    animation = datablock.animation_data
    return animation is not None and animation.action is not None and animation.action.as_pointer() in actions
