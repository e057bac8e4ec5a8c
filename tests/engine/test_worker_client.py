"""The client against a real worker process: jobs, failures, crashes, cancel and the end of the input."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import deque
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
    SentMotion,
    WorkerClient,
    WorkerError,
    find_python,
    worker_environment,
)
from ptalker_blender.engine.keys import DENSITIES, make_keys
from ptalker_blender.engine.messages import cancel_message, job_message
from ptalker_blender.engine.protocol import write_message
from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import CONTROLS

HERE = Path(__file__).parent
TIMEOUT = 300.0  # only a hang reaches it: every process imports torch, on a machine that may be busy


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("audio") / "half a second.wav"
    soundfile.write(path, np.sin(np.arange(8000) * 0.1) * 0.1, 16_000)
    return str(path)


@pytest.fixture(scope="module")
def job(wav: str) -> BakeJob:
    return BakeJob(audio_path=wav, device="fine")


class Watch:
    """A client and the events it has reported that no test has looked at yet."""

    def __init__(self, client: WorkerClient) -> None:
        self.client = client
        self._unread: deque[Event] = deque()

    def until(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """All events up to the first wanted one; those after it stay unread."""
        seen: list[Event] = []
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            while self._unread:
                seen.append(self._unread.popleft())
                if wanted(seen[-1]):
                    return seen
            self._unread.extend(self.client.wait(1.0))
        raise AssertionError(f"not seen within {TIMEOUT} s; seen: {seen}")

    def forget(self) -> None:
        """Drop what was reported but not looked at."""
        self._unread.clear()

    def end_of(self, number: int) -> Event:
        """The event that ends a job."""
        return self.until(lambda e: is_last(e) and (isinstance(e, Exited) or e.job == number))[-1]


def is_last(event: Event) -> bool:
    return not isinstance(event, Progress)


def make_client() -> WorkerClient:
    return WorkerClient(python=sys.executable, env=worker_environment([HERE]), module="standin_worker")


@pytest.fixture(scope="module")
def warm() -> Iterator[Watch]:
    """One worker for the tests that leave it alive."""
    client = make_client()
    client.start()
    yield Watch(client)
    client.stop()


@pytest.fixture
def fresh() -> Iterator[Watch]:
    """A worker for a test that ends it."""
    client = make_client()
    client.start()
    yield Watch(client)
    client.stop()


def test_jobs_run_in_order_in_one_warm_process(warm: Watch, job: BakeJob) -> None:
    one_engine = replace(job, weights="of this test", fps=25.0)
    first, second = (warm.client.submit(replace(one_engine, seed=seed)) for seed in (3, 4))
    events = warm.until(lambda e: isinstance(e, Result) and e.job == second)
    results = [event for event in events if isinstance(event, Result)]
    assert [result.job for result in results] == [first, second]
    assert [result.motion.values.shape for result in results] == [(12, 55), (12, 55)]
    assert [result.motion.values[0, 0] for result in results] == [3.0, 4.0]
    assert [result.motion.values[0, 1] for result in results] == [1.0, 2.0]  # the same engine served both
    assert [result.keys for result in results] == [(), ()]  # none were asked for
    assert len(results[0].audio_sha256) == 64
    assert results[0].audio_sha256 == results[1].audio_sha256


def test_progress_tells_each_stage_once_and_in_order(warm: Watch, job: BakeJob) -> None:
    number = warm.client.submit(replace(job, fps=24.0, keys="reduced"))
    events = warm.until(lambda e: is_last(e) and e.job == number)
    told = [event for event in events if isinstance(event, Progress) and event.job == number]
    stages = ["Reading audio", "Reading style", "Loading network", "Performing", "Fitting to frames", "Choosing keys"]
    assert list(dict.fromkeys(event.stage for event in told)) == stages
    for stage in stages:
        fractions = [event.fraction for event in told if event.stage == stage]
        assert fractions == sorted(fractions)
        assert 0.0 <= fractions[0] <= fractions[-1] <= 1.0


def test_the_worker_sends_the_keys_it_was_asked_for(warm: Watch, job: BakeJob) -> None:
    for density in DENSITIES:
        result = warm.end_of(warm.client.submit(replace(job, fps=24.0, keys=density, seed=1)))
        assert isinstance(result, Result)
        expected = make_keys(result.motion, density)
        assert [curve.name for curve in result.keys] == list(CONTROLS)
        for got, wanted in zip(result.keys, expected, strict=True):
            np.testing.assert_array_equal(got.frames, wanted.frames)
            np.testing.assert_array_equal(got.values, wanted.values)


def test_user_errors_and_faults_are_told_apart_and_survived(warm: Watch, job: BakeJob) -> None:
    bad = [replace(job, audio_path="nowhere.wav"), replace(job, device="refused"), replace(job, style="no such style")]
    for wrong, text in zip(bad, ("nowhere.wav", "device 'refused'", "no such style"), strict=True):
        failure = warm.end_of(warm.client.submit(wrong))
        assert isinstance(failure, Failure)
        assert failure.user_error
        assert text in failure.message
        assert failure.traceback == ""
    faulty = warm.client.submit(replace(job, device="fault"))
    fault = warm.end_of(faulty)
    assert isinstance(fault, Failure)
    assert (fault.job, fault.user_error, fault.message) == (faulty, False, "ZeroDivisionError: a fault of ours")
    assert "in predict" in fault.traceback
    assert isinstance(warm.end_of(warm.client.submit(job)), Result)


def test_what_libraries_and_children_print_cannot_disturb_the_stream(warm: Watch, job: BakeJob) -> None:
    for device in ("chatty", "fine"):
        assert isinstance(warm.end_of(warm.client.submit(replace(job, device=device))), Result)


def test_cancel_is_final(warm: Watch, job: BakeJob) -> None:
    """The jobs would never end by themselves, so that they do is the cancel's doing."""
    running, waiting = (warm.client.submit(replace(job, device="slow")) for _ in range(2))
    warm.until(lambda e: isinstance(e, Progress) and e.job == running and e.fraction > 0)
    warm.client.cancel(waiting)
    warm.client.cancel(running)
    warm.forget()
    events = warm.until(lambda e: isinstance(e, Cancelled) and e.job == waiting)
    assert events == [Cancelled(running), Cancelled(waiting)]  # no progress of a cancelled job is shown
    assert isinstance(warm.end_of(warm.client.submit(job)), Result)


