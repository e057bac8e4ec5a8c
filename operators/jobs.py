"""The one modal base: gives the worker a job, stays out of the artist's way, and commits once at the end.

Between the ticks nothing of Blender's data is held, since undo and file loading invalidate it: ``prepare`` makes plain
data, ``commit`` fetches by name. Every way out goes through ``_finish``.
"""

from __future__ import annotations

import time

import bpy

from .. import preferences
from ..ptalker_blender.engine.client import BakeJob, Cancelled, Event, Exited, Failure, Progress, Result
from ..ptalker_blender.errors import UserError
from .worker import desk

TICK = 0.05  # seconds between two looks at the worker


class WorkerOperator:
    """Mix-in for an operator that runs one worker job."""

    _timer: bpy.types.Timer | None = None
    _started: float = 0.0

    def prepare(self, context: bpy.types.Context) -> BakeJob:
        """Check the inputs and turn them into plain data.

        Raises:
            UserError: something the artist must change first.
        """
        raise NotImplementedError

    def commit(self, context: bpy.types.Context, result: Result) -> str:
        """Write the result in one go, and say in one line what was done.

        Raises:
            UserError: the scene changed meanwhile so that it cannot be written.
        """
        raise NotImplementedError

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """One job at a time."""
        if desk().busy:
            cls.poll_message_set("A bake is running; press Esc to cancel it")
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start the job and return to the artist."""
        if not self._submit(context):
            return {"CANCELLED"}
        manager = context.window_manager
        self._timer = manager.event_timer_add(TICK, window=context.window)
        manager.progress_begin(0.0, 1.0)
        manager.modal_handler_add(self)
        _show_progress(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Look at the worker at each tick; Esc cancels."""
        if not desk().busy:  # closed: the add-on is being disabled
            self._finish(context)
            return {"CANCELLED"}
        if event.type == "ESC" and event.value == "PRESS":
            self._finish(context)
            self.report({"INFO"}, "Bake cancelled")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        events = desk().poll()
        if not events:
            return {"PASS_THROUGH"}
        outcome = self._handle(context, events)
        _show_progress(context)
        return outcome or {"PASS_THROUGH"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Run the job to its end at once, for scripts and repeats."""
        if not self._submit(context):
            return {"CANCELLED"}
        try:
            while not (outcome := self._handle(context, desk().poll())):
                time.sleep(TICK)
        finally:
            self._finish(context)
        return outcome

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator itself, for example when its window closes."""
        self._finish(context)

    def _submit(self, context: bpy.types.Context) -> bool:
        try:
            job = self.prepare(context)
            desk().submit(bpy.path.abspath(preferences.get(context).python), job)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return False
        self._started = time.monotonic()
        return True

    def _handle(self, context: bpy.types.Context, events: list[Event]) -> set[str] | None:
        """Act on events; the operator's outcome once there is one."""
        for event in events:
            if isinstance(event, Exited):
                desk().done()
                return self._fail(context, f"the worker ended with status {event.code}", event.stderr_tail)
            if event.job != desk().job or isinstance(event, Cancelled):
                continue
            if isinstance(event, Progress):
                desk().stage, desk().fraction = event.stage, event.fraction
                continue
            desk().done()
            if isinstance(event, Failure):
                return self._fail(context, event.message, "" if event.user_error else event.traceback)
            return self._commit(context, event)
        return None

    def _commit(self, context: bpy.types.Context, result: Result) -> set[str]:
        try:
            done = self.commit(context, result)
        except UserError as error:
            return self._fail(context, str(error), "")
        finally:
            self._finish(context)
        self.report({"INFO"}, f"{done} in {time.monotonic() - self._started:.1f} s")
        return {"FINISHED"}

    def _fail(self, context: bpy.types.Context, message: str, details: str) -> set[str]:
        self._finish(context)
        if details:
            print(details)  # to the system console: a fault of ours, with what is needed to mend it
            message += " (details in the system console)"
        self.report({"ERROR"}, message)
        return {"CANCELLED"}

    def _finish(self, context: bpy.types.Context) -> None:
        """Leave nothing behind: job, timer, progress, status text. May be called twice."""
        desk().cancel()
        if self._timer is not None:
            context.window_manager.event_timer_remove(self._timer)
            context.window_manager.progress_end()
            self._timer = None
            _show_progress(context)


def _show_progress(context: bpy.types.Context) -> None:
    """Show the job's progress at the cursor, in the status bar and in the panel."""
    now = desk()
    if now.busy:
        context.window_manager.progress_update(now.fraction)
    if context.workspace is not None:
        text = f"PTalker: {now.stage} {now.fraction:.0%}  |  Esc: Cancel" if now.busy else None
        context.workspace.status_text_set(text)
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                # Only the sidebar: drawing the view again, twenty times a second, would slow a heavy scene down.
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()
