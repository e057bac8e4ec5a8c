"""What the worker does about heads without keys."""

from __future__ import annotations

import numpy as np

from ..rig.guide import GUIDE
from ..rig.keying.build import Progress
from ..rig.marked_face import FaceMesh, build_marked, guess_guide
from .face_messages import FaceDone, FaceJob
from .keys import default_head


def do_face_job(number: int, job: FaceJob, progress: Progress) -> FaceDone:
    """Guess points or build keys.

    Raises:
        UserError: what ``rig.marked_face`` refuses.
    """
    known, mesh = default_head(), FaceMesh(job.vertices, job.triangles, job.lumps, job.roles)
    if not job.build:
        points = guess_guide(known, mesh, lambda what, done: progress(f"Guessing: {what}", done))
        nothing = np.zeros((0, len(job.vertices), 3), np.float32)
        return FaceDone(number, GUIDE, np.stack([points[name] for name in GUIDE]), (), nothing, ())
    given = dict(zip(job.names, job.points, strict=True))
    built = build_marked(known, mesh, given, lambda what, done: progress(f"Building keys: {what}", done))
    return FaceDone(number, job.names, job.points, built.names, built.deltas, built.notes)