def test_cancelling_a_finished_or_unknown_job_is_harmless(warm: Watch, job: BakeJob) -> None:
    number = warm.client.submit(job)
    warm.end_of(number)
    warm.client.cancel(number)
    warm.client.cancel(9999)
    assert isinstance(warm.end_of(warm.client.submit(job)), Result)


def test_requests_do_not_wait_for_a_busy_worker(fresh: Watch, job: BakeJob) -> None:
    """Its job never ends, so a request that waited for it would never return."""
    fresh.client.submit(replace(job, device="deaf"))
    fresh.until(lambda e: isinstance(e, Progress) and e.stage == "Performing")
    long_name = "x" * 4000  # together far more than a pipe holds
    numbers = [fresh.client.submit(replace(job, style=long_name)) for _ in range(200)]
    assert numbers == list(range(2, 202))
    fresh.client.cancel(numbers[-1])


def test_a_large_job_does_not_wait_for_a_worker_that_still_loads(tmp_path: Path, job: BakeJob) -> None:
    """Four megabytes are far more than a pipe holds; this worker never reads any, and still ends when told to."""
    (tmp_path / "sleeper.py").write_text("import time\ntime.sleep(3600)\n")
    client = WorkerClient(python=sys.executable, env=worker_environment([tmp_path]), module="sleeper")
    client.start()
    motion = SentMotion("a long shot", 24.0, np.zeros((20_000, 55), np.float32), {"kind": "ACTION"})
    client.submit(replace(job, style="a long shot", performance=motion))  # would never return if it waited
    client.cancel(1)
    worker = client._worker
    client.stop(0.1)
    assert worker.process.returncode == -9
    assert not worker._writer.is_alive()
    assert not worker._reader.is_alive()


