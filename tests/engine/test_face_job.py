"""Marks and keys of heads as jobs of the worker: arrays in, arrays out, cancels, refusals, what the wire lets pass."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.engine.client import Event, FaceDone, FaceJob, Failure, Progress, WorkerClient
from ptalker_blender.engine.messages import decode_event, decode_job, event_message, job_message
from ptalker_blender.engine.protocol import Message, ProtocolError
from ptalker_blender.rig.guide import GUIDE
from ptalker_blender.rig.head import load_head
from ptalker_blender.rig.keying.face import face_of_head
from ptalker_blender.rig.keying.marks import guide_points
from tests.worker_talk import sent

TIMEOUT = 300.0  # only a hang reaches it
ROWAN = Path(__file__).parents[2] / "weights" / "head" / "rowan.npz"
SMALL = FaceJob(
    np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.5]], np.float64),
    np.array([[0, 1, 2], [0, 2, 3]], np.int32),
    np.array([0, 0, 0, 1], np.int32),
    ("FACE", "EYES"),
    ("chin",),
    np.array([[0.5, 0.5, 0.0]]),
    False,
)
DONE = FaceDone(
    3,
    ("chin", "nose_tip"),
    np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
    ("jawOpen",),
    np.random.default_rng(0).normal(size=(1, 4, 3)).astype(np.float32),
    ("A sentence.",),
)


@pytest.fixture(scope="module")
def head() -> FaceJob:
    face = face_of_head(load_head(ROWAN))
    own = np.isin(face.triangles, face.part("skin")).all(axis=1)
    points = guide_points(face)
    return FaceJob(
        face.vertices,
        face.triangles[own].astype(np.int32),
        np.zeros(len(face.vertices), np.int32),
        ("FACE",),
        tuple(points),
        np.stack(list(points.values())),
        True,
    )


@pytest.fixture(scope="module")
def client() -> Iterator[WorkerClient]:
    worker = WorkerClient()
    worker.start()
    yield worker
    worker.stop()


def answer(client: WorkerClient, number: int) -> list[Event]:
    """Everything up to the last event of a job."""
    events: list[Event] = []
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        events += [event for event in client.wait(0.1) if event.job == number]
        if events and not isinstance(events[-1], Progress):
            return events
    raise AssertionError(f"no answer, only {events}")


def test_job_and_answer_survive_the_wire() -> None:
    number, job = decode_job(sent(job_message(7, SMALL)))
    assert number == 7 and isinstance(job, FaceJob)
    assert (job.roles, job.names, job.build) == (SMALL.roles, SMALL.names, False)
    for name in ("vertices", "triangles", "lumps", "points"):
        np.testing.assert_array_equal(getattr(job, name), getattr(SMALL, name))
    back = decode_event(sent(event_message(DONE)))
    assert isinstance(back, FaceDone)
    assert (back.job, back.point_names, back.names, back.notes) == (3, DONE.point_names, DONE.names, DONE.notes)
    np.testing.assert_array_equal(back.points, DONE.points)
    np.testing.assert_array_equal(back.deltas, DONE.deltas)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("vertices", np.zeros((4, 2))),
        ("vertices", np.zeros((3, 3))),
        ("triangles", np.array([[0, 1, 4]], np.int32)),
        ("triangles", np.array([[0, 1, -1]], np.int32)),
        ("triangles", np.array([[0, 1, 2]], np.int64)),
        ("lumps", np.array([0, 0, 0, 2], np.int32)),
        ("lumps", np.zeros(3, np.int32)),
        ("points", np.zeros((2, 3))),
    ],
)
def test_a_head_that_is_none_does_not_pass(name: str, array: np.ndarray) -> None:
    message = job_message(1, SMALL)
    with pytest.raises(ProtocolError):
        decode_job(Message(message.kind, message.fields, {**message.arrays, name: array}))
    with pytest.raises(ProtocolError):
        decode_job(Message(message.kind, message.fields, {k: v for k, v in message.arrays.items() if k != name}))


@pytest.mark.parametrize(("name", "value"), [("roles", "FACE"), ("names", [1]), ("build", 1), ("build", None)])
def test_fields_of_other_types_do_not_pass(name: str, value: object) -> None:
    message = job_message(1, SMALL)
    with pytest.raises(ProtocolError):
        decode_job(Message(message.kind, {**message.fields, name: value}, message.arrays))


@pytest.mark.parametrize(("name", "array"), [("points", np.zeros((1, 3))), ("deltas", np.zeros((2, 4, 3), np.float32))])
def test_an_answer_that_is_none_does_not_pass(name: str, array: np.ndarray) -> None:
    message = event_message(DONE)
    with pytest.raises(ProtocolError):
        decode_event(Message(message.kind, message.fields, {**message.arrays, name: array}))


def test_the_worker_guesses_refuses_cancels_and_builds(client: WorkerClient, head: FaceJob) -> None:
    guessed = answer(client, client.submit(replace(head, names=(), points=np.zeros((0, 3)), build=False)))[-1]
    assert isinstance(guessed, FaceDone), guessed
    assert guessed.point_names == GUIDE and not guessed.names and guessed.deltas.shape == (0, len(head.vertices), 3)

    refused = answer(client, client.submit(replace(head, names=head.names[1:], points=head.points[1:])))[-1]
    assert isinstance(refused, Failure) and refused.user_error and "1 points are not placed" in refused.message

    number = client.submit(head)
    while not any(isinstance(event, Progress) and "lips" in event.stage for event in client.wait(0.05)):
        pass
    client.cancel(number)
    events = answer(client, client.submit(head))
    assert isinstance(events[-1], FaceDone)
    stages = [event.stage for event in events if isinstance(event, Progress)]
    assert stages[0] == "Loading" and any("Building keys" in stage for stage in stages)
    assert len(events[-1].names) == 52 and np.abs(events[-1].deltas).max() > 0.005
