"""The part of ``check_extension`` about where the network runs; runs in the same process.

Pythons are looked for in a made-up home whose interpreters are shell scripts, so that little of this machine counts but
the Python that runs this.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from check_mapping import require

ALL = {"numpy": "2.1.0", "torch": "2.14.0", "scipy": "1.15.0", "soundfile": "0.13.0", "safetensors": "0.8.0",
       "transformers": "5.1.0", "pocketsphinx": "5.1.1"}  # fmt: skip


def fake(path: Path, modules: dict[str, str], version: tuple[int, int, int] = (3, 12, 4)) -> str:
    """A program that answers as a Python with these modules."""
    answer = json.dumps({"version": version, "prefix": str(path.parent.parent), "modules": modules})
    return script(path, f"echo 'ptalker-runtime:{answer}'")


def script(path: Path, text: str) -> str:
    """A program that does this."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@contextmanager
def made_up_home(home: Path) -> Iterator[None]:
    """Another home, an empty path and no variable of ours."""
    kept = dict(os.environ)
    os.environ.update(HOME=str(home), PATH=str(home / "bin"))
    for name in ("PTALKER_PYTHON", "VIRTUAL_ENV", "CONDA_PREFIX", "PYENV_ROOT", "XDG_DATA_HOME", "MAMBA_ROOT_PREFIX"):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def refused(operator: object, words: str, **given: str) -> None:
    """The operator ends with an error that says ``words``."""
    try:
        operator(**given)
    except RuntimeError as error:  # how an operator's ERROR report reaches a script
        require(words in str(error) and "Traceback" not in str(error), f"unhelpful: {error}")
    else:
        raise RuntimeError(f"what should end with {words!r} did not")


def check_runtime(module: str, folder: Path) -> None:
    """Find Python, Use This, the lines of the preferences, and Check."""
    if sys.platform == "win32":
        print("  finding Pythons left out: the made-up ones are shell scripts")
        return
    import bpy

    preferences = bpy.context.preferences.addons[module].preferences
    kept = preferences.python
    with made_up_home(folder / "home with a space"):
        find(module, folder / "home with a space")
        beside_the_file(module, folder)
    preferences.python = kept
    folders(module, folder)
    if os.environ.get("PTALKER_PYTHON"):
        check_worker(module, folder)
    preferences.python = kept
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("ptalker-find")]
    require(not left, f"threads left behind: {left}")
    print("  runtime: found, chosen and checked")


def find(module: str, home: Path) -> None:
    """The best is chosen, the others are listed with what they lack."""
    import bpy

    lines = importlib.import_module(f"{module}.operators.runtime_lines")
    preferences = bpy.context.preferences.addons[module].preferences
    old = fake(home / "venv" / "bin" / "python3", ALL, (3, 10, 13))
    bare = fake(home / ".virtualenvs" / "film" / "bin" / "python3", {"numpy": "2.1.0"})
    script(home / "bin" / "python3", "echo no such library >&2; exit 3")
    gone = home / ".venv" / "bin" / "python3"
    gone.parent.mkdir(parents=True)
    gone.symlink_to(home / "removed")
    preferences.python = ""
    if not own_is_complete(module):
        refused(bpy.ops.ptalker.find_runtime, f"Nearest is {old}, which wants Python 3.11 or newer")
        require(preferences.python == "", "a Python that cannot do it was chosen")
        _, problem, none = lines.runtime_lines(bpy.context)
        require("docs/runtime.md" in none.text, f"told is {none.text!r}")
        require("Blender's own Python has no" in problem.text, f"a missing runtime is told as {problem.text!r}")
        require(problem.fix == "ptalker.find_runtime", f"its button is {problem.fix!r}")
    good = fake(home / "ptalker runtime" / "bin" / "python3", ALL)
    fake(home / "ptalker old" / "bin" / "python3", {**ALL, "torch": "2.7.1"})
    require(bpy.ops.ptalker.find_runtime() == {"FINISHED"}, "nothing was found")
    require(preferences.python == good, f"{preferences.python} was chosen")
    require(bpy.context.preferences.is_dirty, "Blender would not save the choice")
    other = str(home / "ptalker old" / "bin" / "python3")
    bpy.ops.ptalker.use_runtime(path=other)
    require(bpy.ops.ptalker.find_runtime() == {"FINISHED"} and preferences.python == other, "a choice was overruled")
    bpy.ops.ptalker.use_runtime(path=good)
    listed = {one.path: one for one in lines.candidates(bpy.context)}
    require(next(iter(listed)) == good and listed[good].chosen and listed[good].works, f"listed are {list(listed)}")
    require(listed[good].title == "Python 3.12.4, torch 2.14.0", f"it is called {listed[good].title!r}")
    require(listed[old].note == "Lacks Python 3.11 or newer", f"an old one {listed[old].note!r}")
    require("torch" in listed[bare].note and not listed[bare].works, f"a bare one {listed[bare].note!r}")
    require("cannot be started" in listed[str(gone)].title.lower(), f"a dead link {listed[str(gone)].title!r}")
    require(
        "No such library" in str([one.title for one in listed.values()]).replace("no such", "No such"), "a broken one"
    )
    told = [line.text for line in lines.runtime_lines(bpy.context)]
    require(f"Python: {good} (set here)" in told and "not checked yet" in told[-1], f"told is {told}")
    require(bpy.ops.ptalker.use_runtime(path=bare) == {"FINISHED"} and preferences.python == bare, "Use This did not")
    problem = lines.runtime_lines(bpy.context)[1]
    require(problem.text.startswith(f"The Python {bare} lacks torch, scipy"), f"its lacks are told as {problem.text!r}")
    bpy.ops.ptalker.use_runtime(path=str(home / "bin" / "python3"))
    problem = lines.runtime_lines(bpy.context)[1]
    require(problem.text.endswith("python3 ended with status 3 (no such library)"), f"it is told as {problem.text!r}")
    require(not bpy.ops.ptalker.stop_finding.poll(), "there is a search to stop")


