"""Motion into FLAME's own parameters: expression coefficients and the jaw's rotation, which is no straight line.

The model is split into straight keys (:func:`.retarget.keyed_flame`) and what is curved about it: the jaw's arc, its
pose correctives, and expressions that ride on the jaw. The straight part is solved for the motion less the curved part
of the weights before, again and again (a deferred correction). Each round leaves about as many tenths of the curved
part as the jaw is open in tenths of a radian.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..flame_file import JOINTS, N_VERTICES, FlameModel
from ..flame_pose import rotation_matrices
from ..solve import DEFAULT, Options, Solution
from .motions import WantedMotion
from .prepared import prepare
from .residual import measure
from .retarget import KeyedMesh, keyed_flame

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ids = NDArray[np.intp]

_JAW = JOINTS.index("jaw")
_STILL_RADIANS = 1e-4  # 0.01 mm at the chin
_MAX_ROUNDS = 20
_CHUNK = 128  # frames


@dataclass(frozen=True)
class FlameSolution:
    """FLAME's parameters of a motion.

    Attributes:
        expression: float64 [T, E], coefficients.
        jaw: float64 [T, 3], rotation vectors relative to the neck, radians.
        solution: both side by side as weights [T, E + 3], with what the *curved* model misses. It has converged where
            every bounded solve did and the last round moved the jaw by less than 1e-4 rad.
        rounds: how often the straight part was solved.
    """

    expression: Floats
    jaw: Floats
    solution: Solution
    rounds: int


def solve_flame(
    wanted: WantedMotion,
    model: FlameModel,
    betas: Array | None = None,
    components: int | None = None,
    ranges: Array | None = None,
    vertex_weights: Array | None = None,
    options: Options = DEFAULT,
) -> FlameSolution:
    """Parameters that move an identity of ``model`` as wanted.

    Args:
        wanted: displacements of FLAME's 5,023 vertices, metres, in the model's axes, head motion excluded:
            ``MixedKeys`` of 52 keys on this identity and their controls, or ``Offsets`` of a sequence.
        model: see :class:`..flame_file.FlameModel`.
        betas: identity coefficients [n].
        components: how many expression components to use; None for all.
        ranges: [E + 3, 2], of the coefficients and of the jaw's three angles; None for no bounds.
        vertex_weights: [5023], see :func:`.retarget.flame_emphasis`.
        options: see :class:`ptalker_blender.rig.solve.Options`.

    Raises:
        ValueError: as :func:`ptalker_blender.rig.solve.solve_offsets`.
    """
    if wanted.n_vertices != N_VERTICES:
        raise ValueError(f"a motion of {wanted.n_vertices} vertices instead of FLAME's {N_VERTICES}")
    wanted.check()
    mesh = keyed_flame(model, betas, components)
    rig = prepare(mesh.key_deltas, wanted, ranges, vertex_weights)
    curve = _Curve.of(model, mesh, rig.counted)
    straight, weighed = rig.products(wanted), rig.weighed()
    weights, moved, rounds = np.zeros_like(straight), np.inf, 0
    iterations, converged = 0, True
    while moved > _STILL_RADIANS and rounds < _MAX_ROUNDS:
        before = weights
        weights, steps, reached = rig.solve(
            straight - curve.products(before, weighed),
            options.smoothness, options.ridge, options.tolerance, options.max_iterations,
        )  # fmt: skip
        iterations, converged = iterations + steps, converged and reached
        moved = float(np.abs(weights - before)[:, -3:].max(initial=0.0))
        rounds += 1
    single, flat = weights.astype(np.float32), rig.flat.astype(np.float32)
    missed = measure(wanted, rig.counted, lambda part: single[part] @ flat + curve.by_vertex(weights[part]))
    converged = converged and moved <= _STILL_RADIANS
    solution = Solution(weights, missed.rms_mm, missed.worst_mm, missed.energy_percent, iterations, converged)
    return FlameSolution(weights[:, :-3], weights[:, -3:], solution, rounds)


@dataclass(frozen=True)
class _Curve:
    """The model's displacements less the straight keys', of n vertices; all other joints at rest.

    With R the jaw's rotation, J its joint, p the rest, e the expression and c the pose correctives, a vertex that
    follows the jaw by w goes to p + e + c + w (R - 1)(p + e + c - J); J moves with e.
    """

    follow: Singles  # w, [n]
    swung: Singles  # [12, 3 n]: by the entries of (R - 1) the correctives and w (p - J); by the angles the straight jaw
    riding: Singles  # [E + 9, 3 n]: e less the move of J; by the entries of (R - 1) the correctives

    @classmethod
    def of(cls, model: FlameModel, mesh: KeyedMesh, counted: Ids) -> _Curve:
        follow, regressor = model.weights[counted, _JAW], model.j_regressor[_JAW]
        expression = mesh.key_deltas[:-3]
        relative = expression[:, counted] - np.einsum("v,evi->ei", regressor, expression)[:, None]
        # The four blocks of nine are those of all joints but the root.
        correctives = model.posedirs[counted][:, :, 9 * (_JAW - 1) : 9 * _JAW].transpose(2, 0, 1)
        arms = follow[:, None] * (mesh.vertices[counted] - regressor @ mesh.vertices)
        # Entry (i, j) of (R - 1) moves axis i by coordinate j of the arm.
        swings = np.einsum("ik,vj->kjvi", np.eye(3), arms).reshape(9, -1, 3)
        return cls(
            np.asarray(follow, np.float32),
            _by_axis(np.concatenate([correctives + swings, -mesh.key_deltas[-3:, counted]])),
            _by_axis(np.concatenate([relative, correctives])),
        )

    def __call__(self, weights: Floats) -> Singles:
        """The curved part under weights [T, E + 3], float32 [T, 3 n], axis by axis."""
        single, turns = weights.astype(np.float32), rotation_matrices(weights[:, -3:]) - np.eye(3)
        entries = turns.reshape(-1, 9).astype(np.float32)
        riding = np.concatenate([single[:, :-3], entries], axis=1) @ self.riding
        curved = np.concatenate([entries, single[:, -3:]], axis=1) @ self.swung
        moved = turns.astype(np.float32) @ riding.reshape(len(weights), 3, -1)
        moved *= self.follow
        curved += moved.reshape(curved.shape)
        return curved

    def by_vertex(self, weights: Floats) -> Singles:
        """The same, vertex by vertex."""
        return self(weights).reshape(len(weights), 3, -1).transpose(0, 2, 1).reshape(len(weights), -1)

    def products(self, weights: Floats, weighed: Floats) -> Floats:
        """Products [T, K] of the curved part with the rows ``weighed`` [K, 3 n]."""
        rows, result = _by_axis(weighed.reshape(len(weighed), -1, 3)).T, np.zeros((len(weights), len(weighed)))
        for start in range(0, len(weights), _CHUNK):
            part = slice(start, start + _CHUNK)
            result[part] = self(weights[part]) @ rows
        return result


def _by_axis(displacements: NDArray[np.floating[Any]]) -> Singles:
    """[K, n, 3] as rows [K, 3 n] with all x first: what matrices and rotations multiply fastest."""
    return np.ascontiguousarray(displacements.transpose(0, 2, 1), np.float32).reshape(len(displacements), -1)
