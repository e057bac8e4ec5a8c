"""A stretch of the take that plays, performed again: with another seed, or in the manner chosen in the panel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import bpy

from ..ptalker_blender.engine.client import BakeJob, Done, Result
from ..ptalker_blender.engine.joining import heard_spans
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.motion.motion import Motion
from ..ptalker_blender.motion.packed import on_grid
from ..ptalker_blender.scene import takes
from ..ptalker_blender.scene.actions import PROVENANCE, read_provenance
from ..ptalker_blender.scene.range_writing import blended, rewrite_range, stretch_of
from ..ptalker_blender.scene.take_record import members
from ..ptalker_blender.scene.take_writing import KeptTake, require_kept
from ..translations import say
from .bake import order_from_panel
from .directing import directed, director, read_direction
from .direction import OnTake
from .jobs import WorkerOperator
from .lines import line_seed
from .lines_again import recorded
from .manner import manner_of
from .references import Reference
from .takes import order_of

# What a stretch has in common with its take; all else may be the panel's.
_SHARED = frozenset(
    ("audio_path", "audio_start", "audio_end", "speed", "keep_pitch", "fps", "keys", "key_error", "tables", "device")
)


@dataclass(frozen=True)
class _Stretch:
    """What was asked for, without a reference to anything in the file.

    Attributes:
        head: on which the take plays.
        action: the take's first.
        job: what the worker does.
        first: scene frame.
        last: scene frame.
        blend: seconds.
        line: name of the line in which the range lies; empty in a take of one recording.
        begins: frame of the take's motion, from 0, on which that line begins.
    """

    head: Reference
    action: Reference
    job: BakeJob
    first: int
    last: int
    blend: float
    line: str = ""
    begins: int = 0


class PTALKER_OT_rebake_range(WorkerOperator, bpy.types.Operator):
    """Perform the range again inside the take that plays; keys outside, and Extreme keys inside, stay as they are"""

    bl_idname = "ptalker.rebake_range"
    bl_label = "Re-Bake Range"
    bl_options = {"UNDO"}  # without REGISTER: Adjust Last Operation would bake with Blender standing still

    manner: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Manner",
        description="In which manner the range is performed",
        items=(
            ("PANEL", "As in the Panel", "Style, strength, dialogue and seed as they are in the panel now"),
            ("KEPT", "As the Take", "Style, strength and dialogue of the take, with the seed of the panel"),
        ),
    )

    _stretch: _Stretch  # made by prepare

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A take that keeps its motion must play, and the range must be one."""
        settings = context.scene.ptalker_take
        if settings.range_last <= settings.range_first:
            cls.poll_message_set("Set First and Last of the range")
            return False
        return bool(OnTake.poll.__func__(cls, context))  # type: ignore[attr-defined]

    def prepare(self, context: bpy.types.Context) -> BakeJob:
        """Read the take, the range, and the panel's style."""
        head, settings = context.scene.ptalker.head, context.scene.ptalker_take
        action, record = takes.require_playing(head)
        stretch_of(require_kept(action), settings.range_first, settings.range_last, settings.blend)
        kept, span = self.manner == "KEPT", (settings.range_first, settings.range_last)
        lines = (read_provenance(action) or {}).get("lines")
        line = _line_of(lines, *span) if lines is not None else None
        if line is not None:
            job = _job_of_line(context, action, line, kept)
        else:
            job = order_of(context, action, record, head, context.scene.ptalker.seed, kept).job
        if line is None and not kept:
            panel = order_from_panel(context).job
            job = replace(job, **{f.name: getattr(panel, f.name) for f in fields(panel) if f.name not in _SHARED})
        asked = _Stretch(Reference.to(head), Reference.to(action), job, *span, settings.blend)
        if line is not None:
            asked = replace(asked, line=line["line"], begins=int(line["start_frame"]) - round(record.start))
        self._stretch = asked
        return job

    def title(self) -> str:
        """What is performed."""
        asked = self._stretch
        return f"{asked.action.name}, frames {asked.first} to {asked.last}"

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Write the range."""
        if not isinstance(result, Result):
            raise TypeError("a bake gets a motion")
        asked = self._stretch
        head, action = asked.head.find(bpy.data.objects), asked.action.find(bpy.data.actions)
        if takes.active_take(head) == action:
            director().settle(head)
        take = require_kept(action)
        stretch = stretch_of(take, asked.first, asked.last, asked.blend)
        new = _in_its_take(take, result.motion, asked.begins) if asked.line else result.motion
        motion = blended(take, new, stretch)
        direction = read_direction(head, take.record.start, len(take.motion.values))
        shown = directed(KeptTake(take.record, on_grid(new)), direction)
        written = rewrite_range(action, take, motion, shown.values, stretch)
        _note(action, asked)
        for sentence in result.notes:  # of the dialogue
            self.report({"WARNING"}, say(sentence))
        kept = f"; Extreme keys kept: {written.kept}" if written.kept else ""
        return f"Performed frames {asked.first} to {asked.last} of '{action.name}' again{kept}"


class PTALKER_OT_take_range(bpy.types.Operator):
    """Take First and Last from the scene's preview range"""

    bl_idname = "ptalker.take_range"
    bl_label = "Use Preview Range"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be one."""
        if not context.scene.use_preview_range:
            cls.poll_message_set("Set a preview range in the timeline first (P)")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Copy it."""
        scene = context.scene
        scene.ptalker_take.range_first = scene.frame_preview_start
        scene.ptalker_take.range_last = scene.frame_preview_end
        return {"FINISHED"}


