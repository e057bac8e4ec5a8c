"""The one modal base: puts a job in line, stays out of the artist's way, and commits once at the end.

Between the ticks nothing of Blender's data is held, since undo and file loading invalidate it: ``prepare`` makes plain
data when the button is pressed, ``commit`` finds it again. Several operators may wait at once, each for its own job.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import bpy

from .. import preferences
from ..ptalker_blender.engine.client import Cancelled, Done, Event, Exited, Failure, Job, Progress
from ..ptalker_blender.engine.endings import why_ended
from ..ptalker_blender.errors import UserError
from ..translations import say
from .display import TICK
from .worker import desk


class WorkerOperator:
    """Mix-in for an operator that runs one worker job."""

    bl_label: str
    _number: int | None = None  # of the job in the desk's line
    _title: str = ""
    _started: float = 0.0

    if TYPE_CHECKING:
        # Of Blender's Operator, into which this is mixed.
        def report(self, kind: set[str], message: str) -> None:
            """Tell the artist."""

        @classmethod
        def poll_message_set(cls, message: str) -> None:
            """Say why the operator cannot run now."""

    def prepare(self, context: bpy.types.Context) -> Job:
        """Check the inputs and turn them into plain data.

        Raises:
            UserError: something the artist must change first.
        """
        raise NotImplementedError

    def title(self) -> str:
        """What is done, for the list of jobs; asked after ``prepare``."""
        return self.bl_label

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Write the result in one go, and say in one line what was done.

        Raises:
            UserError: the scene changed meanwhile so that it cannot be written.
        """
        raise NotImplementedError

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """A job that is under way is no obstacle: the next one waits in line."""
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Put the job in line and return to the artist."""
        if context.window is None:  # a script without a window; Blender crashes on a modal handler there
            return self.execute(context)
        number = self._submit(context)
        if number is None:
            return {"CANCELLED"}
        desk().display.begin(context, number)
        context.window_manager.modal_handler_add(self)
        self._show(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Look at the worker at each tick; Esc cancels the job at work."""
        number = self._number
        if number is None or number not in desk().line:  # let go of, by the panel or by what happened to the file
            return self._let_go(number)
        if event.type == "ESC" and event.value == "PRESS" and self._hears_escape(context):
            desk().cancel(number, f"{self._title} cancelled; nothing was written")
            return self._let_go(number)
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        outcome = self._handle(context, desk().line.take(number))
        if outcome is not None:
            return outcome
        self._show(context)
        return {"PASS_THROUGH"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Run the job to its end at once, for scripts and repeats; those before it in line are done first."""
        number = self._submit(context)
        if number is None:
            return {"CANCELLED"}
        try:
            while (outcome := self._handle(context, desk().line.take(number, TICK))) is None:
                pass
        finally:
            desk().cancel(number)
        return outcome

    def cancel(self, _context: bpy.types.Context) -> None:
        """Blender ends the operator itself: its window closes, or another file is opened."""
        if self._number is not None:
            desk().cancel(self._number)

    def _submit(self, context: bpy.types.Context) -> int | None:
        try:
            job = self.prepare(context)
            self._title = self.title()
            self._number = put_in_line(context, job, self._title)
        except UserError as error:
            self.report({"ERROR"}, say(str(error)))
            return None
        self._started = time.monotonic()
        return self._number

    def _hears_escape(self, context: bpy.types.Context) -> bool:
        """Esc is for the first in line; while an animation plays it stops that, as ever."""
        return desk().jobs[0].number == self._number and not context.screen.is_animation_playing

    def _let_go(self, number: int | None) -> set[str]:
        reason = desk().reason(number) if number is not None else ""
        if reason:
            self.report({"WARNING"}, say(reason))
        return {"CANCELLED"}

    def _show(self, context: bpy.types.Context) -> None:
        first, *others = desk().jobs
        if first.number == self._number:
            waiting = "  |  " + say(f"{len(others)} Waiting") if others else ""
            at = f"{say(first.title)}: {say(first.stage)} {first.fraction:.0%}"
            text = f"PTalker: {at}{waiting}  |  {say('Esc: Cancel')}"
            desk().display.show(context, text)

    def _handle(self, context: bpy.types.Context, events: list[Event]) -> set[str] | None:
        """Act on the job's events; the operator's outcome once there is one."""
        for event in events:
            if isinstance(event, Progress):
                continue  # the line keeps it for those who show it
            if isinstance(event, Exited):
                return self._fail(why_ended(event.code), event.stderr_tail)
            if isinstance(event, Failure):
                return self._fail(event.message, event.traceback)
            if isinstance(event, Cancelled):
                raise TypeError("a job in line was cancelled by no one")
            return self._commit(context, event)
        return None

    def _commit(self, context: bpy.types.Context, result: Done) -> set[str]:
        self._leave()  # first, so that a fault while writing leaves no display behind
        try:
            done = self.commit(context, result)
        except UserError as error:
            return self._fail(str(error), "")
        self.report({"INFO"}, say(f"{done} in {time.monotonic() - self._started:.1f} s"))
        return {"FINISHED"}

    def _fail(self, message: str, details: str) -> set[str]:
        self._leave()
        desk().notice = f"{self._title}: {message}"
        if details:
            print(details)  # to the system console: a fault of ours, with what is needed to mend it
            message += " (details in the system console)"
        self.report({"ERROR"}, say(message))
        return {"CANCELLED"}

    def _leave(self) -> None:
        if self._number is not None:
            desk().display.end(self._number)


def put_in_line(context: bpy.types.Context, job: Job, title: str) -> int:
    """Put a job in line where the preferences say it is done; its number.

    Raises:
        UserError: as ``WorkerDesk.submit``.
    """
    chosen = preferences.get(context)
    return desk().submit(bpy.path.abspath(chosen.python), job, bpy.path.abspath(chosen.flame), title)
