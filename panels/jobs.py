"""The jobs in line, each with its progress and a button to cancel it; drawn by the panels that start jobs."""

import bpy

from ..operators.worker import desk
from ..ptalker_blender.scene.preflight import WARNING, Finding
from ..translations import say
from .findings import draw_findings


def draw_jobs(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the job at work, those that wait, and what was last to say about one that came to nothing."""
    jobs = desk().jobs
    column = layout.column(align=True)
    for job in jobs:
        row = column.row(align=True)
        if job.waiting:
            row.label(text=f"{say(job.title)}: {say(job.stage)}", icon="SORTTIME")
        else:
            row.progress(factor=job.fraction, text=f"{say(job.title)}: {say(job.stage)}")
        row.operator("ptalker.cancel", text="", icon="X").job = job.number
    if len(jobs) > 1:
        column.operator("ptalker.cancel_all", icon="CANCEL")
    if desk().notice:
        draw_findings(layout, context, [Finding(WARNING, desk().notice, "ptalker.dismiss_notice")])
