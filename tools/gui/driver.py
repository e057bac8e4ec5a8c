"""What the driving scripts share: looking at the window, pressing its buttons, and ending with a status.

``run_gui.sh`` puts it among the modules of Blender's profile as ``ptalker_gui_driver``. The steps of a script are a
generator that a timer advances; each ``yield`` gives Blender that many seconds to handle events and to draw.
"""

from __future__ import annotations

import json
import math
import os
import struct
import subprocess
import sys
import time
import traceback
import wave
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import bpy

MODULE = "bl_ext.user_default.ptalker"
OUT = Path(os.environ["OUT"])
Steps = Generator[float, None, Any]
_STEP = 16  # pixels of the search for a button: less than its height at UI scale 1, which is 20
_STARTED = time.monotonic()
result: dict[str, Any] = {"version": bpy.app.version_string, "measured": {}, "checked": []}


class StepError(Exception):
    """What should have happened did not."""


def check(condition: object, message: str) -> None:
    """Note that a thing holds, or end the run."""
    if not condition:
        raise StepError(message)
    result["checked"].append(message)
    print(f"{time.monotonic() - _STARTED:6.1f} s: {message}", flush=True)


def measured(name: str, value: float) -> None:
    """Keep a number for the result."""
    result["measured"][name] = round(value, 1)


# The window


def window() -> bpy.types.Window:
    """The first window."""
    return bpy.context.window_manager.windows[0]


def area(kind: str = "VIEW_3D") -> bpy.types.Area:
    """The window's first area of a kind."""
    return next(item for item in window().screen.areas if item.type == kind)


def region(kind: str = "UI", of: str = "VIEW_3D") -> bpy.types.Region:
    """A region of ``area``."""
    return next(item for item in area(of).regions if item.type == kind)


def other_window(kind: str) -> bpy.types.Window | None:
    """A second window whose only area is of a kind, if there is one."""
    windows = bpy.context.window_manager.windows[1:]
    return next((item for item in windows if item.screen.areas[0].type == kind), None)


def override(kind: str = "WINDOW", of: str = "VIEW_3D") -> Any:
    """A context in which operators find window, area and region."""
    return bpy.context.temp_override(window=window(), area=area(of), region=region(kind, of))


def screenshot(name: str) -> None:
    """Grab the virtual screen: Blender's own screenshot is black under software OpenGL."""
    # A quality of 11: hardly packed, which is twice as fast.
    subprocess.run(["import", "-window", "root", "-quality", "11", str(OUT / f"{name}.png")], check=True)


def redrawn(kind: str = "UI", of: str = "VIEW_3D", seconds: float = 5.0) -> Steps:
    """Wait until a region has been drawn anew, which under software OpenGL beside other load takes its time."""
    space, drawn = type(area(of).spaces.active), []
    handler = space.draw_handler_add(lambda: drawn.append(True), (), kind, "POST_PIXEL")
    end = time.monotonic() + seconds
    try:
        for times in (1, 2):  # the first may have been under way, or be one that only lays out
            region(kind, of).tag_redraw()
            while len(drawn) < times:
                if time.monotonic() > end:
                    raise StepError(f"the {kind} region of the {of} was not drawn within {seconds:g} s")
                yield 0.02
    finally:
        space.draw_handler_remove(handler, kind)
    yield 0.05  # the window shows it


def open_sidebar(category: str = "PTalker") -> Steps:
    """Open the sidebar of the 3D view at a tab."""
    area().spaces.active.show_region_ui = True
    yield 0.3  # the region grows
    region().active_panel_category = category
    yield from redrawn()


def smooth_view(smooth: bool) -> None:
    """Whether the 3D view is drawn eight times over after each change, for smooth edges; for pictures only."""
    bpy.context.preferences.system.viewport_aa = "8" if smooth else "OFF"


# Events


def move(x: float, y: float) -> None:
    """Move the mouse to window pixels, origin at the bottom left."""
    window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=round(x), y=round(y))


def click(x: float, y: float) -> Steps:
    """Press and release the left button."""
    move(x, y)
    yield 0.15
    window().event_simulate(type="LEFTMOUSE", value="PRESS", x=round(x), y=round(y))
    yield 0.05
    window().event_simulate(type="LEFTMOUSE", value="RELEASE", x=round(x), y=round(y))
    yield 0.25


def press(key: str, at: tuple[float, float], **held: bool) -> None:
    """Press and release a key with the mouse at a place."""
    x, y = round(at[0]), round(at[1])
    window().event_simulate(type=key, value="PRESS", x=x, y=y, **held)
    window().event_simulate(type=key, value="RELEASE", x=x, y=y, **held)


_KEYS = {" ": "SPACE", ".": "PERIOD", "/": "SLASH", "_": "MINUS", "-": "MINUS"}
_DIGITS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")


def type_text(text: str, at: tuple[float, float]) -> Steps:
    """Type into whatever has the keyboard."""
    x, y = round(at[0]), round(at[1])
    for letter in text:
        key = _DIGITS[int(letter)] if letter.isdigit() else _KEYS.get(letter, letter.upper())
        window().event_simulate(type=key, value="PRESS", unicode=letter, x=x, y=y)
        window().event_simulate(type=key, value="RELEASE", x=x, y=y)
        yield 0.03


def middle_of_view() -> tuple[float, float]:
    """A place over the 3D view, left of its sidebar."""
    view = region("WINDOW")
    return view.x + view.width / 3, view.y + view.height / 2


