"""From the cage to the skin: control points that fit it, two levels of subdivision, the limit surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .cage import Cage
from .measures import Array, Ids
from .mesh import Mesh
from .subdivide import limit_matrix, refine_patch, subdivide

LEVELS = 2
FITS, FIT_STEP = 2, 0.7  # rounds of moving control points by what the surface misses; more would ring


@dataclass(frozen=True)
class Form:
    """Half the skin, refined.

    Attributes:
        mesh: the half, mirrored by the caller; midline vertices have x = 0 exactly.
        eye: [rings, 65] ids, grid border first, lid margin last, closed by repetition.
        mouth: [rings, 49] ids, grid border first, contact edge last.
        grid: [rows, columns] ids of the refined grid where it has no holes, else -1.
    """

    mesh: Mesh
    eye: Ids
    mouth: Ids


def refine(cage: Cage) -> Form:
    """Subdivide the mirrored cage and keep its left half."""
    whole = cage.mesh.mirrored()
    count, faces = len(whole.vertices), list(whole.faces)
    eye, mouth = cage.eye, cage.mouth
    half_faces = len(cage.mesh.faces)
    matrix = sparse.identity(count, format="csr")
    for _ in range(LEVELS):
        level = subdivide(matrix.shape[0], faces)
        eye, mouth = refine_patch(eye, level, faces), refine_patch(mouth, level, faces)
        half_faces = sum(len(ids) for ids in faces[:half_faces])
        matrix, faces = level.matrix @ matrix, level.faces
    limit = limit_matrix(matrix.shape[0], faces) @ matrix
    points = limit @ _fitted(whole.points(), limit)
    return _left_half(points, faces[:half_faces], eye, mouth)


def _fitted(target: Array, limit: sparse.csr_matrix) -> Array:
    """Control points whose limit passes near the cage's own points (a few rounds of local correction)."""
    own = limit[: len(target)]  # vertex points come first on every level
    control = target.copy()
    for _ in range(FITS):
        control += FIT_STEP * (target - own @ control)
    return control


def _left_half(points: Array, faces: list[tuple[int, ...]], eye: Ids, mouth: Ids) -> Form:
    used = np.unique(np.array(faces))
    new = np.full(len(points), -1)
    new[used] = np.arange(len(used))
    kept = points[used]
    kept[np.abs(kept[:, 0]) < 1e-6, 0] = 0.0
    mesh = Mesh()
    mesh.add(kept)
    for ids in faces:
        mesh.face(tuple(int(new[v]) for v in ids), "skin")
    return Form(mesh, new[eye], new[mouth])
