"""``ptalker predict``: speech to a motion file."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..motion.controls import ENGINE_FPS
from .measure import Stopwatch
from .options import add_line_arguments, frame_rate, output_path, refuse
from .performing import job_from, perform

if TYPE_CHECKING:
    from pathlib import Path

    from ..motion.motion import Motion

SUFFIXES = (".npz", ".csv")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``predict``."""
    add_line_arguments(parser)
    parser.add_argument("-o", "--output", metavar="OUT.{npz,csv}", required=True, help="the motion, format by suffix")
    parser.add_argument(
        "--fps", metavar="N", type=frame_rate, default=ENGINE_FPS, help="frames per second (default 50)"
    )
    parser.add_argument("--vertices", metavar="FLAME.npz", help="also write vertices (not in this version)")


def run(args: argparse.Namespace) -> int:
    """Perform the line and write its motion."""
    refuse(args, "vertices")
    job, output = job_from(args), output_path(args.output, SUFFIXES, (args.audio, args.style))
    watch = Stopwatch()
    motion = perform(args, job, watch).motion
    with watch.part("writing"):
        _write(motion, args.fps, output)
    if args.verbose:
        print(watch.report(), file=sys.stderr)
    return 0


def _write(motion: Motion, fps: float, output: Path) -> None:
    from ..motion.livelink import write_livelink_csv
    from ..motion.npz import write_motion_npz
    from ..motion.resample import resample_motion

    resampled = motion if fps == motion.fps else resample_motion(motion, fps)
    (write_motion_npz if output.suffix.lower() == ".npz" else write_livelink_csv)(resampled, output)
