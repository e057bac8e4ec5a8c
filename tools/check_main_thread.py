"""The part of ``check_extension`` about what is left to the worker; runs in the same process.

Milliseconds would tell of the machine. What is checked is which of our functions ran in Blender's own process: those
that choose keys, join lines, pack a motion or measure a head have no business there while a take is written.
"""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from check_mapping import require

# File and function, as the profile has them.
_OF_THE_WORKER = {
    ("reduce.py", "reduce_channels"),
    ("joining.py", "join_lines"),
    ("mapped_keys.py", "make_mapped_keys"),
    ("packed.py", "pack_motion"),
    ("head.py", "load_head"),
    ("tolerances.py", "key_tolerances"),
}


@contextmanager
def only_written(what: str) -> Iterator[None]:
    """What runs inside writes a take, and leaves the thinking to the worker."""
    profile = cProfile.Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
    ran = {(Path(file).name, name) for file, _, name in pstats.Stats(profile).stats}
    require(("actions.py", "write_tracks") in ran, f"{what}: no take was written")
    there = sorted(".".join(one) for one in ran & _OF_THE_WORKER)
    require(not there, f"{what}: in Blender's own process ran {there}")
