"""The worker seen from Blender: start it, give it jobs, ask what happened. Nothing here blocks the interface.

Standard library and numpy only, since Blender imports this module. The worker is started by ``subprocess``, not
``multiprocessing``, whose spawn would re-import Blender's ``__main__``; closing its standard input ends it, so it also
ends when Blender crashes.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from ..errors import UserError
from .check_messages import CheckDone, CheckJob
from .face_messages import FaceDone, FaceJob
from .key_messages import BuildKeysJob, KeysBuilt
from .lines_messages import LinesJob, LinesJoined
from .messages import (
    VOICE,
    BakeJob,
    Cancelled,
    Done,
    Event,
    Exited,
    Failure,
    Job,
    Progress,
    Result,
    cancel_message,
    decode_event,
    job_message,
)
from .protocol import Frame, Message, ProtocolError, frame_of, read_message, write_frame
from .style_messages import Manner, RestyleJob, SaveStyleJob, SentMesh, SentMotion, SentPerformance, StyleSaved
from .word_messages import Spoken, WordsFound, WordsJob

__all__ = [
    "VOICE",
    "BakeJob",
    "BuildKeysJob",
    "Cancelled",
    "CheckDone",
    "CheckJob",
    "Done",
    "Event",
    "Exited",
    "FaceDone",
    "FaceJob",
    "Failure",
    "Job",
    "KeysBuilt",
    "LinesJob",
    "LinesJoined",
    "Manner",
    "Progress",
    "RestyleJob",
    "Result",
    "SaveStyleJob",
    "SentMesh",
    "SentMotion",
    "SentPerformance",
    "Spoken",
    "StyleSaved",
    "WordsFound",
    "WordsJob",
    "WorkerClient",
    "WorkerError",
    "find_python",
    "worker_environment",
]

PYTHON_VARIABLE = "PTALKER_PYTHON"  # of the environment: the worker's Python where no preference names one
_WORKER_MODULE = "ptalker_blender.engine.worker"
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]  # the folder that holds ptalker_blender
_STDERR_LINES = 60


class WorkerError(RuntimeError):
    """The worker is not there to take the request: not started, or it has just ended."""


def find_python(preference: str = "", environ: Mapping[str, str] | None = None) -> str:
    """Choose the Python for the worker: the preference, else ``PTALKER_PYTHON``, else the one running this.

    In Blender ``sys.executable`` is Blender's own Python, which sees the bundled wheels through ``worker_environment``.
    """
    return preference or (os.environ if environ is None else environ).get(PYTHON_VARIABLE, "") or sys.executable


def worker_environment(search: Iterable[Path | str] = (), base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Make the environment for the worker: ``base`` (default: ours) with a PYTHONPATH that finds this package.

    Args:
        search: further folders to import from, such as Blender's extension site-packages.
        base: environment to start from.
    """
    environment = dict(os.environ if base is None else base)
    inherited = [part for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part]
    environment["PYTHONPATH"] = os.pathsep.join([str(_PACKAGE_ROOT), *map(str, search), *inherited])
    # Blender may be started with its own PYTHONHOME, which would break any other Python.
    environment.pop("PYTHONHOME", None)
    environment["PYTHONIOENCODING"] = "utf-8:backslashreplace"
    # Nothing that we run looks anything up; transformers and the hub's library are told not to, whatever is asked.
    environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    # Threads that wait must sleep: spinning, they take the cores from Blender and from one another. A minute of sound
    # beside other work on two cores took 78 s with the default and 3.4 s so.
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return environment


