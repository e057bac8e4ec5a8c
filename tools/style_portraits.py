"""Draw the small pictures that menus show beside styles: NAME.png beside each NAME.npz of a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ptalker_blender.rig.head import load_head
from ptalker_blender.style.library import PICTURE, list_styles, load_style
from ptalker_blender.style.portrait import draw_portrait, write_png
from ptalker_blender.weights_path import weights_dir


def main(folder: Path) -> int:
    """Draw all of them; the same styles give the same bytes."""
    head, styles = load_head(), list_styles(folder)
    for style in styles:
        write_png(draw_portrait(head, load_style(style.name, folder).motion), style.path.with_suffix(PICTURE))
    print(f"{len(styles)} pictures in {folder}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=weights_dir() / "styles", help="default: what ships")
    sys.exit(main(parser.parse_args().folder))
