"""``ptalker bake``: speech to a .blend whose head says it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..engine.provenance import provenance
from ..errors import UserError
from ..rig.head import head_path, list_heads
from ..rig.mapping import MappingTable, load_table, table_text
from .baking import blender_on_stderr, build_face_keys, mapped_keys, require_blender
from .marking import Marking, add_marks_arguments, key_marked_head, marking_from
from .measure import Stopwatch
from .options import add_line_arguments, frame_rate, output_path
from .performing import Performed, hear, job_from, perform

if TYPE_CHECKING:
    import bpy

    from ..engine.mapped_keys import MappedKeys
    from ..engine.messages import BakeJob
    from ..rig.flame_mesh import FaceKeys
    from ..scene.actions import Take
    from ..scene.mapping import ObjectMapping
    from ..scene.take_report import MappingReport

DEFAULT_FPS = 24.0  # Blender's own


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``bake``."""
    add_line_arguments(parser)
    parser.add_argument("-o", "--output", metavar="OUT.blend", required=True, help="the scene to write")
    parser.add_argument(
        "--head",
        metavar="FILE",
        type=Path,
        help=".blend, .npz, .obj or .ply, FLAME's .npz or .pkl, or the name of a head that ships (default: the "
        "project's own); a head without shape keys is given them",
    )
    add_marks_arguments(parser)
    parser.add_argument(
        "--object", metavar="NAME", help="mesh to use in a .blend (default: the one with most shape keys)"
    )
    parser.add_argument(
        "--alone", action="store_true", help="animate only that mesh, not the other meshes of its character"
    )
    parser.add_argument(
        "--mapping",
        metavar="FILE",
        type=Path,
        help="mapping table (.json) for shape keys under other names; what it leaves out is guessed from the names",
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
    marking = marking_from(args)
    table = None if args.mapping is None else load_table(args.mapping)
    require_blender()
    watch = Stopwatch()
    heard = hear(args, job, watch)
    with blender_on_stderr():
        # The head before the network: one that cannot speak is refused while torch is not even loaded.
        stage = _set_stage(args, head, table, marking, watch)
        performed = perform(args, job, heard, watch)
        done = _build(args, job, stage, performed, output, watch)
    _report(args, output, done)
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
        f"a .blend, .npz, .pkl, .obj or .ply, or one of {', '.join(names)}",
        "check what stands after --head",
    )


@dataclass(frozen=True)
class Stage:
    """A scene with the meshes that will speak, how each answers, and what to say of the head."""

    scene: bpy.types.Scene
    objects: Sequence[bpy.types.Object]
    mappings: Sequence[ObjectMapping]
    head: Sequence[str]


def _set_stage(
    args: argparse.Namespace, head_source: Path | None, table: MappingTable | None, marking: Marking, watch: Stopwatch
) -> Stage:
    """A new scene with the head in it.

    Raises:
        UserError: the head cannot be brought in, given keys or animated.
    """
    with watch.part("blender"):
        from ..scene.document import new_document
        from ..scene.timing import set_rate

        scene = new_document()
        set_rate(scene, args.fps)
    with watch.part("head"):
        about: list[str] = []
        objects = _character(head_source, args.object, table, args.alone, marking, about)
        return Stage(scene, objects, _mappings(objects, table, args.mapping), about)


@dataclass(frozen=True)
class Baked:
    """What was written: the take, its length in frames, how many keys and curves; what to say of it and its head."""

    take: Take
    frames: int
    keys: int
    curves: int
    report: MappingReport
    head: Sequence[str]


def _build(
    args: argparse.Namespace, job: BakeJob, stage: Stage, performed: Performed, output: Path, watch: Stopwatch
) -> Baked:
    """Write the take and save the scene."""
    from ..scene.document import save_document
    from ..scene.strips import add_sound_strip
    from ..scene.timing import effective_fps, set_range

    fps = effective_fps(stage.scene)
    with watch.part("keys"):
        job = replace(job, fps=fps, keys=args.keys)
        made, keys, take, report = _write(args, job, stage.objects, stage.mappings, performed)
    frames = max(1, round(performed.motion.seconds * fps))
    with watch.part("sound"):
        audio = Path(made.audio_path).resolve()
        add_sound_strip(stage.scene, audio, args.start_frame)
        set_range(stage.scene, args.start_frame, frames)
    with watch.part("saving"):
        save_document(output)
    curves = [*(keys.turns if take.head_action else ()), *(curve for track in keys.tracks for curve in track)]
    return Baked(take, frames, sum(len(curve.frames) for curve in curves), len(curves), report, stage.head)


