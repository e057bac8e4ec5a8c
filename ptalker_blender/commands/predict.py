"""``ptalker predict``: speech to a motion file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..motion.controls import ENGINE_FPS
from .measure import Stopwatch, TerminalProgress
from .motion_files import SUFFIXES, at_rate, write_motion
from .options import add_line_arguments, frame_rate, output_path
from .performing import hear, job_from, perform

if TYPE_CHECKING:
    from ..motion.motion import Motion
    from ..rig.flame_file import FlameTemplate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``predict``."""
    add_line_arguments(parser)
    parser.add_argument("-o", "--output", metavar="OUT.{npz,csv}", required=True, help="the motion, format by suffix")
    parser.add_argument(
        "--fps", metavar="N", type=frame_rate, default=ENGINE_FPS, help="frames per second (default 50)"
    )
    parser.add_argument(
        "--vertices",
        metavar="FLAME.npz",
        type=Path,
        help="also write the vertices of this FLAME mesh, .npz or .pkl (3 MB for a second at 50 frames)",
    )


def run(args: argparse.Namespace) -> int:
    """Perform the line and write its motion."""
    inputs = (args.audio, args.style, args.mix, args.vertices)
    job, output = job_from(args), output_path(args.output, SUFFIXES, inputs)
    template = None if args.vertices is None else _template(args.vertices, output)
    watch = Stopwatch()
    motion = perform(args, job, hear(args, job, watch), watch).motion
    if template is None:
        with watch.part("writing"):
            _write(motion, args.fps, output)
    else:
        _write_vertices(at_rate(motion, args.fps), template, args.vertices, output, watch)
    if args.verbose:
        print(watch.report(), file=sys.stderr)
    return 0


def _template(path: Path, output: Path) -> FlameTemplate:
    """The FLAME mesh whose vertices are asked for, read before anything is performed.

    Raises:
        UserError: the output cannot hold vertices, or the file holds no mesh of FLAME's connectivity.
    """
    if output.suffix.lower() != ".npz":
        raise UserError(
            f"--vertices with an output {output.name}",
            "an output ending in .npz, which can hold vertices",
            "change the name after -o, or leave --vertices out",
        )
    import numpy as np

    from ..rig.flame_file import read_template
    from ..rig.flame_mesh import flame_correspondence

    template = read_template(path)
    flame_correspondence(len(template.v_template), (template.faces.ravel(), np.full(len(template.faces), 3)))
    return template


def _write_vertices(motion: Motion, template: FlameTemplate, source: Path, output: Path, watch: Stopwatch) -> None:
    from ..rig.head import load_head
    from ..rig.vertex_motion import vertex_rig, write_vertex_motion

    progress = TerminalProgress()
    try:
        with watch.part("face keys"):
            rig = vertex_rig(load_head(), template, progress)
        with watch.part("writing"):
            write_vertex_motion(motion, rig, output, progress)
    finally:
        progress.clear()
    for note in rig.notes:
        print(note, file=sys.stderr)
    if rig.unit != 1:
        print(f"{source.name} is in units of {rig.unit:g} m; the vertices are in metres", file=sys.stderr)


def _write(motion: Motion, fps: float, output: Path) -> None:
    write_motion(at_rate(motion, fps), output)
