"""What the preferences say of where the network runs, each trouble with the button that mends it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy

from .. import preferences
from ..ptalker_blender.engine.client import PYTHON_VARIABLE, CheckDone
from ..ptalker_blender.engine.find_runtime import Runtime
from ..ptalker_blender.errors import UserError
from ..ptalker_blender.scene.preflight import ERROR, INFO, WARNING, Finding
from ..ptalker_blender.weights_path import ENVIRONMENT, weights_file
from ..style_properties import library_folder
from .preflight import worker_problem
from .runtime import Site, chosen_python, runtimes, told

_LISTED = 8  # Pythons shown, of however many were found


@dataclass(frozen=True)
class Candidate:
    """A Python that was found.

    Attributes:
        path: the program.
        title: what it is.
        works: whether it has all that is needed.
        note: what it lacks, or why it was not asked.
        chosen: whether the network runs in it now.
    """

    path: str
    title: str
    works: bool
    note: str
    chosen: bool


def runtime_lines(context: bpy.types.Context) -> tuple[Finding, ...]:
    """Which Python there is, and what is known of it or wrong with it."""
    site = Site.of(context)
    first = Finding(INFO, f"Python: {site.python} ({_source(context)})")
    checked, known = runtimes().checked(site), runtimes().known(site.python)
    problem = worker_problem(context) or _known_problem(checked, known)
    if problem:
        return (first, Finding(ERROR, problem, "ptalker.find_runtime"), *_no_other())
    if isinstance(checked, CheckDone):
        notes = (Finding(WARNING, note[0].upper() + note[1:]) for note in checked.notes)
        return (first, Finding(INFO, f"Works: {told(checked)}"), *notes)
    title = f"{known.title}; " if known is not None else ""
    return (first, Finding(INFO, f"{title}not checked yet: Check starts it once, as a bake would"))


def _known_problem(checked: CheckDone | str | None, known: Runtime | None) -> str:
    """What the last check or, without one, the last search says against a Python."""
    if checked is not None:
        return checked if isinstance(checked, str) else ""
    if known is None or known.complete:
        return ""
    return f"The Python {known.path} {known.problem or 'lacks ' + ', '.join(known.lacks)}"


def _no_other() -> tuple[Finding, ...]:
    """What to do when a search found none that will do."""
    if not runtimes().found or runtimes().found[0].complete:
        return ()
    text = "No other will do either: what each lacks is listed below. docs/runtime.md of PTalker tells whoever looks"
    return (Finding(WARNING, f"{text} after your machine how one is made"),)


def candidates(context: bpy.types.Context) -> tuple[Candidate, ...]:
    """The Pythons of the last search, the best first."""
    current = chosen_python(context)
    found = [_candidate(one, current) for one in runtimes().found]
    shown = [one for i, one in enumerate(found) if i < _LISTED or one.chosen]
    why = "Lies beside the open file, and may not be started while Auto Run Python Scripts is off"
    return (*shown, *(Candidate(path, "Not asked", False, why, path == current) for path in runtimes().unasked))


def weights_lines(context: bpy.types.Context) -> tuple[Finding, ...]:
    """Which file the network is read from, or why it cannot be."""
    given = bpy.path.abspath(preferences.get(context).weights)
    back = ("ptalker.clear_setting", (("name", "weights"),)) if given else ("", ())
    try:
        path = weights_file(Path(given) if given else None)
    except UserError as error:
        text = error.found[0].upper() + error.found[1:]
        return (Finding(ERROR, text if given else f"{text}: {_reinstall()}", *back),)
    if path.is_file():
        return (Finding(INFO, f"{path.name} is there, {path.stat().st_size / 1e6:.1f} MB, in {path.parent}"),)
    return (Finding(ERROR, f"{path.name} is not in {path.parent}" + ("" if given else f": {_reinstall()}"), *back),)


def library_lines(context: bpy.types.Context) -> tuple[Finding, ...]:
    """Where styles of the artist's own are kept, and whether they can be."""
    folder = library_folder()
    back = ("ptalker.clear_setting", (("name", "library"),)) if preferences.get(context).library else ("", ())
    if folder.is_dir():
        if os.access(folder, os.W_OK):
            return (Finding(INFO, f"Styles of your own are kept in {folder}"),)
        return (Finding(ERROR, f"You may not write to the style library {folder}", *back),)
    if folder.exists():
        return (Finding(ERROR, f"The style library {folder} is a file, not a folder", *back),)
    nearest = next(place for place in _parents(folder) if place.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return (Finding(INFO, f"{folder} is made when you save a style", "ptalker.make_library"),)
    return (Finding(ERROR, f"The style library {folder} is not there, and cannot be made", *back),)


def _candidate(one: Runtime, current: str) -> Candidate:
    note = "" if one.complete or one.problem else f"Lacks {', '.join(one.lacks)}"  # a problem is its title already
    return Candidate(one.path, one.title, one.complete, note, one.path == current)


def _source(context: bpy.types.Context) -> str:
    if preferences.get(context).python:
        return "set here"
    return f"from {PYTHON_VARIABLE}" if os.environ.get(PYTHON_VARIABLE) else "Blender's own"


def _reinstall() -> str:
    return f"correct {ENVIRONMENT}" if os.environ.get(ENVIRONMENT) else "install the add-on anew"


def _parents(folder: Path) -> Iterator[Path]:
    yield from folder.absolute().parents
