"""Taking what a take has in the NLA off again: strips that play copies of its curves, known by the take's number.

Only what lies on one character is taken off. A duplicate of it plays copies of the same number, often the very same
ones, and goes on playing; so a copy is removed only when nothing plays it any more.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from ..errors import UserError
from .compat import actions as compat
from .curves import fingerprint
from .key_blocks import shape_keys
from .take_record import TakeRecord, read_record
from .turning import own_turner

PIECE = "ptalker_piece"  # custom property of the copies: the take's number
RESTING = "ptalker_resting"  # another, of the one that holds keys at rest, which is no copy
_WRITTEN = "ptalker_piece_written"  # a third, of every copy: what its curves were like
_SAME_FRAME = 1e-3


@dataclass(frozen=True)
class Joined:
    """What was taken off: datablocks on which tracks lay, and names of changed Actions that stay in the file."""

    owners: tuple[bpy.types.ID, ...]
    kept: tuple[str, ...] = ()


def pieces_on(track: Any) -> list[Any]:
    """Strips of a track that play copies of a take's curves."""
    return [strip for strip in track.strips if strip.action is not None and PIECE in strip.action]


def number_of(action: bpy.types.Action) -> str:
    """The number of a take by its first Action; empty if it has none."""
    record = read_record(action)
    return record.number if record is not None else ""


def owners_of(objects: Sequence[bpy.types.Object]) -> tuple[bpy.types.ID, ...]:
    """What tracks of a character animate: its meshes' shape keys, and the Empty that turns no head but its first."""
    found: list[bpy.types.ID | None] = [shape_keys(obj) for obj in objects]
    return tuple(one for one in (*found, own_turner(objects[0])) if one is not None)


def character(record: TakeRecord, head: bpy.types.Object, scene: bpy.types.Scene) -> tuple[bpy.types.Object, ...]:
    """The head and the other meshes of a take that plays on it; on a copy of the head it was made for, that alone."""
    made_for = bpy.data.objects.get(record.parts[0].object)
    if made_for is not None and made_for != head and shape_keys(made_for) is not None and made_for.users_scene:
        return (head,)
    others = (scene.objects.get(part.object) for part in record.parts[1:])
    return (head, *(obj for obj in others if obj is not None and shape_keys(obj) is not None))


def every_owner() -> tuple[bpy.types.ID, ...]:
    """All in the file on which a take can lie, for one that is removed from it."""
    return (*bpy.data.shape_keys, *bpy.data.objects)


def join(action: bpy.types.Action, owners: Iterable[bpy.types.ID], keep_changed: bool = False) -> Joined:
    """Take the strips of a take off again, with the copies that nothing else plays; nothing plays there then.

    Args:
        action: the take's first.
        owners: shape keys and Empties that may be touched, of ``owners_of``.
        keep_changed: let copies that the artist changed stay in the file, as Actions of their own.

    Raises:
        UserError: as ``require_untouched``; nothing was changed.
    """
    require_untouched(action, owners := tuple(owners))
    number = number_of(action)
    lying = _lying(number, owners)
    played = [strip.action for _, _, ours in lying for strip in ours]
    moved = [strip.action for _, track, ours in lying for strip in ours if _moved(track, strip)]
    for owner, track, ours in lying:
        _take_off(owner, track, ours)
    loose = (one for one in bpy.data.actions if one.get(PIECE) == number and not one.users)
    pieces = list(dict.fromkeys((*played, *loose)))
    kept = [one for one in pieces if keep_changed and RESTING not in one and (one in moved or _changed(one))]
    for piece in pieces:
        if piece.users:
            continue  # a duplicate plays it: it is still a track's
        if piece in kept:
            del piece[PIECE]
            piece.pop(_WRITTEN, None)  # absent from one of an earlier version, of which nothing is known: it stays
            piece.use_fake_user = True
        else:
            bpy.data.actions.remove(piece)
    return Joined(tuple(dict.fromkeys(owner for owner, _, _ in lying)), tuple(piece.name for piece in kept))


def hold_rest(keys: bpy.types.Key) -> Any:
    """An empty track at the place of the one that holds keys at rest, which is to be taken off; None without one.

    What lies above it goes on lying above the next take's: no track can be put below the lowest.
    """
    tracks = keys.animation_data.nla_tracks if keys.animation_data is not None else ()
    resting = (track for track in tracks if any(RESTING in strip.action for strip in pieces_on(track)))
    lowest = next(resting, None)
    return keys.animation_data.nla_tracks.new(prev=lowest) if lowest is not None else None


