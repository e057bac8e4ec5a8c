"""Judging the take that plays: numbers, markers where it is odd, and closures shut in one click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import bpy

from .. import preferences
from ..ptalker_blender.engine.client import Done, WordsFound, WordsJob
from ..ptalker_blender.engine.keys import default_lips
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.motion.direction import source_spans
from ..ptalker_blender.motion.packed import on_grid
from ..ptalker_blender.rig.closing import close_at
from ..ptalker_blender.scene import judgement, takes
from ..ptalker_blender.scene.actions import read_provenance
from ..ptalker_blender.scene.take_motion import store_motion
from ..ptalker_blender.scene.take_report import has_dialogue, has_recording
from ..ptalker_blender.scene.take_writing import require_kept
from ..translations import say
from .directing import director, read_direction
from .direction import OnTake, left_alone
from .lines_again import recorded
from .references import Reference
from .series import SeriesOperator, Task

_LIPS_MEET = frozenset("pbm")
# Of 275 p, b and m in 46 labelled recordings of five sets: docs/decisions.d/transcript.md.
HEARD_RECALL, HEARD_PRECISION = 0.69, 0.81


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


@dataclass(frozen=True)
class _Line:
    """A recording of the take: its name, seconds into the take at which it begins, whether its text is known."""

    name: str
    begins: float
    told: bool


class PTALKER_OT_hear_closures(SeriesOperator, bpy.types.Operator):
    """Find each p, b and m of the take in its recording, and judge the take by them"""

    bl_idname = "ptalker.hear_closures"
    bl_label = "Judge by the Sound"
    bl_options = {"REGISTER", "UNDO"}

    _head: Reference
    _action: Reference
    _lines: tuple[_Line, ...]

    @classmethod
    def description(cls, context: bpy.types.Context, _properties: bpy.types.OperatorProperties) -> str:
        """Say how it would be done with the take that plays."""
        action = takes.active_take(context.scene.ptalker.head)
        if action is None or has_dialogue(action):
            return "Find each p, b and m of the take's dialogue in its recording, and judge the take by them"
        return (
            "Judge the take by the p, b and m that the network hears, since it has no dialogue. On labelled recordings "
            f"it heard {HEARD_RECALL:.0%} of them, and {HEARD_PRECISION:.0%} of what it heard were some"
        )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The take must have a recording."""
        action = takes.active_take(context.scene.ptalker.head)
        if action is None:
            cls.poll_message_set("Bake a take first, or make one active")
            return False
        if not has_recording(action):
            cls.poll_message_set("This take was not baked from a recording; Judge does without")
            return False
        return super().poll(context)

    def prepare_all(self, context: bpy.types.Context) -> tuple[Sequence[Task], Sequence[str]]:
        """Read what was said, and where, of each line; one whose recording is gone is told."""
        head, chosen = context.scene.ptalker.head, preferences.get(context)
        action, record = takes.require_playing(head)
        source, fps = read_provenance(action) or {}, require_kept(action).motion.fps
        weights = bpy.path.abspath(chosen.weights) or None
        tasks, failed, lines = [], [], []
        for line in source.get("lines") or [{**source, "start_frame": record.start}]:
            name = str(line.get("line") or action.name)
            try:
                job = recorded(line, action, context.scene, manner=False)
            except UserError as error:
                failed.append(f"{name}: {error}")
                continue
            text, begins = job.text or "", (float(line["start_frame"]) - record.start) / fps
            heard = (job.audio_path, text, job.audio_start, job.audio_end, job.speed, job.keep_pitch)
            tasks.append(Task(name, WordsJob(*heard, weights, chosen.device)))
            lines.append(_Line(name, begins, bool(text.strip())))
        if not tasks:
            raise UserError("no recording of the take can be heard", "one at least", "; ".join(failed))
        self._head, self._action, self._lines = Reference.to(head), Reference.to(action), tuple(lines)
        return tasks, failed

    def title(self) -> str:
        """Whose closures."""
        many = f"{self._at + 1} of {len(self._tasks)}: " if len(self._tasks) > 1 else ""
        return f"{many}Closures of {self._tasks[self._at].name}"

    def commit_all(self, context: bpy.types.Context, results: Sequence[tuple[int, Done]]) -> str:
        """Keep the times on the take, and judge it."""
        head, action = self._head.find(bpy.data.objects), self._action.find(bpy.data.actions)
        if takes.active_take(head) != action:
            raise UserError(f"'{action.name}' plays no more", "it to play while it is judged", "make it active")
        times, heard, found = [], 0, 0
        for at, result in results:
            if not isinstance(result, WordsFound):
                raise TypeError("words were asked for")
            line = self._lines[at]
            if line.told and not result.phones:
                self.failed(f"{line.name}: {result.notes[0] if result.notes else 'the dialogue was not found in it'}")
                continue
            own = [(line.begins + p.start, line.begins + p.end) for p in result.phones if p.text in _LIPS_MEET]
            times += own
            heard, found = heard + (0 if line.told else len(own)), found + 1
        if not found:
            raise UserError(self._failed[0], "what is said, in English", "bake with another dialogue, or use Judge")
        _, record = takes.require_take(action.name)
        director().settle(head)
        judgement.store_holds(action, sorted(times), heard)
        made = judgement.judge_take(action, record, head, context.scene, default_lips())
        return "; ".join(judgement.sentences(made, None)[: 2 if heard else 1])


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
        self.report({"INFO"}, say(f"Removed {judgement.clear_marks(context.scene)} markers"))
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
