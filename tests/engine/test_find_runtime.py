"""Pythons asked what they have: fakes that answer, lack, hang or are none, and real virtual environments."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import threading
import time
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from ptalker_blender.engine.client import worker_environment
from ptalker_blender.engine.find_runtime import (
    ACCEPTED,
    DIALOGUE,
    Question,
    Runtime,
    Search,
    ask,
    find_runtimes,
    release,
    summary,
)
from ptalker_blender.engine.runtime import NEEDED

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "numpy": "2.1.0",
    "torch": "2.13.0+cpu",
    "scipy": "1.14",
    "soundfile": "0.13.1",
    "safetensors": "0.8.0",
    "transformers": "5.23.0",
}
posix = pytest.mark.skipif(sys.platform == "win32", reason="the fake interpreters are shell scripts")


def program(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def interpreter(path: Path, modules: dict[str, str], version: tuple[int, ...] = (3, 12, 4)) -> str:
    """A program that answers as a Python with these modules, after what a site hook may print."""
    answer = {"version": version, "prefix": str(path.parent.parent), "modules": modules}
    return program(path, f"echo hello from a site hook\necho 'ptalker-runtime:{json.dumps(answer)}'")


def found(*paths: str, seconds: float = 10.0) -> tuple[Runtime, ...]:
    return find_runtimes([Question(path, dict(os.environ)) for path in paths], seconds=seconds)


@posix
def test_best_is_complete_with_the_newest_torch(tmp_path: Path) -> None:
    old = interpreter(tmp_path / "a" / "bin" / "python3", {**GOOD, "torch": "2.9.1"})
    new = interpreter(tmp_path / "b c" / "bin" / "python3", {**GOOD, "torch": "2.10.0+cu130"})  # a space in its path
    bare = interpreter(tmp_path / "d" / "bin" / "python3", {"numpy": "2.1.0", "torch": "2.13.0"})
    runtimes = found(bare, old, new)
    assert [one.path for one in runtimes] == [new, old, bare]
    assert [one.complete for one in runtimes] == [True, True, False]
    assert runtimes[2].lacks == ("scipy", "soundfile", "safetensors", "transformers")
    line = f"Found Python 3.12.4, torch 2.10.0+cu130 in {new}, without pocketsphinx, which a dialogue needs"
    assert summary(runtimes) == f"{line}; 1 more would do"


@posix
def test_a_torch_for_graphics_cards_comes_before_a_newer_one_without(tmp_path: Path) -> None:
    cpu = interpreter(tmp_path / "a" / "bin" / "python3", {**GOOD, "torch": "2.13.0+cpu"})
    cuda = interpreter(tmp_path / "b" / "bin" / "python3", {**GOOD, "torch": "2.9.0+cu126"})
    assert [one.path for one in found(cpu, cuda)] == [cuda, cpu]


@posix
def test_of_equals_one_that_hears_dialogue_then_the_first(tmp_path: Path) -> None:
    first, second = (interpreter(tmp_path / name / "bin" / "python3", GOOD) for name in ("z", "a"))
    hearing = interpreter(tmp_path / "h" / "bin" / "python3", {**GOOD, DIALOGUE: "5.1.1"})
    assert [one.path for one in found(first, second, hearing)] == [hearing, first, second]


@posix
def test_names_of_one_environment_are_one(tmp_path: Path) -> None:
    named = [interpreter(tmp_path / "bin" / name, GOOD) for name in ("python3", "python3.12")]
    assert [one.path for one in found(*named)] == [named[0]]


@posix
@pytest.mark.parametrize(
    ("changed", "version", "lacks"),
    [
        ({"torch": "2.5.1"}, (3, 11, 0), ("torch 2.6 or newer",)),
        ({"torch": "3.0.0"}, (3, 13, 0), ("torch before 3",)),
        (
            {"transformers": "4.57.0", "numpy": "1.25.2"},
            (3, 11, 9),
            ("numpy 1.26 or newer", "transformers 5.0 or newer"),
        ),
        ({}, (3, 10, 13), ("Python 3.11 or newer",)),
        ({"torch": "", "scipy": "unknown"}, (3, 11, 0), ()),  # versions that are not told are given a try
    ],
)
def test_versions_that_do_not_do(tmp_path: Path, changed: dict[str, str], version: tuple[int, ...],
                                 lacks: tuple[str, ...]) -> None:  # fmt: skip
    (one,) = found(interpreter(tmp_path / "bin" / "python3", {**GOOD, **changed}, version))
    assert one.lacks == lacks
    told = "Found" if not lacks else f"The only Python found does not have all that is needed. Nearest is {one.path}"
    assert summary([one]).startswith(told)


@posix
def test_programs_that_do_not_answer(tmp_path: Path) -> None:
    # It leaves a child that holds its streams; waiting for those to close would take as long as the child.
    hanging = program(tmp_path / "hanging", "sleep 60 & sleep 60")
    failing = program(tmp_path / "failing", "echo 'dyld: no such library' >&2; exit 3")
    silent = program(tmp_path / "silent", "exit 0")
    broken = tmp_path / "broken"
    broken.symlink_to(tmp_path / "gone")
    plain = tmp_path / "plain"
    plain.write_text("no program")
    told = {
        Path(one.path).name: one.problem
        for one in found(hanging, failing, silent, str(broken), str(plain), seconds=0.5)
    }
    assert told["hanging"] == "gave no answer within 0.5 s"
    assert told["failing"] == "ended with status 3 (dyld: no such library)"
    assert told["silent"] == "ended with status 0"
    assert told["broken"] == "cannot be started (No such file or directory)"
    assert told["plain"] == "cannot be started (Permission denied)"


@posix
def test_what_a_hanging_program_started_is_ended_too(tmp_path: Path) -> None:
    note = tmp_path / "child"
    (one,) = found(program(tmp_path / "hanging", f"sleep 60 & echo $! > {note}; wait"), seconds=0.5)
    child = int(note.read_text())
    for _ in range(100):  # until whoever adopts it has noticed
        if not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]:
            break
        time.sleep(0.02)
    else:
        pytest.fail(f"{child} still runs")
    assert not one.complete


@posix
def test_a_search_can_be_stopped_in_the_middle(tmp_path: Path) -> None:
    stop, told = threading.Event(), []
    paths = [program(tmp_path / str(i), "sleep 60") for i in range(9)]
    quick = interpreter(tmp_path / "bin" / "python3", GOOD)

    def tell(done: int, count: int) -> None:
        told.append((done, count))
        stop.set()

    runtimes = find_runtimes([Question(path, dict(os.environ)) for path in (quick, *paths)], tell, stop, 60.0)
    assert [one.path for one in runtimes] == [quick]
    assert told[0][1] == 10 and told[-1] == (10, 10)
    assert ask(Question(quick, dict(os.environ)), stop) is None


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@posix
def test_a_search_in_a_thread(tmp_path: Path) -> None:
    path = interpreter(tmp_path / "bin" / "python3", GOOD)
    search = Search(lambda: [Question(path, dict(os.environ))])
    until(lambda: search.ended)
    assert [one.path for one in search.result()] == [path] and (search.done, search.count) == (1, 1)


@posix
def test_a_search_in_a_thread_is_stopped(tmp_path: Path) -> None:
    path = program(tmp_path / "hanging", f"echo > {tmp_path / 'asked'}; sleep 60")
    search = Search(lambda: [Question(path, dict(os.environ))])
    until((tmp_path / "asked").exists)
    assert not search.ended and search.count == 1
    search.stop()
    search.join(20.0)
    assert search.ended and search.result() == ()


def test_a_fault_of_a_search_is_told() -> None:
    def gather() -> list[Question]:
        raise ZeroDivisionError("a fault of ours")

    search = Search(gather)
    search.join(20.0)
    with pytest.raises(ZeroDivisionError):
        search.result()


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="this Python has no torch")
def test_this_python_answers_for_the_worker() -> None:
    (one,) = find_runtimes([Question(sys.executable, worker_environment())])
    assert one.complete and one.version == sys.version_info[:3]
    assert set(NEEDED) <= set(one.modules) and one.modules["torch"].startswith("2.")


def test_a_bare_environment_and_a_folder_left_of_torch(tmp_path: Path) -> None:
    """Without importing: a module that would print when imported is only looked at."""
    venv.create(tmp_path / "bare", with_pip=False, symlinks=sys.platform != "win32")
    folder = "Scripts" if sys.platform == "win32" else "bin"
    python = tmp_path / "bare" / folder / ("python.exe" if sys.platform == "win32" else "python3")
    stray = tmp_path / "stray"
    (stray / "torch").mkdir(parents=True)  # pip leaves such folders
    (stray / "scipy.py").write_text("raise SystemExit('imported')")
    environment = {**os.environ, "PYTHONPATH": str(stray)}
    (one,) = find_runtimes([Question(str(python), environment)])
    assert one.version == sys.version_info[:3] and dict(one.modules) == {"scipy": ""}
    assert one.lacks == ("numpy", "torch", "soundfile", "safetensors", "transformers")


def test_nothing_found() -> None:
    assert summary(()) == "No Python was found on this machine"


def test_versions() -> None:
    assert [release(text) for text in ("2.13.0+cu130", "5.0.0rc1", "2024.1", "git")] == [
        (2, 13, 0),
        (5, 0, 0),
        (2024, 1),
        (),
    ]


def test_what_is_accepted_is_what_the_project_asks_for() -> None:
    """But for torch, whose pin is among what is accepted."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {}
    for text in project["dependencies"]:
        name, _, bounds = text.replace("==", ">=").partition(">=")
        least, _, below = bounds.partition(",<")
        wanted[name] = (release(least), release(below))
    pinned, _ = wanted.pop("torch")
    assert set(ACCEPTED) == set(NEEDED) == {*wanted, "torch"}
    assert {name: ACCEPTED[name] for name in wanted} == {
        name: (least, below) for name, (least, below) in wanted.items()
    }
    assert ACCEPTED["torch"][0] <= pinned < ACCEPTED["torch"][1]


def test_the_instructions_name_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "docs" / "runtime.md").read_text(encoding="utf-8")
    for wanted in (*project["dependencies"], *project["optional-dependencies"]["transcript"]):
        assert text.count(wanted) >= 4, wanted  # the table, and the lines for three ways to install