def search(words: str) -> Steps:
    """Run an operator by the F3 search."""
    place = middle_of_view()
    move(*place)
    yield 0.1
    press("F3", place)
    yield 0.6
    yield from type_text(words, place)
    yield 0.6


# Buttons


def find_button(what: str, of: str = "VIEW_3D", column: float | None = None) -> Steps:
    """The middle of the button that runs or sets ``what``; the generator's value.

    Blender tells a script neither where buttons are nor what they do, but it copies the hovered one's Python command or
    data path: so the mouse goes down the sidebar until it finds it.

    Args:
        what: part of the command (``ptalker.bake(``) or of the data path (``ptalker.strength``).
        of: area whose sidebar it is in.
        column: pixels from the sidebar's left edge; None: where properties have theirs, then icons at the right.
    """
    sidebar, seen = region("UI", of), set()
    for x in (sidebar.width * 0.62, sidebar.width - 50) if column is None else (column,):
        for row in range(20, sidebar.height - 4, _STEP):
            place = sidebar.x + x, sidebar.y + sidebar.height - row
            move(*place)
            yield 0.01
            found = _hovered(of)
            seen.add(found)
            if what not in found:
                continue
            # Beside other load Blender may be a move or two behind: look again, with time.
            for back in (0, _STEP, 2 * _STEP):
                there = place[0], place[1] + back
                move(*there)
                yield 0.1
                if what in _hovered(of):
                    return there
    raise StepError(f"no button for {what!r}; found {sorted(seen)}")


def _hovered(of: str) -> str:
    manager = bpy.context.window_manager
    manager.clipboard = ""
    with override("UI", of):
        for copy in (bpy.ops.ui.copy_python_command_button, bpy.ops.ui.copy_data_path_button):
            if copy.poll():
                try:
                    copy()
                except RuntimeError:
                    continue  # a button that has neither
                if manager.clipboard:
                    return str(manager.clipboard)
    return ""


def press_button(what: str, of: str = "VIEW_3D", column: float | None = None) -> Steps:
    """Click the button that runs or sets ``what``."""
    x, y = yield from find_button(what, of, column)
    yield from click(x, y)


# The add-on


def hide(*names: str) -> None:
    """Take panels of ours off the sidebar."""
    for name in names:
        panel = getattr(bpy.types, f"PTALKER_PT_{name}", None)
        if panel is not None:
            bpy.utils.unregister_class(panel)


def show_open(*names: str) -> None:
    """Show panels open that are closed at first: as copies, since Blender remembers which are closed by their names."""
    for name in names:
        modules = [module for path, module in sys.modules.items() if path.startswith(f"{MODULE}.panels.")]
        key = f"PTALKER_PT_{name}"
        panel = next(getattr(module, key) for module in modules if hasattr(module, key))
        hide(name)
        own = {key: value for key, value in vars(panel).items() if key not in ("__dict__", "__weakref__", "bl_rna")}
        own |= {"bl_options": set(), "bl_idname": f"{panel.__name__}_open"}
        bpy.utils.register_class(type(own["bl_idname"], panel.__bases__, own))


def desk() -> Any:
    """The jobs of the installed add-on."""
    return sys.modules[f"{MODULE}.operators.worker"].desk()


def wait_until(condition: Callable[[], object], message: str, seconds: float = 120.0, every: float = 0.02) -> Steps:
    """Wait for something, which is checked."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise StepError(f"not within {seconds:g} s: {message}; jobs {desk().jobs}, notice {desk().notice!r}")
        yield every
    check(True, message)


def reports() -> list[str]:
    """What the Info editor shows."""
    kept = window().screen.areas[0].ui_type
    first = window().screen.areas[0]
    manager = bpy.context.window_manager
    first.ui_type, manager.clipboard = "INFO", ""
    with bpy.context.temp_override(window=window(), area=first, region=first.regions[-1]):
        bpy.ops.info.select_all(action="SELECT")
        bpy.ops.info.report_copy()
    first.ui_type = kept
    return [line for line in manager.clipboard.splitlines() if not line.startswith("bpy.")]


def vowel(path: Path, seconds: float) -> None:
    """A buzz that opens and closes twice a second."""
    rate = 16_000
    second = [
        sum(math.sin(2 * math.pi * 120 * n * i / rate) for n in (1, 3, 5, 9)) * math.sin(2 * math.pi * i / rate) ** 2
        for i in range(rate)
    ]
    frames = b"".join(struct.pack("<h", round(7_000 * x)) for x in second)
    whole, rest = divmod(round(seconds * rate), rate)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames * whole + frames[: 2 * rest])


# The run


def finish(code: int) -> None:
    """Write the result and end Blender at once."""
    result["passed"] = code == 0
    (OUT / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def drive(steps: Steps) -> None:
    """Advance ``steps`` until they end; any fault ends the run with status 1, and a picture of how it looked."""

    def advance() -> float | None:
        try:
            return next(steps)
        except StopIteration:
            finish(0)
        except Exception:
            # Whatever failed, the process must end with a status: an exception inside a timer alone only prints.
            traceback.print_exc()
            result["failed"] = traceback.format_exc()
            screenshot("failed")
            finish(1)
        return None

    bpy.context.preferences.view.show_splash = False
    smooth_view(False)
    bpy.app.timers.register(advance, first_interval=1.0, persistent=True)  # files are opened on the way
