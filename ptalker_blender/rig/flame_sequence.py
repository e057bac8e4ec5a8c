"""FLAME parameters of a vertex sequence: what a mesh with FLAME's vertices does, however it is rigged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .flame_controls import FlameFit, residual_of, skin_emphasis
from .flame_file import JOINTS, N_VERTICES, FlameModel
from .flame_landmarks import flame_regions
from .flame_pose import pose_flame
from .flame_rotations import rotation_vectors
from .flame_track import EYE_LEFT, EYE_RIGHT, JAW, NECK, FlameTrack
from .solve import DEFAULT, Options
from .solving.flame import solve_flame
from .solving.motions import Offsets
from .solving.rigid import fit_similarity

Floats = NDArray[np.floating[Any]]

_ROUNDS = 3  # of head motion and face in turn; a fourth changes hundredths of a millimetre
_CHUNK = 128  # frames whose vertices are computed at once
_SIZES = 1.3  # heads differ by less in size
_TILTS = np.radians(10.0)  # and by less in how they are held
_OTHER_SHAPE = 0.4  # relative misfit above which a mesh is not a head in FLAME's order


def flame_from_vertices(
    sequence: Floats,
    rest: Floats,
    model: FlameModel,
    fps: float,
    components: int | None = None,
    options: Options = DEFAULT,
) -> FlameFit:
    """Expression, jaw, eyes and head of a sequence.

    The identity is the mesh's own: FLAME's expression and joints are laid on ``rest`` as they are, and the track's
    shape is empty. The head's rotation is that of scalp and ears, as the neck's; where the head goes is left out.

    Args:
        sequence: [T, 5023, 3] in FLAME's order, in any unit, turned and placed anywhere, the same for all frames.
        rest: [5023, 3], the same mesh at rest.
        model: the user's.
        fps: frames per second.
        components: at most so many expression components are used; None for all.
        options: see :mod:`.solve`.

    Raises:
        UserError: the vertices are not FLAME's in FLAME's order.
        ValueError: arrays that do not fit.
    """
    if rest.shape != (N_VERTICES, 3) or sequence.shape[1:] != rest.shape or not len(sequence):
        raise ValueError(f"a sequence {sequence.shape} of a mesh {rest.shape}")
    laid = fit_similarity(rest[None], model.v_template, scaled=True)
    if laid.misfit[0] > _OTHER_SHAPE:
        raise UserError(
            f"the mesh is no FLAME head (off by {laid.misfit[0]:.0%} of its size)", "FLAME's vertices in its order",
            "recognise the mesh first",
        )  # fmt: skip
    scaled = (_unit(laid.scale[0]) * _axes(laid.rotation[0]).T).astype(np.float32)
    placed = np.asarray(rest @ scaled + laid.translation[0], np.float32)
    moved = np.asarray(sequence @ scaled + laid.translation[0].astype(np.float32), np.float32)
    own = replace(model, v_template=placed, shapedirs=model.shapedirs[:, :, :0])
    regions = flame_regions()
    still = np.concatenate([regions["scalp"], regions["ears"]])
    pose = np.zeros((len(sequence), len(JOINTS), 3))
    expected = np.broadcast_to(placed[still], (len(sequence), len(still), 3))
    for _ in range(_ROUNDS):
        held, turned = _held(moved, still, expected)
        solved = solve_flame(Offsets(held - placed), own, None, components, None, skin_emphasis(), options)
        pose[:, JAW] = solved.jaw
        expected = _expected(own, solved.expression, pose, still)
    pose[:, NECK] = turned
    for joint, side in ((EYE_LEFT, "left"), (EYE_RIGHT, "right")):
        ball = regions[f"eyeball_{side}"]
        turned = fit_similarity(held[:, ball], placed[ball], scaled=False).rotation
        pose[:, joint] = rotation_vectors(np.swapaxes(turned, 1, 2))
    track = FlameTrack(
        solved.expression.astype(np.float32), pose.astype(np.float32), np.zeros(0, np.float32), fps, "",
        ("the identity is the mesh's own and not in the track",),
    )  # fmt: skip
    return FlameFit(track, residual_of(solved.solution), solved.solution.converged)


def _held(
    moved: NDArray[np.float32], still: NDArray[np.int32], expected: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The sequence with the vertices ``still`` laid where they are expected, and the head's rotation vectors [T, 3]."""
    held, turned = np.empty_like(moved), np.empty((len(moved), 3))
    for frame, (points, goal) in enumerate(zip(moved, expected, strict=True)):
        fit = fit_similarity(points[None, still], goal, scaled=False)
        held[frame] = points @ fit.rotation[0].T + fit.translation[0]
        turned[frame] = rotation_vectors(fit.rotation[0].T)
    return held, turned


def _expected(
    model: FlameModel, expression: Floats, pose: NDArray[np.float64], still: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Where expression and jaw put the vertices ``still``, [T, n, 3]: the model's correctives move even the scalp."""
    parts = range(0, len(pose), _CHUNK)
    posed = [pose_flame(model, None, expression[k : k + _CHUNK], pose[k : k + _CHUNK])[:, still] for k in parts]
    return np.concatenate(posed)


def _unit(scale: float) -> float:
    """The power of ten next to a scale: millimetres to metres, not a large head to a small one."""
    unit = 10.0 ** round(np.log10(scale))
    return unit if max(unit / scale, scale / unit) < _SIZES else scale


def _axes(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotation of whole axes next to a rotation: z up to y up, not one head's tilt to another's."""
    whole = np.rint(rotation)
    proper = np.array_equal(whole @ whole.T, np.eye(3)) and np.linalg.det(whole) > 0
    near = proper and np.linalg.norm(rotation_vectors(rotation @ whole.T)) < _TILTS
    return whole if near else rotation
