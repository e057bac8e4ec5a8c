"""The motion of a FLAME mesh as our 55 controls: what its vertices do, however they were made.

The 52 keys are built on the mesh at rest (:mod:`.flame_keys`) and solved for (:mod:`.solve`) after the head's own
motion, that of scalp and ears, was taken out; it becomes the head's angles. Where each eyeball looks gives the gaze.
Needs scipy, so it runs in the worker and the command line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..motion.controls import BLENDSHAPES, INDEX, N_BLENDSHAPES
from ..motion.motion import Motion
from .canonical import CanonicalFrame
from .flame_controls import ControlsFit, head_angles, residual_of, skin_emphasis
from .flame_file import N_VERTICES
from .flame_gaze import LOOK_CONTROLS, controls_from_eyes, full_angles
from .flame_jaw import CORRECTIVE, corrective_weight
from .flame_keys import build_flame_keys
from .flame_landmarks import flame_landmarks, flame_regions
from .flame_mesh import canonical_mesh
from .head import Head
from .keying.build import Progress
from .solve import DEFAULT, Options, Solution, solve_offsets
from .solving.rigid import fit_similarity

Floats = NDArray[np.floating[Any]]
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]

MAX_FRAMES = 15_000  # ten minutes at 25 frames a second; 60 kB each, held a few times over
CLOSED, AWAKE = 0.1, 0.5  # shares of the frames: the most closed mouths, and of those the most open eyes
_STILL = 1e-5  # of the head's size: two thousandths of a millimetre
_ROUNDS = 3  # of the jaw's key and its arc; each leaves about a tenth of what the one before did
_EVERY = np.arange(N_VERTICES)
_LIPS = (("inner_lip_upper", "inner_lip_lower"),)
_LIDS = tuple((f"lid_upper_{side}", f"lid_lower_{side}") for side in ("left", "right"))


def controls_from_vertices(
    known: Head,
    sequence: Floats,
    faces: NDArray[np.integer[Any]],
    fps: float,
    rest: Floats | None = None,
    progress: Progress | None = None,
    options: Options = DEFAULT,
) -> ControlsFit:
    """Controls that move a FLAME mesh as it moved.

    Args:
        known: the head whose keys are carried over to the mesh.
        sequence: [T, 5023, 3] in FLAME's order, in any unit and axes, the same for all frames.
        faces: FLAME's triangles [9976, 3].
        fps: frames per second.
        rest: [5023, 3], the same mesh at rest; None: :func:`rest_of` guesses it.
        progress: told what is being done and how much of it is done, 0..1.
        options: see :mod:`.solve`.

    Raises:
        UserError: too long, not numbers, without any motion, mirrored, or not FLAME's shape.
        ValueError: arrays that do not fit.
    """
    if sequence.ndim != 3 or sequence.shape[1:] != (N_VERTICES, 3) or not len(sequence):
        raise ValueError(f"a sequence of shape {sequence.shape}")
    _check(sequence)
    tell = progress or (lambda _what, _done: None)
    known_rest = rest_of(sequence) if rest is None else np.asarray(rest, np.float64)
    frame, placed, moved = _placed(known, sequence, known_rest, faces)
    tell("keys", 0.0)
    built = build_flame_keys(known, placed, faces, lambda _what, done: tell("keys", done))
    rows = [built.names.index(name) if name in built.names else -1 for name in BLENDSHAPES]
    deltas = np.stack([built.deltas[row] if row >= 0 else np.zeros_like(built.deltas[0]) for row in rows])
    arc = built.deltas[built.names.index(CORRECTIVE)]
    tell("solving", 0.0)
    held, turned = _held(moved, placed)
    values = np.zeros((len(moved), len(INDEX)), np.float32)
    _look(values, held, placed, deltas)
    solution = _solve(values, held - placed.astype(np.float32), deltas, arc, options)
    angles, notes = head_angles(turned)
    values[:, N_BLENDSHAPES:] = angles
    tell("solving", 1.0)
    # Residuals are measured at the default head's size, and given at the mesh's own in metres.
    scale = frame.unit / frame.scale
    missed = residual_of(solution)
    own = type(missed)(missed.rms_mm * scale, missed.worst_mm * scale, missed.energy_percent)
    return ControlsFit(Motion(values, fps), own, solution.converged, notes)


def rest_of(sequence: Floats) -> Doubles:
    """A guess of the mesh at rest [5023, 3] of a sequence [T, 5023, 3]: mouth closed, eyes open.

    The mean of the frames with the most closed lips, of those with the wider open eyes, laid on each other by scalp
    and ears: what single sounds do to a closed mouth differs and cancels.
    """
    mouth, eyes = _gap(sequence, _LIPS), _gap(sequence, _LIDS)
    closed = np.flatnonzero(mouth <= np.quantile(mouth, CLOSED))
    chosen = closed[eyes[closed] >= np.quantile(eyes[closed], AWAKE)]
    points = np.asarray(sequence[chosen], np.float64)
    still = _still()
    fit = fit_similarity(points[:, still], points[0, still], scaled=False)
    laid = points @ np.swapaxes(fit.rotation, 1, 2) + fit.translation[:, None]
    return np.asarray(laid.mean(axis=0), np.float64)


def _check(sequence: Floats) -> None:
    if len(sequence) > MAX_FRAMES:
        raise UserError(
            f"{len(sequence):,} frames of vertices", f"at most {MAX_FRAMES:,}", "cut the part whose manner is wanted"
        )
    if not np.isfinite(sequence).all():
        raise UserError("the vertices hold NaN or infinite values", "numbers", "export the sequence again")
    size = np.ptp(sequence[0], axis=0).max()
    if len(sequence) < 2 or np.ptp(sequence, axis=0).max() <= _STILL * size:
        raise UserError("the vertices do not move", "a performance", "choose another sequence or range")


def _placed(
    known: Head, sequence: Floats, rest: Doubles, faces: NDArray[np.integer[Any]]
) -> tuple[CanonicalFrame, Doubles, Singles]:
    """The frame that takes the mesh to our default head's place and size; rest and sequence there."""
    polygons = (np.asarray(faces, np.int32).ravel(), np.full(len(faces), 3, np.int32))
    mesh, frame = canonical_mesh(known, rest, polygons, _EVERY)
    if frame.mirrored:
        raise UserError(
            "the vertices are the mirror image of a FLAME face", "left on its left", "negate one axis of the sequence"
        )
    linear, shift = (frame.scale * frame.rotation.T).astype(np.float32), frame.shift.astype(np.float32)
    return frame, mesh.points, np.asarray(np.asarray(sequence, np.float32) @ linear + shift, np.float32)


