"""Face keys as a job of the worker: arrays in, arrays out, refusals in words, a cancel, what the wire lets through."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from ptalker_blender.engine.client import BuildKeysJob, Event, Failure, KeysBuilt, Progress, WorkerClient
from ptalker_blender.engine.messages import decode_event, decode_job, event_message, job_message
from ptalker_blender.engine.protocol import Message, ProtocolError
from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.flame_jaw import CORRECTIVE
from ptalker_blender.rig.flame_mesh import build_mesh_keys
from ptalker_blender.rig.head import load_head
from tests.flame_models import real_flame
from tests.worker_talk import sent

TIMEOUT = 300.0  # only a hang reaches it
SQUARE = BuildKeysJob(
    np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.5]], np.float64),
    np.array([0, 1, 2, 3], np.int32),
    np.array([4], np.int32),
)
BUILT = KeysBuilt(
    3,
    ("jawOpen", CORRECTIVE),
    np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32),
    np.linspace(0, 1, 4).astype(np.float32),
    np.array([0.0, 1.0, 2.0]),
    np.eye(3),
    ("A sentence.",),
)


def test_job_and_answer_survive_the_wire() -> None:
    number, job = decode_job(sent(job_message(7, SQUARE)))
    assert number == 7 and isinstance(job, BuildKeysJob)
    for name in ("vertices", "corners", "sizes"):
        np.testing.assert_array_equal(getattr(job, name), getattr(SQUARE, name))
    back = decode_event(sent(event_message(BUILT)))
    assert isinstance(back, KeysBuilt)
    assert (back.job, back.names, back.notes) == (3, BUILT.names, BUILT.notes)
    for name in ("deltas", "follow", "pivot", "axes"):
        np.testing.assert_array_equal(getattr(back, name), getattr(BUILT, name))


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("vertices", np.zeros((4, 2))),
        ("vertices", np.zeros((4, 3), np.float32)),
        ("corners", np.array([0, 1, 2, 4], np.int32)),
        ("corners", np.array([0, 1, 2, -1], np.int32)),
        ("corners", np.array([0.0, 1.0, 2.0, 3.0])),
        ("sizes", np.array([3], np.int32)),
        ("sizes", np.array([2, 2], np.int32)),
        ("sizes", np.array([[4]], np.int32)),
    ],
)
def test_a_mesh_that_is_none_does_not_pass(name: str, array: np.ndarray) -> None:
    message = job_message(1, SQUARE)
    with pytest.raises(ProtocolError):
        decode_job(Message(message.kind, message.fields, {**message.arrays, name: array}))
    with pytest.raises(ProtocolError):
        decode_job(Message(message.kind, message.fields, {k: v for k, v in message.arrays.items() if k != name}))


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("deltas", np.zeros((2, 3, 3), np.float32)),
        ("deltas", np.zeros((1, 4, 3), np.float32)),
        ("pivot", np.zeros(2)),
        ("axes", np.zeros((3, 3), np.float32)),
    ],
)
def test_an_answer_that_does_not_fit_does_not_pass(name: str, array: np.ndarray) -> None:
    message = event_message(BUILT)
    with pytest.raises(ProtocolError):
        decode_event(Message(message.kind, message.fields, {**message.arrays, name: array}))


@pytest.fixture(scope="module")
def client() -> Iterator[WorkerClient]:
    running = WorkerClient(python=sys.executable)
    running.start()
    yield running
    running.stop()


def events_of(client: WorkerClient, number: int) -> list[Event]:
    """Everything of a job up to its end."""
    seen: list[Event] = []
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        for event in client.wait(0.5):
            seen.append(event)
            if not isinstance(event, Progress):
                return seen
    raise AssertionError(f"job {number} did not end; seen: {seen}")


def test_another_mesh_is_refused_in_words(client: WorkerClient) -> None:
    (*_, last) = events_of(client, client.submit(SQUARE))
    assert isinstance(last, Failure) and last.user_error and not last.traceback
    assert "is not FLAME's: 4 vertices" in last.message and "\n" not in last.message


@pytest.mark.data
def test_the_worker_builds_what_this_process_builds(client: WorkerClient, data_dir) -> None:
    flame = real_flame(data_dir)
    job = BuildKeysJob(flame.v_template.astype(np.float64), flame.faces.ravel(), np.full(len(flame.faces), 3, np.int32))
    cancelled = client.submit(job)
    client.cancel(cancelled)
    number = client.submit(replace(job, vertices=10 * job.vertices))
    events = events_of(client, number)
    while isinstance(events[-1], Progress) or events[-1].job != number:
        events = events_of(client, number)
    done = events[-1]
    assert isinstance(done, KeysBuilt) and done.names == (*BLENDSHAPES, CORRECTIVE)
    here = build_mesh_keys(load_head(), job.vertices, (job.corners, job.sizes))
    np.testing.assert_allclose(done.deltas / 10, here.deltas, atol=1e-6)
    np.testing.assert_array_equal(done.follow, here.follow)
    np.testing.assert_allclose(done.pivot / 10, here.pivot, atol=1e-9)
    told = [event.fraction for event in events if isinstance(event, Progress) and event.job == number]
    assert told == sorted(told) and told[-1] > 0.8
