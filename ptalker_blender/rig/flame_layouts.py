"""How trackers and networks lay FLAME parameters out in files: names of arrays, and rotations by their width.

Seen in: DECA, EMOCA and SPECTRE (``exp``, ``pose`` = global rotation and jaw, ``shape``; also ``expcode``),
DiffPoseTalk (Sun et al. 2024: the same, 25 fps, no rate in the file), ARTalk (Chu et al. 2025: one array of 106 = 100
expression + 6 pose, 25 fps), SMIRK (``expression_params``, ``jaw_params``, ``pose_params`` = global rotation),
metrical-tracker (``exp``, ``jaw`` and ``eyes`` as six numbers a joint), VHAP and GaussianAvatars (``expr``,
``rotation``, ``neck_pose``, ``jaw_pose``, ``eyes_pose``), Multiface-FLAME (``flame_pose`` of 15).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .flame_file import JOINTS
from .flame_pose import rotation_matrices
from .flame_rotations import matrices_from_6d, rotation_vectors
from .flame_track import EYE_LEFT, EYE_RIGHT, JAW, NECK, ROOT

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "expression": (
        "expression", "expressions", "expr", "exp", "expcode", "exp_code", "expression_params", "expr_params",
        "expression_code", "expression_coeffs", "exp_coeffs", "flame_expr",
    ),
    "pose": ("pose", "poses", "posecode", "pose_code", "pose_params", "pose_coeffs", "flame_pose", "full_pose"),
    "root": ("root", "root_pose", "global_orient", "global_pose", "global_rot", "global_rotation", "rotation"),
    "neck": ("neck", "neck_pose", "neck_params"),
    "jaw": ("jaw", "jaw_pose", "jawpose", "jaw_params"),
    "eyes": ("eyes", "eyes_pose", "eye_pose", "eyes_params", "eye_pose_params"),
    "eye_left": ("eye_left", "left_eye", "left_eye_pose", "leye_pose"),
    "eye_right": ("eye_right", "right_eye", "right_eye_pose", "reye_pose"),
    "shape": ("shape", "betas", "shapecode", "shape_code", "shape_params", "shape_coeffs", "flame_shape", "identity"),
    "motion": ("motion", "motions", "motion_code", "motion_codes", "pred_motions", "arr_0"),
    "fps": ("fps", "frame_rate", "framerate", "coef_fps", "video_fps", "mocap_framerate", "mocap_frame_rate"),
}  # fmt: skip
LEFT_OUT: Mapping[str, str] = {
    "eyelids": "eyelids", "eyelid_params": "eyelids", "translation": "translation", "transl": "translation",
    "trans": "translation", "flame_trans": "translation", "static_offset": "offsets", "dynamic_offset": "offsets",
}  # fmt: skip
MOTION_WIDTH, MOTION_EXPRESSION = 106, 100  # ARTalk's motion code

# Joints in a pose of so many rotations. One alone is the jaw, or the global rotation where the jaw is given apart.
POSE_JOINTS: Mapping[int, tuple[int, ...]] = {
    1: (JAW,),
    2: (ROOT, JAW),
    3: (ROOT, NECK, JAW),
    5: (ROOT, NECK, JAW, EYE_LEFT, EYE_RIGHT),
}
_UNIT = 0.2  # how far from 1 the first row of a rotation may be


def looks_like_flame(names: Iterable[str]) -> bool:
    """Whether arrays of these names are FLAME parameters: expression with any joint, or a motion code."""
    found = {kind for name in names for kind, spellings in SPELLINGS.items() if name.lower() in spellings}
    joints = {"pose", "root", "neck", "jaw", "eyes", "eye_left", "eye_right"}
    moved = "expression" in found and bool(found & (joints | {"shape", "fps"}))
    return moved or "jaw" in found or "motion" in found


def rotations(values: NDArray[np.floating[Any]], joints: int) -> NDArray[np.float64]:
    """Rotation vectors [T, joints, 3] of values [T, W], told apart by the width W / joints.

    3: rotation vectors. 6: the first two rows of the matrices. 9: matrices, row by row.

    Raises:
        ValueError: another width, or what should be rows of a rotation is none; says what was found.
    """
    frames, width = values.shape
    each = width // joints if width % joints == 0 else 0
    apart = values.reshape(frames, joints, each) if each else values[:, None]
    if each == 3:
        return np.asarray(apart, np.float64)
    if each not in (6, 9):
        raise ValueError(f"{width} numbers a frame")
    lengths = np.linalg.norm(apart[..., :3], axis=-1)
    if np.abs(lengths - 1).max() > _UNIT:
        raise ValueError(f"{width} numbers a frame that are no rows of rotation matrices")
    if each == 9:
        matrices = apart.reshape(frames, joints, 3, 3)
        if np.abs(matrices @ np.swapaxes(matrices, -1, -2) - np.eye(3)).max() > _UNIT:
            raise ValueError(f"{width} numbers a frame that are no rotation matrices")
    return rotation_vectors(matrices_from_6d(apart[..., :6]))


def pose_rotations(values: NDArray[np.floating[Any]]) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """The joints in a pose [T, W] and their rotation vectors [T, n, 3].

    Widths: 3 (jaw), 6 (global, jaw), 9 (global, neck, jaw), 15 (all of ``JOINTS``) as rotation vectors; twice as many
    where the numbers are rows of rotation matrices: 12 and 30.

    Raises:
        ValueError: another width; says what was found.
    """
    width = values.shape[1]
    each = 6 if width in (12, 30) else 3
    order = POSE_JOINTS.get(width // each) if width % each == 0 else None
    if order is None:
        raise ValueError(f"{width} numbers a frame")
    return order, rotations(values, len(order))


def folded(pose: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Global rotation and jaw [T, 6] of all joints [T, 5, 3]: the neck's rotation is joined to the global one.

    The head then looks where it did, turned about the root instead of the neck; the eyes' rotation is lost.
    """
    turned = rotation_matrices(pose)
    head = rotation_vectors(turned[:, ROOT] @ turned[:, NECK])
    return np.asarray(np.concatenate([head, np.asarray(pose)[:, JAW]], axis=1), np.float32)


def empty_pose(frames: int) -> NDArray[np.float64]:
    """The rest pose [T, 5, 3]."""
    return np.zeros((frames, len(JOINTS), 3))
