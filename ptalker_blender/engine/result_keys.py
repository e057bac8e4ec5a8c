"""The keys of a result, and its motion as a take keeps it, made by the worker so that Blender only writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ..motion.packed import on_grid, pack_motion
from ..rig.mapping import parse_table
from .keys import make_keys
from .mapped_keys import make_mapped_keys
from .messages import BakeJob, Result
from .style_messages import RestyleJob


def with_keys(done: Result, job: BakeJob | RestyleJob, progress: Callable[[str, float], None]) -> Result:
    """A result with the keys that its job asks for; the same where it asks for none.

    Raises:
        UserError: a table, or the default head, cannot be read.
        ValueError: as ``mapped_keys.make_mapped_keys``.
    """
    if job.keys is None:
        return done
    motion = on_grid(done.motion)  # a take keeps its motion on this grid: its keys shall be exactly those
    tell, done = partial(progress, "Choosing keys"), replace(done, motion=motion, packed=pack_motion(motion))
    if not job.tables:
        return replace(done, keys=make_keys(motion, job.keys, tell, job.key_error))
    tables = [parse_table(text, "the job") for text in job.tables]
    made = make_mapped_keys(motion, tables, job.keys, tell, job.key_error)
    return replace(done, keys=made.turns, tracks=made.tracks, lost=made.lost)
