"""Cut the manual's pictures from the screenshots of ``drive_bake.py``: python tools/gui/manual_pictures.py SCREENSHOTS.

SCREENSHOTS is a folder of a run on the newest Blender, such as out/gui/sid/drive_bake. Each picture shows what its
paragraph speaks of, in the pixels of the screen, and stays below 200 kB.
"""

import sys
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
LIMIT = 200_000
VIEW_AND_PANEL, SEARCH = (380, 60, 1310, 905), (430, 455, 955, 560)
PICTURES = {  # of the manual, from which screenshot, which part
    "head": ("panel_empty", (1025, 85, 1310, 725)),
    "search": ("search_head", SEARCH),
    "styles": ("styles", (1025, 85, 1310, 880)),
    "baking": ("queue", (1025, 85, 1310, 300)),
    "baked": ("baked", VIEW_AND_PANEL),
    "takes": ("take_panels", (1025, 85, 1310, 490)),
    "direction": ("direction_panel", (1025, 85, 1310, 712)),
    "sequencer": ("sequencer", (0, 30, 1600, 975)),
    "assets": ("../drive_assets/assets_menu", (0, 25, 1150, 580)),
    "lines": ("../drive_lines/lines_panel", (1025, 85, 1310, 516)),
}


def cut(source: Path, box: tuple[int, int, int, int], target: Path) -> int:
    """Write a part of a screenshot with as many colours as the limit allows; its size in bytes."""
    part = Image.open(source).convert("RGB").crop(box)
    for colours in (256, 128, 64):
        part.quantize(colours).save(target, optimize=True)
        if target.stat().st_size <= LIMIT:
            return target.stat().st_size
    raise ValueError(f"{target.name} is larger than {LIMIT} bytes")


def main(folder: Path) -> None:
    for name, (screenshot, box) in PICTURES.items():
        size = cut(folder / f"{screenshot}.png", box, FOLDER / f"manual_{name}.png")
        print(f"manual_{name}.png: {size / 1000:.0f} kB")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
