"""From the working mesh to a ``Head``: units, materials, landmarks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.head import Head

from .brows import brow_curve
from .follow import follow
from .identity import DEFAULT, Identity
from .keys_mouth import mouth_keys
from .keys_upper import upper_keys
from .look import materials, vertex_colors
from .measures import Array
from .mesh import Mesh
from .model import PARTS, assemble, lip_table
from .skin import LIP_STEPS

NECK_PIVOT = (0.0, -0.060, -0.030)  # about the joint of skull and spine
#: Graph points besides lips and lids, left half, as (x, y) in millimetres on the front of the face.
GRAPH_TARGETS = (
    (0, 49), (18, 49), (37, 45), (55, 32), (0, 28), (0, 5), (0, -13), (0, -26), (0, -34), (0, -46), (12, -39),
    (10, -18), (12, 23), (22, 26), (32, 30), (44, 25), (24, -18), (39, -18), (54, -7), (25, -33), (41, -33),
    (57, -28), (22, -48), (35, -50), (49, -50), (35, -67), (49, -68), (14, -52), (0, -52), (29, -81), (41, -85),
    (16, -81), (0, -81), (0, -89), (0, -96), (12, -96), (24, -92), (0, -104),
)  # fmt: skip


def make_head(identity: Identity = DEFAULT) -> Head:
    """Build a member of the family from nothing."""
    mesh, deltas = _keyed(identity)
    # Members of a family have the same landmarks and bend at the same vertices, so all take the default one's.
    default = (mesh, deltas) if identity == DEFAULT else _keyed(DEFAULT)
    looks = materials(identity.palette)
    names = {material.name: i for i, material in enumerate(looks)}
    return Head(
        vertices=(mesh.points() * 1e-3).astype(np.float32),
        polygons=(np.array([v for ids in mesh.faces for v in ids], np.int32),
                  np.array([len(ids) for ids in mesh.faces], np.int32)),
        key_names=BLENDSHAPES,
        key_deltas=(deltas * 1e-3).astype(np.float32),
        parts={name: np.array(mesh.groups[name], np.int32) for name in PARTS},
        polygon_materials=np.array([names[m] for m in mesh.materials], np.int32),
        materials=looks,
        landmarks={name: np.array(ids, np.int32) for name, ids in landmarks(*default).items()},
        neck_pivot=np.array(NECK_PIVOT, np.float32),
        colors=vertex_colors(mesh, identity.palette).astype(np.float32),
        follow=follow(mesh, default[0]).astype(np.float32),
    )  # fmt: skip


def _keyed(identity: Identity) -> tuple[Mesh, Array]:
    """The assembled mesh and its keys [52, V, 3], millimetres."""
    mesh = assemble(identity)
    keys = {**mouth_keys(mesh), **upper_keys(mesh)}
    deltas = np.stack([keys[name] for name in BLENDSHAPES])
    deltas[np.abs(deltas) < 2e-3] = 0.0  # two micrometres
    return mesh, deltas


def landmarks(mesh: Mesh, deltas: Array) -> dict[str, list[int]]:
    """The landmark table of ``ptalker_blender.rig.head``."""
    p, g = mesh.points(), mesh.groups
    corner = (len(g["mouth_ring_0_left"]) - 1) // 2
    border = len(LIP_STEPS) - 1

    def arc(ring: str, upper: bool, corners: bool) -> list[int]:
        """Upper or lower half of a mouth ring, right corner to left corner."""
        last = corner + 1 if corners else corner
        left, right = g[f"{ring}_left"], g[f"{ring}_right"]
        if not upper:
            left, right = left[::-1], right[::-1]
        return right[1:last][::-1] + left[:last]

    def front(x: float, y: float) -> int:
        """The skin vertex in front nearest to (x, y)."""
        ids = np.array(outer)
        return int(ids[np.argmin(np.hypot(p[ids, 0] - x, p[ids, 1] - y) + 1e3 * (p[ids, 2] < 20))])

    hidden = set(g["sock"]) | set(g["lip_inside"]) | set(g["lid_inside_left"]) | set(g["lid_inside_right"])
    outer = [v for v in g["skin"] if v not in hidden]
    moved = np.abs(deltas).max(axis=(0, 2)) > 0
    bx, by = brow_curve(np.linspace(0.05, 0.95, 7))
    brow_left = [front(float(x), float(y)) for x, y in zip(bx, by, strict=True)]
    brow_left = list(dict.fromkeys(brow_left))
    lips = lip_table(mesh)
    found = {
        "inner_lip_upper": arc("mouth_ring_0", True, False),
        "inner_lip_lower": arc("mouth_ring_0", False, False),
        "outer_lip_upper": arc(f"mouth_ring_{border}", True, True),
        "outer_lip_lower": arc(f"mouth_ring_{border}", False, True),
        "mouth_corner_left": g["mouth_corner_left"],
        "mouth_corner_right": g["mouth_corner_right"],
        "chin": [max((v for v in outer if p[v, 0] == 0 and -100 < p[v, 1] < -80), key=lambda v: float(p[v, 2]))],
        "nose_tip": [max((v for v in outer if p[v, 0] == 0), key=lambda v: float(p[v, 2]))],
        "brow_left": brow_left,
        "brow_right": [mesh.twins[v] for v in brow_left[::-1]],
        "lips": [int(v) for v, inside in zip(lips.ids, lips.inside, strict=True) if inside == 0.0],
        "face": [v for v in outer if moved[v]],
    }
    for side in ("left", "right"):
        order = 1 if side == "left" else -1
        for lid in ("upper", "lower"):
            found[f"lid_{lid}_{side}"] = g[f"lid_{lid}_{side}"][::order]
    found["graph_points"] = _graph_points(mesh, found, front)
    return found


def _graph_points(mesh: Mesh, found: dict[str, list[int]], front: Callable[[float, float], int]) -> list[int]:
    """Points for the network's face graph: every third lip point, every fifth lid point, the rest as laid out above."""
    chosen: list[int] = []
    for name, step in (("inner_lip_upper", 4), ("inner_lip_lower", 4), ("outer_lip_upper", 5), ("outer_lip_lower", 5)):
        ids = found[name]
        middle = len(ids) // 2
        chosen += ids[middle::step]
    for name in ("lid_upper_left", "lid_lower_left"):
        ids = found[name]
        chosen += ids[len(ids) // 2 % 5 :: 5]
    chosen += found["mouth_corner_left"]
    chosen += [front(float(x), float(y)) for x, y in GRAPH_TARGETS]
    twins = [mesh.twins[v] for v in chosen]
    return sorted(set(chosen) | set(twins))
