"""Solve a minute of speech onto other keys of the same topology: how long it takes and what is left.

python -m benchmarks.solve [--flame FLAME.npz] [--style NAME] [--seconds N]

The motion is a library style's, forwards and backwards in turn, at 50 frames a second. Targets on the default head: its
own keys; pairs of them leaking into each other (hard to tell apart); and the 100 components (PCA) of a crowd that
poses at random, which leave out what is too small. With a FLAME file: random waves over its face in place of expression
components, the jaw as a straight key, and 52 source keys mixed of them, or bumps that no component need reach; and the
same solved into FLAME's parameters with the jaw on its arc (``solve_flame``), jawOpen being 0.25 rad of it. The time is
that of ``retarget`` or ``solve_flame`` as a whole, with the residual measured on all vertices. Set OMP_NUM_THREADS.

60 s of "stage" (3,000 frames), OMP_NUM_THREADS=2 on two cores that other work shared (load 5), smoothness 0.004,
head of 22,098 vertices:

===================================================  =====  ==========  ======  ========  ========
case                                                     s  iterations  mm RMS  mm worst  % missed
===================================================  =====  ==========  ======  ========  ========
default head, its own keys                             3.9         260   0.003      0.10   0.00007
default head, keys that leak into each other           2.6         160   0.220      2.50      0.46
default head, 100 components of a crowd                2.6           0   0.020      0.14     0.004
the same within -3..3                                  5.2          70   0.037      1.45     0.013
FLAME, 100 waves and jaw; source within their span     1.3           0   0.002      0.10   0.00005
the same within -1..1                                  3.1          70   0.107      5.94      0.20
FLAME, the same; source: bumps of 15 mm                1.3           0   0.501      4.31      41.8
FLAME's parameters, jaw on its arc                     5.0           0   0.044      0.61     0.038
===================================================  =====  ==========  ======  ========  ========
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ptalker_blender.motion.controls import BLENDSHAPES, N_BLENDSHAPES
from ptalker_blender.motion.motion import Motion
from ptalker_blender.rig.flame_file import N_VERTICES, FlameModel, read_flame
from ptalker_blender.rig.flame_landmarks import flame_regions
from ptalker_blender.rig.flame_pose import pose_flame
from ptalker_blender.rig.head import Head, load_head
from ptalker_blender.rig.solve import Options, Solution
from ptalker_blender.rig.solving.flame import solve_flame
from ptalker_blender.rig.solving.motions import MixedKeys
from ptalker_blender.rig.solving.retarget import (
    KeyedMesh,
    flame_emphasis,
    head_emphasis,
    keyed_flame,
    keyed_head,
    retarget,
)
from ptalker_blender.style.library import load_style

COMPONENTS = 100
Case = tuple[str, KeyedMesh, KeyedMesh, NDArray[np.float64]]


def long_motion(style: str, seconds: float) -> Motion:
    """A style's motion until it is ``seconds`` long."""
    motion = load_style(style).motion
    there_and_back = np.concatenate([motion.values, motion.values[::-1]])
    frames = round(seconds * motion.fps)
    repeats = -(-frames // len(there_and_back))
    return replace(motion, values=np.tile(there_and_back, (repeats, 1))[:frames])


def unbounded(mesh: KeyedMesh, limit: float = np.inf) -> KeyedMesh:
    """The same keys between -limit and limit."""
    return replace(mesh, ranges=np.tile([-limit, limit], (len(mesh.key_names), 1)))


def leaking(head: Head) -> KeyedMesh:
    """Keys with a share of up to 0.3 of five others in each."""
    rng = np.random.default_rng(0)
    leaks = 0.3 * (rng.random((N_BLENDSHAPES, N_BLENDSHAPES)) < 0.1) * rng.random((N_BLENDSHAPES, N_BLENDSHAPES))
    np.fill_diagonal(leaks, 1)
    return replace(keyed_head(head), key_deltas=np.tensordot(leaks.astype(np.float32), head.key_deltas, 1))


def crowd_components(head: Head) -> KeyedMesh:
    """PCA of 400 random poses, disturbed so that there are more components than keys; standard deviation 1."""
    rng = np.random.default_rng(1)
    flat = head.key_deltas.reshape(N_BLENDSHAPES, -1)
    still = np.repeat(~head.key_deltas.any(axis=(0, 2)), 3)
    poses = rng.uniform(0, 1, (400, N_BLENDSHAPES)).astype(np.float32) ** 3 @ flat
    poses += (1e-4 * rng.normal(size=poses.shape) * ~still).astype(np.float32)
    poses -= poses.mean(axis=0)
    energies, modes = np.linalg.eigh(poses @ poses.T)
    first = np.argsort(energies)[::-1][:COMPONENTS]
    components = modes[:, first].T @ poses / np.sqrt(len(poses))
    names = tuple(f"component {k}" for k in range(COMPONENTS))
    return KeyedMesh(head.vertices, names, components.reshape(COMPONENTS, -1, 3).astype(np.float32))


def flame_cases(model: FlameModel) -> list[Case]:
    """Source keys within the components' span, and source keys of their own kind."""
    rng = np.random.default_rng(2)
    waves = np.pi / rng.uniform(0.04, 0.16, (COMPONENTS, 1, 1)) * rng.normal(size=(COMPONENTS, 3, 3))
    fields = np.sin(np.einsum("vj,kij->vik", model.v_template, waves) + rng.uniform(0, 6.3, (3, COMPONENTS)))
    fields[np.setdiff1d(np.arange(N_VERTICES), flame_regions()["face"])] = 0
    basis = np.linalg.qr(fields.reshape(-1, COMPONENTS))[0].reshape(N_VERTICES, 3, COMPONENTS)
    target = keyed_flame(replace(model, expression_dirs=(0.05 * basis).astype(np.float32)))
    mixing = 0.4 * rng.normal(size=(N_BLENDSHAPES, COMPONENTS + 3))
    mixing[:, COMPONENTS:] = 0
    mixing[BLENDSHAPES.index("jawOpen"), COMPONENTS] = 0.3
    within = KeyedMesh(target.vertices, BLENDSHAPES, np.tensordot(mixing, target.key_deltas, 1).astype(np.float32))
    emphasis = flame_emphasis()
    face = flame_regions()["face"]
    centres = model.v_template[rng.choice(face, N_BLENDSHAPES)]
    near = np.exp(-np.square(model.v_template[None] - centres[:, None]).sum(axis=2) / (2 * 0.015**2))
    bumps = 0.005 * near[:, :, None] * rng.normal(size=(N_BLENDSHAPES, 1, 3))
    local = KeyedMesh(target.vertices, BLENDSHAPES, bumps.astype(np.float32))
    return [
        ("FLAME, 100 waves and jaw; source within their span", within, unbounded(target), emphasis),
        ("the same within -1..1", within, unbounded(target, 1.0), emphasis),
        ("FLAME, 100 waves and jaw; source: bumps of 15 mm, not within", local, unbounded(target), emphasis),
    ]


def row(case: Case, motion: Motion, smoothness: float) -> str:
    """Measure one case."""
    name, source, target, emphasis = case
    start = time.perf_counter()
    solution = retarget(source, motion, target, None, emphasis, Options(smoothness=smoothness))
    return cells(name, len(source.vertices), smoothness, time.perf_counter() - start, solution)


def parameters_row(model: FlameModel, within: KeyedMesh, target: KeyedMesh, motion: Motion, smoothness: float) -> str:
    """Measure ``solve_flame`` with the target's components as the model's, and its own jaw's arc in the source."""
    curved = replace(model, expression_dirs=np.moveaxis(target.key_deltas[:COMPONENTS], 0, 2))
    pose = np.zeros((5, 3))
    pose[2, 0] = 0.25
    keys = within.key_deltas.copy()
    keys[BLENDSHAPES.index("jawOpen")] = pose_flame(curved, pose=pose) - curved.v_template
    start = time.perf_counter()
    found = solve_flame(
        MixedKeys(keys, motion.values[:, :N_BLENDSHAPES]),
        curved,
        vertex_weights=flame_emphasis(),
        options=Options(smoothness=smoothness),
    )
    name = f"FLAME's parameters, jaw on its arc ({found.rounds} rounds)"
    return cells(name, len(curved.v_template), smoothness, time.perf_counter() - start, found.solution)


def cells(name: str, n_vertices: int, smoothness: float, seconds: float, solution: Solution) -> str:
    """One row of the table."""
    columns = (
        name,
        f"{n_vertices:,}",
        f"{solution.weights.shape[1]}",
        f"{smoothness:g}",
        f"{seconds:.2f}",
        f"{solution.iterations}{'' if solution.converged else ', not converged'}",
        f"{solution.residual_mm:.3f}",
        f"{solution.worst_mm:.2f}",
        f"{solution.unexplained_percent:.3g}",
    )
    return "| " + " | ".join(columns) + " |"


def main() -> None:
    """Print the conditions and the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flame", type=Path, help="a FLAME file")
    parser.add_argument("--style", default="stage", help="a style of the library")
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    motion, head = long_motion(arguments.style, arguments.seconds), load_head()
    source, emphasis = keyed_head(head), head_emphasis(head)
    crowd = crowd_components(head)
    cases: list[Case] = [
        ("default head, its own keys", source, source, emphasis),
        ("default head, keys that leak into each other", source, leaking(head), emphasis),
        ("default head, 100 components of a crowd", source, unbounded(crowd), emphasis),
        ("the same within -3..3", source, unbounded(crowd, 3.0), emphasis),
    ]
    model = None if arguments.flame is None else read_flame(arguments.flame)
    if model is not None:
        cases += flame_cases(model)
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    print(f"{len(motion.values):,} frames, style {arguments.style}, {threads} threads of {os.cpu_count()} cores\n")
    print("| case | vertices | target keys | smoothness | s | iterations | mm RMS | mm worst | % missed |")
    print("| --- " * 9 + "|")
    for case in cases:
        for smoothness in (0.0, Options().smoothness):
            print(row(case, motion, smoothness), flush=True)
    if model is not None:
        _, within, target, _ = cases[-3]
        print(parameters_row(model, within, target, motion, Options().smoothness))


if __name__ == "__main__":
    main()
