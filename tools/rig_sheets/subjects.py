"""Heads to be looked at, made of meshes that had no keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ptalker_blender.motion.controls import BLENDSHAPES
from ptalker_blender.rig.flame_file import read_flame
from ptalker_blender.rig.flame_keys import build_flame_keys
from ptalker_blender.rig.head import PAIRED_LANDMARKS, Head, load_head
from ptalker_blender.rig.keying.build import build_keys
from ptalker_blender.rig.keying.face import OPTIONAL_PARTS, Face, face_of_head, flame_face
from ptalker_blender.rig.keying.marks import guide_points, mark_face

IDENTITY_SPREAD = 0.8  # of the standard deviation: strangers, not caricatures
LANDMARKS = ("chin", "nose_tip", "mouth_corner_left", "mouth_corner_right", "brow_left", "brow_right")


def flame_heads(path: Path, seeds: tuple[int, ...]) -> list[Head]:
    """FLAME's mean head and drawn identities, each with the 52 keys built for it."""
    model, known = read_flame(path), load_head()
    heads = []
    for seed in (None, *seeds):
        vertices = model.v_template
        if seed is not None:
            betas = np.random.default_rng(seed).normal(size=model.shapedirs.shape[2]) * IDENTITY_SPREAD
            vertices = vertices + model.shapedirs @ betas.astype(np.float32)
        built = build_flame_keys(known, vertices, model.faces)
        face = flame_face(vertices, model.faces)
        heads.append(as_head(face, built.deltas[: len(BLENDSHAPES)], known))
    return heads


def keyless(path: Path) -> Head:
    """One of our heads as a stranger's: nothing of it is used but the mesh, its parts and nineteen points."""
    known, stranger = load_head(), face_of_head(load_head(path))
    parts = {name: stranger.part(name) for name in OPTIONAL_PARTS}
    face = mark_face(face_of_head(known), stranger.vertices, stranger.triangles, guide_points(stranger), parts)
    return replace(load_head(path), key_deltas=build_keys(known, face).deltas)


def as_head(face: Face, deltas: NDArray[np.float32], known: Head) -> Head:
    """A face with the 52 keys as a head in one plain material, paired landmarks brought to equal length."""
    marks = {name: np.asarray(ids, np.int32) for name, ids in face.landmarks.items()}
    for pair in PAIRED_LANDMARKS:
        count = min(len(marks[name]) for name in pair)
        for name in pair:
            marks[name] = marks[name][np.linspace(0, len(marks[name]) - 1, count).round().astype(int)]
    skin = np.asarray(face.part("skin"), np.int32)
    lips = face.row("outer_lip_upper", "outer_lip_lower", "inner_lip_upper", "inner_lip_lower")
    outer = {name: marks[name] for name in ("outer_lip_upper", "outer_lip_lower", *LANDMARKS)}
    paired = {name: marks[name] for pair in PAIRED_LANDMARKS for name in pair}
    regions = {"lips": np.unique(lips).astype(np.int32), "face": skin, "graph_points": skin[:1]}
    return Head(
        vertices=face.vertices.astype(np.float32),
        polygons=(face.triangles.astype(np.int32).ravel(), np.full(len(face.triangles), 3, np.int32)),
        key_names=BLENDSHAPES,
        key_deltas=deltas,
        parts={name: np.asarray(ids, np.int32) for name, ids in face.parts.items()},
        polygon_materials=np.zeros(len(face.triangles), np.int32),
        materials=(replace(known.materials[0], tinted=False),),
        landmarks=outer | paired | regions,
        neck_pivot=known.neck_pivot,
    )
