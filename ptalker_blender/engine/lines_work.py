"""The worker's part of making one take of a character's lines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..motion.packed import pack_motion
from ..rig.mapping import parse_table
from .joining import join_lines
from .lines_messages import LinesJob, LinesJoined
from .mapped_keys import make_mapped_keys


def do_lines(number: int, job: LinesJob, progress: Callable[[str, float], None]) -> LinesJoined:
    """Do one job.

    Raises:
        UserError: a table, or the default head, cannot be read.
        ValueError: as ``joining.join_lines`` and ``mapped_keys.make_mapped_keys``.
    """
    progress("Joining lines", 0.0)
    joined = join_lines(job.pieces, job.seed)
    tables = [parse_table(text, "the job") for text in job.tables]
    tell = partial(progress, "Choosing keys")
    made = make_mapped_keys(joined.motion, tables, job.keys, tell, job.key_error)
    return LinesJoined(number, joined, pack_motion(joined.motion), made.turns, made.tracks, made.lost)
