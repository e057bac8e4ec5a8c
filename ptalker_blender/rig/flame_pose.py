"""FLAME's own motion: identity, expression, pose correctives and linear blend skinning, in numpy.

The function of Li et al. 2017 (see :mod:`.flame_file`), section 4, in the order of SMPL (M. Loper et al., ACM TOG
34(6), 2015): shaped vertices give the joints; correctives linear in the entries of (R - 1) are added; every vertex then
follows its joints by weight. Rotations are rotation vectors (axis times angle, radians), each relative to the
joint's parent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .flame_file import JOINTS, FlameModel

Floats = NDArray[np.floating[Any]]
_N_JOINTS = len(JOINTS)


def pose_flame(
    model: FlameModel, betas: Floats | None = None, expression: Floats | None = None, pose: Floats | None = None
) -> NDArray[np.float32]:
    """Vertices of ``model``, metres.

    Args:
        model: see :class:`.flame_file.FlameModel`.
        betas: [n] or [T, n] identity coefficients, n <= S; missing ones are 0.
        expression: [n] or [T, n] expression coefficients, n <= E.
        pose: [5, 3], [15], [T, 5, 3] or [T, 15] rotation vectors of ``JOINTS``, radians.

    Returns:
        float32 [T, 5023, 3], or [5023, 3] where nothing given has frames; what has no frames holds for all.

    Raises:
        ValueError: shapes that do not fit the model or each other.
    """
    shaped, frames = _shaped(model, betas, expression), _batched(betas, 1) or _batched(expression, 1)
    rotations, posed = _rotations(pose)
    _check(len(shaped) == len(rotations) or 1 in (len(shaped), len(rotations)), "numbers of frames differ")
    joints = model.j_regressor.astype(np.float64) @ shaped
    count, n_vertices = len(rotations), len(model.v_template)
    features = (rotations[:, 1:] - np.eye(3)).reshape(count, -1).astype(np.float32)
    correctives = features @ model.posedirs.reshape(3 * n_vertices, -1).T
    vertices = shaped + correctives.reshape(count, n_vertices, 3)
    moved = _skin(vertices, model.weights, *_transforms(joints, rotations, model.parents))
    return moved if frames or posed else moved[0]


def flame_joints(
    model: FlameModel, betas: Floats | None = None, expression: Floats | None = None
) -> NDArray[np.float64]:
    """Positions of ``JOINTS`` before any pose, float64 [T, 5, 3] or [5, 3], metres; arguments as :func:`pose_flame`."""
    joints = model.j_regressor.astype(np.float64) @ _shaped(model, betas, expression)
    frames = _batched(betas, 1) or _batched(expression, 1)
    return np.asarray(joints if frames else joints[0], np.float64)


def rotation_matrices(vectors: Floats) -> NDArray[np.float64]:
    """Rotation matrices [..., 3, 3] of rotation vectors [..., 3] in radians (Rodrigues), exact at and near zero."""
    vectors = np.asarray(vectors, np.float64)
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*vectors.shape[:-1], 3, 3)
    # sin(a)/a and (1 - cos a)/a^2 through sinc, which has no hole at 0.
    first, second = np.sinc(angle / np.pi), 0.5 * np.sinc(angle / (2 * np.pi)) ** 2
    return np.asarray(np.eye(3) + first * cross + second * (cross @ cross), np.float64)


def _shaped(model: FlameModel, betas: Floats | None, expression: Floats | None) -> NDArray[np.float32]:
    """Vertices [T, 5023, 3] in the rest pose, T = 1 where neither argument has frames."""
    identity = _blend(model.shapedirs, betas, "betas")
    face = _blend(model.expression_dirs, expression, "expression")
    _check(len(identity) == len(face) or 1 in (len(identity), len(face)), "numbers of frames differ")
    return model.v_template + identity + face


def _blend(basis: NDArray[np.float32], coefficients: Floats | None, name: str) -> NDArray[np.float32]:
    if coefficients is None:
        return np.zeros((1, *basis.shape[:2]), np.float32)
    rows = np.atleast_2d(np.asarray(coefficients, np.float32))
    n = rows.shape[-1]
    _check(rows.ndim == 2 and n <= basis.shape[2], f"{name} of shape {rows.shape} for {basis.shape[2]} components")
    flat = basis[:, :, :n].reshape(3 * len(basis), n)  # n may be 0
    return (rows @ flat.T).reshape(len(rows), *basis.shape[:2])


def _rotations(pose: Floats | None) -> tuple[NDArray[np.float64], bool]:
    """Rotation matrices [T, 5, 3, 3] and whether the pose has frames."""
    values = np.zeros((_N_JOINTS, 3)) if pose is None else np.asarray(pose, np.float64)
    single = values.shape in ((_N_JOINTS, 3), (3 * _N_JOINTS,))
    fits = single or values.shape[1:] in ((_N_JOINTS, 3), (3 * _N_JOINTS,))
    _check(fits, f"a pose of shape {values.shape} instead of [T, {_N_JOINTS}, 3]")
    return rotation_matrices(values.reshape(-1, _N_JOINTS, 3)), not single


def _transforms(
    joints: NDArray[np.float64], rotations: NDArray[np.float64], parents: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """World rotations [T, 5, 3, 3] and translations [T, 5, 3] that take rest points along with each joint."""
    count = max(len(joints), len(rotations))
    joints = np.broadcast_to(joints, (count, *joints.shape[1:]))
    turned = np.array(np.broadcast_to(rotations, (count, *rotations.shape[1:])))
    places = joints.copy()
    for joint, parent in enumerate(parents):
        if parent < 0:
            continue
        offset = joints[:, joint] - joints[:, parent]
        places[:, joint] = places[:, parent] + (turned[:, parent] @ offset[..., None])[..., 0]
        turned[:, joint] = turned[:, parent] @ turned[:, joint]
    return turned, places - (turned @ joints[..., None])[..., 0]


def _skin(
    vertices: NDArray[np.float32],
    weights: NDArray[np.float32],
    rotations: NDArray[np.float64],
    translations: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Linear blend skinning of [T or 1, V, 3] by T sets of joint transforms."""
    moved = np.zeros((len(rotations), *vertices.shape[1:]), np.float32)
    for joint in range(rotations.shape[1]):
        turned = vertices @ rotations[:, joint].transpose(0, 2, 1).astype(np.float32)
        turned += translations[:, None, joint].astype(np.float32)
        moved += weights[:, joint, None] * turned
    return moved


def _batched(coefficients: Floats | None, axes: int) -> bool:
    return coefficients is not None and np.ndim(coefficients) > axes


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
