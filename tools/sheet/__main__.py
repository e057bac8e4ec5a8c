"""Draw a contact sheet of takes of one line.

Each TAKE is a .blend from ``ptalker bake`` (its head with most keys, and the other meshes) or a motion file (.npz,
.csv), which is put on the default head. All takes must be of AUDIO and start with it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import bpy

from ptalker_blender.audio.load import load_audio
from ptalker_blender.commands.baking import scene_keys
from ptalker_blender.errors import UserError
from ptalker_blender.motion.files import read_motion
from ptalker_blender.rig.head import load_head
from ptalker_blender.scene.actions import write_take
from ptalker_blender.scene.document import new_document
from ptalker_blender.scene.heads import add_head, find_heads
from ptalker_blender.scene.timing import effective_fps, set_range, set_rate

from .bands import split_bands
from .drawing import draw_sheet
from .filming import Film, film, others_in_picture
from .labels import Labels, read_captions

MOTION_FPS = 50.0


def main() -> int:
    """Parse the command line and write the sheet; the exit status."""
    args = _parser().parse_args()
    try:
        audio = load_audio(args.audio)
        labels = Labels() if args.labels is None else read_captions(args.labels)
        bands = split_bands(audio.seconds, labels.phones, args.band, args.pictures)
        moments = [moment for band in bands for moment in band.moments]
        how = Film((args.size, args.size * 6 // 5), args.engine, args.samples)
        with tempfile.TemporaryDirectory() as folder:
            rows = []
            for k, take in enumerate(args.takes):
                place = Path(folder) / str(k)
                place.mkdir()
                print(f"filming {take.name}", file=sys.stderr)
                head = _open(take)
                rows.append(film(head, take.stem, moments, place, how, others=others_in_picture(head)))
            draw_sheet(args.output, args.title or args.audio.stem, audio, labels, bands, rows)
    except UserError as error:
        print(f"sheet: {error}", file=sys.stderr)
        return 2
    print(f"wrote {args.output}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.sheet", description=__doc__)
    parser.add_argument("takes", metavar="TAKE", type=Path, nargs="+", help=".blend, .npz or .csv; one row each")
    parser.add_argument("--audio", type=Path, required=True, help="the line")
    parser.add_argument("--labels", type=Path, help=".TextGrid, .phone.json or .phones.csv of the line")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the .png")
    parser.add_argument("--title", help="above the sheet (default: the audio's name)")
    parser.add_argument("--pictures", type=int, default=9, help="per row and band (default 9)")
    parser.add_argument("--band", type=float, default=5.0, help="most seconds side by side (default 5)")
    parser.add_argument("--size", type=int, default=220, help="width of a picture in pixels (default 220)")
    parser.add_argument("--engine", choices=("CYCLES", "BLENDER_WORKBENCH"), default="CYCLES")
    parser.add_argument("--samples", type=int, default=8, help="of Cycles (default 8)")
    return parser


def _open(take: Path) -> bpy.types.Object:
    """Make the take the open file; its head."""
    if take.suffix.lower() != ".blend":
        return _on_default_head(take)
    if not take.is_file():
        raise UserError(f"no file at {take}", "a .blend of `ptalker bake`", "check the path")
    bpy.ops.wm.open_mainfile(filepath=str(take.resolve()), load_ui=False)
    heads = find_heads(bpy.context.scene)
    if not heads:
        raise UserError(f"{take.name} has no head", "a mesh with the ARKit shape keys", "bake it with `ptalker bake`")
    return heads[0]


def _on_default_head(path: Path) -> bpy.types.Object:
    motion = read_motion(path)
    scene = new_document()
    set_rate(scene, MOTION_FPS)
    head = add_head(load_head(), "Head")
    fps = effective_fps(scene)
    write_take(head, scene_keys(motion, fps, reduced=False), 1, path.stem, {"motion": path.name}, head_motion=True)
    set_range(scene, 1, round(motion.seconds * fps))
    return head


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # some bpy wheels hang or crash in a normal exit
