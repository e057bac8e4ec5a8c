"""Write the default head: ``.venv/bin/python -m tools.make_head`` from the repository root (a few seconds).

No randomness and no input files: the same code gives the same bytes. ``-o PATH`` writes elsewhere.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ptalker_blender.rig.head import default_head_path, save_head

from .export import make_head


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=default_head_path())
    path = parser.parse_args().output
    head = make_head()
    save_head(head, path)
    size = path.stat().st_size / 1e6
    print(f"{path.name}: {len(head.vertices)} vertices, {len(head.polygons[1])} polygons, {size:.2f} MB")


main()
