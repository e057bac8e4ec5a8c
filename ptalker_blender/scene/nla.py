"""A take as tracks of the NLA editor, one per region of the face, by itself or added to the artist's own Action.

The take's Action stays as it is, with a fake user; the tracks play copies of its curves, region by region, that carry
the take's number. Joining them again takes off what plays such copies, and nothing else, and lets the take play.

A track that the artist changed stays in the file when it is taken off, as an Action of their own.

Strips add (ADD) and hold their ends (HOLD). COMBINE would do for an added shape key up to Blender 4.5, but from 5.0 a
shape key's default is 1, by which COMBINE multiplies, and to which a key goes where no strip reaches. For the same
reason added tracks get one below them that holds at rest the keys that no track beneath animates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

import bpy
import numpy as np

from ..errors import UserError
from ..rig.mapping import MappingTable, parse_table
from .actions import keep_assigned
from .compat import actions as compat
from .compat.slots import has_slots, own_slot, own_track
from .curves import set_keys
from .key_arrays import read_keys, write_keys
from .key_blocks import require_keys, rest_value, shape_keys, value_path
from .nla_pieces import PIECE, RESTING, character, note_piece, number_of, pieces_on, require_heard
from .take_record import RECORD, TakeRecord, head_curves, head_member, part_curves
from .turning import own_turner, require_no_tweak

REGIONS: Final = ("Jaw", "Lips", "Brows", "Lids", "Gaze")
HEAD_TRACK, REST_TRACK = "Head", "Rest"
_BEGINNINGS: Final = (
    ("Jaw", ("jaw",)),
    ("Brows", ("brow",)),
    ("Lids", ("eyeBlink", "eyeSquint", "eyeWide")),
    ("Gaze", ("eyeLook",)),
)  # fmt: skip


@dataclass(frozen=True)
class Split:
    """What was put in the NLA: names of the tracks, bottom first, and of objects whose part stayed out."""

    tracks: tuple[str, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Own:
    """An Action of the artist's own, and the handle of the slot by which it plays; None before slots."""

    action: bpy.types.Action
    slot: int | None = None


def region_of(table: MappingTable, key: str) -> str:
    """Region of a shape key, by the first control that moves it; mouth shapes and what lies on cheeks are lips."""
    sources = [row.control for row in table.rows if row.key == key]
    sources += [control for item in table.combinations if item.key == key for control in item.controls]
    first = sources[0] if sources else ""
    return next((region for region, beginnings in _BEGINNINGS if first.startswith(beginnings)), "Lips")


def split(
    action: bpy.types.Action,
    record: TakeRecord,
    head: bpy.types.Object,
    scene: bpy.types.Scene,
    over: bpy.types.Action | None = None,
    own: Mapping[int, Own] | None = None,
    places: Mapping[bpy.types.Key, Any] | None = None,
) -> Split:
    """Put the take that plays in the NLA, by itself or added to what the artist has there.

    Args:
        action: the take's first.
        record: as read.
        head: on which it plays.
        scene: where the other meshes are, by their objects' names.
        over: an Action of the artist's on the head's keys, to which the take is added.
        own: Actions that the artist had assigned, by the pointers of shape keys and Empty; they become tracks below.
            None without ``over``: the take plays by itself, whatever lies below.
        places: empty tracks for what holds keys at rest, of ``hold_rest``; on top where none is given.

    Raises:
        UserError: a mesh cannot be animated, a take lies in the NLA already, the Empty that turns the head is in tweak
            mode, an NLA plays no new tracks, or ``over`` is for something else; nothing was changed.
    """
    require_base(over)
    added, beneath = over is not None or own is not None, dict(own or {})
    if over is not None:
        on = require_keys(head).as_pointer()
        beneath[on] = beneath[on] if on in beneath and beneath[on].action == over else Own(over)
    chosen, missing, own_meshes = [(0, head)], [], character(record, head, scene)
    for place, part in enumerate(record.parts[1:], 1):
        obj = scene.objects.get(part.object)
        if obj is None or obj not in own_meshes:
            missing.append(part.object)
        else:
            chosen.append((place, obj))
    for _, obj in chosen:
        require_keys(obj)
        _require_no_take(obj)
        require_heard(obj.data.shape_keys, obj.name)
    turning, target = head_member(action), own_turner(head)
    if turning is not None and target is not None:
        require_no_tweak(target, head)
        require_heard(target, target.name)
    names: list[str] = []
    span = _span(action, scene)
    for place, obj in chosen:
        keys = obj.data.shape_keys
        rests = (places or {}).get(keys)
        names += _split_part(action, record, place, obj, beneath.get(keys.as_pointer()), added, span, rests)
    if turning is not None and target is not None:
        names += _split_head(action, record, target, beneath.get(target.as_pointer()), added, span)
    return Split(tuple(dict.fromkeys(names)), tuple(missing))


