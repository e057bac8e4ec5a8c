"""Draw the sheets by which built keys are judged.

    python -m tools.rig_sheets keys SUBJECT OUT.png        eight key shapes from the front and the side
    python -m tools.rig_sheets sentence SUBJECT OUT.png    twelve frames of a spoken line

SUBJECT is a FLAME file (.pkl, .npz: its mean head and two drawn identities; FLAME is (c) Max-Planck-Gesellschaft) or
the name of one of our heads, taken as a stranger's without keys.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from ptalker_blender.audio.load import load_audio
from ptalker_blender.engine.session import Request, Session
from ptalker_blender.errors import UserError
from ptalker_blender.motion.controls import BLENDSHAPES, INDEX
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.head import Head, head_path, list_heads
from ptalker_blender.style.library import load_style
from tools.demo.__main__ import quiet_blender
from tools.head_sheets.layout import captioned, grid, save_png
from tools.head_sheets.poses import Pose, both
from tools.head_sheets.studio import Look, open_studio
from tools.head_sheets.views import FRONT, THREE_QUARTER, frame, zone_points

from .subjects import flame_heads, keyless

LINE = Path(__file__).resolve().parents[2] / "assets" / "demo" / "line.wav"
SEEDS = (1, 3)
FRAMES = 12
SHAPES = (
    Pose("rest", {}),
    Pose("jawOpen", {"jawOpen": 0.7}),
    Pose("mouthFunnel", {"mouthFunnel": 1.0}),
    Pose("mouthPucker", {"mouthPucker": 1.0}),
    Pose("mouthSmile", both("mouthSmile", 1.0)),
    Pose("mouthUpperUp, LowerDown", {**both("mouthUpperUp", 0.8), **both("mouthLowerDown", 0.8)}),
    Pose("mouthRollLower", {"mouthRollLower": 1.0}),
    Pose("eyeBlink", both("eyeBlink", 1.0)),
    Pose("browInnerUp, OuterUp", {"browInnerUp": 1.0, **both("browOuterUp", 1.0)}),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and write the sheet; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.rig_sheets", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("verb", choices=("keys", "sentence"))
    parser.add_argument("subject", metavar="SUBJECT")
    parser.add_argument("output", metavar="OUT", type=Path)
    parser.add_argument("--audio", type=Path, default=LINE, help="of the sentence (default: the demonstration's)")
    parser.add_argument("--style", default="neutral", help="of the library (default %(default)s)")
    parser.add_argument("--size", type=int, default=240, help="width of a picture in pixels (default %(default)s)")
    parser.add_argument("--samples", type=int, default=6, help="of Cycles (default %(default)s)")
    parser.add_argument("--limit-kb", type=int, help="most kilobytes")
    args = parser.parse_args(arguments)
    try:
        with quiet_blender():
            heads, names, look = _subjects(args)
            sheet = _keys(heads, names, look) if args.verb == "keys" else _sentence(heads[0], look, args)
            save_png(sheet, args.output, args.limit_kb)
    except UserError as error:
        print(f"rig_sheets: {error}", file=sys.stderr)
        return 2
    print(f"wrote {args.output}")
    return 0


def _subjects(args: argparse.Namespace) -> tuple[list[Head], list[str], Look]:
    size = (args.size, args.size)
    if args.subject in list_heads():
        return [keyless(head_path(args.subject))], [args.subject], Look(size, args.samples)
    seeds = SEEDS if args.verb == "keys" else ()
    names = ["mean head", *(f"identity {seed}" for seed in seeds)]
    return flame_heads(Path(args.subject), seeds), names, Look(size, args.samples, "clay")


def _keys(heads: list[Head], names: list[str], look: Look) -> Image.Image:
    views = (FRONT, THREE_QUARTER)
    tiles: list[list[Image.Image]] = []
    with open_studio(heads, look) as studio:
        shots = [[frame([zone_points(head, "head", 0.7)], view)[0] for view in views] for head in heads]
        for k, own in enumerate(shots):
            tiles += [[studio.shoot(k, pose.weights, shot) for pose in SHAPES] for shot in own]
    rows = [f"{name}, {view.name}" for name in names for view in views]
    return grid(tiles, rows, [pose.name for pose in SHAPES], "Keys built for meshes that had none")


def _sentence(head: Head, look: Look, args: argparse.Namespace) -> Image.Image:
    motion = Session().predict(Request(load_audio(args.audio), load_style(args.style)))
    tiles = []
    with open_studio([head], look) as studio:
        shot = frame([zone_points(head, "head", 0.6)], THREE_QUARTER)[0]
        for k in telling_frames(motion, FRAMES):
            weights = dict(zip(BLENDSHAPES, motion.values[k].tolist(), strict=False))
            tiles.append((f"{k / motion.fps:.2f} s", studio.shoot(0, weights, shot)))
    return captioned(tiles, FRAMES // 2, f"{args.audio.name}, style {args.style}")


def telling_frames(motion: Motion, count: int) -> list[int]:
    """Frames spread over the line: in each of ``count`` equal stretches the one where the jaw is open or shut most."""
    jaw = motion.values[:, INDEX["jawOpen"]]
    edges = np.linspace(0, len(jaw), count + 1).astype(int)
    away = np.abs(jaw - np.median(jaw))
    return [int(a + away[a:b].argmax()) for a, b in pairwise(edges.tolist())]


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # some bpy wheels hang or crash in a normal exit
