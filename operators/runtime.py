"""Find Python, Use This and Check: where the network runs, found and tried without a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import bpy

from .. import preferences
from ..ptalker_blender.engine.client import CheckDone, CheckJob, Done, find_python, worker_environment
from ..ptalker_blender.engine.find_runtime import Question, Runtime, Search, find_runtimes, summary
from ..ptalker_blender.engine.python_places import Machine, known_pythons, pythons_beside, pythons_in
from ..ptalker_blender.errors import UserError
from ..style_properties import library_folder
from ..translations import say
from .jobs import WorkerOperator
from .worker import desk, extension_packages

_SEARCH = -1  # stands for the search where the display asks for a job's number; jobs count from 1


@dataclass(frozen=True)
class Site:
    """What a check is of: it says nothing once one of these is changed."""

    python: str
    device: str
    weights: str

    @staticmethod
    def of(context: bpy.types.Context) -> Site:
        """That of the preferences."""
        chosen = preferences.get(context)
        return Site(chosen_python(context), chosen.device, bpy.path.abspath(chosen.weights))


class RuntimeDesk:
    """What is known of Pythons in this Blender; for its main thread.

    Attributes:
        found: by the last search, the best first.
        unasked: Pythons beside a file that may not run scripts, so that they were not started.
        search: the one under way, if any.
    """

    def __init__(self) -> None:
        self.found: tuple[Runtime, ...] = ()
        self.unasked: tuple[str, ...] = ()
        self.search: Search | None = None
        self._checked: tuple[Site, CheckDone | str] | None = None

    def note_check(self, site: Site, outcome: CheckDone | str) -> None:
        """Keep what a check said: that it works, or why not."""
        self._checked = (site, outcome)

    def checked(self, site: Site) -> CheckDone | str | None:
        """What the last check said of a site; None when it was of another, or there was none."""
        return self._checked[1] if self._checked is not None and self._checked[0] == site else None

    def known(self, python: str) -> Runtime | None:
        """What the last search knows of a Python."""
        return next((one for one in self.found if one.path == python), None)

    def close(self) -> None:
        """End a search; its Pythons are gone in a tenth of a second."""
        search, self.search = self.search, None
        if search is not None:
            search.stop()
            search.join(1.0)
        desk().display.end(_SEARCH)


@lru_cache(maxsize=1)
def runtimes() -> RuntimeDesk:
    """Return this Blender's."""
    return RuntimeDesk()


def chosen_python(context: bpy.types.Context) -> str:
    """The Python that a job would run in now."""
    return find_python(bpy.path.abspath(preferences.get(context).python))


def set_python(context: bpy.types.Context, path: str) -> None:
    """Set the preference, so that Blender saves it as it would the artist's own change."""
    preferences.get(context).python = path
    context.preferences.is_dirty = True


class PTALKER_OT_find_runtime(bpy.types.Operator):
    """Look on this machine for a Python that can run the network, and use the best. Nothing is sent or installed"""

    bl_idname = "ptalker.find_runtime"
    bl_label = "Find Python"
    bl_options = {"REGISTER"}

    _search: Search | None = None

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """One search at a time."""
        if runtimes().search is not None:
            cls.poll_message_set("A search is under way")
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Search in a thread, and return to the artist."""
        if context.window is None:  # as for jobs
            return self.execute(context)
        gather, runtimes().unasked = _gatherer(context)
        self._search = runtimes().search = Search(gather)
        desk().display.begin(context, _SEARCH)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Show how far it is; Esc ends it."""
        search = self._search
        if search is None or runtimes().search is not search:
            return self._stopped()
        if event.type == "ESC" and event.value == "PRESS":
            self.cancel(context)
            return self._stopped()
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if not search.ended:
            text = f"PTalker: Find Python: {search.done} of {search.count or '...'} asked  |  Esc: Cancel"
            desk().display.show(context, text)
            return {"PASS_THROUGH"}
        runtimes().search = None
        desk().display.end(_SEARCH)
        return self._choose(context, search.result())

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Search to the end at once, for scripts."""
        gather, runtimes().unasked = _gatherer(context)
        return self._choose(context, find_runtimes(gather()))

    def cancel(self, _context: bpy.types.Context) -> None:
        """Blender, or the artist, ends it; the setting stays as it is."""
        search = self._search
        if search is not None and runtimes().search is search:
            search.stop()
            runtimes().search = None
            desk().display.end(_SEARCH)

    def _stopped(self) -> set[str]:
        self.report({"WARNING"}, "Find Python cancelled; the setting stays as it is")
        return {"CANCELLED"}

    def _choose(self, context: bpy.types.Context, found: tuple[Runtime, ...]) -> set[str]:
        runtimes().found = found
        if not found or not found[0].complete:
            self.report({"ERROR"}, say(summary(found)))
            return {"CANCELLED"}
        if preferences.get(context).python and (used := runtimes().known(chosen_python(context))) and used.complete:
            # The artist's own choice, perhaps for its graphics card; another is one press of Use This away.
            others = sum(one.complete for one in found) - 1
            self.report({"INFO"}, say(f"{used.path} does, and stays; {others} more would"))
            return {"FINISHED"}
        # Blender's own is what an empty setting means; its path would not outlive this version of Blender.
        own = found[0].path == sys.executable == find_python("")
        set_python(context, "" if own else found[0].path)
        self.report({"INFO"}, say(summary(found)))
        return {"FINISHED"}


class PTALKER_OT_stop_finding(bpy.types.Operator):
    """End the search for a Python. The setting stays as it is"""

    bl_idname = "ptalker.stop_finding"
    bl_label = "Stop Search"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """A search must be under way."""
        if runtimes().search is None:
            cls.poll_message_set("No search is under way")
            return False
        return True

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """End it; its operator says so at its next tick."""
        search, runtimes().search = runtimes().search, None
        if search is not None:
            search.stop()
        desk().display.end(_SEARCH)
        return {"FINISHED"}


class PTALKER_OT_use_runtime(bpy.types.Operator):
    """Run the network in this Python from now on"""

    bl_idname = "ptalker.use_runtime"
    bl_label = "Use This"

    path: bpy.props.StringProperty(name="Python", description="Program to run", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the preference."""
        if not self.path:
            self.report({"ERROR"}, "No Python is named")
            return {"CANCELLED"}
        set_python(context, self.path)
        self.report({"INFO"}, say(f"The network runs in {self.path}"))
        return {"FINISHED"}


