"""The 52 keys for a head of FLAME's topology, whatever its identity, without FLAME's file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .flame_jaw import CORRECTIVE, jaw_frame, measured, straight, turn_fields
from .head import Head
from .keying.build import BuiltKeys, Progress, Region, build_keys, hold_still
from .keying.face import SIDES, Face, flame_face

Floats = NDArray[np.float64]

REACH = 0.006  # metres on the reference head: how far what was measured at a place is carried
HOLD, WEIGHT = 0.01, 40.0  # how much the skin between the places and the places themselves hold


def build_flame_keys(
    known: Head,
    vertices: NDArray[np.floating[Any]],
    triangles: NDArray[np.integer[Any]],
    progress: Progress | None = None,
    eyeballs: Collection[str] = SIDES,
) -> BuiltKeys:
    """Keys of ``known`` for a FLAME head, and ``jawOpen_arc``, the corrective of :mod:`.flame_jaw`, as the last one.

    Args:
        known: one of our own heads.
        vertices: [5023, 3] in FLAME's order, metres, y up, facing +z; any identity.
        triangles: [9976, 3] in the same order.
        progress: see :func:`.keying.build.build_keys`.
        eyeballs: the sides with an eyeball; vertices of one that is not there may be anywhere and keep still.
    """
    target = flame_face(vertices, triangles)
    there = {"skin", *(f"eye_{side}" for side in eyeballs)}
    target = replace(target, parts={name: ids for name, ids in target.parts.items() if name in there})
    correctives: list[Floats] = []

    def opening(face: Face, share: Floats) -> Floats:
        line, corrective = straight(arc(face, share))
        correctives.append(hold_still(face, corrective[None])[0])
        return line

    built = build_keys(known, target, progress, opening)
    deltas = np.concatenate([built.deltas, correctives[0][None].astype(np.float32)])
    return replace(built, names=(*built.names, CORRECTIVE), deltas=deltas)


def arc(face: Face, share: Floats) -> Floats:
    """The two fields [2, 5023, 3] of the opening jaw; ``share`` [5023] is what the skin takes of its turn."""
    frame = jaw_frame(face.vertices)
    fields = turn_fields(face.vertices, frame, share)
    ids, values = measured(frame)
    near = np.zeros(len(face.vertices), bool)
    near[ids] = True
    reach = REACH * face.unit
    weights = np.where(near, WEIGHT, HOLD)
    missing = np.zeros_like(fields)
    missing[:, ids] = values - fields[:, ids]
    return np.asarray(fields + Region(face, near, 4 * reach).fields(weights, reach, missing), np.float64)
