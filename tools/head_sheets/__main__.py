"""Draw the sheets by which the head is judged."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from ptalker_blender.errors import UserError
from ptalker_blender.rig.head import load_head
from tools.demo.__main__ import quiet_blender

from .clip import STYLES, make_clip
from .layout import save_png, side_by_side
from .poses import POSES, find_poses
from .sheets import family, keys, turnaround
from .studio import Look
from .views import VIEWS, ZONES, find_views

FAMILY_POSES = "rest,smile,ah"


class Progress:
    """One line on standard error, overwritten on a terminal."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def tell(self, what: str) -> None:
        """Say what is being done."""
        if sys.stderr.isatty():
            print(f"\r[head_sheets] {time.monotonic() - self._started:5.1f} s {what:<40}", end="", file=sys.stderr)

    def done(self) -> str:
        """Seconds since the start, in words; ends the overwritten line."""
        if sys.stderr.isatty():
            print(file=sys.stderr)
        return f"{time.monotonic() - self._started:.1f} s"


Run = Callable[[argparse.Namespace, Progress], list[Path]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and write the picture or the movie; the exit status."""
    args = _parser().parse_args(arguments)
    progress = Progress()
    try:
        with quiet_blender():
            files = args.verb(args, progress)
    except UserError as error:
        print(f"head_sheets: {error}", file=sys.stderr)
        return 2
    print(f"wrote {' and '.join(str(file) for file in files)} in {progress.done()}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.head_sheets", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verb = _verb(verbs, "turnaround", _turnaround, "poses (rows) from several views (columns)", ".png")
    verb.add_argument("--head", type=Path, help="an .npz (default: the default head)")
    verb.add_argument("--poses", default=",".join(pose.name for pose in POSES), help="default: %(default)s")
    verb.add_argument("--views", default=",".join(view.name for view in VIEWS), help="default: %(default)s")
    verb.add_argument("--zone", choices=ZONES, default="head", help="what fills the pictures (default %(default)s)")
    _picture_options(verb)
    verb = _verb(verbs, "keys", _keys, "all 52 keys at weight 1", ".png")
    verb.add_argument("--head", type=Path, help="an .npz (default: the default head)")
    _picture_options(verb)
    verb = _verb(verbs, "family", _family, "identities side by side", ".png")
    verb.add_argument("heads", metavar="HEAD", type=Path, nargs="+", help="an .npz")
    verb.add_argument("--poses", default=FAMILY_POSES, help="default: %(default)s")
    _picture_options(verb)
    verb = _verb(
        verbs, "clip", _clip, "the default head talking in some styles, with sound, and a strip of stills", ".mp4"
    )
    verb.add_argument("--audio", type=Path, help="default: a line made for the purpose, needs flite")
    verb.add_argument("--styles", default=",".join(STYLES), help="of the library (default %(default)s)")
    verb.add_argument("--seconds", type=float, default=10.0, help="at most (default %(default)s)")
    verb.add_argument("--size", type=int, default=640, help="width of the movie in pixels (default %(default)s)")
    verb.add_argument("--samples", type=int, default=4, help="of Cycles (default %(default)s)")
    verb.add_argument("--limit-kb", type=int, help="most kilobytes of the strip")
    verb = _verb(verbs, "compare", _compare, "two pictures side by side", ".png")
    verb.add_argument("before", metavar="BEFORE", type=Path)
    verb.add_argument("after", metavar="AFTER", type=Path)
    verb.add_argument("--titles", default="before,after", help="two, separated by a comma (default %(default)s)")
    verb.add_argument("--limit-kb", type=int, help="most kilobytes; colours are reduced as far as that takes")
    return parser


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: Run, what: str, suffix: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=what, description=what)
    verb.set_defaults(verb=run)
    verb.add_argument("output", metavar="OUT", type=Path, help=f"the {suffix}")
    return verb


def _picture_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--look", choices=("shaded", "clay"), default="shaded", help="clay: one matt grey for everything")
    verb.add_argument("--wire", action="store_true", help="draw the polygon edges")
    verb.add_argument("--size", type=int, default=320, help="width of a picture in pixels (default %(default)s)")
    verb.add_argument("--samples", type=int, default=12, help="of Cycles (default %(default)s)")
    verb.add_argument("--title", help="above the sheet")
    verb.add_argument("--limit-kb", type=int, help="most kilobytes; colours are reduced as far as that takes")


def _look(args: argparse.Namespace) -> Look:
    if args.size < 16 or args.samples < 1:
        raise UserError(f"--size {args.size} --samples {args.samples}", "at least 16 and 1", "correct them")
    return Look((args.size, args.size), args.samples, args.look, args.wire)


def _head_name(path: Path | None) -> str:
    return "default head" if path is None else path.stem


def _turnaround(args: argparse.Namespace, progress: Progress) -> list[Path]:
    poses, views, look = find_poses(args.poses), find_views(args.views), _look(args)
    title = args.title or f"{_head_name(args.head)}, {args.look}"
    sheet = turnaround(load_head(args.head), poses, views, args.zone, look, title, progress.tell)
    save_png(sheet, args.output, args.limit_kb)
    return [args.output]


def _keys(args: argparse.Namespace, progress: Progress) -> list[Path]:
    title = args.title or f"{_head_name(args.head)}: 52 keys at weight 1, {args.look}"
    save_png(keys(load_head(args.head), _look(args), title, progress.tell), args.output, args.limit_kb)
    return [args.output]


def _family(args: argparse.Namespace, progress: Progress) -> list[Path]:
    poses, heads = find_poses(args.poses), [load_head(path) for path in args.heads]
    names = [path.stem for path in args.heads]
    sheet = family(heads, names, poses, _look(args), args.title or "family", progress.tell)
    save_png(sheet, args.output, args.limit_kb)
    return [args.output]


def _clip(args: argparse.Namespace, progress: Progress) -> list[Path]:
    styles = [style.strip() for style in args.styles.split(",")]
    strip = make_clip(args.output, args.audio, styles, args.seconds, args.size, args.samples, progress.tell)
    picture = args.output.with_suffix(".png")
    save_png(strip, picture, args.limit_kb)
    return [args.output, picture]


def _compare(args: argparse.Namespace, progress: Progress) -> list[Path]:
    titles = [title.strip() for title in args.titles.split(",")]
    if len(titles) != 2:
        raise UserError(f"--titles '{args.titles}'", "two titles separated by a comma", "correct it")
    pictures = []
    for path in (args.before, args.after):
        progress.tell(path.name)
        try:
            with Image.open(path) as picture:
                pictures.append(picture.convert("RGB"))
        except OSError as error:
            raise UserError(f"{path}: {error}", "a picture", "check the path") from error
    save_png(side_by_side(pictures, titles), args.output, args.limit_kb)
    return [args.output]


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # some bpy wheels hang or crash in a normal exit
