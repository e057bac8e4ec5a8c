"""Which Python can run the network? Each is asked in a process of its own, with a time limit, and none is changed.

It is asked for its version, and which modules it has of what version, without importing any: torch alone takes seconds.
Whether they work is told by ``check_work``. Standard library only, since Blender imports this module.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from .runtime import NEEDED

OLDEST = (3, 11)
# What the worker accepts of each module: at least, and below. As in pyproject.toml, but for torch, whose pin there is
# what the network was trained and tested with; 2.6 is what transformers asks for.
ACCEPTED: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "numpy": ((1, 26), (3,)),
    "torch": ((2, 6), (3,)),
    "scipy": ((1, 13), (2,)),
    "soundfile": ((0, 12), (1,)),
    "safetensors": ((0, 5), (1,)),
    "transformers": ((5, 0), (6,)),
}
DIALOGUE = "pocketsphinx"  # wanted only where a dialogue is given
SECONDS = 15.0  # for one Python to answer: from a cold disk, with a virus scanner looking on
_AT_ONCE = 4
_TICK = 0.02
_MARK = "ptalker-runtime:"
# Runs in whatever Python is there, so it keeps to what Python 2 reads too. A folder that is left of a removed package
# is found as a namespace, which has no origin.
_QUESTION = f"""
import json, sys
modules = {{}}
if sys.version_info >= (3, 8):
    import importlib.metadata, importlib.util
    for name in sys.argv[1:]:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            try:
                modules[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                modules[name] = ""
answer = {{"version": list(sys.version_info[:3]), "prefix": sys.prefix, "modules": modules}}
sys.stdout.write("{_MARK}" + json.dumps(answer) + chr(10))
"""

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Runtime:
    """A Python and what it said of itself.

    Attributes:
        path: the program.
        version: of Python; empty when it did not answer.
        modules: version by name of those it has, empty where it does not tell one.
        prefix: its environment's folder.
        problem: why it did not answer, empty if it did.
    """

    path: str
    version: tuple[int, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    problem: str = ""

    @property
    def lacks(self) -> tuple[str, ...]:
        """What keeps it from running the network, in phrases; empty when nothing does."""
        if self.problem:
            return (self.problem,)
        old = (f"Python {_dotted(OLDEST)} or newer",) if self.version < OLDEST else ()
        return (*old, *(text for name in NEEDED if (text := self._lacks(name))))

    @property
    def complete(self) -> bool:
        """Whether it has all that is needed."""
        return not self.lacks

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        if self.problem:
            return self.problem[0].upper() + self.problem[1:]
        torch = self.modules.get("torch")
        return f"Python {_dotted(self.version)}, " + ("no torch" if torch is None else f"torch {torch}".rstrip())

    def _lacks(self, name: str) -> str:
        if name not in self.modules:
            return name
        version, (least, below) = release(self.modules[name]), ACCEPTED[name]
        if not version or least <= version < below:  # one that does not tell its version is given a try
            return ""
        return f"{name} {_dotted(least)} or newer" if version < least else f"{name} before {_dotted(below)}"


@dataclass(frozen=True)
class Question:
    """A Python to ask.

    Attributes:
        path: the program.
        environment: what it is asked in, so that it answers for the worker, which gets the same.
    """

    path: str
    environment: Mapping[str, str]


def find_runtimes(
    questions: Sequence[Question], tell: Tell | None = None, stop: threading.Event | None = None,
    seconds: float = SECONDS,
) -> tuple[Runtime, ...]:  # fmt: skip
    """Ask each Python; those that can run the network first, of them the one with the newest torch.

    Several names of one environment are one, under the first name.

    Args:
        questions: whom to ask; of equals the first is the better.
        tell: hears how many have answered, of how many.
        stop: set by another thread, it ends the search within a tenth of a second; those not asked yet are left out.
        seconds: for each to answer.
    """
    stop = stop or threading.Event()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ptalker-find-python") as pool:
        futures = [pool.submit(ask, question, stop, seconds) for question in questions]
        _follow(futures, tell)
    answers = [answer for future in futures if (answer := future.result()) is not None]
    return tuple(sorted(_distinct(answers), key=_rank))


def ask(question: Question, stop: threading.Event, seconds: float = SECONDS) -> Runtime | None:
    """Ask one Python; None when ``stop`` was set before it answered."""
    if stop.is_set():
        return None
    # PYTHONSAFEPATH stands for the worker's -P, which older Pythons refuse; the path is the worker's otherwise.
    environment = {**question.environment, "PYTHONSAFEPATH": "1"}
    command = [question.path, "-c", _QUESTION, *NEEDED, DIALOGUE]
    # Files, not pipes: what a program leaves running when it is killed would hold a pipe open.
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        try:
            process = _start(command, environment, said, complained)
        except OSError as error:
            return Runtime(question.path, problem=f"cannot be started ({error.strerror or error})")
        code = _wait(process, stop, seconds)
        if code is None:
            late = f"gave no answer within {seconds:g} s"
            return None if stop.is_set() else Runtime(question.path, problem=late)
        said.seek(0)
        complained.seek(0)
        answer = _read(question.path, said.read().decode("utf-8", "replace"))
        return answer or Runtime(question.path, problem=_strange(code, complained.read().decode("utf-8", "replace")))


class Search:
    """A search in a thread of its own, the looking at folders included; asked after by another thread.

    Args:
        gather: lists whom to ask.
    """

    def __init__(self, gather: Callable[[], Sequence[Question]]) -> None:
        self._gather, self._stop = gather, threading.Event()
        self.done, self.count = 0, 0
        pool = ThreadPoolExecutor(1, thread_name_prefix="ptalker-find-pythons")
        self._future = pool.submit(self._run)
        pool.shutdown(wait=False)

    @property
    def ended(self) -> bool:
        """Whether there is a result."""
        return self._future.done()

    def result(self) -> tuple[Runtime, ...]:
        """What was found, waiting for it; a fault of the search is raised here."""
        return self._future.result()

    def stop(self) -> None:
        """End it, and with it the Pythons that are being asked; returns at once."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for the end of a search that was stopped, but not longer."""
        wait([self._future], seconds)

    def _run(self) -> tuple[Runtime, ...]:
        questions = self._gather()
        self.count = len(questions)
        return find_runtimes(questions, self._tell, self._stop)

    def _tell(self, done: int, _count: int) -> None:
        self.done = done


def summary(runtimes: Sequence[Runtime]) -> str:
    """What was found, in one line."""
    if not runtimes:
        return "No Python was found on this machine"
    best = runtimes[0]
    if not best.complete:
        count = "The only Python found" if len(runtimes) == 1 else f"None of the {len(runtimes)} Pythons found"
        does = "does not have" if len(runtimes) == 1 else "has"
        return f"{count} {does} all that is needed. Nearest is {best.path}, which wants {', '.join(best.lacks)}"
    others = sum(one.complete for one in runtimes[1:])
    text = f"Found {best.title} in {best.path}"
    if DIALOGUE not in best.modules:
        text += f", without {DIALOGUE}, which a dialogue needs"
    return text + (f"; {others} more would do" if others else "")


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version, such as (2, 13, 0) of ``2.13.0+cu130``; empty when it begins with none."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def _start(command: list[str], environment: Mapping[str, str], said: IO[bytes], complained: IO[bytes]) -> Any:
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": complained, "env": environment}
    if sys.platform == "win32":
        return subprocess.Popen(command, creationflags=subprocess.CREATE_NO_WINDOW, **options)
    return subprocess.Popen(command, start_new_session=True, **options)  # a group, to be ended with all it started


def _wait(process: subprocess.Popen[bytes], stop: threading.Event, seconds: float) -> int | None:
    """The exit status; None when it had to be ended."""
    end = time.monotonic() + seconds
    while (code := process.poll()) is None:
        if stop.is_set() or time.monotonic() > end:
            _end(process)
            return None
        time.sleep(_TICK)
    return code


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):  # it has just ended by itself
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(path: str, said: str) -> Runtime | None:
    """The answer among whatever else a Python prints when it starts; None when there is none."""
    for line in said.splitlines():
        if line.startswith(_MARK):
            answer = json.loads(line.removeprefix(_MARK))
            return Runtime(path, tuple(answer["version"]), answer["modules"], answer["prefix"])
    return None


