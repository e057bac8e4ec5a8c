"""Everything that can come between an artist and a bake: several in line, cancels, crashes, undo, other files.

Run by ``run_gui.sh`` in a windowed Blender with the extension installed. Each way out must leave the file as it was.
"""

import json
import os
import signal
import time

import addon_utils
import bpy
from ptalker_gui_driver import (
    MODULE,
    OUT,
    Steps,
    check,
    click,
    desk,
    drive,
    find_button,
    measured,
    middle_of_view,
    move,
    open_sidebar,
    override,
    press,
    region,
    screenshot,
    vowel,
    wait_until,
    window,
)

LONG, SHORT = "long", "short"
SMALL_KB = 450_000  # too little for torch, enough for Python


def choose(name: str) -> None:
    settings = bpy.context.scene.ptalker
    settings.audio_source, settings.audio_file, settings.add_strip = "FILE", str(OUT / f"{name}.wav"), False


def bake(name: str) -> int:
    """Press Bake for a sound; the number of the job."""
    choose(name)
    with override():
        outcome = bpy.ops.ptalker.bake("INVOKE_DEFAULT")
    check(outcome == {"RUNNING_MODAL"}, f"Bake of {name} is under way")
    return desk().jobs[-1].number


def idle() -> bool:
    return not desk().busy


def takes() -> list[str]:
    return sorted(action.name for action in bpy.data.actions)


def file_state() -> tuple:
    """What a job could have changed."""
    heads = [obj for obj in bpy.data.objects if obj.type == "MESH" and obj.data.shape_keys]
    assigned = [
        head.data.shape_keys.animation_data.action.name
        for head in heads
        if head.data.shape_keys.animation_data and head.data.shape_keys.animation_data.action
    ]
    return takes(), sorted(bpy.data.objects.keys()), assigned, sorted(bpy.data.sounds.keys())


def unchanged(before: tuple, after_what: str) -> None:
    check(idle(), f"no job is left after {after_what}")
    check(file_state() == before, f"the file is as it was after {after_what}")
    check(not desk().display.active, f"nothing is shown any more after {after_what}")


def at_work() -> bool:
    return desk().busy and desk().jobs[0].stage == "Performing"


def running(name: str = LONG) -> Steps:
    """Start a bake and wait until the network is at it."""
    number = bake(name)
    yield from wait_until(at_work, f"{name} is performed")
    return number


def keyboard_undo(redo: bool = False) -> Steps:
    """Press Ctrl-Z, or Shift-Ctrl-Z, over the view."""
    heard: list[bool] = []
    handlers = bpy.app.handlers.redo_post if redo else bpy.app.handlers.undo_post
    handlers.append(lambda *_args: heard.append(True))
    move(*middle_of_view())
    yield 0.2
    press("Z", middle_of_view(), ctrl=True, shift=redo)
    yield from wait_until(lambda: heard, "the key redoes" if redo else "the key undoes", 30)
    handlers.pop()
    yield 0.2


def close_report() -> Steps:
    """Blender shows an error beside the mouse until the artist goes on; it has the keyboard."""
    press("ESC", middle_of_view())
    yield 0.5


def undo_and_redo_a_take() -> Steps:
    bake(SHORT)
    yield from wait_until(idle, "the first bake ends")
    yield 0.4
    check(takes() and takes()[0].startswith(SHORT), f"a take: {takes()}")
    made = takes()
    yield from keyboard_undo()
    check(not takes(), "one undo takes the take away")
    check(any(obj.type == "MESH" and obj.data.shape_keys for obj in bpy.data.objects), "the head stays")
    yield from keyboard_undo(redo=True)
    check(takes() == made, "redo brings the take back")
    yield from keyboard_undo()


def escape_and_queue() -> Steps:
    """Esc lets go of the one at work; those behind it are done, with the settings they were asked with."""
    before = file_state()
    yield from running()
    settings = bpy.context.scene.ptalker
    settings.strength = 1.5
    bake(SHORT)
    settings.strength = 0.5
    third = bake(LONG)
    check([job.waiting for job in desk().jobs] == [False, True, True], "the second and the third wait in line")
    yield 0.5
    screenshot("queue")
    press("ESC", middle_of_view())
    yield from wait_until(lambda: len(desk().jobs) == 2, "Esc lets go of the first", 5, 0.002)
    check(file_state() == before, "the file is as it was after Esc")
    yield from wait_until(lambda: [job.number for job in desk().jobs] == [third], "the second is done after that")
    yield from wait_until(at_work, "the third is performed")
    source = json.loads(bpy.data.actions[takes()[0]]["ptalker"])
    check(abs(source["strength"] - 1.5) < 1e-6, "the second was baked as it was asked for")
    after_second = file_state()
    x, y = yield from find_button("ptalker.cancel(", column=region().width - 50)
    yield from click(x, y)
    yield from wait_until(idle, "the button lets go of the third", 5, 0.002)
    yield 0.3
    unchanged(after_second, "the cancel button")
    yield from keyboard_undo()
    check(file_state() == before, "one undo takes the second's take away and nothing else")
    settings = bpy.context.scene.ptalker
    settings.strength = 1.0