def own_is_complete(module: str) -> bool:
    """Whether the Python that runs this could run the network too."""
    ours = importlib.import_module(f"{module}.ptalker_blender.engine.runtime")
    return not ours.runtime_problem(sys.executable)


def beside_the_file(module: str, folder: Path) -> None:
    """A Python beside somebody's file is not started, unless its scripts may run; it can be chosen all the same."""
    import bpy

    lines = importlib.import_module(f"{module}.operators.runtime_lines")
    place, note = folder / "shot", folder / "shot" / "started"
    python = script(place / ".venv" / "bin" / "python3", f": > '{note}'")
    bpy.ops.wm.save_as_mainfile(filepath=str(place / "shot.blend"), copy=False)
    bpy.context.preferences.filepaths.use_scripts_auto_execute = False
    require(bpy.ops.ptalker.find_runtime() == {"FINISHED"}, "nothing was found")
    told = [one for one in lines.candidates(bpy.context) if one.path == python]
    require(not note.exists() and len(told) == 1 and "Auto Run" in told[0].note, f"beside the file: {told}")
    bpy.context.preferences.filepaths.use_scripts_auto_execute = True
    require(bpy.ops.ptalker.find_runtime() == {"FINISHED"} and note.exists(), "it was not asked")
    bpy.context.preferences.filepaths.use_scripts_auto_execute = False


def folders(module: str, folder: Path) -> None:
    """Weights that are not there, and a library that can and cannot be made."""
    import bpy

    lines = importlib.import_module(f"{module}.operators.runtime_lines")
    preferences = bpy.context.preferences.addons[module].preferences
    preferences.weights = str(folder / "no.safetensors")
    (line,) = lines.weights_lines(bpy.context)
    require("no.safetensors" in line.text and line.fix == "ptalker.clear_setting", f"missing weights: {line}")
    require(bpy.ops.ptalker.clear_setting(**dict(line.properties)) == {"FINISHED"}, "not cleared")
    require(preferences.weights == "", "the weights are still set")
    preferences.library = str(folder / "new" / "library")
    (line,) = lines.library_lines(bpy.context)
    require(line.fix == "ptalker.make_library", f"a new library: {line}")
    require(bpy.ops.ptalker.make_library() == {"FINISHED"}, "the library was not made")
    (line,) = lines.library_lines(bpy.context)
    require("are kept in" in line.text and not line.fix, f"a library that is there: {line}")
    (folder / "file").touch()
    preferences.library = str(folder / "file" / "library")
    (line,) = lines.library_lines(bpy.context)
    require("cannot be made" in line.text and line.fix == "ptalker.clear_setting", f"no place for a library: {line}")
    refused(bpy.ops.ptalker.make_library, "cannot be made")
    require(bpy.ops.ptalker.clear_setting(name="library") == {"FINISHED"} and not preferences.library, "not cleared")


def check_worker(module: str, folder: Path) -> None:
    """Check starts the worker, says what works, and why another does not."""
    import bpy

    lines = importlib.import_module(f"{module}.operators.runtime_lines")
    preferences = bpy.context.preferences.addons[module].preferences
    preferences.python, preferences.device = "", "cpu"
    require(bpy.ops.ptalker.check_runtime() == {"FINISHED"}, "the check did not finish")
    told = [line.text for line in lines.runtime_lines(bpy.context)]
    require("(from PTALKER_PYTHON)" in told[0] and told[1].startswith("Works: Python 3."), f"told is {told}")
    require("on cpu" in told[1], f"told is {told}")
    preferences.device = "auto"
    require("not checked yet" in lines.runtime_lines(bpy.context)[1].text, "another device counts as checked")
    preferences.python = script(folder / "dying", "sleep 0.2; echo 'ImportError: no DLL' >&2; exit 1")
    refused(bpy.ops.ptalker.check_runtime, "ended")
    line = lines.runtime_lines(bpy.context)[1]
    require("ImportError: no DLL" in line.text and line.fix == "ptalker.find_runtime", f"a dying worker: {line}")