def _strange(code: int, complaint: str) -> str:
    last = complaint.strip().splitlines()[-1:]
    return f"ended with status {code}" + (f" ({last[0].strip()[:120]})" if last else "")


def _follow(futures: Sequence[Future[Runtime | None]], tell: Tell | None) -> None:
    left = set(futures)
    while left:
        _, left = wait(left, return_when=FIRST_COMPLETED)
        if tell is not None:
            tell(len(futures) - len(left), len(futures))


def _distinct(answers: Sequence[Runtime]) -> list[Runtime]:
    """Each environment once; those that did not answer are told by their path alone."""
    found: dict[tuple[str, ...], Runtime] = {}
    for answer in answers:
        found.setdefault((answer.prefix, _dotted(answer.version)) if answer.prefix else (answer.path,), answer)
    return list(found.values())


def _rank(one: Runtime) -> tuple[Any, ...]:
    """The lower the better: what is lacking, torch for graphics cards too, the newest, one that hears dialogue."""
    version = one.modules.get("torch", "")
    newest = tuple(-part for part in (*release(version), 0, 0, 0)[:3])
    return (bool(one.problem), len(one.lacks), version.endswith("+cpu"), newest, DIALOGUE not in one.modules)


def _dotted(version: Sequence[int]) -> str:
    return ".".join(map(str, version))
