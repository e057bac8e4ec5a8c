"""An artist bakes: cancels with Esc, undoes a take, opens another file and disables the add-on while a bake runs.

Run by ``run_gui.sh`` in a windowed Blender with the extension installed. Writes ``$OUT/result.json`` and screenshots.
The steps are a generator that a timer advances; each ``yield`` gives Blender that many seconds.
"""

import json
import math
import os
import struct
import subprocess
import sys
import time
import traceback
import wave
from collections.abc import Iterator
from pathlib import Path

import bpy

OUT = Path(os.environ["OUT"])
SECONDS = 8.0  # long enough for Esc to come in the middle
result: dict[str, object] = {"version": bpy.app.version_string}


def check(condition: object, message: str) -> None:
    if not condition:
        raise RuntimeError(message)


def vowel(path: Path, seconds: float) -> None:
    """A buzz that opens and closes twice a second."""
    rate = 16_000
    values = [
        sum(math.sin(2 * math.pi * 120 * n * i / rate) for n in (1, 3, 5, 9)) * math.sin(2 * math.pi * i / rate) ** 2
        for i in range(round(seconds * rate))
    ]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", round(7_000 * x)) for x in values))


def desk():
    return sys.modules["bl_ext.user_default.ptalker.operators.worker"].desk()


def view3d():
    window = bpy.context.window_manager.windows[0]
    return window, next(area for area in window.screen.areas if area.type == "VIEW_3D")


def override():
    window, area = view3d()
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=window, area=area, region=region)


def screenshot(name: str) -> None:
    """Grab the virtual screen: Blender's own screenshot is black under software OpenGL."""
    subprocess.run(["import", "-window", "root", str(OUT / f"{name}.png")], check=True)


def choose_sound(name: str = "vowel.wav") -> None:
    settings = bpy.context.scene.ptalker
    settings.audio_source, settings.audio_file = "FILE", str(OUT / name)


def start_bake() -> None:
    with override():
        outcome = bpy.ops.ptalker.bake("INVOKE_DEFAULT")
    check(outcome == {"RUNNING_MODAL"}, f"the bake did not start: {outcome}")
    check(desk().busy, "no job is under way")


def wait(seconds: float) -> Iterator[float]:
    """Wait for the job, noting the longest time in which Blender did not come back to its timers."""
    end, last, longest = time.monotonic() + seconds, time.monotonic(), 0.0
    while desk().busy:
        check(time.monotonic() < end, "the bake never ended")
        yield 0.01
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    result["longest_gap_ms"] = round(longest * 1000, 1)


def steps() -> Iterator[float]:
    """What the artist does."""
    window, area = view3d()
    area.spaces.active.show_region_ui = True
    yield 0.6
    sidebar = next(region for region in area.regions if region.type == "UI")
    sidebar.active_panel_category = "PTalker"
    sidebar.tag_redraw()
    yield 0.8
    screenshot("panel_empty")
    with override():
        check(not bpy.ops.ptalker.bake.poll(), "Bake must be off without a head")
        bpy.ops.ptalker.add_head("EXEC_DEFAULT", True)  # True: an undo step, as a click makes
    choose_sound()
    yield 0.5

    start_bake()
    with override():
        check(not bpy.ops.ptalker.bake.poll(), "a second bake must wait")
    yield 0.4
    screenshot("baking")
    pressed = time.monotonic()
    window.event_simulate(type="ESC", value="PRESS", x=sidebar.x - 200, y=sidebar.y + 200)
    window.event_simulate(type="ESC", value="RELEASE", x=sidebar.x - 200, y=sidebar.y + 200)
    while desk().busy:
        check(time.monotonic() < pressed + 5, "Esc did not cancel")
        yield 0.005
    result["cancel_ms"] = round((time.monotonic() - pressed) * 1000, 1)
    check(len(bpy.data.actions) == 0, "a cancelled bake wrote something")
    yield 0.3

    start = time.monotonic()
    start_bake()
    yield from wait(120.0)
    result["bake_s"] = round(time.monotonic() - start, 2)
    yield 0.5
    names = [action.name for action in bpy.data.actions]
    check("vowel" in names, f"no take: {names}")
    bpy.context.scene.frame_set(12)
    yield 0.5
    screenshot("baked")
    with override():
        bpy.ops.ed.undo()
    yield 0.5
    check(not bpy.data.actions, "one undo did not take the take away")
    heads = [obj for obj in bpy.data.objects if obj.type == "MESH" and obj.data.shape_keys]
    check(len(heads) == 1, "undo took the head away too")
    yield from other_workspace()
    yield from disable()
    yield from new_file()
    result["passed"] = True


def at_rest() -> None:
    """Neither a job nor anything that shows one."""
    check(not desk().busy, "a job is still under way")
    check(desk().display._timer is None, "the timer still ticks")
    check(not desk().display._workspaces, "a status text was left behind")


def other_workspace() -> Iterator[float]:
    """The status text goes from every workspace in which it was shown."""
    choose_sound("long.wav")  # undo took the first choice away
    start_bake()
    yield 0.3
    window, _ = view3d()
    first = window.workspace
    window.workspace = bpy.data.workspaces["Modeling"]
    while len(desk().display._workspaces) < 2:  # shown with the next progress
        check(desk().busy, "the other workspace shows nothing")
        yield 0.05
    yield from wait(120.0)
    at_rest()
    window.workspace = first
    yield 0.5
    screenshot("after_other_workspace")


def new_file() -> Iterator[float]:
    """Opening a file in the middle of a bake lets go of it.

    Comes last: Blender 4.3 crashes when a timer starts any modal operator after a file was opened by a timer.
    """
    start_bake()
    yield 0.3
    bpy.ops.wm.read_homefile(app_template="")  # not in an override, whose window it would free
    yield 0.6
    at_rest()
    check(not bpy.data.actions, "a bake reached another file")


def disable() -> Iterator[float]:
    """Disabling the add-on in the middle of a bake ends worker and display; Blender ends the operator silently."""
    import addon_utils

    start_bake()
    yield 0.3
    now = desk()
    check(now.display._timer is not None, "no timer")
    addon_utils.disable("bl_ext.user_default.ptalker")
    check(not now.busy and now.display._timer is None, "disabled, yet a job is shown")
    yield 0.6
    screenshot("disabled")
    addon_utils.enable("bl_ext.user_default.ptalker")
    bpy.context.scene.ptalker.head = next(obj for obj in bpy.data.objects if obj.type == "MESH" and obj.data.shape_keys)
    choose_sound()
    yield 0.3
    start_bake()
    yield from wait(120.0)
    check(bpy.data.actions, "no bake after the add-on was enabled again")


def finish(code: int) -> None:
    (OUT / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def advance() -> float | None:
    """Timer callback; any fault ends the run with status 1."""
    try:
        return next(running)
    except StopIteration:
        finish(0)
    except Exception:
        traceback.print_exc()
        finish(1)


bpy.context.preferences.view.show_splash = False
vowel(OUT / "vowel.wav", SECONDS)
vowel(OUT / "long.wav", 60.0)  # still under way when a workspace has been built
running = steps()
bpy.app.timers.register(advance, first_interval=1.0, persistent=True)  # a file is opened on the way