class WorkerClient:
    """One worker process, kept warm between jobs. All methods are for one thread, Blender's main one.

    Args:
        python: interpreter of the worker; None: ``find_python()``.
        env: the whole environment of the worker; None: ``worker_environment()``.
        module: module run with ``-m``.
    """

    def __init__(
        self, python: str | None = None, env: Mapping[str, str] | None = None, module: str = _WORKER_MODULE
    ) -> None:
        self._python = python or find_python()
        self._env = worker_environment() if env is None else dict(env)
        self._module = module
        self._worker: _Worker | None = None
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._next_job = 1
        self._cancelled: set[int] = set()

    @property
    def running(self) -> bool:
        """Whether a worker is there to take jobs."""
        return self._worker is not None and self._worker.process.poll() is None

    def start(self) -> None:
        """Start the worker unless it runs; returns at once, long before it is warm.

        Raises:
            UserError: the interpreter cannot be started.
        """
        if not self.running:
            # -P: a stray json.py in the current folder must not become the worker's.
            command = [self._python, "-P", "-m", self._module]
            self._worker = _Worker(command, self._env, self._events)

    def submit(self, job: Job) -> int:
        """Queue a job and return its number; jobs are done one at a time, in order.

        Its arrays are sent in the background and must stay as they are.

        Raises:
            WorkerError: no worker runs; ``start()`` begins a fresh one.
        """
        number, self._next_job = self._next_job, self._next_job + 1
        self._send(job_message(number, job))
        return number

    def cancel(self, job: int) -> None:
        """Let go of a job. At most ``Cancelled`` (or ``Exited``) is reported for it from now on."""
        self._cancelled.add(job)
        if self.running:
            # A worker that ends just now has let go of the job too, and Exited says so.
            with contextlib.suppress(WorkerError):
                self._send(cancel_message(job))

    def poll(self) -> list[Event]:
        """Report what happened since the last call, in order; never waits."""
        events: list[Event] = []
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return events
            if self._is_wanted(event):
                events.append(event)

    def wait(self, timeout: float) -> list[Event]:
        """``poll``, but wait up to ``timeout`` seconds for something to happen; for callers that have nothing to do."""
        try:
            first = self._events.get(timeout=timeout)
        except queue.Empty:
            return []
        return [*([first] if self._is_wanted(first) else []), *self.poll()]

    def stop(self, timeout: float = 1.0) -> None:
        """End the worker: close its input, wait ``timeout`` seconds, then kill. Unread events are dropped."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop(timeout)
        self._events = queue.SimpleQueue()
        self._cancelled.clear()

    def _send(self, message: Message) -> None:
        if self._worker is None or not self.running:
            raise WorkerError("the worker is not running")
        self._worker.send(frame_of(message))

    def _is_wanted(self, event: Event) -> bool:
        """Whether to report an event: what a cancelled job still sends is dropped."""
        if isinstance(event, Exited):
            self._cancelled.clear()
            return True
        if isinstance(event, Cancelled):
            self._cancelled.discard(event.job)
            return True
        if event.job not in self._cancelled:
            return True
        if not isinstance(event, Progress):
            self._cancelled.discard(event.job)  # the job had ended before the request arrived: this was its last event
        return False


class _Worker:
    """The process with a thread for each of its streams.

    One writes, because a pipe holds no more than 64 KB and a job with a performance some megabytes, which a worker that
    is still loading torch takes only seconds later.
    """

    def __init__(self, command: list[str], env: Mapping[str, str], events: queue.SimpleQueue[Event]) -> None:
        self._events = events
        self._stopping = threading.Event()
        self._tail: deque[str] = deque(maxlen=_STDERR_LINES)
        self.process = _popen(command, env)
        self._unsent: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()  # None: no more
        self._writer = threading.Thread(target=self._write, name="ptalker-worker-requests", daemon=True)
        self._stderr_reader = threading.Thread(target=self._read_stderr, name="ptalker-worker-stderr", daemon=True)
        self._reader = threading.Thread(target=self._read_events, name="ptalker-worker-events", daemon=True)
        self._stderr_reader.start()
        self._reader.start()
        self._writer.start()

    def send(self, frame: Frame) -> None:
        self._unsent.put(frame)

    def stop(self, timeout: float) -> None:
        self._stopping.set()
        self._unsent.put(None)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(timeout=1.0)
        self._writer.join(timeout=1.0)

    def _write(self) -> None:
        stdin = _pipe(self.process.stdin)
        try:
            while (frame := self._unsent.get()) is not None and not self._stopping.is_set():
                write_frame(stdin, frame)
        except OSError as error:
            # The worker ended, or reads no more; either way Exited tells.
            self._tail.append(f"the worker takes no requests: {error}")
            self.process.kill()
        with contextlib.suppress(OSError):  # closing flushes, and a worker that died leaves a broken pipe
            stdin.close()

    def _read_events(self) -> None:
        stdout = _pipe(self.process.stdout)
        try:
            while (message := read_message(stdout)) is not None:
                self._events.put(decode_event(message))
        except (ProtocolError, OSError) as error:
            self._tail.append(f"what the worker sent could not be read: {error}")
            self.process.kill()
        code = self.process.wait()
        self._unsent.put(None)
        # A grandchild may hold stderr open; its last words are not worth waiting for.
        self._stderr_reader.join(timeout=1.0)
        stdout.close()
        if not self._stopping.is_set():
            self._events.put(Exited(code, "\n".join(self._tail)))

    def _read_stderr(self) -> None:
        with _pipe(self.process.stderr) as stream:
            for line in stream:
                self._tail.append(line.decode("utf-8", "backslashreplace").rstrip())


def _popen(command: list[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    # The flag exists on Windows only, where a console window would flash up beside Blender.
    flags = int(getattr(subprocess, "CREATE_NO_WINDOW", 0))
    try:
        return subprocess.Popen(command, env=dict(env), creationflags=flags, stdin=pipe, stdout=pipe, stderr=pipe)
    except OSError as error:
        raise UserError(
            f"the worker's Python {command[0]!r} cannot be started ({error.strerror})",
            "a Python 3.11 or newer that has torch",
            "set it in the add-on preferences or in PTALKER_PYTHON",
        ) from error


def _pipe(stream: object) -> BinaryIO:
    """Popen types its pipes as optional; all three were asked for."""
    if stream is None:
        raise RuntimeError("Popen was asked for this pipe")
    return stream  # type: ignore[return-value]
