"""How long a head takes to load and to stand in a scene: python -m benchmarks.head_loading [--runs N]

Read from the file (zip, checks, keys unpacked), and added to an empty Blender scene with mesh, keys, materials and
vertex colours. The first run reads modules from disk; the median of the others is told. No display needed.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import bpy

from ptalker_blender.rig.head import head_path, list_heads, load_head
from ptalker_blender.scene.heads import add_head


def main() -> None:
    """Print a line per head."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = max(2, parser.parse_args().runs)
    print("head      file kB  vertices  load ms  load and add ms (first)")
    for name in list_heads():
        path = head_path(name)
        loads, adds = [], []
        for _ in range(runs):
            bpy.ops.wm.read_factory_settings(use_empty=True)
            start = time.perf_counter()
            head = load_head(path)
            loaded = time.perf_counter()
            add_head(head, name)
            loads.append(1000 * (loaded - start))
            adds.append(1000 * (time.perf_counter() - start))
        size, count = path.stat().st_size / 1e3, len(head.vertices)
        print(f"{name:9} {size:7.0f} {count:9,} {median(loads[1:]):8.0f} {median(adds[1:]):8.0f} ({adds[0]:.0f})")


if __name__ == "__main__":
    main()