def _line_of(lines: list[dict[str, Any]], first: int, last: int) -> dict[str, Any]:
    """The line of a take that is seen in a range; where two overlap that is the later, which takes over.

    Raises:
        UserError: none is, or not one alone.
    """
    spans = [(int(line["start_frame"]), int(line["start_frame"]) + int(line["frames"]) - 1) for line in lines]
    seen = heard_spans(spans)
    for begin, end, number in seen:
        if begin <= first and last <= end:
            return lines[number]
    near = sorted(seen, key=lambda span: max(span[0] - last, first - span[1], 0))[:2]
    named = ", ".join(f"{begin} to {end} ('{lines[number]['line']}')" for begin, end, number in sorted(near))
    raise UserError(
        f"frames {first} to {last} are not within one line", f"a range inside {named}", "set First and Last"
    )


def _job_of_line(context: bpy.types.Context, action: bpy.types.Action, line: Mapping[str, Any], kept: bool) -> BakeJob:
    """One line's own job with the panel's seed, in its own manner or the panel's; what is said stays the line's.

    Raises:
        UserError: as ``lines_again.recorded`` and ``manner.manner_of``.
    """
    job = recorded(dict(line), action, context.scene, kept)
    if not kept:
        manner = manner_of(context)
        job = replace(job, **{field.name: getattr(manner, field.name) for field in fields(manner)})
    return replace(job, seed=line_seed(context.scene.ptalker.seed, str(line["line"])))


def _in_its_take(take: KeptTake, line: Motion, begins: int) -> Motion:
    """The take's motion with a line that was performed again.

    Raises:
        UserError: the line has another rate than the take.
    """
    if line.fps != take.motion.fps:
        raise UserError(f"the take was made for {take.motion.fps:g} fps", "the scene's rate", "bake all lines anew")
    values = take.motion.values.copy()
    values[begins : begins + len(line.values)] = line.values[: len(values) - begins]
    return Motion(values, line.fps)


def _note(action: bpy.types.Action, asked: _Stretch) -> None:
    """Add the stretch to the take's provenance."""
    source = read_provenance(action)
    if source is None:
        raise UserError(f"'{action.name}' says nothing of itself", "a take of this version", "bake it again")
    job = asked.job
    stretch = {"first": asked.first, "last": asked.last, "blend": asked.blend, "style": job.style, "mix": job.mix}
    stretch |= {"line": asked.line} if asked.line else {}
    stretch |= {"mix_share": job.mix_share, "strength": job.strength, "seed": job.seed, "text": job.text}
    text = json.dumps({**source, "ranges": [*source.get("ranges", ()), stretch]}, sort_keys=True)
    for member in members(action):
        member[PROVENANCE] = text


CLASSES = (PTALKER_OT_rebake_range, PTALKER_OT_take_range)
