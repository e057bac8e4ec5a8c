"""What Blender and the worker say to each other, as frozen dataclasses, and their form on the wire.

Standard library and numpy only: Blender imports this module.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..motion.density import KEY_ERROR_MM
from ..motion.motion import Motion
from ..motion.reduce import KeyCurve
from .check_messages import (
    CHECK,
    CHECKED,
    CheckDone,
    CheckJob,
    check_done_message,
    check_job_message,
    decode_check_done,
    decode_check_job,
)
from .face_messages import DONE as FACE_DONE
from .face_messages import KIND as FACE_KIND
from .face_messages import (
    FaceDone,
    FaceJob,
    decode_face_done,
    decode_face_job,
    face_done_message,
    face_job_message,
)
from .key_frames import pack_keys, pack_tracks, unpack_keys, unpack_tracks
from .key_messages import (
    BUILD_KEYS,
    KEYS_BUILT,
    BuildKeysJob,
    KeysBuilt,
    build_keys_message,
    decode_build_keys,
    decode_keys_built,
    keys_built_message,
)
from .lines_messages import (
    LINES,
    LINES_JOINED,
    LinesJob,
    LinesJoined,
    decode_lines_job,
    decode_lines_joined,
    lines_job_message,
    lines_joined_message,
)
from .message_fields import Fields, arrays_of, is_number, lost_of, motion_of, texts_of
from .protocol import Message, ProtocolError
from .style_messages import (
    STYLE_KINDS,
    STYLE_SAVED,
    RestyleJob,
    SaveStyleJob,
    SentPerformance,
    StyleSaved,
    decode_style_job,
    decode_style_saved,
    pack_performances,
    style_job_message,
    style_saved_message,
    unpack_performance,
)
from .word_messages import (
    WORDS,
    WORDS_FOUND,
    Spoken,
    WordsFound,
    WordsJob,
    decode_words_found,
    decode_words_job,
    spoken_of,
    words_found_message,
    words_job_message,
)

if TYPE_CHECKING:
    from ..rig.mapping import MotionLost

JOB_KINDS = ("job", BUILD_KEYS, FACE_KIND, LINES, *STYLE_KINDS, WORDS, CHECK)
VOICE = "voice"  # the style that means: draw the manner from the driving audio itself


@dataclass(frozen=True)
class BakeJob:
    """One line to perform.

    Attributes:
        audio_path: audio file.
        audio_start: seconds into the file where the line begins; None: its start.
        audio_end: seconds into the file where the line ends; None: its end.
        style: a library name, a performance file, or ``"voice"`` for the driving audio.
        style_range: seconds (from, to) of the performance; None: all of it.
        mix: a second style, named as ``style`` is but not the driving audio; None: none.
        mix_share: how much of the manner is the second's, 0 to 1.
        strength: how much of the style to apply, 1 as performed.
        seed: of everything drawn at random.
        weights: safetensors file; None: the shipped weights.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        fps: rate of the motion sent back, resampled by the worker since Blender has no scipy; None: the engine's 50.
        keys: one of ``motion.density.DENSITIES`` to have the motion's keys made too, off Blender's main thread; None:
            none.
        key_error: millimetres that the lips may be off where keys are left out.
        tables: mapping tables as JSON (``rig.mapping.table_text``), one per object; empty: keys of the controls.
        text: what is said in the line, English; None: unknown.
        performance: the performance itself, in the place of ``style``, as Blender read it from its file.
        mix_performance: the second performance itself, in the place of ``mix``.
        speed: seconds of the file that one second of the line plays.
        keep_pitch: whether the voice keeps its pitch at that speed.
        style_fps: frames per second of the performance file, where that names no rate; None: 25.
        mix_fps: the same of the second.
    """

    audio_path: str
    audio_start: float | None = None
    audio_end: float | None = None
    style: str = VOICE
    style_range: tuple[float, float] | None = None
    mix: str | None = None
    mix_share: float = 0.5
    strength: float = 1.0
    seed: int = 0
    weights: str | None = None
    device: str = "auto"
    fps: float | None = None
    keys: str | None = None
    key_error: float = KEY_ERROR_MM
    tables: tuple[str, ...] = ()
    text: str | None = None
    performance: SentPerformance | None = None
    mix_performance: SentPerformance | None = None
    speed: float = 1.0
    keep_pitch: bool = False
    style_fps: float | None = None
    mix_fps: float | None = None


Job = BakeJob | BuildKeysJob | FaceJob | LinesJob | RestyleJob | SaveStyleJob | WordsJob | CheckJob


@dataclass(frozen=True)
class Progress:
    """Job ``job`` is in ``stage``, ``fraction`` (0..1) of it done."""

    job: int
    stage: str
    fraction: float


@dataclass(frozen=True)
class Result:
    """Job ``job`` is done: motion at the rate the job asked for and the hashes its provenance needs.

    ``keys`` are the motion's keys, frames counted from 0 at its rate; empty unless the job asked for them. A job with
    tables gets in ``keys`` those of the head's angles, in ``tracks`` for each table those of the object's own keys, and
    in ``lost`` what the tables leave out. ``notes`` are sentences for the artist on the job's transcript. ``packed`` is
    the motion as a take keeps it (``motion.packed``), where keys were asked for; ``opening`` how many millimetres the
    lips of the default head open and close in it; ``words`` those of the job's text, where they are said.
    """

    job: int
    motion: Motion
    weights_sha256: str
    audio_sha256: str
    keys: tuple[KeyCurve, ...] = ()
    tracks: tuple[tuple[KeyCurve, ...], ...] = ()
    lost: MotionLost | None = None
    notes: tuple[str, ...] = ()
    packed: bytes = b""
    opening: float | None = None
    words: tuple[Spoken, ...] = ()


@dataclass(frozen=True)
class Failure:
    """Job ``job`` failed; ``user_error`` tells bad input (one line) from a fault of ours (``traceback`` filled)."""

    job: int
    message: str
    user_error: bool
    traceback: str = ""


@dataclass(frozen=True)
class Cancelled:
    """The worker has let go of a job after ``cancel``; nothing else follows for it."""

    job: int


@dataclass(frozen=True)
class Exited:
    """The worker process is gone; every job it had is lost. ``code`` is negative for a signal, as in ``subprocess``."""

    code: int
    stderr_tail: str


Done = Result | KeysBuilt | FaceDone | LinesJoined | StyleSaved | WordsFound | CheckDone
WorkerEvent = Progress | Done | Failure | Cancelled
Event = WorkerEvent | Exited


def job_message(job: int, work: Job) -> Message:
    """Encode the request for job number ``job``."""
    if isinstance(work, FaceJob):
        return face_job_message(job, work)
    if isinstance(work, BuildKeysJob):
        return build_keys_message(job, work)
    if isinstance(work, LinesJob):
        return lines_job_message(job, work)
    if isinstance(work, WordsJob):
        return words_job_message(job, work)
    if isinstance(work, CheckJob):
        return check_job_message(job, work)
    if isinstance(work, RestyleJob | SaveStyleJob):
        return style_job_message(job, work)
    texts, arrays = pack_performances(performance=work.performance, mix_performance=work.mix_performance)
    return Message("job", {"job": job, **plain_fields(work), **texts}, arrays)


def plain_fields(work: BakeJob) -> dict[str, Any]:
    """The fields of a job that are texts and numbers: all but the performances."""
    plain = asdict(replace(work, performance=None, mix_performance=None))  # asdict would copy their arrays
    return {name: value for name, value in plain.items() if name not in ("performance", "mix_performance")}


def cancel_message(job: int) -> Message:
    """Encode the request to let go of job number ``job``."""
    return Message("cancel", {"job": job})


def decode_job(message: Message) -> tuple[int, Job]:
    """Read job number and work from a message of ``JOB_KINDS``.

    Raises:
        ProtocolError: a field is missing, unknown or of the wrong type.
    """
    if message.kind == FACE_KIND:
        return decode_job_number(message), decode_face_job(message)
    if message.kind == BUILD_KEYS:
        return decode_job_number(message), decode_build_keys(message)
    if message.kind == LINES:
        return decode_job_number(message), decode_lines_job(message)
    if message.kind == WORDS:
        return decode_job_number(message), decode_words_job(message)
    if message.kind == CHECK:
        return decode_job_number(message), decode_check_job(message)
    if message.kind in STYLE_KINDS:
        return decode_job_number(message), decode_style_job(message)
    f = Fields(message.fields)
    span = f.get("style_range", list, None)
    if span is not None and not (len(span) == 2 and all(is_number(x) for x in span)):
        raise ProtocolError(f"style_range must be two numbers, got {span!r}")
    work = BakeJob(
        audio_path=f.get("audio_path", str),
        audio_start=f.get("audio_start", float, None),
        audio_end=f.get("audio_end", float, None),
        style=f.get("style", str),
        style_range=None if span is None else (float(span[0]), float(span[1])),
        mix=f.get("mix", str, None),
        mix_share=f.get("mix_share", float),
        strength=f.get("strength", float),
        seed=f.get("seed", int),
        weights=f.get("weights", str, None),
        device=f.get("device", str),
        fps=f.get("fps", float, None),
        keys=f.get("keys", str, None),
        key_error=f.get("key_error", float),
        tables=tuple(texts_of(f.get("tables", list), "tables")),
        text=f.get("text", str, None),
        performance=unpack_performance(message, "performance"),
        mix_performance=unpack_performance(message, "mix_performance"),
        speed=f.get("speed", float),
        keep_pitch=f.get("keep_pitch", bool),
        style_fps=f.get("style_fps", float, None),
        mix_fps=f.get("mix_fps", float, None),
    )
    return decode_job_number(message), work


def decode_job_number(message: Message) -> int:
    """Read the job number every message carries."""
    number: int = Fields(message.fields).get("job", int)
    return number


def event_message(event: WorkerEvent) -> Message:
    """Encode an event of the worker."""
    if isinstance(event, Progress):
        return Message("progress", asdict(event))
    if isinstance(event, Failure):
        return Message("failure", asdict(event))
    if isinstance(event, Cancelled):
        return Message("cancelled", asdict(event))
    if isinstance(event, FaceDone):
        return face_done_message(event)
    if isinstance(event, WordsFound):
        return words_found_message(event)
    if isinstance(event, CheckDone):
        return check_done_message(event)
    if isinstance(event, StyleSaved):
        return style_saved_message(event)
    if isinstance(event, KeysBuilt):
        return keys_built_message(event)
    if isinstance(event, LinesJoined):
        return lines_joined_message(event)
    fields = {"fps": event.motion.fps, "weights_sha256": event.weights_sha256, "audio_sha256": event.audio_sha256}
    fields |= {
        "tracks": [[curve.name for curve in track] for track in event.tracks],
        "lost": None if event.lost is None else asdict(event.lost),
        "notes": list(event.notes),
        "opening": event.opening,
        "words": [[word.text, word.start, word.end] for word in event.words],
    }
    arrays: dict[str, NDArray[Any]] = {**pack_keys(event.keys), **pack_tracks(event.tracks)}
    arrays |= {"values": event.motion.values, "packed": np.frombuffer(event.packed, np.uint8)}
    return Message("result", {"job": event.job, **fields}, arrays)


def decode_event(message: Message) -> WorkerEvent:
    """Read the event a message of the worker stands for.

    Raises:
        ProtocolError: the kind is unknown or a field is missing or of the wrong type.
    """
    f, job = Fields(message.fields), decode_job_number(message)
    if message.kind == "progress":
        return Progress(job, f.get("stage", str), f.get("fraction", float))
    if message.kind == "failure":
        return Failure(job, f.get("message", str), f.get("user_error", bool), f.get("traceback", str))
    if message.kind == "cancelled":
        return Cancelled(job)
    if message.kind == "result":
        hashes = f.get("weights_sha256", str), f.get("audio_sha256", str)
        names = [texts_of(track, "tracks") for track in f.get("tracks", list)]
        lost = f.get("lost", dict, None)
        arrays = arrays_of(message, {"values": "<f4", "packed": "|u1"})
        return Result(
            job,
            motion_of(arrays["values"], f.get("fps", float)),
            *hashes,
            unpack_keys(message.arrays),
            unpack_tracks(names, message.arrays),
            None if lost is None else lost_of(lost),
            tuple(texts_of(f.get("notes", list), "notes")),
            arrays["packed"].tobytes(),
            f.get("opening", float, None),
            spoken_of(message.fields, "words"),
        )
    if message.kind == FACE_DONE:
        return decode_face_done(job, message)
    if message.kind == WORDS_FOUND:
        return decode_words_found(job, message)
    if message.kind == CHECKED:
        return decode_check_done(job, message)
    if message.kind == STYLE_SAVED:
        return decode_style_saved(job, message)
    if message.kind == KEYS_BUILT:
        return decode_keys_built(job, message)
    if message.kind == LINES_JOINED:
        return decode_lines_joined(job, message)
    raise ProtocolError(f"unknown event {message.kind!r}")
