"""``ptalker face``: where the features of a head without shape keys may be, as a file to correct."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..rig.guide import FACINGS, FacePoints, write_points
from .baking import blender_on_stderr, require_blender
from .marking import add_faces_argument, guess_head
from .options import output_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``face``."""
    parser.add_argument("head", metavar="HEAD", type=Path, help=".blend, .obj or .ply")
    parser.add_argument("-o", "--output", metavar="POINTS.json", required=True, help="the points to write")
    parser.add_argument("--object", metavar="NAME", help="mesh to use in a .blend (default: the likeliest head)")
    add_faces_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Guess and write."""
    output = output_path(args.output, (".json",), (args.head,))
    require_blender()
    with blender_on_stderr():
        found = _guessed(args)
    write_points(found, output)
    print(f"wrote {output}: {len(found.points)} guessed points of a head that looks along {found.faces}; check each")
    return 0


def _guessed(args: argparse.Namespace) -> FacePoints:
    from ..scene.document import new_document
    from ..scene.head_files import bare_head_from_file

    new_document()
    obj, parts = bare_head_from_file(args.head, args.object)
    return guess_head(obj, parts, args.faces or FACINGS[0])
