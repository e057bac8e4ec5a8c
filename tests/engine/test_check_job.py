"""Whether a line can be baked: over the wire, and told by real workers that can and cannot."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from ptalker_blender.engine.client import (
    CheckDone,
    CheckJob,
    Event,
    Failure,
    Progress,
    WorkerClient,
    worker_environment,
)
from ptalker_blender.engine.messages import decode_event, decode_job, event_message, job_message
from ptalker_blender.engine.protocol import Message, ProtocolError
from tests.worker_talk import sent

HERE = Path(__file__).resolve().parent


def test_job_and_answer_survive_the_wire() -> None:
    job = CheckJob("other.safetensors", "cuda")
    assert decode_job(sent(job_message(3, job))) == (3, job)
    done = CheckDone(3, "3.12.4", "2.13.0", "cuda", ("cuda (Card)", "cpu"), "f00", ("a note",))
    assert decode_event(sent(event_message(done))) == done


def test_devices_that_are_no_texts_do_not_pass() -> None:
    fields = {**event_message(CheckDone(1, "", "", "", (), "")).fields, "devices": [1]}
    with pytest.raises(ProtocolError, match="devices"):
        decode_event(Message("checked", fields))


def answer(client: WorkerClient, job: CheckJob) -> tuple[list[str], Event]:
    """The stages that were told, and the last event."""
    number, stages, end = client.submit(job), [], time.monotonic() + 60
    while time.monotonic() < end:
        for event in client.wait(0.5):
            if not isinstance(event, Progress):
                return stages, event
            assert event.job == number
            stages.append(event.stage)
    pytest.fail(f"no answer; told was {stages}")


def test_a_worker_that_can_bake_and_wishes_it_cannot_fulfil() -> None:
    import torch

    client = WorkerClient(python=sys.executable)
    client.start()
    try:
        stages, done = answer(client, CheckJob(device="cpu"))
        assert isinstance(done, CheckDone), done
        assert done.python == ".".join(map(str, sys.version_info[:3])) and done.torch == torch.__version__
        assert done.device == "cpu" and done.devices[-1] == "cpu" and len(done.weights_sha256) == 64
        assert stages[-1] == "Loading network" and "Loading torch" in stages
        for job, words in ((CheckJob(device="cuda:99"), "device 'cuda:99'"), (CheckJob("/nowhere/w"), "/nowhere/w")):
            _, failed = answer(client, job)
            assert isinstance(failed, Failure) and failed.user_error and words in failed.message
    finally:
        client.stop()


def test_a_module_that_is_there_but_does_not_load(tmp_path: Path) -> None:
    """As torch on Windows without Microsoft's libraries: found by name, and of no use."""
    (tmp_path / "torch.py").write_text("raise OSError('[WinError 126] The specified module could not be found')\n")
    client = WorkerClient(python=sys.executable, env=worker_environment([tmp_path]))
    client.start()
    try:
        _, failed = answer(client, CheckJob(device="cpu"))
        assert isinstance(failed, Failure) and failed.user_error
        assert failed.message.startswith(f"torch does not load in {sys.executable}: [WinError 126]")
    finally:
        client.stop()
