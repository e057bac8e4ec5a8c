"""Motion of one keyed mesh onto another of the same topology, whatever its keys are.

The two may stand and be turned anywhere and have any scale and identity: displacements are compared after the target's
mesh at rest was laid on the source's by a similarity. A target may have further vertices (eyelashes, a body), may lack
some, and may have them in another order, where the correspondence says so (:mod:`ptalker_blender.rig.topology`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ...motion.controls import INDEX
from ...motion.motion import Motion
from ..flame_file import N_VERTICES, FlameModel
from ..flame_landmarks import flame_regions
from ..flame_pose import pose_flame
from ..head import Head
from ..solve import DEFAULT, Options, Solution, solve_motion
from .motions import MixedKeys, Offsets, WantedMotion
from .rigid import fit_similarity

Array = NDArray[np.floating[Any]]

LIP_WEIGHT = 4.0  # the squared error of a lip vertex counts as much as that of four others
# Relative misfit above which two meshes are not the same. FLAME's identities at one standard deviation lie 0.04
# to 0.08 from the mean head, at three up to 0.32; vertices in any order lie 1.00 off.
_OTHER_SHAPE = 0.4
_JAW_STEP = 0.1  # radians over which the jaw's rotation is made a straight key


@dataclass(frozen=True)
class KeyedMesh:
    """A mesh at rest and its keys.

    Attributes:
        vertices: [V, 3].
        key_names: K names.
        key_deltas: [K, V, 3], displacement at weight 1, in the unit of the vertices.
        ranges: [K, 2], lowest and highest weight, infinite allowed; None for no bounds.
    """

    vertices: Array
    key_names: tuple[str, ...]
    key_deltas: Array
    ranges: Array | None = None

    def __post_init__(self) -> None:
        expected = (len(self.key_names), *self.vertices.shape)
        if self.vertices.ndim != 2 or self.vertices.shape[1] != 3 or self.key_deltas.shape != expected:
            raise ValueError(f"keys {self.key_deltas.shape} of {len(self.key_names)} names on {self.vertices.shape}")


def keyed_head(head: Head) -> KeyedMesh:
    """One of our heads as a source or as a target; its keys go from 0 to 1."""
    ranges = np.tile([0.0, 1.0], (len(head.key_names), 1))
    return KeyedMesh(head.vertices, head.key_names, head.key_deltas, ranges)


def keyed_flame(model: FlameModel, betas: Array | None = None, components: int | None = None) -> KeyedMesh:
    """A FLAME identity with its expression components and its jaw as keys; coefficients without bounds.

    Args:
        model: with expression components.
        betas: identity coefficients [n].
        components: how many of the expression components; None for all.

    Returns:
        keys ``expression_001`` ... at coefficient 1, and ``jaw_x`` (opening), ``jaw_y``, ``jaw_z``: the jaw's rotation
        vector at 1 radian, as the straight line through its first tenth. The true jaw swings on an arc: past 0.2 rad
        the line is off by millimetres.
    """
    rest = pose_flame(model, betas)
    count = model.expression_dirs.shape[2] if components is None else min(components, model.expression_dirs.shape[2])
    turned = np.zeros((3, 5, 3))
    turned[range(3), 2, range(3)] = _JAW_STEP
    jaw = (pose_flame(model, betas, pose=turned) - rest) / _JAW_STEP
    expression = np.moveaxis(model.expression_dirs[:, :, :count], 2, 0)
    names = (*(f"expression_{k + 1:03d}" for k in range(count)), "jaw_x", "jaw_y", "jaw_z")
    return KeyedMesh(rest, names, np.concatenate([expression, jaw]))


def lip_emphasis(n_vertices: int, lips: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Vertex weights [V]: ``LIP_WEIGHT`` on the lips, 1 elsewhere."""
    weights = np.ones(n_vertices)
    weights[lips] = LIP_WEIGHT
    return weights


def head_emphasis(head: Head) -> NDArray[np.float64]:
    """Vertex weights for a motion of one of our heads."""
    return lip_emphasis(len(head.vertices), head.landmarks["lips"])


def flame_emphasis() -> NDArray[np.float64]:
    """Vertex weights for a motion in FLAME's vertices."""
    return lip_emphasis(N_VERTICES, flame_regions()["lips"])


