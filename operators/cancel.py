"""Cancel: let go of a job from the panel or the search, in whatever window it was begun."""

from __future__ import annotations

import bpy

from ..translations import say
from .display import redraw_sidebars
from .worker import desk


class PTALKER_OT_cancel(bpy.types.Operator):
    """Stop this job and leave the file as it is; the jobs behind it move up"""

    bl_idname = "ptalker.cancel"
    bl_label = "Cancel Job"

    job: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Job", description="Number of the job; 0 is the one at work", min=0, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be something to cancel."""
        return _something_runs(cls)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Let go of the job."""
        jobs = {standing.number: standing.title for standing in desk().jobs}
        number = self.job or next(iter(jobs))
        if number not in jobs:
            self.report({"INFO"}, "The job has ended meanwhile")
            return {"CANCELLED"}
        desk().cancel(number)
        self.report({"INFO"}, say(f"{jobs[number]} cancelled; nothing was written"))
        return {"FINISHED"}


class PTALKER_OT_cancel_all(bpy.types.Operator):
    """Stop every job of PTalker and leave the file as it is"""

    bl_idname = "ptalker.cancel_all"
    bl_label = "Cancel All Jobs"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be something to cancel."""
        return _something_runs(cls)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Let go of every job."""
        jobs = desk().jobs
        for standing in reversed(jobs):
            desk().cancel(standing.number)
        self.report({"INFO"}, say(f"{len(jobs)} jobs cancelled; nothing was written"))
        return {"FINISHED"}


class PTALKER_OT_dismiss_notice(bpy.types.Operator):
    """Take this line away"""

    bl_idname = "ptalker.dismiss_notice"
    bl_label = "Dismiss"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be something to read."""
        if not desk().notice:
            cls.poll_message_set("There is no line to take away")
            return False
        return True

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Forget what was told."""
        desk().notice = ""
        redraw_sidebars()
        return {"FINISHED"}


def _something_runs(operator: type[bpy.types.Operator]) -> bool:
    if not desk().busy:
        operator.poll_message_set("PTalker has nothing to do at the moment")
        return False
    return True


CLASSES = (PTALKER_OT_cancel, PTALKER_OT_cancel_all, PTALKER_OT_dismiss_notice)
