"""FLAME models for tests: one made of numbers drawn at random, and the real one where it is."""

from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.rig.flame_file import N_FACES, N_VERTICES, PARENTS, FlameModel, read_flame


def random_flame(identity: int = 12, expression: int = 20, seed: int = 0) -> FlameModel:
    """A model of FLAME's shapes and sizes, nothing of which is FLAME's: a ball of triangles with smooth components."""
    rng = np.random.default_rng(seed)
    vertices = rng.normal(size=(N_VERTICES, 3))
    vertices *= 0.1 / np.linalg.norm(vertices, axis=1, keepdims=True)
    faces = (np.arange(N_FACES)[:, None] % N_VERTICES + np.array([0, 1, 3])) % N_VERTICES
    faces[N_VERTICES:, 2] += 1  # no triangle twice
    faces %= N_VERTICES
    regressor = np.zeros((5, N_VERTICES))
    for row in regressor:
        row[rng.choice(N_VERTICES, 8, replace=False)] = rng.dirichlet(np.ones(8))
    near = np.exp(-((vertices[:, None] - rng.normal(scale=0.06, size=(5, 3))) ** 2).sum(axis=2) / 0.1**2)
    weights = np.round(near / near.sum(axis=1, keepdims=True), 1)  # few different ones: Blender sets them one by one
    weights[np.arange(N_VERTICES), weights.argmax(axis=1)] += 1 - weights.sum(axis=1)
    return FlameModel(
        vertices.astype(np.float32),
        faces.astype(np.int32),
        _waves(vertices, identity, 0.003, rng),
        _waves(vertices, expression, 0.002, rng),
        _waves(vertices, 36, 0.001, rng),
        weights.astype(np.float32),
        regressor.astype(np.float32),
        PARENTS,
    )


def real_flame(data_dir: Path) -> FlameModel:
    """FLAME 2023 Open, which here has identity components and no expression; skips where it is absent."""
    path = data_dir / "flame" / "flame2023open_partial.npz"
    if not path.is_file():
        pytest.skip("no FLAME arrays in the shared data")
    return read_flame(path)


def _waves(vertices: np.ndarray, count: int, size: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth displacements [V, 3, count], metres."""
    phases = vertices @ rng.normal(scale=25, size=(3, 3 * count)) + rng.uniform(0, 2 * np.pi, 3 * count)
    return (size * np.sin(phases)).reshape(len(vertices), 3, count).astype(np.float32)
