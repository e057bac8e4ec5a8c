"""A stretch of the take that plays, performed again: with another seed, or in the manner chosen in the panel."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace

import bpy

from ..ptalker_blender.engine.client import BakeJob, Done, Result
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.motion.packed import on_grid
from ..ptalker_blender.scene import takes
from ..ptalker_blender.scene.actions import PROVENANCE, read_provenance
from ..ptalker_blender.scene.range_writing import blended, rewrite_range, stretch_of
from ..ptalker_blender.scene.take_record import members
from ..ptalker_blender.scene.take_writing import KeptTake, require_kept
from .bake import order_from_panel
from .directing import directed, director, read_direction
from .direction import OnTake
from .jobs import WorkerOperator
from .references import Reference
from .takes import order_of

# What a stretch has in common with its take; all else may be the panel's.
_SHARED = frozenset(
    ("audio_path", "audio_start", "audio_end", "speed", "keep_pitch", "fps", "keys", "key_error", "tables", "device")
)


@dataclass(frozen=True)
class _Stretch:
    """What was asked for, without a reference to anything in the file."""

    head: Reference
    action: Reference
    job: BakeJob
    first: int
    last: int
    blend: float


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
        kept = self.manner == "KEPT"
        job = order_of(context, action, record, head, context.scene.ptalker.seed, kept).job
        if not kept:
            panel = order_from_panel(context).job
            job = replace(job, **{f.name: getattr(panel, f.name) for f in fields(panel) if f.name not in _SHARED})
        self._stretch = _Stretch(
            Reference.to(head),
            Reference.to(action),
            job,
            settings.range_first,
            settings.range_last,
            settings.blend,
        )
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
        motion = blended(take, result.motion, stretch)
        direction = read_direction(head, take.record.start, len(take.motion.values))
        shown = directed(KeptTake(take.record, on_grid(result.motion)), direction)
        written = rewrite_range(action, take, motion, shown.values, stretch)
        _note(action, asked)
        for sentence in result.notes:  # of the dialogue
            self.report({"WARNING"}, sentence)
        kept = f", {written.kept} marked keys kept" if written.kept else ""
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


def _note(action: bpy.types.Action, asked: _Stretch) -> None:
    """Add the stretch to the take's provenance."""
    source = read_provenance(action)
    if source is None:
        raise UserError(f"'{action.name}' says nothing of itself", "a take of this version", "bake it again")
    job = asked.job
    stretch = {"first": asked.first, "last": asked.last, "blend": asked.blend, "style": job.style, "mix": job.mix}
    stretch |= {"mix_share": job.mix_share, "strength": job.strength, "seed": job.seed, "text": job.text}
    text = json.dumps({**source, "ranges": [*source.get("ranges", ()), stretch]}, sort_keys=True)
    for member in members(action):
        member[PROVENANCE] = text


CLASSES = (PTALKER_OT_rebake_range, PTALKER_OT_take_range)
