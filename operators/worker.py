"""The one desk of this Blender: the jobs in line for the worker, what is seen of them, and what was last to say."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path

import bpy

from ..ptalker_blender.engine.client import Job, find_python, worker_environment
from ..ptalker_blender.engine.line import JobLine, Site, Standing
from .display import JobDisplay


class WorkerDesk:
    """Takes jobs and lets go of them; for Blender's main thread.

    Attributes:
        line: the jobs, one at work and the others waiting.
        display: what is seen of them.
        notice: one line for the panel about jobs that came to nothing, until the next one is begun.
    """

    def __init__(self) -> None:
        self.line = JobLine()
        self.display = JobDisplay()
        self.notice = ""
        self._reasons: dict[int, str] = {}
        self._before_file: list[str] = []  # titles of the jobs when another file began to open

    @property
    def jobs(self) -> tuple[Standing, ...]:
        """The jobs in line, the one at work first."""
        return self.line.standings

    @property
    def busy(self) -> bool:
        """Whether a job is under way."""
        return bool(self.line.standings)

    def submit(self, python: str, job: Job, flame: str = "", title: str = "") -> int:
        """Put a job in line, starting the worker if need be in the Python that is asked for.

        Args:
            python: the preference; empty for the defaults of ``find_python``.
            job: what to do.
            flame: the preference for the user's FLAME model; empty for that of the environment.
            title: what it does, for people.

        Raises:
            UserError: the Python cannot be started, or ends at once.
        """
        from ..ptalker_blender.rig.flame_source import FLAME_VARIABLE  # not needed to register

        wanted = find_python(python)
        search = [extension_packages()] if wanted == sys.executable else []
        environment = {**os.environ, **({FLAME_VARIABLE: flame} if flame else {})}
        self.notice = ""
        return self.line.submit(Site(wanted, worker_environment(search, environment)), job, title)

    def cancel(self, number: int, reason: str = "") -> None:
        """Let go of a job; its operator, if it is still there, gives the reason at its next tick."""
        if number in self.line:
            self._reasons[number] = reason
            self.line.cancel(number)
        self.display.end(number)

    def cancel_all(self, why: str) -> None:
        """Let go of every job because of something that happened to the file; the panel says so."""
        titles = [job.title for job in self.jobs]
        for standing in reversed(self.jobs):  # the waiting ones first, so that none is begun
            self.cancel(standing.number, cancelled_by(why, [standing.title]))
        if titles:
            self.notice = cancelled_by(why, titles)

    def file_opens(self) -> None:
        """Another file begins to open. One that cannot be read ends nothing, so no job is let go of yet."""
        self._before_file = [job.title for job in self.jobs]

    def file_opened(self) -> None:
        """Another file is open; on the way Blender has ended our operators, and they their jobs."""
        titles, self._before_file = self._before_file, []
        self.cancel_all("another file was opened")
        if titles:
            self.notice = cancelled_by("another file was opened", titles)

    def reason(self, number: int) -> str:
        """Why a job is not in line any more; empty when that has been said already."""
        return self._reasons.pop(number, "")

    def close(self) -> None:
        """End the jobs and the worker."""
        self.line.stop()
        self.display.close()
        self._reasons.clear()


def cancelled_by(why: str, titles: list[str]) -> str:
    """One line on jobs that were let go of."""
    what = titles[0] if len(titles) == 1 else f"{len(titles)} jobs"
    return f"{what} cancelled, since {why}; nothing was written"


@lru_cache(maxsize=1)
def desk() -> WorkerDesk:
    """Return this Blender's desk."""
    return WorkerDesk()


def extension_packages() -> Path:
    """Where Blender unpacks the wheels of extensions; needed only by Blender's own Python."""
    folder = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return Path(bpy.utils.user_resource("EXTENSIONS")) / ".local" / "lib" / folder / "site-packages"
