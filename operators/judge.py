"""Judging the take that plays: numbers, markers where it is odd, and closures shut in one click."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from ..ptalker_blender.engine.client import Done, WordsFound, WordsJob
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.motion.direction import source_spans
from ..ptalker_blender.motion.packed import on_grid
from ..ptalker_blender.rig.closing import close_at
from ..ptalker_blender.scene import judgement, takes
from ..ptalker_blender.scene.actions import read_provenance
from ..ptalker_blender.scene.take_motion import store_motion
from ..ptalker_blender.scene.take_writing import require_kept
from .directing import default_lips, director, read_direction
from .direction import OnTake, left_alone
from .jobs import WorkerOperator
from .references import Reference
from .takes import stored_job

_LIPS_MEET = frozenset("pbm")


class PTALKER_OT_judge_take(OnTake, bpy.types.Operator):
    """Measure closures, jitter and range of the take that plays, your own keys included"""

    bl_idname = "ptalker.judge_take"
    bl_label = "Judge"

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Measure it."""
        director().settle(head)
        action, record = takes.require_playing(head)
        made = judgement.judge_take(action, record, head, context.scene, default_lips())
        return "; ".join(judgement.sentences(made, None))


class PTALKER_OT_hear_closures(WorkerOperator, bpy.types.Operator):
    """Find each p, b and m of the take's dialogue in its recording, and judge the take by them"""

    bl_idname = "ptalker.hear_closures"
    bl_label = "Judge by the Dialogue"
    bl_options = {"REGISTER", "UNDO"}

    _head: Reference
    _action: Reference

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The take must have a dialogue."""
        action = takes.active_take(context.scene.ptalker.head)
        if action is None:
            cls.poll_message_set("Bake a take first, or make one active")
            return False
        if not (read_provenance(action) or {}).get("text"):
            cls.poll_message_set("This take was baked without a dialogue; Judge does without")
            return False
        return super().poll(context)

    def prepare(self, context: bpy.types.Context) -> WordsJob:
        """Read what was said, and where."""
        head = context.scene.ptalker.head
        action, _ = takes.require_playing(head)
        job = stored_job(action, read_provenance(action) or {}, context.scene, manner=False)
        if not Path(job.audio_path).is_file():
            raise UserError(f"the recording {job.audio_path} is gone", "it to be where it was", "put it back")
        self._head, self._action = Reference.to(head), Reference.to(action)
        return WordsJob(job.audio_path, job.text or "", job.audio_start, job.audio_end, job.speed, job.keep_pitch)

    def title(self) -> str:
        """Whose closures."""
        return f"Closures of {self._action.name}"

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Keep the times on the take, and judge it."""
        if not isinstance(result, WordsFound):
            raise TypeError("words were asked for")
        if not result.phones:
            why = result.notes[0] if result.notes else "the dialogue was not found in the recording"
            raise UserError(why, "what is said, in English", "bake with another dialogue, or use Judge")
        head, action = self._head.find(bpy.data.objects), self._action.find(bpy.data.actions)
        _, record = takes.require_take(action.name)
        if takes.active_take(head) != action:
            raise UserError(f"'{action.name}' plays no more", "it to play while it is judged", "make it active")
        judgement.store_holds(action, [(p.start, p.end) for p in result.phones if p.text in _LIPS_MEET])
        made = judgement.judge_take(action, record, head, context.scene, default_lips())
        return judgement.sentences(made, None)[0]


class _OnJudged(OnTake):
    """Mix-in for an operator on a take that was judged."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a judgement."""
        if not super().poll(context):
            return False
        if judgement.read_judgement(takes.active_take(context.scene.ptalker.head)) is None:
            cls.poll_message_set("Judge the take first")
            return False
        return True


class PTALKER_OT_mark_suspects(_OnJudged, bpy.types.Operator):
    """Set a timeline marker at each frame worth a look, in place of those set before"""

    bl_idname = "ptalker.mark_suspects"
    bl_label = "Mark Frames"

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Set them."""
        action, record = takes.require_playing(head)
        made = judgement.require_judged(action)
        return f"{judgement.mark_suspects(context.scene, record, made)} markers set"


class PTALKER_OT_clear_suspects(bpy.types.Operator):
    """Remove the markers of frames worth a look; those you renamed stay"""

    bl_idname = "ptalker.clear_suspects"
    bl_label = "Clear Marks"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be some."""
        if not any(marker.name.startswith(judgement.MARK) for marker in context.scene.timeline_markers):
            cls.poll_message_set("No frames are marked")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        self.report({"INFO"}, f"Removed {judgement.clear_marks(context.scene)} markers")
        return {"FINISHED"}


class PTALKER_OT_fix_closures(_OnJudged, bpy.types.Operator):
    """Shut the lips where the judgement found them open, in the take's own motion; the rest of it stays"""

    bl_idname = "ptalker.fix_closures"
    bl_label = "Fix Closures"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be closures to fix."""
        if not super().poll(context):
            return False
        made = judgement.read_judgement(takes.active_take(context.scene.ptalker.head))
        if made is None or not made.missed:
            cls.poll_message_set("The judgement found no closure missed")
            return False
        return True

    def change(self, context: bpy.types.Context, head: bpy.types.Object) -> str:
        """Shut them, direct the take anew, and judge it again."""
        director().settle(head)
        action, record = takes.require_playing(head)
        take = require_kept(action)
        made = judgement.judge_take(action, record, head, context.scene, default_lips())  # as it plays now
        direction = read_direction(head, record.start, len(take.motion.values))
        spans = source_spans(made.missed, direction, len(take.motion.values), take.motion.fps)
        values = close_at(take.motion.values, take.motion.fps, spans, default_lips())
        store_motion(action, on_grid(replace(take.motion, values=values)))
        edited = director().apply(head)
        again = judgement.judge_take(action, record, head, context.scene, default_lips())
        return f"Shut {len(made.missed) - len(again.missed)} of {len(made.missed)} closures{left_alone(edited)}"


CLASSES = (
    PTALKER_OT_judge_take,
    PTALKER_OT_hear_closures,
    PTALKER_OT_mark_suspects,
    PTALKER_OT_clear_suspects,
    PTALKER_OT_fix_closures,
)
