"""Lines performed again inside the take of lines that plays on a head: keys elsewhere stay, to the bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy

from ..ptalker_blender.engine.joining import SLOW_S, Joined, Piece, join_lines
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.motion.motion import Motion
from ..ptalker_blender.motion.packed import on_grid
from ..ptalker_blender.scene.actions import PROVENANCE, read_provenance
from ..ptalker_blender.scene.range_writing import blended, rewrite_range, stretch_of
from ..ptalker_blender.scene.take_record import members
from ..ptalker_blender.scene.take_writing import KeptTake, require_kept
from ..ptalker_blender.scene.takes import active_take
from .directing import directed, director, read_direction

BLEND_S = 0.2  # in which the new performance comes in beside a line, and in its margin where there is one


@dataclass(frozen=True)
class NewLine:
    """A line that was performed again: where it lies now, and its provenance."""

    piece: Piece
    source: Mapping[str, Any]


def take_of_lines(head: bpy.types.Object) -> bpy.types.Action | None:
    """The take of several lines that plays on a head."""
    action = active_take(head)
    return action if action is not None and "lines" in (read_provenance(action) or {}) else None


def require_take_of_lines(head: bpy.types.Object) -> bpy.types.Action:
    """As ``take_of_lines``.

    Raises:
        UserError: none plays.
    """
    action = take_of_lines(head)
    if action is None:
        found = f"no take of many lines plays on '{head.name}'"
        raise UserError(found, "one to perform lines in", "make it active, or clear Into the Take")
    return action


def write_into(head: bpy.types.Object, action: bpy.types.Action, new: Mapping[str, NewLine]) -> int:
    """Put lines into a take; how many keys that the artist marked as kept stayed.

    Args:
        head: on which it plays.
        action: the take's first.
        new: the lines by the names of their strips; one that the take has already takes that one's place.

    Raises:
        UserError: a line lies beyond the take, or the take plays at another rate; nothing was changed.
    """
    director().settle(head)
    source, take = read_provenance(action) or {}, require_kept(action)
    joined = _joined(take, source, new)
    old = {line["line"]: line for line in source["lines"]}
    others = [_span(line) for name, line in old.items() if name not in new]
    touched = []
    for name, line in new.items():
        span = line.piece.start, line.piece.end
        before = _span(old[name]) if name in old else span
        apart = before[1] <= span[0] or span[1] <= before[0]
        touched += [span, before] if apart else [(min(span[0], before[0]), max(span[1], before[1]))]
    kept = sum(_rewrite(head, action, joined, span, others) for span in touched)
    lines = sorted([*({**old, **{n: dict(x.source) for n, x in new.items()}}).values()], key=_start)
    styles = {line["style"] for line in lines}
    changed = {"lines": lines, "line": f"{len(lines)} lines", "style": styles.pop() if len(styles) == 1 else "several"}
    text = json.dumps({**source, **changed}, sort_keys=True)
    for member in members(action):
        member[PROVENANCE] = text
    return kept


def _joined(take: KeptTake, source: Mapping[str, Any], new: Mapping[str, NewLine]) -> Joined:
    """All lines of the take as it will be.

    Raises:
        UserError: as ``write_into``.
    """
    fps, start, values = take.motion.fps, round(take.record.start), take.motion.values
    if any(line.piece.motion.fps != fps for line in new.values()):
        raise UserError(f"the take was made for {fps:g} fps", "the scene's rate", "bake all lines as a new take")
    pieces = [line.piece for line in new.values()]
    for name, (first, end) in ((line["line"], _span(line)) for line in source["lines"]):
        if name not in new:
            pieces.append(Piece(first, Motion(values[first - start : end - start], fps)))
    joined = join_lines(pieces, int(source["seed"]))
    for name, line in new.items():
        if line.piece.start < start or line.piece.end > start + len(values):
            raise UserError(
                f"'{name}' lies beyond the take, frames {start} to {start + len(values) - 1}",
                "lines within it",
                "bake all lines as a new take",
            )
    return joined


def _rewrite(
    head: bpy.types.Object,
    action: bpy.types.Action,
    joined: Joined,
    span: tuple[int, int],
    others: list[tuple[int, int]],
) -> int:
    """Write one span, with a margin that reaches into no other line; marked keys that stay."""
    take = require_kept(action)
    start, count = round(take.record.start), len(take.motion.values)
    margin = max(1, round(SLOW_S * take.motion.fps))
    first = max(start, joined.start, span[0] - margin, *(end for _, end in others if end <= span[0]))
    end = min(
        start + count,
        joined.start + len(joined.motion.values),
        span[1] + margin,
        *(begin for begin, _ in others if begin >= span[1]),
    )
    stretch = stretch_of(take, first, end - 1, BLEND_S)
    values = take.motion.values.copy()
    values[first - start : end - start] = joined.motion.values[first - joined.start : end - joined.start]
    new = Motion(values, take.motion.fps)
    direction = read_direction(head, take.record.start, count)
    shown = directed(KeptTake(take.record, on_grid(new)), direction)
    return rewrite_range(action, take, blended(take, new, stretch), shown.values, stretch).kept


def _span(line: Mapping[str, Any]) -> tuple[int, int]:
    return int(line["start_frame"]), int(line["start_frame"]) + int(line["frames"])


def _start(line: Mapping[str, Any]) -> int:
    return int(line["start_frame"])
