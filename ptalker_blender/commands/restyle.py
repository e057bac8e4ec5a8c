"""``ptalker restyle``: what one motion says, in the manner of another; no audio is needed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.messages import VOICE
from ..engine.restyle import UPPER_FACE
from ..errors import UserError
from .measure import Stopwatch, TerminalProgress
from .motion_files import SUFFIXES, write_motion
from .options import (
    add_engine_arguments,
    add_style_arguments,
    frame_rate,
    mix_share,
    output_path,
    seconds_range,
)

if TYPE_CHECKING:
    from ..motion.motion import Motion


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``restyle``."""
    parser.add_argument("motion", metavar="MOTION", help="who says it: Live Link Face .csv, motion .npz, FLAME, ...")
    parser.add_argument("-o", "--output", metavar="OUT.{npz,csv}", required=True, help="the motion, format by suffix")
    parser.add_argument("--range", metavar="A:B", type=seconds_range, help="only these seconds of MOTION")
    add_style_arguments(parser, required=True)
    parser.add_argument(
        "--upper-face",
        choices=UPPER_FACE,
        default=UPPER_FACE[0],
        help="whose blinks, gaze and head turns: those of MOTION where it has any, or the style's (default source)",
    )
    parser.add_argument("--fps", metavar="N", type=frame_rate, help="frames per second (default: those of MOTION)")
    add_engine_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Restyle the motion and write it."""
    share = mix_share(args)
    output = output_path(args.output, SUFFIXES, (args.motion, args.style, args.mix))
    # Cheap checks first: a mistyped path should not wait for torch.
    from ..engine.request import resolve_style

    watch = Stopwatch()
    with watch.part("motion"):
        source = _source(args)
    with watch.part("style"):
        style = resolve_style(args.style, args.style_range, args.flame, args.mix, share)
    if style is None:
        raise UserError(
            f"style {VOICE!r} and no audio", "a library style or a performance file", "name one after --style"
        )
    with watch.part("loading"):
        from ..engine.session import Session

        session = Session(args.weights, args.device)
    progress = TerminalProgress()
    try:
        with watch.part("network"):
            made = session.restyle(
                source,
                style,
                strength=args.strength,
                seed=args.seed,
                upper_face=args.upper_face,
                progress=progress,
            )
    finally:
        progress.clear()
    with watch.part("writing"):
        write_motion(_fitted(made, source, args.fps), output)
    if args.verbose:
        print(watch.report(), file=sys.stderr)
    return 0


def _source(args: argparse.Namespace) -> Motion:
    """The motion to restyle, or the part of it that is wanted.

    Raises:
        UserError: a file that is no motion, or a range outside it.
    """
    from ..motion.files import read_motion
    from ..style.performance import cut

    motion = read_motion(args.motion, args.flame)
    start, end = args.range or (None, None)
    return cut(motion, start, end, Path(args.motion).name, shortest=0.0)


def _fitted(made: Motion, source: Motion, fps: float | None) -> Motion:
    """At the rate wanted; at the source's own, frame k answers to its frame k to the last."""
    from ..motion.resample import resample_motion

    if fps is None:
        return resample_motion(made, source.fps, len(source.values))
    return resample_motion(made, fps)