def _write(
    args: argparse.Namespace,
    job: BakeJob,
    objects: Sequence[bpy.types.Object],
    mappings: Sequence[ObjectMapping],
    performed: Performed,
) -> tuple[BakeJob, MappedKeys, Take, MappingReport]:
    """Make the keys and write the take."""
    from ..scene.actions import Track, write_tracks
    from ..scene.take_report import mapping_provenance, mapping_report

    tables = [mapping.table for mapping in mappings]
    job = replace(job, tables=tuple(table_text(table) for table in tables))
    keys = mapped_keys(performed.motion, job.fps or DEFAULT_FPS, args.keys == "reduced", tables)
    source = {
        **provenance(job, performed.audio_sha256, performed.weights_sha256),
        **mapping_provenance(mappings, keys.lost),
        "start_frame": args.start_frame,
    }
    tracks = [Track(obj, curves) for obj, curves in zip(objects, keys.tracks, strict=True)]
    take = write_tracks(tracks, args.start_frame, Path(job.audio_path).stem, source, keys.turns)
    return job, keys, take, mapping_report(mappings, keys.lost)


def _character(
    path: Path | None,
    object_name: str | None,
    table: MappingTable | None,
    alone: bool,
    marking: Marking,
    about: list[str],
) -> list[bpy.types.Object]:
    """The head and the other meshes of its character; ``about`` gets sentences on keys that were built."""
    from ..rig.head import load_head
    from ..scene.head_files import character_from_file
    from ..scene.heads import add_head

    if path is None:
        return [add_head(load_head(), "Head")]

    unused = "face keys"

    def give_keys(obj: bpy.types.Object) -> FaceKeys:
        nonlocal unused
        unused = "FLAME's topology"
        built, words = build_face_keys(obj)
        about.extend(words)
        return built

    def key_head(obj: bpy.types.Object, parts: list[tuple[bpy.types.Object, str]]) -> list[bpy.types.Object]:
        nonlocal unused
        unused = ""
        objects, words = key_marked_head(obj, parts, marking)
        about.extend(words)
        return objects

    marked = marking.given is not None
    objects = character_from_file(
        path, object_name, table=table, alone=alone, give_keys=give_keys, key_head=key_head, marked=marked
    )
    if marked and unused:
        print(f"ptalker: --points was not used: '{objects[0].name}' has {unused}", file=sys.stderr)
    return objects


def _mappings(
    objects: Sequence[bpy.types.Object], table: MappingTable | None, source: Path | None
) -> list[ObjectMapping]:
    """How each object answers; a table given is kept on the objects it speaks of, so that the scene bakes alike.

    Raises:
        UserError: an object cannot be animated, or the table names none of the keys.
    """
    from ..scene.key_blocks import key_ranges
    from ..scene.mapping import require_mapping, store_table

    if table is None:
        return [require_mapping(obj) for obj in objects]
    named = [bool({*table.keys} & {*key_ranges(obj)}) for obj in objects]
    if not any(named) and table.keys:
        raise UserError(
            f"{source} names none of the shape keys of {', '.join(repr(obj.name) for obj in objects)}",
            "a mapping made for this head",
            "choose another mapping file, or leave --mapping out",
        )
    mappings = [require_mapping(obj, table if named[i] else None) for i, obj in enumerate(objects)]
    for obj, mapping, own in zip(objects, mappings, named, strict=True):
        if own:
            store_table(obj, mapping.table)
    return mappings


def _report(args: argparse.Namespace, output: Path, done: Baked) -> None:
    share = 1 - done.keys / max(1, done.frames * done.curves)
    names = ", ".join(repr(action.name) for action in done.take.actions)
    print(
        f"wrote {output}: frames {args.start_frame} to {args.start_frame + done.frames - 1} at {args.fps:.5g} fps, "
        f"{done.keys} keys in {done.curves} curves ({share:.0%} fewer than one per frame), action {names}"
    )
    for line in (*done.head, *done.report.infos, *done.report.warnings, *done.take.notes):
        print(line)
