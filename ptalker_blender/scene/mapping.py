"""Which shape keys of an object speak: its own mapping table, or the guess from the names of its keys.

The artist's table is kept on the object as a custom property (the JSON of ``rig.mapping.files``), so it goes with
the object into other files. A table on an object is complete: what it does not name stays still, so that a row that
the artist has deleted does not come back. A table from a file may be partial and is completed by the guess.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import bpy

from ..errors import UserError
from ..motion.controls import BLENDSHAPES, N_BLENDSHAPES
from ..rig.mapping import Guess, MappingTable, guess_table, parse_table, table_for_keys, table_text
from .key_blocks import EXPECTED, driven_keys, key_ranges, require_keys

PROPERTY = "ptalker_mapping"


@dataclass(frozen=True)
class ObjectMapping:
    """How one object answers to the controls.

    Attributes:
        object_name: of the object.
        table: what a bake writes: only keys that are there and that no driver runs, within their sliders.
        family: name of the rig family that its keys were recognised as, "" if none.
        own: whether it is the artist's table rather than a guess.
        driven: keys of the table that are left to their drivers.
        absent: keys of the table that the object lacks.
        notes: sentences for the artist.
    """

    object_name: str
    table: MappingTable
    family: str
    own: bool
    driven: tuple[str, ...]
    absent: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def mapped(self) -> tuple[str, ...]:
        """Blendshapes with a key of their own or a part in one."""
        there = {*self.table.controls}
        return tuple(control for control in BLENDSHAPES if control in there)

    @property
    def unmapped(self) -> tuple[str, ...]:
        """The other blendshapes; visemes may carry those of the mouth."""
        there = {*self.table.controls}
        return tuple(control for control in BLENDSHAPES if control not in there)

    def text(self) -> str:
        """Return one line: how much is mapped, and as what."""
        parts = [f"{len(self.mapped)} of {N_BLENDSHAPES} mapped"]
        if self.table.visemes:
            parts.append(f"{len({row.viseme for row in self.table.visemes})} mouth shapes")
        if self.own:
            parts.append("own table")
        return ", ".join(parts) + (f" ({self.family})" if self.family else "")


def object_mapping(obj: bpy.types.Object, given: MappingTable | None = None) -> ObjectMapping:
    """How an object answers, whether or not it can be animated now.

    Args:
        obj: any object; one without shape keys has an empty table.
        given: a table to use in place of the object's own, completed by the guess.

    Raises:
        UserError: the table on the object cannot be read.
    """
    ranges = key_ranges(obj)
    guess = _guess(tuple(ranges.items()))
    own = saved_table(obj) if given is None else None
    if given is not None:
        guess = table_for_keys(tuple(ranges), ranges, given)
    wanted, notes = (guess.table, guess.notes) if own is None else (own, ())
    there, absent = wanted.restricted(ranges)
    source = given if given is not None else own
    if source is not None:
        absent = source.restricted(ranges)[1]
    running = driven_keys(obj)
    driven = tuple(key for key in there.keys if key in running)
    free = there.restricted(key for key in there.keys if key not in driven)[0]
    limits = {key: _within(free.limits.get(key), ranges[key]) for key in free.keys}
    table = replace(free, limits=limits)
    return ObjectMapping(obj.name, table, guess.convention, source is not None, driven, absent, notes)


def require_mapping(obj: bpy.types.Object, given: MappingTable | None = None) -> ObjectMapping:
    """``object_mapping`` of an object that a take can be written to.

    Raises:
        UserError: what ``key_blocks.require_keys`` refuses; no key is known; drivers run all of those that are.
    """
    require_keys(obj)
    mapping = object_mapping(obj, given)
    if mapping.table.keys:
        return mapping
    if mapping.driven:
        raise UserError(
            f"drivers run all {len(mapping.driven)} shape keys of '{obj.name}' that are known",
            "keys without drivers, or with muted ones",
            "bake on a copy without drivers, or delete or mute the drivers of the keys that speech shall move",
        )
    if mapping.own:
        found = f"the mapping of '{obj.name}' reaches none of its {len(key_ranges(obj))} shape keys"
        raise UserError(
            found, "a row for a key that is there", "edit the mapping, or let it be guessed (Guess Mapping)"
        )
    raise UserError(
        f"none of the {len(key_ranges(obj))} shape keys of '{obj.name}' is known",
        EXPECTED,
        "say which key is which under Mapping, load a mapping file, or choose another mesh",
    )


def saved_table(obj: bpy.types.Object) -> MappingTable | None:
    """Read the table kept on an object; None if it has none.

    Raises:
        UserError: there is one that cannot be read.
    """
    text = obj.get(PROPERTY)
    return parse_table(text, f"the mapping of '{obj.name}'") if isinstance(text, str) else None


def store_table(obj: bpy.types.Object, table: MappingTable) -> None:
    """Keep a table on an object. Limits that are the sliders' are left out: an artist may change a slider later.

    Raises:
        UserError: the object is linked from another file.
    """
    require_editable(obj)
    ranges = key_ranges(obj)
    own = {key: limit for key, limit in table.limits.items() if limit != ranges.get(key)}
    obj[PROPERTY] = table_text(replace(table, limits=own))


def clear_table(obj: bpy.types.Object) -> None:
    """Forget the table of an object, which is then guessed at each bake.

    Raises:
        UserError: the object is linked from another file.
    """
    require_editable(obj)
    if PROPERTY in obj:
        del obj[PROPERTY]


def guessed_table(obj: bpy.types.Object) -> MappingTable:
    """The table that the names of an object's keys suggest; empty if none is known."""
    return _guess(tuple(key_ranges(obj).items())).table


def require_editable(obj: bpy.types.Object) -> None:
    """Check that a table can be kept on an object.

    Raises:
        UserError: it is linked from another file.
    """
    if not obj.is_editable:
        raise UserError(f"'{obj.name}' is linked from another file", "an object of this file", "make an override of it")


@lru_cache(maxsize=64)
def _guess(ranges: tuple[tuple[str, tuple[float, float]], ...]) -> Guess:
    """Kept, since panels ask at every redraw."""
    return guess_table([name for name, _ in ranges], dict(ranges))


def _within(limit: tuple[float, float] | None, slider: tuple[float, float]) -> tuple[float, float]:
    """Limits of the table that the slider allows too; Blender clamps to the slider, silently."""
    if limit is None:
        return slider
    low, high = (min(max(end, slider[0]), slider[1]) for end in limit)
    return low, high
