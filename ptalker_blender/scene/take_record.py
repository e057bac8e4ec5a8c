"""What a take knows of itself besides its provenance: its parts, their tables, and which channels the artist changed.

A take is one Action with a slot for each mesh, or an Action for each before slots, and one for the head's Empty. The
first carries the record (JSON in a custom property); all carry the take's number, so that they find each other.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any

import bpy

from ..errors import UserError
from ..motion.density import KEY_ERROR_MM, REDUCED
from ..motion.motion import Motion
from .actions import Take
from .compat import actions as compat
from .curves import fingerprint
from .take_motion import store_motion

RECORD, MEMBER = "ptalker_take", "ptalker_member"  # custom properties of Actions
JUDGEMENT = "ptalker_judgement"  # what a judgement of the take found, as its keys are now
VERSION = 1
HEAD_PART = "head"


@dataclass(frozen=True)
class Part:
    """One mesh of a take.

    Attributes:
        object: its name when the take was made.
        table: the mapping table its keys were made with, as JSON.
        slot: handle of its slot; None before slots.
        written: fingerprint of each F-curve as we last wrote it, by data path.
    """

    object: str
    table: str
    slot: int | None
    written: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TakeRecord:
    """A take.

    Attributes:
        number: the same on all Actions of the take.
        parts: meshes, the head first.
        start: scene frame of the motion's frame 0.
        density: of its keys, see ``motion.density``.
        error_mm: the bound of reduced keys.
        seed: of blinks that direction adds.
        direction: settings it is directed with, those that are not neutral.
        head_written: fingerprints of the head's three angles, by axis ("0", "1", "2").
        resting: False while its keys are a preview, one on each frame, of a slider that is moved.
    """

    number: str
    parts: tuple[Part, ...]
    start: float
    density: str = REDUCED
    error_mm: float = KEY_ERROR_MM
    seed: int = 0
    direction: Mapping[str, float] = field(default_factory=dict)
    head_written: Mapping[str, str] = field(default_factory=dict)
    resting: bool = True


def record_take(
    take: Take,
    tables: Mapping[bpy.types.Object, str],
    motion: Motion | bytes,
    start: float,
    density: str = REDUCED,
    error_mm: float = KEY_ERROR_MM,
    seed: int = 0,
) -> TakeRecord:
    """Note on a take that was just written what it consists of, and keep its motion.

    Args:
        take: of ``actions.write_tracks``; its Actions are assigned.
        tables: mapping table of every mesh, as JSON.
        motion: [T, 55] at the scene's rate, of which its keys were made; or what ``motion.packed`` made of it, which
            takes 13 ms for a minute and is best done elsewhere.
        start: as in ``TakeRecord``, like what follows.
        density: as there.
        error_mm: as there.
        seed: as there.
    """
    number, parts = uuid.uuid4().hex, []
    for place, obj in enumerate(take.written):
        keys = obj.data.shape_keys
        keys.animation_data.action[MEMBER] = f"{number}:{place}"
        parts.append(Part(obj.name, tables[obj], compat.slot_handle(keys)))
    take.action[MEMBER] = f"{number}:0"  # of a shared Action the first part counts
    if take.head_action is not None:
        take.head_action[MEMBER] = f"{number}:{HEAD_PART}"
    store_motion(take.action, motion)
    record = TakeRecord(number, tuple(parts), start, density, error_mm, seed)
    return note_written(take.action, record)


def read_record(action: bpy.types.Action) -> TakeRecord | None:
    """The record on a take's first Action; None on any other.

    Raises:
        UserError: there is one that cannot be read.
    """
    text = action.get(RECORD)
    if not isinstance(text, str):
        return None
    try:
        return _parsed(text)
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"what '{action.name}' says of itself cannot be read ({error})", "a take of this version", "bake it again"
        ) from error


def store_record(action: bpy.types.Action, record: TakeRecord) -> None:
    """Write a record on its take's first Action."""
    action[RECORD] = json.dumps({"version": VERSION, **asdict(record)}, sort_keys=True)


def members(action: bpy.types.Action) -> list[bpy.types.Action]:
    """All Actions of the take whose first is ``action``, itself first, the head's last."""
    number = _number(action)
    if not number:
        return [action]
    # A copy that the artist made of the first is a take of its own, though it names the same others.
    others = [one for one in bpy.data.actions if one != action and RECORD not in one and _number(one) == number]
    return [action, *sorted(others, key=lambda one: str(one[MEMBER]))]


def head_member(action: bpy.types.Action) -> bpy.types.Action | None:
    """The Action of a take on the head's Empty."""
    return next((one for one in members(action)[1:] if str(one[MEMBER]).endswith(f":{HEAD_PART}")), None)


