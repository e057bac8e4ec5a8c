"""Many lines at once in a real window: the cast in the panel, progress, one undo step, cancel of all, a killed worker.

Run by ``run_gui.sh`` in a windowed Blender with the extension installed.
"""

import json
import os
import signal
import sys
import time

import bpy
from ptalker_gui_driver import (
    MODULE,
    OUT,
    Steps,
    check,
    desk,
    drive,
    measured,
    middle_of_view,
    move,
    open_sidebar,
    override,
    press,
    press_button,
    screenshot,
    vowel,
    wait_until,
)

LINES = (("ANNA_001", 1, 10), ("BEN_001", 2, 90), ("ANNA_002", 1, 1600), ("BEN_002", 2, 1700))
OTHERS = ("head", "audio", "style", "take", "direction", "judge", "output", "mapping", "face", "flame")


def show_only_lines() -> None:
    """The panel on lines, open and alone: as a copy, since Blender remembers by their names which are closed."""
    panel = sys.modules[f"{MODULE}.panels.lines"].PTALKER_PT_lines
    own = {key: value for key, value in vars(panel).items() if key not in ("__dict__", "__weakref__", "bl_rna")}
    own |= {"bl_options": set(), "bl_idname": "PTALKER_PT_lines_open"}
    for name in (*OTHERS, "lines"):
        other = getattr(bpy.types, f"PTALKER_PT_{name}", None)
        if other is not None:
            bpy.utils.unregister_class(other)
    bpy.utils.register_class(type("PTALKER_PT_lines_open", panel.__bases__, own))


def takes() -> list[str]:
    return sorted(action.name for action in bpy.data.actions)


def stages() -> list[str]:
    return [job.title for job in desk().jobs]


def set_up() -> Steps:
    scene = bpy.context.scene
    for name in ("Anna", "Ben"):
        with override():
            bpy.ops.ptalker.add_head("EXEC_DEFAULT", True)
        scene.ptalker.head.name = name
        scene.ptalker.head.location.x = 0.0 if name == "Anna" else 0.4
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    for name, channel, frame in LINES:
        strips.new_sound(name, str(OUT / f"{name}.wav"), channel, frame)
    yield 0.3
    with override():
        bpy.ops.ptalker.fill_cast("EXEC_DEFAULT", True)
    show_only_lines()
    yield 0.8
    screenshot("lines_panel")


def time_the_commit() -> None:
    """Keep how long Blender's main thread is taken at the end, when the takes are written."""
    operator = sys.modules[f"{MODULE}.operators.lines"].PTALKER_OT_bake_lines
    commit = operator.commit_all

    def timed(self: object, context: bpy.types.Context, results: object) -> str:
        start, cpu = time.perf_counter(), time.process_time()
        done: str = commit(self, context, results)
        measured("commit_ms", 1000 * (time.perf_counter() - start))
        measured("commit_cpu_ms", 1000 * (time.process_time() - cpu))
        return done

    operator.commit_all = timed


def bake_by_the_button() -> Steps:
    """Progress tells which line it is; both heads get their takes in one undo step."""
    seen: set[str] = set()
    time_the_commit()
    yield from press_button("ptalker.bake_lines(")

    def ended() -> bool:
        seen.update(stages())
        return not desk().busy

    yield from wait_until(lambda: any(title.startswith("2 of 4") for title in stages()), "the second line is at work")
    screenshot("lines_baking")
    yield from wait_until(ended, "all lines are performed")
    check("4 of 4: BEN_002" in seen, f"the list of jobs showed {sorted(seen)}")
    yield 0.4
    for name in ("Anna", "Ben"):
        action = bpy.data.objects[name].data.shape_keys.animation_data.action
        own = [line["line"] for line in json.loads(action["ptalker"])["lines"]]
        check(own == [f"{name.upper()}_001", f"{name.upper()}_002"], f"{name} says {own}")
    check(not desk().display.active, "nothing is shown any more")
    screenshot("lines_baked")
    move(*middle_of_view())
    yield 0.2
    made = takes()
    press("Z", middle_of_view(), ctrl=True)
    yield 0.8
    check(not takes() and len(made) == 4, f"one undo takes both takes away; they were {made}")


def escape_lets_go_of_all() -> Steps:
    with override():
        check(bpy.ops.ptalker.bake_lines("INVOKE_DEFAULT") == {"RUNNING_MODAL"}, "the lines are under way")
    yield from wait_until(lambda: any(title.startswith("3 of 4") for title in stages()), "the third line is at work")
    press("ESC", middle_of_view())
    yield from wait_until(lambda: not desk().busy, "Esc lets go of all lines", 5, 0.002)
    yield 0.5
    check(not takes() and not desk().display.active, "nothing was written, and nothing is shown")


def a_killed_worker_costs_one_line() -> Steps:
    with override():
        bpy.ops.ptalker.bake_lines("INVOKE_DEFAULT")
    yield from wait_until(lambda: any(title.startswith("2 of 4") for title in stages()), "the second line is at work")
    yield from wait_until(lambda: desk().jobs and desk().jobs[0].stage == "Performing", "it is performed", 30, 0.002)
    at = stages()[0].partition(": ")[2]
    os.kill(desk().line._client._worker.process.pid, signal.SIGKILL)
    yield from wait_until(lambda: not desk().busy, "the other lines go on")
    yield 0.5
    check(at in desk().notice and "signal 9" in desk().notice, f"the panel says so: {desk().notice}")
    sources = [json.loads(a["ptalker"]) for a in bpy.data.actions if "ptalker_take" in a]
    baked = sorted(line["line"] for source in sources for line in source["lines"])
    check(len(baked) == 3 and at not in baked, f"three lines were baked: {baked}")
    measured("lines_baked_beside_a_crash", len(baked))
    screenshot("lines_crash")


def steps() -> Steps:
    yield from open_sidebar()
    yield from set_up()
    yield from bake_by_the_button()
    yield from escape_lets_go_of_all()
    yield from a_killed_worker_costs_one_line()


for number, (name, _, _) in enumerate(LINES):
    vowel(OUT / f"{name}.wav", 2.0 if number % 2 == 0 else 60.0)
drive(steps())