def test_requests_arrive_whole_and_in_order(fresh: Watch, job: BakeJob) -> None:
    motion = SentMotion("a long shot", 24.0, np.zeros((20_000, 55), np.float32), {"kind": "ACTION"})
    large = fresh.client.submit(replace(job, style="a long shot", performance=motion))
    small = fresh.client.submit(job)
    fresh.client.cancel(large)
    ends = [event for event in fresh.until(lambda e: is_last(e) and e.job == small) if is_last(event)]
    assert [event.job for event in ends] in ([large, small], [small])  # the first may have ended before
    assert isinstance(ends[-1], Result)


def test_a_crash_is_one_event_with_the_last_words(fresh: Watch, job: BakeJob) -> None:
    exited = fresh.end_of(fresh.client.submit(replace(job, device="crash")))
    assert isinstance(exited, Exited)
    assert exited.code == -9
    assert "last words" in exited.stderr_tail
    assert not fresh.client.running
    with pytest.raises(WorkerError):
        fresh.client.submit(job)
    fresh.client.start()
    assert isinstance(fresh.end_of(fresh.client.submit(job)), Result)


def test_waiting_ends_with_nothing_to_tell() -> None:
    client = WorkerClient(python=sys.executable, env=worker_environment(), module="json.tool")
    assert client.wait(0.0) == []
    client.start()
    assert client.wait(0.0) == []
    client.stop()


def test_a_worker_that_cannot_import_says_why() -> None:
    client = WorkerClient(python=sys.executable, env=worker_environment(), module="no_such_module")
    client.start()
    exited = Watch(client).until(is_last)[-1]
    client.stop()
    assert isinstance(exited, Exited)
    assert exited.code != 0
    assert "no_such_module" in exited.stderr_tail


def test_a_worker_that_does_not_speak_the_protocol_is_ended(tmp_path: Path) -> None:
    (tmp_path / "babbler.py").write_text("import time\nprint('hello ' * 9, flush=True)\ntime.sleep(3600)\n")
    client = WorkerClient(python=sys.executable, env=worker_environment([tmp_path]), module="babbler")
    client.start()
    exited = Watch(client).until(is_last)[-1]
    client.stop()
    assert isinstance(exited, Exited)
    assert "could not be read" in exited.stderr_tail


def test_a_python_that_is_not_there_is_the_users_to_mend() -> None:
    client = WorkerClient(python="/nonexistent/python")
    with pytest.raises(UserError, match="nonexistent"):
        client.start()
    assert not client.running
    client.stop()


@pytest.mark.parametrize(("device", "timeout", "code"), [("slow", TIMEOUT, 0), ("deaf", 0.0, -9)])
def test_stop_ends_the_process_whatever_it_does(job: BakeJob, device: str, timeout: float, code: int) -> None:
    """The slow one looks up now and then and goes by itself; the deaf one never does and is killed."""
    client = make_client()
    client.start()
    client.submit(replace(job, device=device))
    Watch(client).until(lambda e: isinstance(e, Progress) and e.stage == "Performing")
    process = client._worker.process
    client.stop(timeout)
    assert process.returncode == code
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


def test_environment() -> None:
    base = {"PYTHONPATH": "theirs", "PYTHONHOME": "/blender", "KEPT": "1"}
    made = worker_environment(["wheels"], base)
    package = str(Path(client_module.__file__).resolve().parents[2])
    assert made["PYTHONPATH"].split(os.pathsep) == [package, "wheels", "theirs"]
    assert "PYTHONHOME" not in made
    assert made["KEPT"] == "1"
    assert made["OMP_WAIT_POLICY"] == "PASSIVE"
    assert worker_environment([], {"OMP_WAIT_POLICY": "ACTIVE"})["OMP_WAIT_POLICY"] == "ACTIVE"
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


def test_nothing_but_the_network_makes_a_worker_load_torch(fresh: Watch, job: BakeJob) -> None:
    """Its import takes seconds, which a bad path or style should not have to wait for."""
    for device in ("fine", "torch?"):
        end = fresh.end_of(fresh.client.submit(replace(job, device=device, fps=24.0, keys="reduced")))
    assert isinstance(end, Failure) and end.message == "RuntimeError: no torch yet"


def test_cancel_message_carries_the_number_only() -> None:
    assert cancel_message(7).fields == {"job": 7}
