"""The worker process: jobs in, motion out, so that no crash, fault or cancel ever touches the artist's Blender.

Run as ``python -m ptalker_blender.engine.worker`` by ``client.WorkerClient``. Frames of ``protocol`` come on standard
input and go on standard output; the end of the input ends the process. One thread reads, so a cancel is heard while the
other computes.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..errors import UserError
from .check_messages import CheckDone, CheckJob
from .endings import EXIT_MEMORY, EXIT_PROTOCOL, is_out_of_memory
from .engines import Engine, Engines, OpenEngine
from .face_messages import FaceDone, FaceJob
from .key_messages import BuildKeysJob, KeysBuilt
from .keys import lips_opening
from .lines_messages import LinesJob, LinesJoined
from .lines_work import do_lines
from .messages import (
    JOB_KINDS,
    BakeJob,
    Cancelled,
    Done,
    Failure,
    Job,
    Progress,
    Result,
    WorkerEvent,
    decode_job,
    decode_job_number,
    event_message,
)
from .protocol import ProtocolError, read_message, write_message
from .result_keys import with_keys
from .style_messages import Manner, RestyleJob, SaveStyleJob, StyleSaved
from .word_messages import Spoken, WordsFound, WordsJob

if TYPE_CHECKING:
    from ..transcript.align import Word
    from .word_work import WordFinder

PROGRESS_SECONDS = 0.05  # between two progress events of one stage; an interface redraws no faster
GRACE_SECONDS = 2.0  # for a job to notice that the input has ended


class JobCancelledError(Exception):
    """Raised inside the progress callback to leave a computation that nobody waits for any more."""


class OutOfMemoryError(Exception):
    """A job wanted more memory than there is; its status tells Blender, since a message might want some too."""


class Worker:
    """Serves jobs until the input ends.

    Args:
        source: frames from Blender.
        sink: frames to Blender.
        open_engine: makes the engine for a weights file and a device.
    """

    def __init__(self, source: BinaryIO, sink: BinaryIO, open_engine: OpenEngine) -> None:
        self._source, self._sink = source, sink
        self._engines = Engines(open_engine)
        self._jobs: queue.SimpleQueue[tuple[int, Job] | None] = queue.SimpleQueue()
        self._cancels: dict[int, threading.Event] = {}
        self._ended = threading.Event()
        self._words: WordFinder | None = None
        self._exit_code = 0

    def serve(self) -> int:
        """Do jobs in order until the input ends; returns the exit status."""
        threading.Thread(target=self._read, name="ptalker-reader", daemon=True).start()
        while (item := self._jobs.get()) is not None and not self._ended.is_set():
            number, job = item
            try:
                self._send(self._answer(number, job))
            except OSError:
                return self._exit_code  # Blender is gone, and with it everyone to answer
            except OutOfMemoryError:
                return EXIT_MEMORY  # libraries may be loaded by halves now: a fresh process does the next job
            del self._cancels[number]
        return self._exit_code

    def _read(self) -> None:
        """Body of the reader thread."""
        try:
            while (message := read_message(self._source)) is not None:
                if message.kind == "cancel":
                    self._cancel(decode_job_number(message))
                elif message.kind in JOB_KINDS:
                    number, job = decode_job(message)
                    self._cancels[number] = threading.Event()
                    self._jobs.put((number, job))
                else:
                    raise ProtocolError(f"unknown request {message.kind!r}")
        except (ProtocolError, OSError):
            # Out of step with the sender: nothing that follows can be trusted.
            traceback.print_exc()
            self._exit_code = EXIT_PROTOCOL
        self._end()

    def _cancel(self, number: int) -> None:
        event = self._cancels.get(number)
        if event is not None:  # None: answered already
            event.set()

    def _end(self) -> None:
        """Let the main thread finish, or end the process when it computes on without looking up."""
        self._ended.set()
        self._jobs.put(None)
        time.sleep(GRACE_SECONDS)
        sys.stderr.flush()
        os._exit(self._exit_code)

    def _answer(self, number: int, job: Job) -> WorkerEvent:
        """Do one job; whatever happens becomes an event."""
        try:
            return self._do(number, job)
        except JobCancelledError:
            return Cancelled(number)
        except UserError as error:
            return Failure(number, str(error), user_error=True)
        except Exception as error:
            if is_out_of_memory(error):
                traceback.print_exc()
                raise OutOfMemoryError from error
            if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("ptalker_blender"):
                return Failure(number, str(_missing_module(error)), user_error=True)
            # The one place where every fault is caught: it travels to Blender with its traceback and the worker lives.
            return Failure(
                number, f"{type(error).__name__}: {error}", user_error=False, traceback=traceback.format_exc()
            )

    def _do(self, number: int, job: Job) -> Done:
        if isinstance(job, BuildKeysJob):
            return self._build_keys(number, job)
        if isinstance(job, LinesJob):
            return self._join_lines(number, job)
        if isinstance(job, RestyleJob):
            return self._restyle(number, job)
        if isinstance(job, SaveStyleJob):
            return self._save_style(number, job)
        if isinstance(job, WordsJob):
            return self._find_words(number, job)
        if isinstance(job, CheckJob):
            return self._check(number, job)
        return self._face(number, job) if isinstance(job, FaceJob) else self._perform(number, job)

    def _perform(self, number: int, job: BakeJob) -> Result:
        # Imported here: numpy and soundfile load while Blender is already free again.
        from ..audio.load import load_audio
        from .request import Request
        from .style_work import received_style

        progress = _Reporter(number, self._cancels[number], self._ended, self._send)
        progress("Reading audio", 0.0)
        audio = load_audio(job.audio_path, job.audio_start, job.audio_end, speed=job.speed, keep_pitch=job.keep_pitch)
        progress("Reading style", 0.0)
        style = received_style(_manner(job), progress)
        progress("Loading network", 0.0)
        engine = self._engines.get(job.weights, job.device)
        request = Request(audio=audio, style=style, strength=job.strength, seed=job.seed, text=job.text)
        notes: list[str] = []
        said: list[Word] = []
        progress("Performing", 0.0)
        # The engine's own stages are details of its making; to the artist it is one stage.
        motion = engine.predict(request, lambda _, done: progress("Performing", done), notes.append, said.extend)
        progress("Performing", 1.0)
        if job.fps is not None:
            from ..motion.resample import resample_motion

            progress("Fitting to frames", 0.0)
            motion = resample_motion(motion, job.fps)
        words = tuple(Spoken(word.text, word.start, word.end) for word in said)
        done = Result(number, motion, engine.weights_sha256, audio.sha256(), notes=tuple(notes), words=words)
        return with_keys(replace(done, opening=lips_opening(motion)), job, progress)

    def _restyle(self, number: int, job: RestyleJob) -> Result:
        from .style_work import do_restyle  # imported here: as above

        progress = _Reporter(number, self._cancels[number], self._ended, self._send)
        progress("Loading network", 0.0)
        engine = self._engines.get(job.weights, job.device)
        made = do_restyle(job, engine, progress)
        return with_keys(Result(number, made.motion, engine.weights_sha256, "", notes=made.notes), job, progress)

    def _save_style(self, number: int, job: SaveStyleJob) -> StyleSaved:
        from .style_work import do_save_style  # imported here: as above

        progress = _Reporter(number, self._cancels[number], self._ended, self._send)
        progress("Loading network", 0.0)
        return do_save_style(number, job, self._engines.get(job.weights, job.device), progress)

    def _build_keys(self, number: int, job: BuildKeysJob) -> KeysBuilt:
        progress = _Reporter(number, self._cancels[number], self._ended, self._send)
        progress("Loading", 0.0)
        from .key_work import do_build_keys  # imported here: whoever only bakes need not wait for scipy

        return do_build_keys(number, job, progress)

    def _join_lines(self, number: int, job: LinesJob) -> LinesJoined:
        progress = _Reporter(number, self._cancels[number], self._ended, self._send)
        return do_lines(number, job, progress)

    def _find_words(self, number: int, job: WordsJob) -> WordsFound:
        progress = _Reporter(number, self._cancels[number], self._ended, self._send)
        progress("Loading", 0.0)
        if not job.text.strip():
            from .word_work import hear_closures  # imported here: as above

            progress("Loading network", 0.0)
            return hear_closures(number, job, self._engines.get(job.weights, job.device), progress)
        if self._words is None:
            from .word_work import WordFinder  # imported here: as above

            self._words = WordFinder()
        return self._words.find(number, job, progress)

    def _check(self, number: int, job: CheckJob) -> CheckDone:
        from .check_work import do_check  # imported here: as above

        progress = _Reporter(number, self._cancels[number], self._ended, self._send)
        return do_check(number, job, lambda: self._engines.get(job.weights, job.device).weights_sha256, progress)

    def _face(self, number: int, job: FaceJob) -> FaceDone:
        progress = _Reporter(number, self._cancels[number], self._ended, self._send)
        progress("Loading", 0.0)
        from .face_work import do_face_job  # imported here: as above

        return do_face_job(number, job, progress)

    def _send(self, event: WorkerEvent) -> None:
        write_message(self._sink, event_message(event))


class _Reporter:
    """Progress callback of one job: reports now and then, and raises as soon as the job is cancelled."""

    def __init__(
        self, job: int, cancel: threading.Event, ended: threading.Event, send: Callable[[WorkerEvent], None]
    ) -> None:
        self._job, self._cancel, self._ended, self._send = job, cancel, ended, send
        self._stage, self._sent_at = "", 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        if self._cancel.is_set() or self._ended.is_set():
            raise JobCancelledError
        now = time.monotonic()
        if stage != self._stage or fraction >= 1.0 or now - self._sent_at >= PROGRESS_SECONDS:
            self._stage, self._sent_at = stage, now
            self._send(Progress(self._job, stage, float(fraction)))


def _manner(job: BakeJob) -> Manner:
    names = (field.name for field in fields(Manner))
    return Manner(**{name: getattr(job, name) for name in names})


def _missing_module(error: ModuleNotFoundError) -> UserError:
    return UserError(
        f"the worker's Python {sys.executable!r} has no module {error.name!r}",
        "a Python with torch, numpy, scipy, soundfile, safetensors and transformers",
        "choose another Python in the add-on preferences or in PTALKER_PYTHON, or install the module there",
    )


def claim_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for frames alone.

    Descriptor 0 then reads nothing and descriptor 1 is standard error, so that neither a library's print nor a child
    process (ffmpeg reads its terminal) can disturb the frames.
    """
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdout.flush()
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (source, sink):
            msvcrt.setmode(descriptor, os.O_BINARY)
    return os.fdopen(source, "rb"), os.fdopen(sink, "wb")


def main(open_engine: OpenEngine | None = None) -> int:
    """Serve on this process's standard streams; the engine is ``Session`` unless another is given."""
    source, sink = claim_streams()
    # Ctrl-C in the terminal Blender was started from goes to its children too; Blender decides about its worker.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if open_engine is None:
            _load_network_code()
        return Worker(source, sink, open_engine or _open_session).serve()
    except Exception as error:
        if is_out_of_memory(error):
            traceback.print_exc()
            return EXIT_MEMORY
        raise


def _load_network_code() -> None:
    """Load torch before the first job asks for it.

    What is missing or does not load is reported by that job, to someone who listens.
    """
    with contextlib.suppress(ImportError, OSError):
        importlib.import_module("..engine.session", __package__)


def _open_session(weights: Path | None, device: str) -> Engine:
    from .session import Session

    return Session(weights, device)


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    # The reader thread may sit in a read and torch's threads in a pool; nothing is left to clean up.
    os._exit(status)
