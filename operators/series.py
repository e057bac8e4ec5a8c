"""Several jobs of one operator: each goes in line when the one before it has ended, and one commit follows the last.

What came of them may ask for more of the worker (``follow_up``), so that Blender has only to write.
Only one of them is in line at a time, so that another bake the artist asks for meanwhile is next and not last, and the
list of jobs stays short. A job that fails is told and the others go on; cancelling lets go of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import bpy

from ..ptalker_blender.engine.client import Cancelled, Done, Event, Exited, Failure, Job, Progress
from ..ptalker_blender.engine.endings import why_ended
from ..ptalker_blender.errors import UserError
from ..translations import say
from .display import TICK
from .jobs import WorkerOperator, put_in_line
from .worker import desk


class Task(NamedTuple):
    """One job of a series, and what it is called."""

    name: str
    job: Job


class SeriesOperator(WorkerOperator):
    """Mix-in for an operator that runs several jobs in turn."""

    _tasks: Sequence[Task]
    _results: list[tuple[int, Done]]  # number of the task, what came of it
    _failed: list[str]  # a sentence for each that came to nothing
    _at: int = 0
    _asked: int = 0  # of the tasks; those after them follow from what came of these
    _in_window: bool = False

    def prepare_all(self, context: bpy.types.Context) -> tuple[Sequence[Task], Sequence[str]]:
        """Turn the inputs into jobs; what cannot be one is a sentence of the second.

        Raises:
            UserError: something the artist must change first.
        """
        raise NotImplementedError

    def follow_up(self, results: Sequence[tuple[int, Done]]) -> Sequence[Task]:
        """What the worker shall make of what came of the tasks, before anything is written.

        Its results are numbered on from the tasks'. Asked once, when the last task has ended.
        """
        return ()

    def commit_all(self, context: bpy.types.Context, results: Sequence[tuple[int, Done]]) -> str:
        """Write what came of the tasks, by their numbers, and say in one line what was done.

        Raises:
            UserError: the scene changed meanwhile so that nothing can be written.
        """
        raise NotImplementedError

    def prepare(self, context: bpy.types.Context) -> Job:
        """Begin the series."""
        self._tasks, failed = self.prepare_all(context)
        self._failed, self._results, self._at, self._asked = list(failed), [], 0, len(self._tasks)
        return self._tasks[0].job

    def title(self) -> str:
        """How far the series is."""
        name = self._tasks[self._at].name
        return f"{self._at + 1} of {self._asked}: {name}" if self._at < self._asked else name

    def failed(self, sentence: str) -> None:
        """Note what came to nothing, for the end."""
        self._failed.append(sentence)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Put the first job in line and return to the artist."""
        self._in_window = context.window is not None
        return super().invoke(context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Run all jobs to their ends at once."""
        number = self._submit(context)
        if number is None:
            return {"CANCELLED"}
        try:
            while (outcome := self._handle(context, desk().line.take(self._number or number, TICK))) is None:
                pass
        finally:
            if self._number is not None:
                desk().cancel(self._number)
        return outcome

    def _submit(self, context: bpy.types.Context) -> int | None:
        number = super()._submit(context)
        self._title = self.bl_label  # for what is said of all of them
        return number

    def _handle(self, context: bpy.types.Context, events: list[Event]) -> set[str] | None:
        for event in events:
            if isinstance(event, Progress):
                continue
            if isinstance(event, Cancelled):
                raise TypeError("a job in line was cancelled by no one")
            self._note(event)
            return self._go_on(context)
        return None

    def _note(self, event: Done | Failure | Exited) -> None:
        if not isinstance(event, Failure | Exited):
            self._results.append((self._at, event))
            return
        if isinstance(event, Exited):
            message, details = why_ended(event.code), event.stderr_tail
        else:
            message, details = event.message, event.traceback
        if details:
            print(details)  # as in the base
        self.failed(f"{self._tasks[self._at].name}: {message}")

    def _go_on(self, context: bpy.types.Context) -> set[str] | None:
        """Put the next job in line; after the last one the operator's outcome."""
        before = self._number
        while self._has_next():
            self._at += 1
            try:
                self._number = put_in_line(context, self._tasks[self._at].job, self.title())
            except UserError as error:
                self.failed(f"{self._tasks[self._at].name}: {error}")
                continue
            if self._in_window:
                desk().display.begin(context, self._number)  # before the last one's end, so that the timer stays
            if before is not None:
                desk().display.end(before)
            return None
        return self._finish(context)

    def _has_next(self) -> bool:
        """Whether there is another task; after the last that was asked for those that follow from the results."""
        if self._at + 1 == self._asked and self._results:
            self._tasks = [*self._tasks, *self.follow_up(tuple(self._results))]
        return self._at + 1 < len(self._tasks)

    def _finish(self, context: bpy.types.Context) -> set[str]:
        if not self._results:
            more = f" (and {len(self._failed) - 1} more)" if len(self._failed) > 1 else ""
            return self._fail(f"nothing was written. {self._failed[0]}{more}", "")
        return self._commit(context, self._results[-1][1])

    def commit(self, context: bpy.types.Context, _last: Done) -> str:
        """Write all, and tell what is missing, in the panel too."""
        done = self.commit_all(context, self._results)
        for sentence in self._failed:
            self.report({"WARNING"}, say(sentence))
        if self._failed:
            desk().notice = f"{self._title}: {'; '.join(self._failed)}"
        return done
