"""Our controls as FLAME's expression and joints, and back.

A head's 52 keys, built on FLAME's vertices, say what a control looks like. Controls become the expression coefficients
and the jaw's rotation whose articulated model comes near (:mod:`.solving.flame`); eyeLook controls become eye
rotations, head angles the neck's. FLAME becomes the controls, each 0 to 1, whose keys come nearest. Both are
regularised and smooth in time as :mod:`.solve` describes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import BLENDSHAPES, INDEX, N_BLENDSHAPES
from ..motion.motion import Motion
from .flame_export import require_components
from .flame_file import JOINTS, N_VERTICES, FlameModel
from .flame_gaze import LOOK_CONTROLS, controls_from_eyes, eyes_from_controls, full_angles
from .flame_landmarks import flame_regions
from .flame_pose import pose_flame, rotation_matrices
from .flame_rotations import angle_matrices, continuous_angles, mean_rotation, rotation_vectors
from .flame_track import EYE_LEFT, EYE_RIGHT, JAW, NECK, ROOT, FlameTrack
from .solve import DEFAULT, Options, Solution, solve_motion
from .solving.flame import solve_flame
from .solving.motions import MixedKeys
from .solving.residual import Residual
from .solving.retarget import flame_emphasis

Floats = NDArray[np.floating[Any]]
Doubles = NDArray[np.float64]

POSED = 0.6  # radians: a head that looks further aside than this on average was filmed so, and that is taken out
_FRAMES = 128  # whose vertices are computed at once


@dataclass(frozen=True)
class FlameFit:
    """A motion as FLAME parameters, and what FLAME cannot follow of it.

    Attributes:
        track: at the motion's rate.
        residual: on the skin, see ``solving.residual``; the eyeballs, which turn by themselves, do not count.
        converged: whether the solver came within its tolerance.
    """

    track: FlameTrack
    residual: Residual
    converged: bool


@dataclass(frozen=True)
class ControlsFit:
    """A track as a motion, and what the 52 keys cannot follow of it.

    Attributes:
        motion: at the track's rate.
        residual: as in :class:`FlameFit`.
        converged: as there.
        notes: what was assumed, a sentence each.
    """

    motion: Motion
    residual: Residual
    converged: bool
    notes: tuple[str, ...] = ()


def flame_from_controls(
    motion: Motion,
    model: FlameModel,
    key_deltas: Floats,
    betas: Floats | None = None,
    components: int | None = None,
    options: Options = DEFAULT,
    driven: tuple[Floats, Floats] | None = None,
) -> FlameFit:
    """FLAME parameters that move a FLAME head as the controls do.

    Args:
        motion: at any rate.
        model: see ``flame_file``; without expression components the jaw alone follows.
        key_deltas: [52, 5023, 3], what the keys of ``BLENDSHAPES`` do to a FLAME head at weight 1, metres.
        betas: identity coefficients [n] of that head; they become the track's.
        components: at most so many expression components are used; None for all.
        options: smoothness, ridge and tolerance, relative to what each component moves (see :mod:`.solve`).
        driven: further keys [K, 5023, 3] and their weights [T, K], such as the corrective of an opening jaw.

    Raises:
        ValueError: arrays of other shapes.
    """
    _check_keys(key_deltas)
    betas = np.zeros(0, np.float32) if betas is None else np.asarray(betas, np.float32)
    keys, controls = np.asarray(key_deltas), motion.values[:, :N_BLENDSHAPES]
    if driven is not None:
        keys, controls = np.concatenate([keys, driven[0]]), np.concatenate([controls, driven[1]], axis=1)
    solved = solve_flame(MixedKeys(keys, controls), model, betas, components, None, skin_emphasis(), options)
    pose = np.zeros((len(controls), len(JOINTS), 3))
    pose[:, JAW] = solved.jaw
    angles = full_angles(pose_flame(model, betas), np.asarray(key_deltas))
    pose[:, [EYE_LEFT, EYE_RIGHT]] = eyes_from_controls(motion.values, angles)
    pose[:, NECK] = rotation_vectors(angle_matrices(motion.values[:, N_BLENDSHAPES:]))
    track = FlameTrack(solved.expression.astype(np.float32), pose.astype(np.float32), betas, motion.fps)
    return FlameFit(track, residual_of(solved.solution), solved.solution.converged)


def controls_from_flame(
    track: FlameTrack, model: FlameModel, key_deltas: Floats, options: Options = DEFAULT
) -> ControlsFit:
    """Controls that move a head's keys as FLAME moves.

    Args:
        track: its expression, jaw, eyes and head's rotation (global and neck together) are used; of its identity only
            what displacements depend on.
        model: the file the track's coefficients belong to.
        key_deltas: [52, 5023, 3], what the keys of ``BLENDSHAPES`` do to a FLAME head at weight 1, metres.
        options: see :mod:`.solve`.

    Raises:
        UserError: the track uses components that the model does not have.
        ValueError: arrays of other shapes.
    """
    _check_keys(key_deltas)
    require_components(model, track)
    deltas = np.asarray(key_deltas, np.float32)
    turned = rotation_matrices(track.pose)
    expression = track.expression[:, : model.expression_dirs.shape[2]]
    pose = np.zeros_like(track.pose)
    pose[:, JAW] = track.pose[:, JAW]  # gaze is taken from the joints themselves
    wanted = _Displaced(model, track.shape[: model.shapedirs.shape[2]], expression, pose)
    looks = controls_from_eyes(turned[:, [EYE_LEFT, EYE_RIGHT]], full_angles(wanted.rest, deltas))
    ranges = np.tile([0.0, 1.0], (N_BLENDSHAPES, 1))
    free = [k for k, name in enumerate(BLENDSHAPES) if name not in LOOK_CONTROLS]
    fixed = np.array([INDEX[name] for name in LOOK_CONTROLS])
    gaze = np.stack([looks[name] for name in LOOK_CONTROLS], axis=1).astype(np.float32)
    remaining = _Without(wanted, deltas[fixed], gaze)
    solution = solve_motion(deltas[free], remaining, ranges[free], skin_emphasis(), options)
    angles, notes = head_angles(turned[:, ROOT] @ turned[:, NECK])
    values = np.zeros((track.frames, len(INDEX)), np.float32)
    values[:, free] = solution.weights
    values[:, fixed] = gaze
    values[:, N_BLENDSHAPES:] = angles
    return ControlsFit(Motion(values, track.fps), residual_of(solution), solution.converged, notes)


def head_angles(matrices: Doubles) -> tuple[Doubles, tuple[str, ...]]:
    """(pitch, yaw, roll) [T, 3] of a head's rotation [T, 3, 3], without jumps.

    Trackers give the rotation in the camera's axes, so that a head that looks ahead may stand on its own: where the
    mean is further than ``POSED`` from rest, rotations are counted from the mean, which a note says.
    """
    mean = mean_rotation(matrices)
    away = float(np.linalg.norm(rotation_vectors(mean)))
    if away <= POSED:
        return continuous_angles(matrices), ()
    note = f"the head looks {np.degrees(away):.0f} degrees aside on average, as in a camera's axes: counted from there"
    return continuous_angles(mean.T @ matrices), (note,)


def residual_of(solution: Solution) -> Residual:
    """What a solution misses, apart from its weights."""
    return Residual(solution.residual_mm, solution.worst_mm, solution.unexplained_percent)


def skin_emphasis() -> Doubles:
    """Vertex weights: lips above the rest of the skin; eyeballs turn by themselves and do not count."""
    weights = np.zeros(N_VERTICES)
    skin = flame_regions()["skin"]
    weights[skin] = flame_emphasis()[skin]
    return weights


def _check_keys(key_deltas: Floats) -> None:
    if np.shape(key_deltas) != (N_BLENDSHAPES, N_VERTICES, 3):
        raise ValueError(f"key deltas must be [{N_BLENDSHAPES}, {N_VERTICES}, 3], got {np.shape(key_deltas)}")


class _Displaced:
    """Displacements of a posed FLAME head from its rest, computed a few frames at a time (``motions.WantedMotion``)."""

    def __init__(self, model: FlameModel, betas: Floats, expression: Floats, pose: Floats) -> None:
        self._model, self._betas, self._expression, self._pose = model, betas, expression, pose
        self.rest = pose_flame(model, betas)

    @property
    def n_frames(self) -> int:
        return len(self._pose)

    @property
    def n_vertices(self) -> int:
        return N_VERTICES

    def check(self) -> None:
        if not (np.isfinite(self._expression).all() and np.isfinite(self._pose).all()):
            raise ValueError("a track must be finite")

    def moved(self) -> NDArray[np.bool_]:
        return np.ones(N_VERTICES, np.bool_)

    def parts(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Frames and their displacements [n, 5023, 3]."""
        for first in range(0, self.n_frames, _FRAMES):
            part = slice(first, min(first + _FRAMES, self.n_frames))
            yield part, pose_flame(self._model, self._betas, self._expression[part], self._pose[part]) - self.rest

    def products(self, flat: Doubles, counted: NDArray[np.intp]) -> Doubles:
        result = np.empty((self.n_frames, len(flat)))
        for part, moved in self.chunks(counted):
            result[part] = moved @ flat.T
        return result

    def chunks(self, counted: NDArray[np.intp]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        for part, moved in self.parts():
            yield part, moved[:, counted].reshape(len(moved), -1)


class _Without(_Displaced):
    """A motion less what keys [C, V, 3] at weights [T, C] do to it."""

    def __init__(self, motion: _Displaced, keys: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
        self._motion, self._keys, self._weights = motion, keys.reshape(len(keys), -1), weights
        self.rest = motion.rest

    @property
    def n_frames(self) -> int:
        return self._motion.n_frames

    def check(self) -> None:
        self._motion.check()

    def parts(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        for part, moved in self._motion.parts():
            yield part, moved - (self._weights[part] @ self._keys).reshape(moved.shape)