def part_member(action: bpy.types.Action, record: TakeRecord, place: int) -> bpy.types.Action | None:
    """The Action that animates a part: the first, or before slots another."""
    if place == 0 or record.parts[place].slot is not None:
        return action
    return next((one for one in members(action)[1:] if str(one[MEMBER]).endswith(f":{place}")), None)


def part_curves(action: bpy.types.Action, record: TakeRecord, place: int) -> dict[str, bpy.types.FCurve]:
    """F-curves of a part by data path; those that the artist deleted are absent."""
    member = part_member(action, record, place)
    holder = compat.holder_of(member, record.parts[place].slot) if member is not None else None
    return {curve.data_path: curve for curve in holder.fcurves} if holder is not None else {}


def head_curves(action: bpy.types.Action) -> dict[str, bpy.types.FCurve]:
    """F-curves of the head's angles by axis."""
    member = head_member(action)
    holder = compat.holder_of(member, None) if member is not None else None
    return {str(curve.array_index): curve for curve in holder.fcurves} if holder is not None else {}


def note_written(action: bpy.types.Action, record: TakeRecord, but: Sequence[str] = (), **changes: Any) -> TakeRecord:
    """Note that all channels are now as we wrote them, but those in ``but``, which keep the note they have.

    What was judged before is no longer true, and goes.

    Args:
        action: the take's first.
        record: as read.
        but: ids of channels, see ``channel_ids``.
        changes: other fields of the record.
    """
    kept, parts = set(but), []
    for place, part in enumerate(record.parts):
        curves = part_curves(action, record, place)
        now = {path: fingerprint(curve) for path, curve in curves.items() if f"{place}:{path}" not in kept}
        stay = {path: mark for path, mark in part.written.items() if f"{place}:{path}" in kept}
        parts.append(replace(part, written={**now, **stay}))
    turning = head_curves(action)
    head = {axis: fingerprint(curve) for axis, curve in turning.items() if f"{HEAD_PART}:{axis}" not in kept}
    head |= {axis: mark for axis, mark in record.head_written.items() if f"{HEAD_PART}:{axis}" in kept}
    noted = replace(record, parts=tuple(parts), head_written=head, **changes)
    store_record(action, noted)
    if JUDGEMENT in action:
        del action[JUDGEMENT]
    return noted


def note_preview(
    action: bpy.types.Action, record: TakeRecord, marks: Mapping[str, str], direction: Mapping[str, float]
) -> TakeRecord:
    """Note on a take, as cheaply as a drag needs it, that some channels are a preview of ours now.

    Args:
        action: the take's first.
        record: as read.
        marks: fingerprints of those channels, by id.
        direction: what they show.
    """
    parts = tuple(
        replace(part, written={path: marks.get(f"{place}:{path}", mark) for path, mark in part.written.items()})
        for place, part in enumerate(record.parts)
    )
    head = {axis: marks.get(f"{HEAD_PART}:{axis}", mark) for axis, mark in record.head_written.items()}
    noted = replace(record, parts=parts, head_written=head, direction=dict(direction), resting=False)
    store_record(action, noted)
    if JUDGEMENT in action:
        del action[JUDGEMENT]
    return noted


def channel_ids(
    action: bpy.types.Action, record: TakeRecord
) -> Iterator[tuple[str, bpy.types.FCurve | None, str | None]]:
    """Every channel of a take that we wrote or that is there: its id, its F-curve, its fingerprint when written."""
    for place, part in enumerate(record.parts):
        curves = part_curves(action, record, place)
        for path in {**part.written, **curves}:
            yield f"{place}:{path}", curves.get(path), part.written.get(path)
    turning = head_curves(action)
    for axis in {**record.head_written, **turning}:
        yield f"{HEAD_PART}:{axis}", turning.get(axis), record.head_written.get(axis)


def edited_channels(action: bpy.types.Action, record: TakeRecord) -> tuple[str, ...]:
    """Ids of the channels that are the artist's now: changed since we wrote them, locked, deleted or added."""
    return tuple(
        name
        for name, curve, mark in channel_ids(action, record)
        if curve is None or mark is None or curve.lock or fingerprint(curve) != mark
    )


@lru_cache(maxsize=256)  # lists and polls ask at every redraw, and a record is 10 KB of fingerprints
def _parsed(text: str) -> TakeRecord:
    fields: dict[str, Any] = json.loads(text)
    if fields.pop("version") != VERSION:
        raise ValueError("of another version")
    parts = tuple(Part(**part) for part in fields.pop("parts"))
    return TakeRecord(parts=parts, **fields)


def _number(action: bpy.types.Action) -> str:
    return str(action.get(MEMBER, "")).partition(":")[0]
