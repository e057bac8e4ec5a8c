"""The one worker process of this Blender, kept warm between bakes, and what it is doing now."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path

import bpy

from ..ptalker_blender.engine.client import (
    Event,
    Job,
    WorkerClient,
    WorkerError,
    find_python,
    worker_environment,
)
from ..ptalker_blender.errors import UserError
from .display import JobDisplay


class WorkerDesk:
    """Hands one job at a time to the worker; for Blender's main thread."""

    def __init__(self) -> None:
        self._client: WorkerClient | None = None
        self._started = "", ""  # with which Python and FLAME model
        self.job: int | None = None
        self.stage, self.fraction = "", 0.0
        self.display = JobDisplay()

    @property
    def busy(self) -> bool:
        """Whether a job is under way."""
        return self.job is not None

    def submit(self, python: str, job: Job, flame: str = "") -> int:
        """Start the worker if need be, in the Python that is asked for, and give it a job.

        Args:
            python: the preference; empty for the defaults of ``find_python``.
            job: what to do.
            flame: the preference for the user's FLAME model; empty for that of the environment.

        Raises:
            UserError: the Python cannot be started, or ends at once.
        """
        wanted = find_python(python)
        if self._client is not None and ((wanted, flame) != self._started or not self._client.running):
            self._client.stop()
            self._client = None
        if self._client is None:
            from ..ptalker_blender.rig.flame_source import FLAME_VARIABLE  # not needed to register

            search = [_extension_packages()] if wanted == sys.executable else []
            environment = {**os.environ, **({FLAME_VARIABLE: flame} if flame else {})}
            self._client = WorkerClient(wanted, worker_environment(search, environment))
            self._started = wanted, flame
        self._client.start()
        try:
            self.job = self._client.submit(job)
        except WorkerError as error:
            raise UserError(
                f"the worker's Python {wanted!r} ended at once",
                "a Python 3.11 or newer that has torch",
                "set it in the add-on preferences or in PTALKER_PYTHON",
            ) from error
        self.stage, self.fraction = "Starting", 0.0
        return self.job

    def poll(self) -> list[Event]:
        """Report what the worker did since the last call."""
        return self._client.poll() if self._client is not None else []

    def cancel(self) -> None:
        """Let go of the job that runs, if one does."""
        if self._client is not None and self.job is not None:
            self._client.cancel(self.job)
        self.done()

    def wait(self, seconds: float) -> list[Event]:
        """``poll``, but wait for something to happen."""
        return self._client.wait(seconds) if self._client is not None else []

    def done(self) -> None:
        """Note that the job has ended, and show nothing of it any more; may be called twice."""
        self.job = None
        self.stage, self.fraction = "", 0.0
        self.display.end()

    def close(self) -> None:
        """End the job and the worker."""
        self.cancel()
        if self._client is not None:
            self._client.stop()
            self._client = None


@lru_cache(maxsize=1)
def desk() -> WorkerDesk:
    """Return this Blender's desk."""
    return WorkerDesk()


def _extension_packages() -> Path:
    """Where Blender unpacks the wheels of extensions; needed only by Blender's own Python."""
    folder = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return Path(bpy.utils.user_resource("EXTENSIONS")) / ".local" / "lib" / folder / "site-packages"
