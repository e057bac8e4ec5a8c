"""Write our own tables about FLAME: ``.venv/bin/python -m tools.flame_tables FLAME.npz`` from the repository root.

``FLAME.npz`` (or .pkl) is FLAME 2023 Open; every release has its connectivity. What is written are
hashes of the connectivity, vertex numbers found by geometry, and what the jaw does at some sixty places of the mean
head; no positions, bases or connectivity.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ptalker_blender.rig.flame_file import read_flame

from .jaw import jaw_table
from .landmarks import landmark_table
from .topology import topology_table

RIG = Path(__file__).resolve().parents[2] / "ptalker_blender" / "rig"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flame", type=Path)
    model = read_flame(parser.parse_args().flame)
    (RIG / "topology_table.py").write_text(topology_table(model.faces), encoding="utf-8")
    (RIG / "flame_landmark_table.py").write_text(landmark_table(model), encoding="utf-8")
    (RIG / "flame_jaw_table.py").write_text(jaw_table(model), encoding="utf-8")


if __name__ == "__main__":
    main()
