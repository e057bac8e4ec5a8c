"""The client against a real worker process: jobs, failures, crashes, cancel and the end of the input."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ptalker_blender.engine import client as client_module
from ptalker_blender.engine.client import (
    BakeJob,
    Cancelled,
    Event,
    Exited,
    Failure,
    Progress,
    Result,
    WorkerClient,
    WorkerError,
    find_python,
    worker_environment,
)
from ptalker_blender.engine.messages import cancel_message, job_message
from ptalker_blender.engine.protocol import write_message
from ptalker_blender.errors import UserError

HERE = Path(__file__).parent
TIMEOUT = 30.0  # the first job of a process imports torch, on a machine that may be busy


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("audio") / "half a second.wav"
    soundfile.write(path, np.sin(np.arange(8000) * 0.1) * 0.1, 16_000)
    return str(path)


@pytest.fixture(scope="module")
def job(wav: str) -> BakeJob:
    return BakeJob(audio_path=wav, device="fine")


def make_client() -> WorkerClient:
    return WorkerClient(python=sys.executable, env=worker_environment([HERE]), module="standin_worker")


@pytest.fixture
def client() -> Iterator[WorkerClient]:
    made = make_client()
    made.start()
    yield made
    made.stop()


def wait_for(client: WorkerClient, wanted: Callable[[Event], bool]) -> list[Event]:
    """All events up to the first wanted one."""
    seen: list[Event] = []
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        for event in client.poll():
            seen.append(event)
            if wanted(event):
                return seen
        time.sleep(0.002)
    raise AssertionError(f"not seen within {TIMEOUT} s; seen: {seen}")


def is_last(event: Event) -> bool:
    return not isinstance(event, Progress)


def test_jobs_run_in_order_in_one_warm_process(client: WorkerClient, job: BakeJob) -> None:
    first, second = client.submit(replace(job, seed=3)), client.submit(replace(job, seed=4))
    events = wait_for(client, lambda e: isinstance(e, Result) and e.job == second)
    results = [event for event in events if isinstance(event, Result)]
    assert [result.job for result in results] == [first, second]
    assert [result.motion.values.shape for result in results] == [(25, 55), (25, 55)]
    assert [result.motion.values[0, 0] for result in results] == [3.0, 4.0]
    assert [result.motion.values[0, 1] for result in results] == [1.0, 2.0]  # the same engine served both
    assert len(results[0].audio_sha256) == 64
    assert results[0].audio_sha256 == results[1].audio_sha256
    stages = [event.stage for event in events if isinstance(event, Progress) and event.job == first]
    assert stages[0] == "Reading audio"
    assert stages[-1] == "Performing"


def test_user_errors_and_faults_are_told_apart_and_survived(client: WorkerClient, job: BakeJob) -> None:
    client.submit(replace(job, audio_path="nowhere.wav"))
    client.submit(replace(job, device="refused"))
    client.submit(replace(job, style="no such style"))
    faulty = client.submit(replace(job, device="fault"))
    good = client.submit(job)
    ends = [e for e in wait_for(client, lambda e: is_last(e) and e.job == good) if is_last(e)]
    missing, refused, style, fault, result = ends
    for failure, text in ((missing, "nowhere.wav"), (refused, "device 'refused'"), (style, "no such style")):
        assert isinstance(failure, Failure)
        assert failure.user_error
        assert text in failure.message
        assert failure.traceback == ""
    assert isinstance(fault, Failure)
    assert (fault.job, fault.user_error, fault.message) == (faulty, False, "ZeroDivisionError: a fault of ours")
    assert "in predict" in fault.traceback
    assert isinstance(result, Result)


def test_what_libraries_and_children_print_cannot_disturb_the_stream(client: WorkerClient, job: BakeJob) -> None:
    number = client.submit(replace(job, device="chatty"))
    assert isinstance(wait_for(client, is_last)[-1], Result)
    assert client.submit(job) == number + 1
    assert isinstance(wait_for(client, is_last)[-1], Result)


def test_cancel_is_quick_and_final(client: WorkerClient, job: BakeJob) -> None:
    running = client.submit(replace(job, device="slow"))
    waiting = client.submit(replace(job, device="slow"))
    wait_for(client, lambda e: isinstance(e, Progress) and e.fraction > 0)
    began = time.monotonic()
    client.cancel(waiting)
    client.cancel(running)
    # Both may come with one poll, so both are waited for at once.
    events = wait_for(client, lambda e: isinstance(e, Cancelled) and e.job == waiting)
    assert time.monotonic() - began < 0.2
    assert events == [Cancelled(running), Cancelled(waiting)]  # no progress of a cancelled job is shown
    after = client.submit(job)
    assert wait_for(client, is_last)[-1].job == after


def test_cancelling_a_finished_or_unknown_job_is_harmless(client: WorkerClient, job: BakeJob) -> None:
    number = client.submit(job)
    wait_for(client, is_last)
    client.cancel(number)
    client.cancel(9999)
    again = client.submit(job)
    assert wait_for(client, is_last)[-1].job == again


def test_a_crash_is_one_event_with_the_last_words(client: WorkerClient, job: BakeJob) -> None:
    client.submit(replace(job, device="crash"))
    exited = wait_for(client, is_last)[-1]
    assert isinstance(exited, Exited)
    assert exited.code == -9
    assert "last words" in exited.stderr_tail
    assert not client.running
    with pytest.raises(WorkerError):
        client.submit(job)
    client.start()
    client.submit(job)
    assert isinstance(wait_for(client, is_last)[-1], Result)


def test_a_worker_that_cannot_import_says_why() -> None:
    client = WorkerClient(python=sys.executable, env=worker_environment(), module="no_such_module")
    client.start()
    exited = wait_for(client, is_last)[-1]
    client.stop()
    assert isinstance(exited, Exited)
    assert exited.code != 0
    assert "no_such_module" in exited.stderr_tail


def test_a_worker_that_does_not_speak_the_protocol_is_ended(tmp_path: Path) -> None:
    (tmp_path / "babbler.py").write_text("import time\nprint('hello ' * 9, flush=True)\ntime.sleep(60)\n")
    client = WorkerClient(python=sys.executable, env=worker_environment([tmp_path]), module="babbler")
    client.start()
    exited = wait_for(client, is_last)[-1]
    client.stop()
    assert isinstance(exited, Exited)
    assert "could not be read" in exited.stderr_tail


def test_a_python_that_is_not_there_is_the_users_to_mend() -> None:
    client = WorkerClient(python="/nonexistent/python")
    with pytest.raises(UserError, match="nonexistent"):
        client.start()
    assert not client.running
    client.stop()


def test_stop_ends_the_process_whatever_it_does(job: BakeJob) -> None:
    for device in ("fine", "deaf"):
        client = make_client()
        client.start()
        client.submit(replace(job, device=device))
        wait_for(client, lambda e: isinstance(e, Progress) and e.stage == "Performing")
        process = client._worker.process
        began = time.monotonic()
        client.stop(timeout=0.5)
        assert time.monotonic() - began < 3.0
        assert process.poll() is not None
        assert client.poll() == []
        client.stop()  # twice is once


@pytest.mark.parametrize("device", ["slow", "deaf"])
def test_end_of_input_ends_a_busy_worker(job: BakeJob, device: str) -> None:
    command = [sys.executable, "-P", "-m", "standin_worker"]
    with subprocess.Popen(
        command,
        env=worker_environment([HERE]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        write_message(process.stdin, job_message(1, replace(job, device=device)))
        process.stdout.read(1)
        process.stdin.close()
        assert process.wait(timeout=TIMEOUT) == 0


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\x05\0\0\0hello", b"\x01"])
def test_a_garbled_request_ends_the_worker_with_its_own_status(data: bytes) -> None:
    command = [sys.executable, "-P", "-m", "standin_worker"]
    done = subprocess.run(command, env=worker_environment([HERE]), input=data, capture_output=True, timeout=TIMEOUT)
    assert done.returncode == 3
    assert b"ProtocolError" in done.stderr
    assert done.stdout == b""


def test_a_burst_of_requests_does_not_block(client: WorkerClient, job: BakeJob) -> None:
    began = time.monotonic()
    numbers = [client.submit(job) for _ in range(50)]
    assert time.monotonic() - began < 0.1
    wait_for(client, lambda e: isinstance(e, Result) and e.job == numbers[-1])


def test_environment() -> None:
    base = {"PYTHONPATH": "theirs", "PYTHONHOME": "/blender", "KEPT": "1"}
    made = worker_environment(["wheels"], base)
    package = str(Path(client_module.__file__).resolve().parents[2])
    assert made["PYTHONPATH"].split(os.pathsep) == [package, "wheels", "theirs"]
    assert "PYTHONHOME" not in made
    assert made["KEPT"] == "1"
    assert base["PYTHONHOME"] == "/blender"


def test_python_of_the_worker_in_order() -> None:
    assert find_python("mine", {"PTALKER_PYTHON": "env"}) == "mine"
    assert find_python("", {"PTALKER_PYTHON": "env"}) == "env"
    assert find_python("", {}) == sys.executable


def test_client_needs_neither_torch_nor_scipy() -> None:
    code = (
        "import sys, ptalker_blender.engine.client; "
        "print([m for m in ('torch', 'scipy', 'soundfile', 'safetensors', 'bpy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=worker_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_cancel_message_carries_the_number_only() -> None:
    assert cancel_message(7).fields == {"job": 7}
