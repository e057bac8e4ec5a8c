"""The one modal base: gives the worker a job, stays out of the artist's way, and commits once at the end.

Between the ticks nothing of Blender's data is held, since undo and file loading invalidate it: ``prepare`` makes plain
data, ``commit`` finds it again. Every way out goes through ``WorkerDesk.done``, which also ends the display.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import bpy

from .. import preferences
from ..ptalker_blender.engine.client import Cancelled, Done, Event, Exited, Failure, Job, Progress
from ..ptalker_blender.errors import UserError
from .display import TICK
from .worker import desk


class WorkerOperator:
    """Mix-in for an operator that runs one worker job."""

    bl_label: str
    _number: int | None = None  # of the job on the desk
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

    def commit(self, context: bpy.types.Context, result: Done) -> str:
        """Write the result in one go, and say in one line what was done.

        Raises:
            UserError: the scene changed meanwhile so that it cannot be written.
        """
        raise NotImplementedError

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """One job at a time."""
        if desk().busy:
            cls.poll_message_set("PTalker is at work; press Esc to cancel it")
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start the job and return to the artist."""
        if context.window is None:  # a script without a window; Blender crashes on a modal handler there
            return self.execute(context)
        if not self._submit(context):
            return {"CANCELLED"}
        desk().display.begin(context)
        context.window_manager.modal_handler_add(self)
        self._show(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Look at the worker at each tick; Esc cancels."""
        if desk().job != self._number:  # the desk was closed
            return {"CANCELLED"}
        if event.type == "ESC" and event.value == "PRESS":
            desk().cancel()
            self.report({"INFO"}, f"{self.bl_label} cancelled")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        events = desk().poll()
        if not events:
            return {"PASS_THROUGH"}
        outcome = self._handle(context, events)
        if outcome is not None:
            return outcome
        self._show(context)
        return {"PASS_THROUGH"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Run the job to its end at once, for scripts and repeats."""
        if not self._submit(context):
            return {"CANCELLED"}
        try:
            while (outcome := self._handle(context, desk().wait(TICK))) is None:
                pass
        finally:
            desk().cancel()
        return outcome

    def cancel(self, _context: bpy.types.Context) -> None:
        """Blender ends the operator itself: its window closes, or another file is opened."""
        desk().cancel()

    def _submit(self, context: bpy.types.Context) -> bool:
        try:
            job = self.prepare(context)
            chosen = preferences.get(context)
            self._number = desk().submit(bpy.path.abspath(chosen.python), job, bpy.path.abspath(chosen.flame))
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return False
        self._started = time.monotonic()
        return True

    def _show(self, context: bpy.types.Context) -> None:
        desk().display.show(context, desk().stage, desk().fraction)

    def _handle(self, context: bpy.types.Context, events: list[Event]) -> set[str] | None:
        """Act on events; the operator's outcome once there is one."""
        for event in events:
            if isinstance(event, Exited):
                return self._fail(f"The worker process ended (status {event.code}); try again", event.stderr_tail)
            if event.job != self._number or isinstance(event, Cancelled):
                continue
            if isinstance(event, Progress):
                desk().stage, desk().fraction = event.stage, event.fraction
                continue
            if isinstance(event, Failure):
                return self._fail(event.message, event.traceback)
            return self._commit(context, event)
        return None

    def _commit(self, context: bpy.types.Context, result: Done) -> set[str]:
        desk().done()  # first, so that a fault while writing leaves no display behind
        try:
            done = self.commit(context, result)
        except UserError as error:
            return self._fail(str(error), "")
        self.report({"INFO"}, f"{done} in {time.monotonic() - self._started:.1f} s")
        return {"FINISHED"}

    def _fail(self, message: str, details: str) -> set[str]:
        desk().done()
        if details:
            print(details)  # to the system console: a fault of ours, with what is needed to mend it
            message += " (details in the system console)"
        self.report({"ERROR"}, message)
        return {"CANCELLED"}
