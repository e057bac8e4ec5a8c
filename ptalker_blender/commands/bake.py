"""``ptalker bake``: speech to a .blend whose head says it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.provenance import provenance
from ..errors import UserError
from ..rig.head import head_path, list_heads
from .baking import blender_on_stderr, require_blender, scene_keys
from .measure import Stopwatch
from .options import add_line_arguments, frame_rate, output_path
from .performing import Performed, job_from, perform

if TYPE_CHECKING:
    import bpy

    from ..engine.messages import BakeJob
    from ..motion.reduce import KeyCurve
    from ..scene.actions import Take

DEFAULT_FPS = 24.0  # Blender's own


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``bake``."""
    add_line_arguments(parser)
    parser.add_argument("-o", "--output", metavar="OUT.blend", required=True, help="the scene to write")
    parser.add_argument(
        "--head",
        metavar="FILE",
        type=Path,
        help=".blend, .npz, .obj or .ply, or the name of a head that ships (default: the project's own)",
    )
    parser.add_argument(
        "--object", metavar="NAME", help="mesh to use in a .blend (default: the one with most shape keys)"
    )
    parser.add_argument(
        "--fps",
        metavar="N",
        type=frame_rate,
        default=DEFAULT_FPS,
        help="of the scene, 23.976 and 29.97 too (default 24)",
    )
    parser.add_argument("--start-frame", metavar="N", type=int, default=1, help="where the take starts (default 1)")
    parser.add_argument(
        "--keys", choices=("reduced", "all"), default="reduced", help="fewest keys within 0.2 mm, or one per frame"
    )


def run(args: argparse.Namespace) -> int:
    """Perform the line, build the scene and save it."""
    job, output = job_from(args), output_path(args.output, (".blend",), (args.head,))
    if args.object is not None and (args.head is None or args.head.suffix.lower() != ".blend"):
        raise UserError("--object without a .blend head", "--head FILE.blend beside it", "add --head or drop --object")
    head = None if args.head is None else head_file(args.head)
    require_blender()
    watch = Stopwatch()
    performed = perform(args, job, watch)
    with blender_on_stderr():
        frames, keys, take = _build(args, job, head, performed, output, watch)
    _report(args, output, frames, keys, take)
    if args.verbose:
        print(watch.report(), file=sys.stderr)
    return 0


def head_file(given: Path) -> Path:
    """The file meant by ``--head``: a file, or the name of a head that ships.

    Raises:
        UserError: neither.
    """
    if given.is_file():
        return given
    names = list_heads()
    if given.name == str(given) and given.name in names:
        return head_path(given.name)
    raise UserError(
        f"no head file at {given}",
        f"a .blend, .npz, .obj or .ply, or one of {', '.join(names)}",
        "check what stands after --head",
    )


def _build(
    args: argparse.Namespace,
    job: BakeJob,
    head_source: Path | None,
    performed: Performed,
    output: Path,
    watch: Stopwatch,
) -> tuple[int, tuple[KeyCurve, ...], Take]:
    """Build and save the scene; the take's frames, its keys, and what was written."""
    with watch.part("blender"):
        from ..scene.actions import write_take
        from ..scene.document import new_document, save_document
        from ..scene.strips import add_sound_strip
        from ..scene.timing import effective_fps, set_range, set_rate

        scene = new_document()
        set_rate(scene, args.fps)
    with watch.part("head"):
        head = _head(head_source, args.object)
    with watch.part("keys"):
        fps = effective_fps(scene)
        keys = scene_keys(performed.motion, fps, args.keys == "reduced")
        made = replace(job, fps=fps, keys=args.keys)
        source = {**provenance(made, performed.audio_sha256, performed.weights_sha256), "start_frame": args.start_frame}
        take = write_take(head, keys, args.start_frame, Path(job.audio_path).stem, source, head_motion=True)
    frames = max(1, round(performed.motion.seconds * fps))
    with watch.part("sound"):
        audio = Path(job.audio_path).resolve()
        add_sound_strip(scene, audio, args.start_frame)
        set_range(scene, args.start_frame, frames)
    with watch.part("saving"):
        save_document(output)
    return frames, keys, take


def _head(path: Path | None, object_name: str | None) -> bpy.types.Object:
    from ..rig.head import load_head
    from ..scene.head_files import head_from_file
    from ..scene.heads import add_head

    if path is None:
        return add_head(load_head(), "Head")
    return head_from_file(path, object_name)


def _report(args: argparse.Namespace, output: Path, frames: int, keys: tuple[KeyCurve, ...], take: Take) -> None:
    written = [curve for curve in keys if curve.name not in take.missing and curve.name not in take.driven]
    count = sum(len(curve.frames) for curve in written)
    share = 1 - count / max(1, frames * len(written))
    print(
        f"wrote {output}: frames {args.start_frame} to {args.start_frame + frames - 1} at {args.fps:.5g} fps, "
        f"{count} keys in {len(written)} curves ({share:.0%} fewer than one per frame), action {take.action.name!r}"
    )
    for names, reason in ((take.missing, "the head has no shape key for"), (take.driven, "a driver already runs")):
        if names:
            print(f"not written: {reason} {', '.join(names)}")