def each_its_own_step() -> Steps:
    before = file_state()
    bake(SHORT)
    bake(SHORT)
    yield from wait_until(idle, "two bakes in line end")
    yield 0.4
    both = takes()
    yield from keyboard_undo()
    one = takes()
    yield from keyboard_undo()
    check(len(both) > len(one) > 0 and file_state() == before, "two bakes are two undo steps")


def kill() -> Steps:
    before = file_state()
    yield from running()
    worker = desk().line._client._worker.process
    os.kill(worker.pid, signal.SIGKILL)
    yield from wait_until(idle, "a killed worker ends its job", 10)
    yield 0.5
    screenshot("killed")
    check("signal 9" in desk().notice, f"the panel says so: {desk().notice}")
    yield from close_report()
    unchanged(before, "a killed worker")


def no_memory() -> Steps:
    """A worker that may not have enough memory; the next bake has a fresh one."""
    before = file_state()
    small = OUT / "small_python.sh"
    small.write_text(f'#!/bin/sh\nulimit -v {SMALL_KB}\nexec {os.environ["PTALKER_PYTHON"]} "$@"\n')
    small.chmod(0o755)
    preferences = bpy.context.preferences.addons[MODULE].preferences
    preferences.python = str(small)
    bake(SHORT)
    yield from wait_until(idle, "a worker without memory ends its job")
    yield 0.5
    check("Out of memory" in desk().notice, f"the panel says so: {desk().notice}")
    screenshot("no_memory")
    yield from close_report()
    unchanged(before, "a worker without memory")
    preferences.python = ""


def undo_in_the_middle() -> Steps:
    before = file_state()
    with override():
        bpy.ops.mesh.primitive_cone_add("EXEC_DEFAULT", True)
    yield 0.3
    yield from running()
    bake(SHORT)
    yield from keyboard_undo()
    check("2 jobs cancelled" in desk().notice, f"the panel says so: {desk().notice}")
    screenshot("undone_in_the_middle")
    unchanged(before, "an undo in the middle of two jobs")


def other_workspace() -> Steps:
    """The status text goes from every workspace in which it was shown."""
    number = yield from running()
    first = window().workspace
    window().workspace = bpy.data.workspaces["Modeling"]
    yield from wait_until(lambda: len(desk().display._workspaces) == 2, "the other workspace shows the job too")
    with override():
        bpy.ops.ptalker.cancel(job=number)
    yield 0.3
    check(not desk().display.active, "no status text is left in either workspace")
    window().workspace = first
    yield from wait_until(lambda: window().workspace == first, "the first workspace is back", 10)
    yield 0.5


def disable() -> Steps:
    """Disabling the add-on ends worker and display; Blender ends the operators silently.

    The worker has just been started, after two that ended: it is loading the network, when it hears nothing.
    """
    before = file_state()
    bake(LONG)
    bake(SHORT)
    yield from wait_until(lambda: desk().line._client._worker is not None, "a fresh worker is started", 10)
    yield 1.0
    old, worker = desk(), desk().line._client._worker.process
    addon_utils.disable(MODULE)
    check(not old.busy and not old.display.active, "disabled: nothing runs and nothing is shown")
    check(worker.poll() is not None, "disabled: the worker is gone")
    yield 0.5
    check(file_state() == before, "the file is as it was after disabling")
    addon_utils.enable(MODULE)
    bpy.context.scene.ptalker.head = next(obj for obj in bpy.data.objects if obj.type == "MESH" and obj.data.shape_keys)
    # An event, as there always is before a button is pressed: with it Blender frees the operators that it ended, and
    # 4.3 crashes in modal_handler_add while they are still listed.
    move(*middle_of_view())
    yield 0.5
    bake(SHORT)
    yield from wait_until(idle, "a bake after the add-on was enabled again ends")
    check(takes(), "and makes a take")


def other_file() -> Steps:
    """Comes last: Blender 4.3 crashes when a timer starts a modal operator after a file was opened by a timer."""
    yield from running()
    bake(SHORT)
    bpy.ops.wm.read_homefile(app_template="")  # not in an override, whose window it would free
    yield 0.8
    check(not takes(), "no bake reaches another file")
    check("another file was opened" in desk().notice, f"the panel says so: {desk().notice}")
    check(idle() and not desk().display.active, "no job is left after another file was opened")
    yield from open_sidebar()
    screenshot("other_file")


def steps() -> Steps:
    yield from open_sidebar()
    with override():
        check(not bpy.ops.ptalker.bake.poll(), "Bake is off without a head")
        check(not bpy.ops.ptalker.cancel.poll(), "Cancel is off without a job")
        bpy.ops.ptalker.add_head("EXEC_DEFAULT", True)  # True: an undo step, as a click makes
    choose(LONG)
    bpy.ops.ed.undo_push(message="Settings")  # an undo must not take the choice of sound away
    yield 0.3
    for part in (
        undo_and_redo_a_take,
        escape_and_queue,
        each_its_own_step,
        undo_in_the_middle,
        other_workspace,
        kill,  # from here on the worker is another one at each step, which takes seconds
        no_memory,
        disable,
        other_file,
    ):
        start = time.monotonic()
        yield from part()
        measured(f"{part.__name__}_s", time.monotonic() - start)


vowel(OUT / f"{LONG}.wav", 900.0)
vowel(OUT / f"{SHORT}.wav", 1.0)
drive(steps())
