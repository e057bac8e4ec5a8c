"""The part of ``check_extension`` about jobs in line; runs in the same process.

Modal operators need a window (``tools/gui``); here jobs are put in line as they do it, and what ends them is done.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from check_mapping import require


def check_jobs(module: str, audio: Path) -> None:
    """Cancel of one, of all, by undo and by another file; a scripted bake with others in line."""
    import bpy

    desk = importlib.import_module(f"{module}.operators.worker").desk()
    job = importlib.import_module(f"{module}.ptalker_blender.engine.client").BakeJob(audio_path=str(audio))

    def put(*titles: str) -> list[int]:
        return [desk.submit("", job, title=title) for title in titles]

    require(not bpy.ops.ptalker.cancel.poll() and not bpy.ops.ptalker.cancel_all.poll(), "Cancel is on without a job")
    first, second, third = put("first", "second", "third")
    require([one.waiting for one in desk.jobs] == [False, True, True], f"the line is {desk.jobs}")
    require(bpy.ops.ptalker.cancel(job=second) == {"FINISHED"}, "the second was not cancelled")
    require([one.number for one in desk.jobs] == [first, third], "another than the second left the line")
    require(bpy.ops.ptalker.cancel(job=second) == {"CANCELLED"}, "a job could be cancelled twice")
    require(bpy.ops.ptalker.cancel() == {"FINISHED"}, "the one at work was not cancelled")
    require([(one.number, one.waiting) for one in desk.jobs] == [(third, False)], "the third did not move up")
    count = len(bpy.data.actions)
    require(bpy.ops.ptalker.bake() == {"FINISHED"}, "a scripted bake did not wait for those before it")
    require(len(bpy.data.actions) > count and third in desk.line, "it is done, and the other's result is kept for it")
    put("fourth")
    require(bpy.ops.ptalker.cancel_all() == {"FINISHED"} and not desk.busy, "Cancel All Jobs left some")
    _undo(desk, put)
    _another_file(desk, put)
    print("  jobs in line: cancel, undo, another file")


def _undo(desk: object, put: object) -> None:
    """Undo and redo end what is in line, and say so in one line."""
    import bpy

    for number in range(2):
        bpy.context.scene.frame_end += 1
        bpy.ops.ed.undo_push(message=f"Step {number}")
    for step in (bpy.ops.ed.undo, bpy.ops.ed.redo):
        put("a line", "another")
        step()
        require(not desk.busy and desk.notice.startswith("2 jobs cancelled, since something was undone"), desk.notice)
    put("a line")
    require(not desk.notice, "a notice outlives the next job")
    desk.line.clear()


def _another_file(desk: object, put: object) -> None:
    """A file that cannot be read ends nothing; one that can ends every job."""
    import bpy

    number, *_ = put("a line")
    try:
        bpy.ops.wm.open_mainfile(filepath="/nowhere/missing.blend")
    except RuntimeError:
        require(number in desk.line, "a file that is not there ended a job")
    else:
        raise RuntimeError("a missing file was opened")
    desk.file_opens()  # what the two handlers do, around Blender ending its operators; the open file is still needed
    desk.cancel(number)
    desk.file_opened()
    require(desk.notice == "a line cancelled, since another file was opened; nothing was written", desk.notice)
    require(bpy.ops.ptalker.dismiss_notice() == {"FINISHED"} and not desk.notice, "a line cannot be taken away")
    require(not bpy.ops.ptalker.dismiss_notice.poll(), "a line that is not there can be taken away")