def _held(moved: Singles, rest: Doubles) -> tuple[Singles, Doubles]:
    """The sequence with scalp and ears laid on those at rest, and the head's rotation [T, 3, 3]."""
    still = _still()
    fit = fit_similarity(moved[:, still], rest[still], scaled=False)
    held = np.empty_like(moved)
    for frame, (rotation, translation) in enumerate(zip(fit.rotation, fit.translation, strict=True)):
        held[frame] = moved[frame] @ rotation.T + translation
    return held, np.swapaxes(fit.rotation, 1, 2)


def _look(values: Singles, held: Singles, rest: Doubles, deltas: Singles) -> None:
    """Fill in the gaze: each eyeball turns by itself."""
    balls = [flame_regions()[f"eyeball_{side}"] for side in ("left", "right")]
    turned = [fit_similarity(held[:, ball], rest[ball], scaled=False).rotation for ball in balls]
    looks = controls_from_eyes(np.swapaxes(np.stack(turned, axis=1), 2, 3), full_angles(rest, deltas))
    for name in LOOK_CONTROLS:
        values[:, INDEX[name]] = looks[name]


def _solve(values: Singles, offsets: Singles, deltas: Singles, arc: Singles, options: Options) -> Solution:
    """Fill in the other blendshapes; ``offsets`` [T, 5023, 3] are used up."""
    fixed = [INDEX[name] for name in LOOK_CONTROLS]
    free = [k for k in range(N_BLENDSHAPES) if k not in fixed]
    ids = flame_regions()["skin"]
    wanted = offsets[:, ids] - np.einsum("tk,kvc->tvc", values[:, fixed], deltas[fixed][:, ids], optimize=True)
    keys, ranges, bent = deltas[free][:, ids], np.tile([0.0, 1.0], (len(free), 1)), arc[ids]
    weighed = skin_emphasis()[ids]
    added = np.zeros(len(values), np.float32)
    for _ in range(_ROUNDS):
        solution = solve_offsets(keys, wanted - added[:, None, None] * bent, ranges, weighed, options)
        values[:, free] = solution.weights
        opening, closing = values[:, INDEX["jawOpen"]], values[:, INDEX["mouthClose"]]
        added = np.asarray(corrective_weight(opening, closing), np.float32)
    return solution


def _gap(sequence: Floats, pairs: tuple[tuple[str, str], ...]) -> Doubles:
    """Mean distance [T] between the pairs of upper and lower landmarks."""
    marks = flame_landmarks()
    apart = [np.asarray(sequence[:, marks[a]], np.float64) - sequence[:, marks[b]] for a, b in pairs]
    return np.asarray(np.mean([np.linalg.norm(each, axis=2).mean(axis=1) for each in apart], axis=0), np.float64)


def _still() -> NDArray[np.int32]:
    regions = flame_regions()
    return np.concatenate([regions["scalp"], regions["ears"]])
