"""Motion files that verbs write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..motion.motion import Motion

SUFFIXES = (".npz", ".csv")


def at_rate(motion: Motion, fps: float) -> Motion:
    """The motion at a rate; its own costs nothing."""
    from ..motion.resample import resample_motion

    return motion if fps == motion.fps else resample_motion(motion, fps)


def write_motion(motion: Motion, output: Path) -> None:
    """Write a motion in the format of the suffix, one of SUFFIXES."""
    from ..motion.livelink import write_livelink_csv
    from ..motion.npz import write_motion_npz

    (write_motion_npz if output.suffix.lower() == ".npz" else write_livelink_csv)(motion, output)
