"""Rotations as FLAME's files, bones and our head angles write them, to and from matrices [..., 3, 3].

Angles are (pitch, yaw, roll) of :mod:`..motion.controls`: the matrix is ``Ry(yaw) @ Rx(pitch) @ Rz(roll)``, which is
Blender's Euler order ZXY with x = pitch, y = yaw, z = roll.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
_GIMBAL = 1.0 - 1e-9  # sine of the pitch from which on yaw and roll are one


def rotation_vectors(matrices: Floats) -> NDArray[np.float64]:
    """Rotation vectors [..., 3] (axis times angle, angle 0..pi) of rotation matrices [..., 3, 3].

    By way of unit quaternions, each from its largest component (S. W. Shepperd, J. Guidance and Control 1(3), 1978), so
    that neither 0 nor pi is special.
    """
    m = np.asarray(matrices, np.float64)
    diagonal = np.diagonal(m, axis1=-2, axis2=-1)
    trace = diagonal.sum(axis=-1, keepdims=True)
    # Row k of `four` is 4 q_k q, for q = (w, x, y, z).
    four = np.empty((*m.shape[:-2], 4, 4))
    four[..., 0, 0] = 1 + trace[..., 0]
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        four[..., i + 1, i + 1] = 1 + 2 * diagonal[..., i] - trace[..., 0]
        four[..., 0, i + 1] = four[..., i + 1, 0] = m[..., k, j] - m[..., j, k]
        four[..., j + 1, k + 1] = four[..., k + 1, j + 1] = m[..., k, j] + m[..., j, k]
    largest = np.argmax(np.diagonal(four, axis1=-2, axis2=-1), axis=-1)
    quaternions = np.take_along_axis(four, largest[..., None, None], axis=-2)[..., 0, :]
    quaternions /= np.linalg.norm(quaternions, axis=-1, keepdims=True)
    quaternions *= np.where(quaternions[..., :1] < 0, -1.0, 1.0)
    sine = np.linalg.norm(quaternions[..., 1:], axis=-1, keepdims=True)
    angle = 2 * np.arctan2(sine, quaternions[..., :1])
    factor = np.where(sine > 1e-12, angle / np.maximum(sine, 1e-12), 2.0)
    return np.asarray(factor * quaternions[..., 1:], np.float64)


def matrices_from_6d(values: Floats) -> NDArray[np.float64]:
    """Rotation matrices [..., 3, 3] of six numbers [..., 6], the matrix's first two rows, made orthonormal.

    Y. Zhou, C. Barnes, J. Lu, J. Yang, H. Li: On the continuity of rotation representations in neural networks, CVPR
    2019; rows instead of columns, as PyTorch3D and with it FLAME's trackers have it.

    Raises:
        ValueError: rows that are zero or parallel.
    """
    first, second = np.split(np.asarray(values, np.float64), 2, axis=-1)
    length = np.linalg.norm(first, axis=-1, keepdims=True)
    if (length < 1e-8).any():
        raise ValueError("a row of a rotation is zero")
    x = first / length
    rest = second - (x * second).sum(axis=-1, keepdims=True) * x
    length = np.linalg.norm(rest, axis=-1, keepdims=True)
    if (length < 1e-8).any():
        raise ValueError("the rows of a rotation are parallel")
    y = rest / length
    return np.asarray(np.stack([x, y, np.cross(x, y)], axis=-2), np.float64)


def angle_matrices(angles: Floats) -> NDArray[np.float64]:
    """Rotation matrices [..., 3, 3] of (pitch, yaw, roll) [..., 3], radians."""
    cosine, sine = np.cos(np.asarray(angles, np.float64)), np.sin(np.asarray(angles, np.float64))
    (cp, cy, cr), (sp, sy, sr) = np.moveaxis(cosine, -1, 0), np.moveaxis(sine, -1, 0)
    rows = (
        cy * cr + sy * sp * sr, sy * sp * cr - cy * sr, sy * cp,
        cp * sr, cp * cr, -sp,
        cy * sp * sr - sy * cr, sy * sr + cy * sp * cr, cy * cp,
    )  # fmt: skip
    return np.asarray(np.stack(rows, axis=-1).reshape(*np.shape(angles)[:-1], 3, 3), np.float64)


def matrix_angles(matrices: Floats) -> NDArray[np.float64]:
    """(pitch, yaw, roll) [..., 3] of rotation matrices [..., 3, 3], pitch within a quarter turn; the inverse of
    :func:`angle_matrices` there. At a pitch of a quarter turn the roll is put at 0.
    """
    m = np.asarray(matrices, np.float64)
    sine = np.clip(-m[..., 1, 2], -1.0, 1.0)
    locked = np.abs(sine) > _GIMBAL
    yaw = np.where(locked, np.arctan2(-m[..., 2, 0], m[..., 0, 0]), np.arctan2(m[..., 0, 2], m[..., 2, 2]))
    roll = np.where(locked, 0.0, np.arctan2(m[..., 1, 0], m[..., 1, 1]))
    return np.asarray(np.stack([np.arcsin(sine), yaw, roll], axis=-1), np.float64)


def continuous_angles(matrices: Floats) -> NDArray[np.float64]:
    """(pitch, yaw, roll) [T, ..., 3] of rotations over time [T, ..., 3, 3] without jumps of whole turns."""
    return np.asarray(np.unwrap(matrix_angles(matrices), axis=0), np.float64)


def mean_rotation(matrices: Floats) -> NDArray[np.float64]:
    """The rotation [3, 3] nearest to the mean of [T, 3, 3] (chordal mean, by singular values)."""
    u, _, vt = np.linalg.svd(np.asarray(matrices, np.float64).mean(axis=0))
    return np.asarray(u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt, np.float64)