def why_unheard(datablock: bpy.types.ID, tracks: bool = True) -> str:
    """Say why new tracks, or else an Action, would move nothing on a datablock; empty if nothing keeps them from it."""
    animation = datablock.animation_data
    if animation is None:
        return ""
    if not animation.use_nla and tracks:
        return "is switched off"
    alone = (track for track in animation.nla_tracks if track.is_solo)
    alone_and_stays = (str(track.name) for track in alone if len(pieces_on(track)) < max(len(track.strips), 1))
    name = next(alone_and_stays, "")
    return f"plays only the track '{name}' (solo)" if name else ""


def require_heard(datablock: bpy.types.ID, name: str) -> None:
    """Refuse tracks that would move nothing.

    Args:
        datablock: shape keys, or an Empty.
        name: of the object that the artist sees.

    Raises:
        UserError: its NLA is off, or plays one track alone.
    """
    problem = why_unheard(datablock)
    if problem:
        advice = "press Play All Tracks in the panel, or set it so in the NLA editor"
        raise UserError(f"the NLA of '{name}' {problem}, so new tracks move nothing", "one that plays them", advice)


def require_untouched(action: bpy.types.Action | None, owners: Iterable[bpy.types.ID]) -> None:
    """Whether the tracks of a take can be taken off; there need not be any.

    Raises:
        UserError: what they lie on is in the NLA's tweak mode.
    """
    for owner, _, _ in _lying(number_of(action), owners) if action is not None else ():
        if owner.animation_data.use_tweak_mode:
            raise UserError(f"'{owner.name}' is in tweak mode", "the NLA left alone", "leave tweak mode (Tab)")


def _lying(number: str, owners: Iterable[bpy.types.ID]) -> list[tuple[bpy.types.ID, Any, list[Any]]]:
    """Each track with strips of a take: what it animates, the track, those strips."""
    found = []
    for owner in dict.fromkeys(owners):
        for track in owner.animation_data.nla_tracks if owner.animation_data is not None else ():
            ours = [strip for strip in pieces_on(track) if strip.action[PIECE] == number]
            if ours:
                found.append((owner, track, ours))
    return found


def _take_off(owner: bpy.types.ID, track: Any, strips: list[Any]) -> None:
    for strip in strips:
        track.strips.remove(strip)
    if not len(track.strips):
        track.is_solo = False  # else the NLA would go on to play nothing but what is gone
        owner.animation_data.nla_tracks.remove(track)


def note_piece(piece: bpy.types.Action, number: str) -> None:
    """Make an Action the copy of a take's curves that it is from then on, and note what it is like now."""
    piece[PIECE] = number
    piece[_WRITTEN] = _mark(piece)


def _changed(piece: bpy.types.Action) -> bool:
    """Whether curves of a copy were changed, added or deleted since it was made."""
    return bool(piece.get(_WRITTEN) != _mark(piece))


def _mark(piece: bpy.types.Action) -> str:
    """All that a copy's curves do, shortened."""
    curves = [curve for holder in compat.holders(piece) for curve in holder.fcurves]
    rows = sorted((c.data_path, c.array_index, fingerprint(c), c.mute, c.extrapolation, _modifiers(c)) for c in curves)
    return f"{zlib.crc32(repr(rows).encode()):08x}"


def _modifiers(curve: bpy.types.FCurve) -> list[tuple[str, bool]]:
    return [(modifier.type, modifier.mute) for modifier in curve.modifiers]


def _moved(track: Any, strip: Any) -> bool:
    """Whether an artist set something on a strip, or on its track, that was laid to play a copy where it lies."""
    first, last = (float(frame) for frame in strip.action.frame_range)
    last = max(last, first + 1.0)
    lies = (strip.frame_start, strip.frame_end, strip.action_frame_start, strip.action_frame_end)
    if max(abs(one - other) for one, other in zip(lies, (first, last, first, last), strict=True)) > _SAME_FRAME:
        return True
    animated = strip.use_animated_influence or strip.use_animated_time
    shaped = strip.use_auto_blend or strip.blend_in or strip.blend_out or strip.use_reverse or len(strip.modifiers)
    blended = strip.blend_type not in ("REPLACE", "ADD") or strip.extrapolation != "HOLD"
    return bool(track.mute or strip.mute or animated or shaped or blended)
