"""Where a new take goes: an Action of its own, or tracks of the NLA, by themselves or added to the artist's own.

``plan`` looks before the take is written and refuses what cannot be, ``lay`` does it afterwards, so that both are in
the bake's own undo step. Whatever the choice, tracks of the take before it are taken off: the new one takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import bpy

from .actions import PROVENANCE
from .compat import actions as compat
from .compat.slots import has_slots
from .key_blocks import require_keys, shape_keys
from .nla import Own, require_base, split, split_take
from .nla_pieces import PIECE, character, hold_rest, owners_of, require_heard, require_untouched
from .take_record import TakeRecord, read_record
from .takes import join_to_rest
from .turning import own_turner, require_no_tweak

ACTION, TRACKS, ADDED = "ACTION", "TRACKS", "ADDED"
CHOICES: Final = (ACTION, TRACKS, ADDED)
_LIES, _OVER = "ptalker_lies", "ptalker_over"  # custom properties of a take: its choice, and what it was added to


@dataclass(frozen=True)
class Plan:
    """What is to be done with a take that is about to be written.

    Attributes:
        how: one of ``CHOICES``.
        objects: the head, then the other meshes.
        over: the Action that was chosen to be added to; None for what plays.
        own: Actions of the artist's that play now, by the pointers of what they animate.
    """

    how: str
    objects: tuple[bpy.types.Object, ...]
    over: bpy.types.Action | None
    own: Mapping[int, Own]


@dataclass(frozen=True)
class Laid:
    """Tracks a take got, bottom first, and names of earlier ones that the artist had changed: they stay as Actions."""

    tracks: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def plan(
    how: str,
    objects: Sequence[bpy.types.Object],
    over: bpy.types.Action | None = None,
    but: bpy.types.Action | None = None,
) -> Plan:
    """Look at what plays on a character before a take is written on it.

    Args:
        how: one of ``CHOICES``.
        objects: the head, then the other meshes.
        over: an Action to be added to; counts only for ``ADDED``.
        but: an Action of the artist's to which nothing is added, such as the one that is restyled.

    Raises:
        UserError: a mesh cannot be animated, its NLA is in tweak mode or plays no new tracks, or ``over`` is for
            something else.
        ValueError: another choice.
    """
    if how not in CHOICES:
        raise ValueError(f"a take goes to one of {CHOICES}, not {how!r}")
    chosen = over if how == ADDED else None
    require_base(chosen)
    for obj in objects:
        keys = require_keys(obj)
        require_untouched(split_take(obj), owners_of(objects))
        if how != ACTION:
            require_heard(keys, obj.name)
    target = own_turner(objects[0])
    if how != ACTION and target is not None:
        require_no_tweak(target, objects[0])
        require_heard(target, target.name)
    played = [shape_keys(obj) for obj in objects] + [target]
    found = {one.as_pointer(): _own(one, but) for one in played if one is not None} if how == ADDED else {}
    return Plan(how, tuple(objects), chosen, {place: own for place, own in found.items() if own is not None})


def plan_again(action: bpy.types.Action, record: TakeRecord, head: bpy.types.Object, scene: bpy.types.Scene) -> Plan:
    """Look before a take of before is played again, in the way it lay then.

    Args:
        action: the take's first.
        record: as read.
        head: on which it is to play.
        scene: where its other meshes are.

    Raises:
        UserError: as ``plan``.
    """
    return plan(str(action.get(_LIES, ACTION)), character(record, head, scene), action.get(_OVER))


def remember(action: bpy.types.Action, how: str, over: bpy.types.Action | None = None) -> None:
    """Note on a take how it lies, one of ``CHOICES``, and to which Action of the artist's it is added."""
    for name in (_LIES, _OVER) if action.is_editable else ():
        action.pop(name, None)
    if how != ACTION and action.is_editable:
        action[_LIES] = how
        if over is not None:
            action[_OVER] = over


def lay(action: bpy.types.Action, planned: Plan, scene: bpy.types.Scene) -> Laid:
    """Put a take that was just written, and plays, where it was planned to go.

    Args:
        action: the take's first.
        planned: of ``plan``.
        scene: where its objects are.
    """
    kept: list[str] = []
    record = read_record(action)
    places = _rest_places(planned) if record is not None else {}
    for obj in planned.objects:
        while (lying := split_take(obj)) is not None:
            kept += join_to_rest(lying, owners_of(_touched(lying, planned.objects, scene)), keep_changed=True)
    if planned.how == ACTION or record is None:
        return Laid(kept=tuple(kept))
    own = planned.own if planned.how == ADDED else None
    beneath = planned.own.get(require_keys(planned.objects[0]).as_pointer())
    remember(action, planned.how, planned.over or (beneath.action if beneath is not None else None))
    done = split(action, record, planned.objects[0], scene, planned.over, own, places)
    for keys, track in places.items():
        if not len(track.strips):
            keys.animation_data.nla_tracks.remove(track)
    return Laid(done.tracks, tuple(kept))


def _rest_places(planned: Plan) -> dict[bpy.types.Key, Any]:
    """Where in the NLA an added take is to hold keys at rest: below what lay above the take before it."""
    keys = dict.fromkeys(require_keys(obj) for obj in planned.objects) if planned.how == ADDED else {}
    found = {one: hold_rest(one) for one in keys}
    return {one: track for one, track in found.items() if track is not None}


def _touched(
    lying: bpy.types.Action, objects: Sequence[bpy.types.Object], scene: bpy.types.Scene
) -> tuple[bpy.types.Object, ...]:
    """The meshes of a character that an earlier take is to leave: those of the new one, and its own others."""
    record = read_record(lying)
    return (*objects, *(character(record, objects[0], scene) if record is not None else ()))


def _own(datablock: bpy.types.ID, but: bpy.types.Action | None) -> Own | None:
    """The artist's own Action that moves a datablock; None too for one without a slot for it, or without curves."""
    action = datablock.animation_data.action if datablock.animation_data is not None else None
    if action is None or action == but or PROVENANCE in action or PIECE in action:
        return None
    handle = compat.slot_handle(datablock)
    holder = compat.holder_of(action, handle) if handle is not None or not has_slots(action) else None
    return Own(action, handle) if holder is not None and len(holder.fcurves) else None