def require_base(over: bpy.types.Action | None) -> None:
    """Whether a take can be added to an Action that was chosen for it.

    Raises:
        UserError: it is ours, or for something else than shape keys.
    """
    if over is None or (RECORD not in over and PIECE not in over and _for_keys(over)):
        return
    what = "a take" if RECORD in over else "a track of a take" if PIECE in over else "not of shape keys"
    expected = "an Action of your own on the head's shape keys"
    raise UserError(f"'{over.name}' is {what}", expected, "choose another under Add To")


def split_take(obj: bpy.types.Object | None) -> bpy.types.Action | None:
    """The take that lies in the NLA of a head, of several the topmost; None if none does."""
    keys = shape_keys(obj) if obj is not None else None
    if keys is None or keys.animation_data is None:
        return None
    tracks = reversed(keys.animation_data.nla_tracks)
    numbers = list(dict.fromkeys(strip.action[PIECE] for track in tracks for strip in pieces_on(track)))
    if not numbers:
        return None  # the usual case, without a look at the file's Actions
    takes = {number_of(action): action for action in reversed(bpy.data.actions) if RECORD in action}
    return next((takes[number] for number in numbers if number in takes), None)


def _require_no_take(obj: bpy.types.Object) -> None:
    """Of two takes the upper would hide the lower, whose tracks nothing would take off."""
    lying = split_take(obj)
    if lying is not None:
        raise UserError(
            f"'{lying.name}' lies in the NLA of '{obj.name}' already",
            "one take there at a time",
            "press Join, make the other take active again, then Split",
        )


def _split_head(
    action: bpy.types.Action,
    record: TakeRecord,
    target: bpy.types.Object,
    own: Own | None,
    added: bool,
    span: tuple[float, float],
) -> list[str]:
    keep_assigned(target)
    compat.assign(target, None)
    names, turns = [], head_curves(action).values()
    if own is not None and not _track_of(target, own.action):
        names.append(_own_track(target, own, span))
    if turns:
        piece = _copy(target, record, turns, f"{action.name} {HEAD_TRACK} Track")
        names.append(_track(target, HEAD_TRACK, piece, "ADD" if added else "REPLACE"))
    return names


def _split_part(
    action: bpy.types.Action,
    record: TakeRecord,
    place: int,
    obj: bpy.types.Object,
    own: Own | None,
    added: bool,
    span: tuple[float, float],
    rests: Any = None,
) -> list[str]:
    keys, part = obj.data.shape_keys, record.parts[place]
    table = parse_table(part.table, f"the mapping of '{part.object}'")
    by_path = {value_path(key): key for key in table.keys}
    curves = part_curves(action, record, place)
    keep_assigned(keys)
    compat.assign(keys, None)
    names = []
    if added:
        lying, beneath = _track_of(keys, own.action) if own is not None else "", _animated(keys, rests)
        names += [lying] if lying and rests is None else []
        rest = {path: rest_value(obj, by_path[path]) for path in curves if path in by_path and path not in beneath}
        if rest:
            names.append(_rest_track(keys, record, rest, f"{action.name} {REST_TRACK}", rests))
        names += [lying] if lying and rests is not None else []
        if own is not None and not lying:
            names.append(_own_track(keys, own, span))
    blend = "ADD" if added else "REPLACE"
    for region in REGIONS:
        found = [c for path, c in curves.items() if region_of(table, by_path.get(path, "")) == region]
        if found:
            piece = _copy(keys, record, found, f"{action.name} {region}")
            names.append(_track(keys, region, piece, blend))
    return names


