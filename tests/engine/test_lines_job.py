"""Lines of a character, joined and keyed by the worker: over the wire, and the same as if Blender had done it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest

from ptalker_blender.engine.client import Failure, LinesJob, LinesJoined, WorkerClient
from ptalker_blender.engine.joining import Piece, join_lines
from ptalker_blender.engine.mapped_keys import make_mapped_keys
from ptalker_blender.engine.messages import decode_event, decode_job, event_message, job_message
from ptalker_blender.engine.protocol import Message, ProtocolError
from ptalker_blender.motion.controls import CONTROLS, INDEX
from ptalker_blender.motion.motion import Motion
from ptalker_blender.motion.packed import unpack_motion
from ptalker_blender.motion.reduce import KeyCurve
from ptalker_blender.rig.mapping import guess_table, parse_table, table_text
from tests.worker_talk import outcome, sent

FPS = 24000 / 1001


def speech(frames: int, hertz: float) -> Motion:
    """A jaw that opens and closes."""
    values = np.zeros((frames, len(CONTROLS)), np.float32)
    values[:, INDEX["jawOpen"]] = 0.4 - 0.4 * np.cos(2 * np.pi * hertz * np.arange(frames) / FPS)
    values[:, INDEX["headYaw"]] = 0.1 * np.sin(np.arange(frames) / FPS)
    return Motion(values, FPS)


TABLE = table_text(guess_table(["jawOpen", "mouthClose", "eyeBlinkLeft"]).table)
JOB = LinesJob(
    (Piece(140, speech(40, 3.0)), Piece(-7, speech(60, 2.0)), Piece(30, speech(30, 1.0))), 5, "reduced", 0.2, (TABLE,)
)


def test_the_job_survives_the_wire() -> None:
    number, job = decode_job(sent(job_message(7, JOB)))
    assert number == 7 and isinstance(job, LinesJob)
    assert (job.seed, job.keys, job.key_error, job.tables) == (5, "reduced", 0.2, (TABLE,))
    assert [piece.start for piece in job.pieces] == [140, -7, 30]
    for there, here in zip(job.pieces, JOB.pieces, strict=True):
        assert there.motion.fps == FPS and np.array_equal(there.motion.values, here.motion.values)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"counts": np.array([40, 60, 31], np.int32)}, "values of lines"),
        ({"counts": np.array([40, 60], np.int32)}, "each with a start"),
        ({"counts": np.array([0, 100, 30], np.int32)}, "frames for each line"),
        ({"starts": np.array([1.0, 2.0, 3.0], np.float32)}, "starts must come"),
        ({"values": np.zeros((130, 54), np.float32)}, "values of lines"),
    ],
)
def test_lines_that_do_not_fit_do_not_pass(changed: dict[str, np.ndarray], words: str) -> None:
    message = job_message(1, JOB)
    with pytest.raises(ProtocolError, match=words):
        decode_job(Message(message.kind, message.fields, {**message.arrays, **changed}))


@pytest.mark.parametrize("rate", [True, "24", 0.0, None])
def test_a_rate_that_is_none_does_not_pass(rate: object) -> None:
    message = job_message(1, JOB)
    with pytest.raises(ProtocolError, match=r"rate|fps"):
        decode_job(Message(message.kind, {**message.fields, "fps": [FPS, rate, FPS]}, message.arrays))


@pytest.fixture(scope="module")
def client() -> Iterator[WorkerClient]:
    running = WorkerClient(python=sys.executable)
    running.start()
    yield running
    running.stop()


def same(first: tuple[KeyCurve, ...], second: tuple[KeyCurve, ...]) -> bool:
    return [one.name for one in first] == [one.name for one in second] and all(
        np.array_equal(a.frames, b.frames) and np.array_equal(a.values, b.values)
        for a, b in zip(first, second, strict=True)
    )


def test_the_worker_joins_and_keys_to_the_bit(client: WorkerClient) -> None:
    done = outcome(client, JOB)
    assert isinstance(done, LinesJoined)
    joined = join_lines(JOB.pieces, JOB.seed)
    made = make_mapped_keys(joined.motion, [parse_table(TABLE, "the test")], "reduced", error_mm=0.2)
    assert (done.joined.start, done.joined.overlaps) == (joined.start, joined.overlaps) == (-26, ((1, 2),))
    assert np.array_equal(done.joined.motion.values, joined.motion.values)
    assert np.array_equal(unpack_motion(done.packed).values, joined.motion.values)
    assert same(done.keys, made.turns) and len(done.keys) == 3
    assert same(done.tracks[0], made.tracks[0]) and done.lost == made.lost
    back = decode_event(sent(event_message(done)))
    assert isinstance(back, LinesJoined) and back.packed == done.packed and same(back.tracks[0], done.tracks[0])


def test_a_table_that_cannot_be_read_is_told(client: WorkerClient) -> None:
    done = outcome(client, LinesJob(JOB.pieces, 5, "reduced", 0.2, ("no JSON",)))
    assert isinstance(done, Failure) and done.user_error and "the job" in done.message
