"""What an artist is told of a take's mapping, and what the take itself remembers of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import bpy

from ..rig.mapping import SILENT, MotionLost
from .actions import PROVENANCE, read_provenance
from .key_blocks import shape_keys
from .mapping import ObjectMapping

MUCH = 0.1  # of the lips' or the face's motion: a loss that an artist should hear of as a warning
MOST_NAMED = 6


@dataclass(frozen=True)
class MappingReport:
    """Sentences about a take, in the order of importance."""

    infos: tuple[str, ...]
    warnings: tuple[str, ...]


def mapping_report(mappings: Sequence[ObjectMapping], lost: MotionLost) -> MappingReport:
    """Say what is mapped, what is not, and how much of the motion that loses; nothing of a head like our own."""
    infos = [f"'{mapping.object_name}': {mapping.text()}" for mapping in mappings if not _plain(mapping)]
    warnings = []
    if max(lost.lips, lost.face) > MUCH:
        warnings.append(lost.text())
    elif infos:
        infos.append(lost.text())
    for mapping in mappings:
        # Eyes, brows and the like need not move the mouth; the head, which comes first, must.
        infos += [note for note in mapping.notes if mapping is mappings[0] or note != SILENT]
        if mapping.driven:
            warnings.append(
                f"Not animated on '{mapping.object_name}', a driver runs them: {_named(mapping.driven)}; "
                "delete or mute the drivers to let speech move them"
            )
        if mapping.absent:
            warnings.append(
                f"The mapping of '{mapping.object_name}' names keys that it lacks: {_named(mapping.absent)}"
            )
    return MappingReport(tuple(infos), tuple(warnings))


def mapping_provenance(mappings: Sequence[ObjectMapping], lost: MotionLost) -> dict[str, Any]:
    """What a take remembers, as JSON values: objects with what is unmapped, and the loss."""
    objects = [
        {
            "object": mapping.object_name,
            "family": mapping.family,
            "own_table": mapping.own,
            "mapped": len(mapping.mapped),
            "unmapped": list(mapping.unmapped),
            "driven": list(mapping.driven),
        }
        for mapping in mappings
    ]
    controls = [[name, round(lips, 6), round(face, 6)] for name, lips, face in lost.controls]
    return {
        "mapping": objects,
        "lost": {"lips": round(lost.lips, 6), "face": round(lost.face, 6), "controls": controls},
    }


def last_loss(obj: bpy.types.Object) -> float | None:
    """Share (0..1) of the face's motion that the take on an object now leaves out; None without such a take."""
    keys = shape_keys(obj)
    action = keys.animation_data.action if keys is not None and keys.animation_data is not None else None
    source = read_provenance(action) if action is not None else None
    lost = source.get("lost") if source is not None else None
    return float(lost["face"]) if isinstance(lost, dict) and "face" in lost else None


def has_recording(action: bpy.types.Action) -> bool:
    """Whether a take was baked from a recording, or several."""
    return bool(_sounds(str(action.get(PROVENANCE, "{}"))))


def has_dialogue(action: bpy.types.Action) -> bool:
    """Whether what is said in a take is known, of each of its lines."""
    known = _sounds(str(action.get(PROVENANCE, "{}")))
    return bool(known) and all(known)


@lru_cache(maxsize=64)  # a panel asks at every redraw, and many lines are a long text
def _sounds(provenance: str) -> tuple[bool, ...]:
    """Of each recording of a take, whether its text is known."""
    source = json.loads(provenance)
    lines = [one for one in source.get("lines", (source,)) if one.get("audio_path")]
    return tuple(bool(str(one.get("text") or "").strip()) for one in lines)


def _plain(mapping: ObjectMapping) -> bool:
    """Whether every control has the key of its own name, in full."""
    rows = mapping.table.rows
    return not mapping.unmapped and all((row.control, row.gain, row.offset) == (row.key, 1.0, 0.0) for row in rows)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