def _copy(owner: bpy.types.ID, record: TakeRecord, curves: Iterable[Any], name: str) -> bpy.types.Action:
    piece, holder = compat.assign_new_action(owner, name)
    for curve in curves:
        copy = compat.add_fcurve(holder, curve.data_path, curve.array_index, "PTalker")
        write_keys(copy, read_keys(curve))
        copy.mute, copy.lock = curve.mute, curve.lock
    return _finish(owner, piece, record)


def _rest_track(keys: bpy.types.Key, record: TakeRecord, rest: Mapping[str, float], name: str, track: Any) -> str:
    piece, holder = compat.assign_new_action(keys, name)
    for path, value in rest.items():
        set_keys(compat.add_fcurve(holder, path, 0, "PTalker"), np.array([record.start]), np.array([value]))
    piece[RESTING] = True
    return _track(keys, REST_TRACK, _finish(keys, piece, record), "REPLACE", track)


def _finish(owner: bpy.types.ID, piece: bpy.types.Action, record: TakeRecord) -> bpy.types.Action:
    compat.assign(owner, None)
    note_piece(piece, record.number)
    return piece


def _animated(keys: bpy.types.Key, rests: Any) -> set[str]:
    """Data paths that the tracks below a place animate, or all; ``new`` puts no track beneath the lowest."""
    below = takewhile(lambda track: track != rests, keys.animation_data.nla_tracks)
    heard = (track for track in below if not track.mute)
    strips = [strip for track in heard for strip in track.strips if strip.action is not None and not strip.mute]
    slots = [getattr(strip, "action_slot", None) for strip in strips]
    found = [
        compat.holder_of(strip.action, slot.handle if slot is not None else None)
        for strip, slot in zip(strips, slots, strict=True)
    ]
    return {curve.data_path for holder in found if holder is not None for curve in holder.fcurves}


def _track_of(keys: bpy.types.Key, action: bpy.types.Action) -> str:
    """Name of the track on which an Action lies already; empty if none."""
    tracks = keys.animation_data.nla_tracks
    return next((str(track.name) for track in tracks if any(strip.action == action for strip in track.strips)), "")


def _own_track(owner: bpy.types.ID, own: Own, span: tuple[float, float]) -> str:
    """A track on top that plays an Action of the artist's as it played when it was assigned."""
    slots = own.action.slots if has_slots(own.action) and own.slot is not None else ()
    slot = next((one for one in slots if one.handle == own.slot), None)
    return str(own_track(owner, own.action, slot or _first_slot(own.action, owner), span).name)


def _first_slot(action: bpy.types.Action, owner: bpy.types.ID) -> Any:
    """Of an Action that was chosen: the slot meant for what it is to move, of several that could be the first."""
    fitting = [one for one in action.slots if one.target_id_type == owner.id_type] if has_slots(action) else []
    return own_slot(action, owner) or next(iter(fitting), None)


def _track(owner: bpy.types.ID, name: str, piece: bpy.types.Action, blend: str, track: Any = None) -> str:
    """A new track on top, or an empty one, with one strip that plays a copy where it lies."""
    animation = owner.animation_data or owner.animation_data_create()
    track = animation.nla_tracks.new() if track is None else track
    track.name = name
    first, last = (float(frame) for frame in piece.frame_range)
    strip = track.strips.new(piece.name, int(first), piece)
    if has_slots(piece):
        strip.action_slot = piece.slots[0]
    strip.frame_end_raw, strip.frame_start_raw = max(last, first + 1.0), first
    strip.action_frame_start, strip.action_frame_end = first, max(last, first + 1.0)
    strip.blend_type, strip.extrapolation = blend, "HOLD"
    return str(track.name)


def _span(action: bpy.types.Action, scene: bpy.types.Scene) -> tuple[float, float]:
    """First and last frame of a take and of the scene it is in."""
    first, last = (float(frame) for frame in action.frame_range)
    return min(first, float(scene.frame_start)), max(last, float(scene.frame_end))


def _for_keys(action: bpy.types.Action) -> bool:
    if hasattr(action, "slots"):
        return any(slot.target_id_type == "KEY" for slot in action.slots)
    return bool(action.id_root == "KEY")