class PTALKER_OT_check_runtime(WorkerOperator, bpy.types.Operator):
    """Start the network as a bake would, and say on what it runs or what is wrong"""

    bl_idname = "ptalker.check_runtime"
    bl_label = "Check Runtime"
    bl_options = {"REGISTER"}

    _site: Site  # made by prepare

    def prepare(self, context: bpy.types.Context) -> CheckJob:
        """Read the preferences."""
        self._site = Site.of(context)
        return CheckJob(self._site.weights or None, self._site.device)

    def commit(self, _context: bpy.types.Context, result: Done) -> str:
        """Keep what was found for the preferences."""
        if not isinstance(result, CheckDone):
            raise TypeError("a check was asked for")
        runtimes().note_check(self._site, result)
        return f"All works: {told(result)}"

    def _fail(self, message: str, details: str) -> set[str]:
        # The last line of what Python said is what helps: which library does not load.
        last = details.strip().splitlines()[-1:]
        runtimes().note_check(self._site, f"{message} ({last[0].strip()})" if last else message)
        return super()._fail(message, details)


class PTALKER_OT_clear_setting(bpy.types.Operator):
    """Empty this setting, which then means what comes with the add-on"""

    bl_idname = "ptalker.clear_setting"
    bl_label = "Use Default"

    name: bpy.props.StringProperty(name="Setting", description="Its name in Python", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Empty it."""
        if self.name not in ("python", "weights", "library"):
            self.report({"ERROR"}, say(f"No setting '{self.name}' that may be empty"))
            return {"CANCELLED"}
        preferences.get(context).property_unset(self.name)
        context.preferences.is_dirty = True
        return {"FINISHED"}


class PTALKER_OT_make_library(bpy.types.Operator):
    """Make the folder for styles of your own"""

    bl_idname = "ptalker.make_library"
    bl_label = "Make Folder"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Make it."""
        folder = library_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            found = f"the folder {folder} cannot be made ({error.strerror or error})"
            self.report({"ERROR"}, say(str(UserError(found, "a place you may write to", "choose another folder"))))
            return {"CANCELLED"}
        self.report({"INFO"}, say(f"Styles of your own are kept in {folder}"))
        return {"FINISHED"}


def told(check: CheckDone) -> str:
    """What a check found, in a few words."""
    return f"Python {check.python}, torch {check.torch}, on {check.device} (usable: {', '.join(check.devices)})"


def _gatherer(context: bpy.types.Context) -> tuple[Callable[[], Sequence[Question]], tuple[str, ...]]:
    """What lists the Pythons to ask, for another thread, and those that may not be asked."""
    machine, named = Machine.of(sys.platform, os.environ), chosen_python(context)
    packages, beside = extension_packages(), _beside_file(machine)
    # An environment that came with somebody's file is a program of theirs, as the scripts in it are.
    trusted = bool(context.preferences.filepaths.use_scripts_auto_execute)
    chosen = pythons_in(Path(named), windows=machine.windows) if Path(named).is_dir() else (named,)

    def gather() -> list[Question]:
        paths = known_pythons(machine, (*chosen, *(beside if trusted else ()), sys.executable))
        return [Question(path, _environment(path, packages)) for path in paths if path not in unasked]

    unasked = () if trusted else tuple(path for path in beside if path not in chosen)
    return gather, unasked


def _beside_file(machine: Machine) -> tuple[str, ...]:
    return pythons_beside(Path(bpy.data.filepath).parent, windows=machine.windows) if bpy.data.filepath else ()


def _environment(python: str, packages: Path) -> dict[str, str]:
    """As ``WorkerDesk.submit`` makes it for the worker."""
    return worker_environment([packages] if python == sys.executable else [], os.environ)


CLASSES = (
    PTALKER_OT_find_runtime,
    PTALKER_OT_stop_finding,
    PTALKER_OT_use_runtime,
    PTALKER_OT_check_runtime,
    PTALKER_OT_clear_setting,
    PTALKER_OT_make_library,
)
