"""Jobs in line for a real worker process: order, cancel of one, crashes and the memory running out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ptalker_blender.engine.client import (
    BakeJob,
    Event,
    Exited,
    Failure,
    Progress,
    Result,
    WorkerClient,
    find_python,
    worker_environment,
)
from ptalker_blender.engine.endings import EXIT_MEMORY, is_out_of_memory, why_ended
from ptalker_blender.engine.line import WAITING, JobLine, Site
from ptalker_blender.errors import UserError

HERE = Path(__file__).parent
TIMEOUT = 300.0  # only a hang reaches it


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> BakeJob:
    path = tmp_path_factory.mktemp("audio") / "line.wav"
    soundfile.write(path, np.sin(np.arange(8000) * 0.1) * 0.1, 16_000)
    return BakeJob(audio_path=str(path), device="fine")


@pytest.fixture(scope="module")
def shared() -> Iterator[JobLine]:
    made = JobLine("standin_worker")
    yield made
    made.stop()


@pytest.fixture
def line(shared: JobLine) -> Iterator[JobLine]:
    yield shared
    shared.clear()


@pytest.fixture(scope="module")
def site() -> Site:
    return Site(find_python(), worker_environment([HERE]))


def until(line: JobLine, number: int, wanted: type[Event]) -> Event:
    """The first event of a kind; a job that has left the line without it is an error."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        for event in line.take(number, 1.0):
            if isinstance(event, wanted):
                return event
    raise AssertionError(f"no {wanted.__name__} in {TIMEOUT} s")


def stages(line: JobLine) -> list[tuple[int, bool]]:
    return [(standing.number, standing.waiting) for standing in line.standings]


def test_jobs_are_done_in_order_and_leave_with_their_end(line: JobLine, site: Site, job: BakeJob) -> None:
    numbers = [line.submit(site, replace(job, seed=seed), f"line {seed}") for seed in (3, 4, 5)]
    assert stages(line) == [(numbers[0], False), (numbers[1], True), (numbers[2], True)]
    assert [standing.title for standing in line.standings] == ["line 3", "line 4", "line 5"]
    assert line.standings[1].stage == WAITING
    # Asked for last first: what happened to the others is kept for them.
    ends = [until(line, number, Result) for number in reversed(numbers)]
    assert [end.motion.values[0, 0] for end in ends] == [5, 4, 3]
    assert line.standings == ()
    assert all(number not in line for number in numbers)


def test_cancel_of_one_leaves_the_others(line: JobLine, site: Site, job: BakeJob) -> None:
    slow = line.submit(site, replace(job, device="slow"), "slow")
    dropped = line.submit(site, replace(job, seed=1), "dropped")
    kept = line.submit(site, replace(job, seed=2), "kept")
    until(line, slow, Progress)
    line.cancel(dropped)
    assert stages(line) == [(slow, False), (kept, True)]
    started = time.monotonic()
    line.cancel(slow)
    assert time.monotonic() - started < 0.2
    assert stages(line) == [(kept, False)]  # given to the worker at once
    assert until(line, kept, Result).motion.values[0, 0] == 2


def test_a_crash_takes_one_job_and_a_fresh_worker_does_the_next(line: JobLine, site: Site, job: BakeJob) -> None:
    crash = line.submit(site, replace(job, device="crash"), "crash")
    good = line.submit(site, replace(job, seed=7), "good")
    assert until(line, crash, Exited).code == -9
    done = until(line, good, Result)
    assert list(done.motion.values[0, :2]) == [7, 1]  # the first use of its engine: another process


def test_out_of_memory_ends_the_worker_with_its_status(line: JobLine, site: Site, job: BakeJob) -> None:
    big = line.submit(site, replace(job, device="greedy"), "big")
    good = line.submit(site, replace(job, seed=8), "good")
    ended = until(line, big, Exited)
    assert ended.code == EXIT_MEMORY
    assert "Out of memory" in why_ended(ended.code)
    assert list(until(line, good, Result).motion.values[0, :2]) == [8, 1]


def test_clear_begins_none_of_those_that_waited(line: JobLine, site: Site, job: BakeJob) -> None:
    first = line.submit(site, replace(job, device="slow"), "first")
    line.submit(site, replace(job, device="crash"), "second")
    until(line, first, Progress)
    assert line.clear() == ("first", "second")
    assert line.standings == ()
    after = line.submit(site, replace(job, seed=9), "after")  # the worker lives: no crash was begun
    assert until(line, after, Result).motion.values[0, 0] == 9


def test_a_worker_killed_while_idle_is_replaced(line: JobLine, site: Site, job: BakeJob) -> None:
    until(line, line.submit(site, job, "one"), Result)
    client = line._client
    assert isinstance(client, WorkerClient) and client._worker is not None
    client._worker.process.kill()
    client._worker.process.wait()
    assert list(until(line, line.submit(site, job, "two"), Result).motion.values[0, :2]) == [0, 1]


def test_a_python_that_is_not_there(line: JobLine, site: Site, job: BakeJob) -> None:
    nowhere = Site("/nowhere/python", site.environment)
    with pytest.raises(UserError, match="cannot be started"):
        line.submit(nowhere, job, "first")
    assert line.standings == ()
    slow = line.submit(site, replace(job, device="slow"), "slow")
    lost = line.submit(nowhere, job, "lost")  # fails when its turn comes
    line.cancel(slow)
    failure = until(line, lost, Failure)
    assert failure.user_error
    assert "cannot be started" in failure.message


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (MemoryError(), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (OSError(12, "Cannot allocate memory"), True),
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), True),
        (RuntimeError("can't start new thread"), True),
        (RuntimeError("the size of tensor a must match"), False),
        (ValueError("out of memory"), False),
        (FileNotFoundError(2, "No such file"), False),
    ],
)
def test_which_faults_mean_memory(error: Exception, answer: bool) -> None:
    assert is_out_of_memory(error) is answer


def test_torch_says_what_we_look_for() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    with pytest.raises(MemoryError):
        np.empty(1 << 60, np.uint8)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_end_in_words() -> None:
    assert "killed (signal 9)" in why_ended(-9)
    assert "status 3" in why_ended(3)
    assert all("\n" not in why_ended(code) for code in (-15, -11, -9, 0, 1, 3, 4))
