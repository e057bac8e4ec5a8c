"""Heads without keys on the command line: their points guessed or read, keys built in this process."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..rig.guide import FACINGS, FacePoints, read_points
from .measure import TerminalProgress

if TYPE_CHECKING:
    import bpy

    from ..rig.marked_face import FaceMesh
    from ..scene.marked_keys import HeadMesh

    Part = tuple[bpy.types.Object, str]


@dataclass(frozen=True)
class Marking:
    """How a head without keys is marked: points of a file, or None to guess them; and which way it looks."""

    given: FacePoints | None
    faces: str


def add_marks_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options about heads without keys."""
    parser.add_argument(
        "--points",
        metavar="FILE",
        type=Path,
        help="where the features of a head without shape keys are, as `ptalker face` writes it (default: guessed)",
    )
    add_faces_argument(parser)


def add_faces_argument(parser: argparse.ArgumentParser) -> None:
    """Add which way a head looks."""
    parser.add_argument(
        "--faces",
        choices=FACINGS,
        metavar="AXIS",
        help="which way a head without shape keys looks in Blender's axes: -Y (default), +Y, +X or -X",
    )


def marking_from(args: argparse.Namespace) -> Marking:
    """Read the options.

    Raises:
        UserError: the points cannot be read, or ``--points`` stands without a head.
    """
    if args.points is None:
        return Marking(None, args.faces or FACINGS[0])
    if args.head is None:
        raise UserError("--points without a head", "--head FILE beside it", "add --head or drop --points")
    given = read_points(args.points)
    return Marking(given, args.faces or given.faces)


def guess_head(obj: bpy.types.Object, parts: Sequence[Part], faces: str) -> FacePoints:
    """Guess the points of a head.

    Raises:
        UserError: it is no mesh that could be a head.
    """
    from ..engine.keys import default_head
    from ..rig.marked_face import guess_guide
    from ..scene.marked_keys import own_points, read_head

    eyes = [(part, role) for part, role in parts if role.startswith("EYE")]
    mesh, progress = read_head(obj, eyes, faces, points={}), TerminalProgress()
    try:
        points = guess_guide(default_head(), _arrays(mesh), progress)
    finally:
        progress.clear()
    return FacePoints(own_points(obj, faces, points), faces)


def key_marked_head(
    obj: bpy.types.Object, parts: Sequence[Part], marking: Marking
) -> tuple[list[bpy.types.Object], list[str]]:
    """Build keys on a head and its parts; the objects that have some, and what to say.

    Raises:
        UserError: what ``rig.marked_face`` and ``scene.marked_keys`` refuse.
    """
    from ..engine.keys import default_head
    from ..rig.face_parts import STILL
    from ..rig.marked_face import build_marked
    from ..scene.marked_keys import read_head, require_all_points, write_keys

    points = marking.given
    if points is None:
        points = guess_head(obj, parts, marking.faces)
        print(f"ptalker: '{obj.name}' has no shape keys; its points are guessed: check the result", file=sys.stderr)
    moving = [(part, role) for part, role in parts if role != STILL]
    mesh, progress = read_head(obj, moving, marking.faces, points.points), TerminalProgress()
    require_all_points(mesh.points)
    try:
        built = build_marked(default_head(), _arrays(mesh), mesh.points, progress)
    except UserError as error:
        if marking.given is not None:
            raise
        advice = f"{error.advice}; the points were guessed: write them with `ptalker face`, correct them, give --points"
        raise UserError(error.found, error.expected, advice) from error
    finally:
        progress.clear()
    done = write_keys([obj, *(part for part, _ in moving)], mesh, built.names, built.deltas)
    keyed = [obj, *(part for part, _ in moving if part.name in done.added)]
    how = "guessed" if marking.given is None else "given"
    meshes = "1 mesh" if len(keyed) == 1 else f"{len(keyed)} meshes"
    words = f"'{obj.name}': a head without shape keys, {sum(done.added.values())} were built on {meshes}"
    return keyed, [f"{words} from {how} points", *built.notes, *done.notes]


def _arrays(mesh: HeadMesh) -> FaceMesh:
    from ..rig.marked_face import FaceMesh

    return FaceMesh(mesh.vertices, mesh.triangles, mesh.lumps, mesh.roles)
