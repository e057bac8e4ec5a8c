"""Give heads without keys all 52 of them: how long it takes.

python -m benchmarks.keying --flame FLAME.npz [--cases NAME,NAME]

``flame`` builds FLAME's keys by its known topology. The others are FLAME's mean head as a mesh that nobody knows, its
points given: as it is, its faces cut in four once, twice and part of a third time, or thinned out; ``mark`` finds the
rows, ``build`` makes the keys. ``rowan`` is one of our own heads with teeth, tongue and hair. The best of three runs
where they fit into ten seconds or so. Set OMP_NUM_THREADS.

OMP_NUM_THREADS=1 on two cores that other work shared (load 7); bars: FLAME 3 s, 50,000 vertices 20 s.

======  ========  =======  ========
case    vertices  mark, s  build, s
======  ========  =======  ========
flame      5,023        -       1.5
2k         2,833      0.5       1.2
5k         5,023      0.6       1.5
20k       20,018      0.9       3.5
50k       50,123      1.7       6.7
80k       79,936      1.8       6.0
200k     200,012      2.8      38.0
rowan     22,098        -       4.2
======  ========  =======  ========
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ptalker_blender.rig.flame_file import read_flame
from ptalker_blender.rig.flame_keys import build_flame_keys
from ptalker_blender.rig.head import Head, load_head
from ptalker_blender.rig.keying.build import build_keys
from ptalker_blender.rig.keying.face import Face, face_of_head, flame_face
from ptalker_blender.rig.keying.marks import guide_points, mark_face

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
CASES = ("flame", "2k", "5k", "20k", "50k", "80k", "200k", "rowan")
ENOUGH, TIMES, ROUNDS = 10.0, 3, 3
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flame", type=Path, required=True, help="FLAME's arrays")
    parser.add_argument("--cases", default=",".join(CASES), help="default: %(default)s")
    args = parser.parse_args()
    model = read_flame(args.flame)
    known, mean = load_head(), flame_face(model.v_template, model.faces)
    load = os.getloadavg()[0]
    print(f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS')}, {os.cpu_count()} cores, load {load:.1f}")
    for name in args.cases.split(","):
        if name == "flame":
            seconds = best(lambda: build_flame_keys(known, mean.vertices, mean.triangles))
            print(f"{name:6} {len(mean.vertices):7,} vertices   mark      build {seconds:5.1f} s", flush=True)
        elif name == "rowan":
            head = face_of_head(load_head(ROOT / "weights" / "head" / "rowan.npz"))
            seconds = best(lambda head=head: build_keys(known, head))  # type: ignore[misc]
            print(f"{name:6} {len(head.vertices):7,} vertices   mark      build {seconds:5.1f} s", flush=True)
        else:
            measure(name, known, mean, *mesh(name, mean))


def mesh(name: str, mean: Face) -> tuple[Floats, Ids]:
    """Vertices [V, 3] and triangles [F, 3] of a case."""
    points, triangles = mean.vertices, mean.triangles
    if name == "2k":
        return thinned(mean)
    shares = {"5k": (), "20k": (1.0,), "50k": (1.0, 0.5), "80k": (1.0, 1.0), "200k": (1.0, 1.0, 0.5)}[name]
    for share in shares:
        points, triangles = cut(points, triangles, share)
    return points, triangles


def cut(points: Floats, triangles: Ids, share: float) -> tuple[Floats, Ids]:
    """Faces cut in four, the foremost ``share`` of them; those beside get the new vertices of their edges as well."""
    depth = points[triangles].mean(axis=1)[:, 2]
    chosen = depth >= np.quantile(depth, 1 - share)
    sides = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    edges, number = np.unique(sides, axis=0, return_inverse=True)
    number = number.reshape(-1, 3)
    split = np.zeros(len(edges), bool)
    split[number[chosen]] = True
    new = np.full(len(edges), -1)
    new[split] = len(points) + np.arange(int(split.sum()))
    out = [part for corners, middles in zip(triangles, new[number], strict=True) for part in pieces(corners, middles)]
    return np.vstack([points, points[edges[split]].mean(axis=1)]), np.array(out, np.int64)


def pieces(corners: Ids, middles: Ids) -> Iterator[tuple[int, int, int]]:
    """A triangle with vertices on some of its edges (-1: none) as triangles."""
    ring = [v for pair in zip(corners.tolist(), middles.tolist(), strict=True) for v in pair if v >= 0]
    if len(ring) == 6:
        a, ab, b, bc, c, ca = ring
        yield from ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))
        return
    start = next((k for k, v in enumerate(ring) if v in middles), 0)
    ring = ring[start:] + ring[:start]
    yield from ((ring[0], ring[k], ring[k + 1]) for k in range(1, len(ring) - 1))


def thinned(mean: Face) -> tuple[Floats, Ids]:
    """The mesh with most vertices gone: short edges collapse, rows of landmarks, open borders and eyeballs are kept."""
    open_border = np.bincount(mean.triangles.ravel(), minlength=len(mean.vertices)) <= 3
    lips = [mean.lip("upper"), mean.lip("lower")]
    kept = np.concatenate([*mean.landmarks.values(), *lips, mean.part("eye_left"), mean.part("eye_right")])
    triangles = mean.triangles
    for seed in range(ROUNDS):
        onto = _collapsed(replace(mean, triangles=triangles), np.union1d(kept, np.flatnonzero(open_border)), seed)
        a, b, c = onto[triangles].T
        triangles = onto[triangles][(a != b) & (b != c) & (c != a)]
    return mean.vertices, triangles


def _collapsed(face: Face, kept: Ids, seed: int) -> Ids:
    """Which vertex each is drawn on to: its nearest neighbour, no two neighbours at once."""
    edges, onto = face.edges, np.arange(len(face.vertices))
    fixed = np.zeros(len(onto), bool)
    fixed[kept] = True
    for v in np.random.default_rng(seed).permutation(np.unique(face.triangles)):
        near = edges.indices[edges.indptr[v] : edges.indptr[v + 1]]
        if not fixed[v] and len(near) and (onto[near] == near).all():
            onto[v] = near[edges.data[edges.indptr[v] : edges.indptr[v + 1]].argmin()]
            fixed[near] = True
    return onto


def measure(name: str, known: Head, mean: Face, points: Floats, triangles: Ids) -> None:
    """Mark and build, and print how long each took."""
    face, guide = face_of_head(known), guide_points(mean)
    eyes = {part: np.intersect1d(_piece(triangles, mean.part(part)), triangles) for part in ("eye_left", "eye_right")}
    marked = mark_face(face, points, triangles, guide, eyes)
    mark = best(lambda: mark_face(face, points, triangles, guide, eyes))
    build = best(lambda: build_keys(known, marked))
    count = len(np.unique(triangles))
    print(f"{name:6} {count:7,} vertices   mark {mark:4.1f} build {build:5.1f} s", flush=True)


def _piece(triangles: Ids, ids: Ids) -> Ids:
    """All vertices joined to ``ids``."""
    member = np.zeros(int(triangles.max()) + 1, bool)
    member[ids[ids < len(member)]] = True
    while True:
        touched = member[triangles].any(axis=1)
        more = np.unique(triangles[touched])
        if member[more].all():
            return more
        member[more] = True


def best(job: Callable[[], object]) -> float:
    """Seconds of the fastest of a few runs."""
    found: list[float] = []
    while len(found) < TIMES and sum(found) < ENOUGH:
        start = time.perf_counter()
        job()
        found.append(time.perf_counter() - start)
    return min(found)


if __name__ == "__main__":
    main()
