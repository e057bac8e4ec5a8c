"""``ptalker styles``: the style library, one line each, the name first; or save a performance as a style."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .options import add_engine_arguments, add_flame_argument, output_path, seconds_range

if TYPE_CHECKING:
    from ..style.performance import Performance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``styles``; without any, the library is listed."""
    parser.add_argument(
        "--library", metavar="DIR", type=Path, help="folder of styles to list or save in (default: the one that ships)"
    )
    parser.add_argument("--save", metavar="NAME", help="save a style under this name in --library")
    parser.add_argument("--from", dest="source", metavar="NAME|FILE", help="library style or performance to save")
    parser.add_argument("--range", metavar="A:B", type=seconds_range, help="only these seconds of it")
    parser.add_argument("--description", metavar="TEXT", help="one line about it")
    add_flame_argument(parser)
    add_engine_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """List the library, or save a style."""
    if args.save is not None:
        return _save(args)
    stray = [name for name in ("source", "range", "description", "flame") if getattr(args, name) is not None]
    if stray:
        raise UserError(
            f"--{stray[0].replace('source', 'from')} without --save", "a name to save under", "add --save NAME"
        )
    return _list(args.library)


def _list(folder: Path | None) -> int:
    from ..style.library import list_styles

    if folder is not None and not folder.is_dir():
        raise UserError(f"no folder {str(folder)!r}", "a folder of styles", "check the path after --library")
    styles = list_styles(folder)
    width = max((len(style.name) for style in styles), default=0)
    for style in styles:
        print(f"{style.name:<{width}}  {' '.join(style.description.split())}".rstrip())
    return 0


def _save(args: argparse.Namespace) -> int:
    """Save the performance with the code that the network draws from it."""
    if args.library is None or args.source is None:
        # The library that ships is never written to, and nothing is written where nobody said.
        lacking = "--library DIR" if args.library is None else "--from NAME|FILE"
        raise UserError(f"--save without {lacking.split()[0]}", lacking, "say where to and from what")
    from ..style.library import is_style_name, save_style

    if not is_style_name(args.save):
        raise UserError(f"style name {args.save!r}", "letters, digits, - and _", "change the name after --save")
    output = output_path(str(args.library / f"{args.save}.npz"), (".npz",), (args.source,))
    from ..engine.request import load_named

    performance = load_named(args.source, args.range, args.flame)
    from ..engine.session import Session

    save_style(Session(args.weights, args.device).with_code(performance), _described(args, performance), output)
    print(f"wrote {output}: use it as --style {output}")
    return 0


def _described(args: argparse.Namespace, performance: Performance) -> str:
    given = "" if args.description is None else " ".join(args.description.split())
    return given or f"from {performance.name}, {performance.motion.seconds:.1f} s"