def retarget(
    source: KeyedMesh,
    motion: Motion,
    target: KeyedMesh,
    correspondence: NDArray[np.integer[Any]] | None = None,
    vertex_weights: Array | None = None,
    options: Options = DEFAULT,
) -> Solution:
    """Weights of the target's keys that move it as the controls move the source.

    Args:
        source: its keys are matched to the controls by name; in metres. Head rotation plays no part, it is no key.
        motion: controls.
        target: in any unit, anywhere.
        correspondence: [V of the target], the source's number of each vertex, -1 for further geometry, which is left
            out, as is what the target lacks; None where the order is the same.
        vertex_weights: [V of the source], see :func:`head_emphasis`.
        options: see :class:`ptalker_blender.rig.solve.Options`.

    Returns:
        weights [T, K] in the order of ``target.key_names``, at the motion's rate; residuals at the source's size.

    Raises:
        UserError: the target's vertices are not the source's.
        ValueError: arrays that do not fit, or no key of the source is a control.
    """
    rows = [k for k, name in enumerate(source.key_names) if name in INDEX]
    if not rows:
        raise ValueError("no key of the source is a control")
    values = motion.values[:, [INDEX[source.key_names[k]] for k in rows]]
    ids, keys = _brought(source.vertices, target, correspondence)
    wanted = MixedKeys(source.key_deltas[rows][:, ids], values)
    return _solved(keys, ids, wanted, target, vertex_weights, options)


def retarget_offsets(
    rest: Array,
    offsets: Array,
    target: KeyedMesh,
    correspondence: NDArray[np.integer[Any]] | None = None,
    vertex_weights: Array | None = None,
    options: Options = DEFAULT,
) -> Solution:
    """As :func:`retarget`, for displacements ``offsets`` [T, V, 3] of the mesh ``rest`` [V, 3], metres.

    Of a tracked sequence, :func:`.rigid.without_head_motion` gives them.
    """
    if offsets.ndim != 3 or offsets.shape[1:] != rest.shape:
        raise ValueError(f"offsets {offsets.shape} of a mesh {rest.shape}")
    ids, keys = _brought(rest, target, correspondence)
    return _solved(keys, ids, Offsets(offsets[:, ids]), target, vertex_weights, options)


def _solved(
    keys: Array,
    ids: NDArray[np.intp],
    wanted: WantedMotion,
    target: KeyedMesh,
    vertex_weights: Array | None,
    options: Options,
) -> Solution:
    weights = None if vertex_weights is None else np.asarray(vertex_weights)[ids]
    return solve_motion(keys, wanted, target.ranges, weights, options)


def _brought(
    rest: Array, target: KeyedMesh, correspondence: NDArray[np.integer[Any]] | None
) -> tuple[NDArray[np.intp], Array]:
    """Which of the source's vertices the target has [n], and the target's keys there on the source [K, n, 3]."""
    theirs = np.arange(len(target.vertices))
    ours = theirs if correspondence is None else np.asarray(correspondence)
    if len(ours) != len(target.vertices) or (correspondence is None and len(rest) != len(target.vertices)):
        raise _other_mesh(f"{len(target.vertices):,} vertices instead of {len(rest):,}")
    theirs = theirs[ours >= 0]
    ours = ours[theirs].astype(np.intp)
    if not len(ours) or ours.max() >= len(rest):
        raise _other_mesh("no vertices of the source" if not len(ours) else "vertices that the source does not have")
    if np.array_equal(target.vertices[theirs], rest[ours]):
        return ours, target.key_deltas[:, theirs]
    fit = fit_similarity(target.vertices[None, theirs], rest[ours], scaled=True)
    if fit.misfit[0] > _OTHER_SHAPE:
        raise _other_mesh(f"its vertices in other places (off by {fit.misfit[0]:.0%} of the head's size)")
    return ours, fit.scale[0] * (target.key_deltas[:, theirs] @ fit.rotation[0].T)


def _other_mesh(what: str) -> UserError:
    return UserError(
        f"the target has {what}",
        "a mesh with the vertices of the source, in their order or with a correspondence",
        "map the keys by name instead",
    )
