"""All vertex metrics of a predicted sequence, and of many together; docs/datasets.md has the protocols."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import AudioClip
from ..corpus.phones import PhoneSegment
from .closures import ClosureScore, pool
from .metrics_beats import BeatScore, score_beats
from .metrics_closures import score_closures
from .metrics_style import StyleEncoder, style_cosine
from .metrics_vertices import (
    distances,
    dynamics_deviation,
    face_vertex_error,
    gap,
    jitter,
    lip_vertex_error,
)
from .metrics_warping import lip_warping_distance
from .vertices_regions import Regions

Vertices = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class VertexScore:
    """Figures of one sequence or, pooled, of several; lengths in the vertices' unit, squares in its square.

    None where something needed was not given (neutral mesh, region, sound, encoder) or a clip is too short.

    Attributes:
        frames: compared.
        clips: how many sequences.
        fps: frames per second.
        lve_squared: LVE as released, and
        lve: of plain distances.
        fve_squared: FVE as Mimic has it, and
        fve: of plain distances.
        fdd_signed: FDD as released: truth less prediction, which cancels.
        fdd: the same of absolute differences per vertex, which does not.
        fdd_distance: ``fdd`` of plain distances.
        ldd: as ``fdd`` on the lips (Mimic), and
        ldd_distance: of plain distances.
        ldtw: LDTW.
        jitter: of the lips, unit per frame cubed; and
        jitter_truth: of the truth's.
        scs: cosine of the style codes of prediction and truth.
        closures: see ``metrics_closures``.
        beats: of the prediction, and
        beats_truth: of the truth.
    """

    frames: int
    clips: int
    fps: float
    lve_squared: float
    lve: float
    fve_squared: float
    fve: float
    fdd_signed: float | None
    fdd: float | None
    fdd_distance: float | None
    ldd: float | None
    ldd_distance: float | None
    ldtw: float
    jitter: float | None
    jitter_truth: float | None
    scs: float | None
    closures: ClosureScore | None
    beats: BeatScore | None
    beats_truth: BeatScore | None


# By frames where the released code takes the mean over the frames of all sequences, else by sequences.
BY_FRAMES = ("lve_squared", "lve", "fve_squared", "fve", "jitter", "jitter_truth")
BY_CLIPS = ("fdd_signed", "fdd", "fdd_distance", "ldd", "ldd_distance", "ldtw", "scs")


def score_pair(
    predicted: Vertices,
    truth: Vertices,
    regions: Regions,
    fps: float,
    *,
    rest: NDArray[np.floating[Any]] | None = None,
    audio: AudioClip | None = None,
    segments: Sequence[PhoneSegment] | None = None,
    encode: StyleEncoder | None = None,
    metres: float = 1.0,
) -> VertexScore:
    """Every metric of one sequence.

    Args:
        predicted: [T, V, 3], absolute positions.
        truth: the same of the recording.
        regions: see :mod:`.vertices_regions`.
        fps: of both.
        rest: [V, 3] neutral mesh of the performer; FDD, LDD, closures and SCS need it.
        audio: beginning with the motion; beats need it.
        segments: the clip's phones; without them closures are held against the truth's.
        encode: style encoder on offsets [T, 3V]; SCS needs it.
        metres: of one unit of the vertices; only closures depend on it (a mouth that opens by under a micrometre).

    Raises:
        ValueError: sequences of different shapes, or a rest of another.
    """
    if rest is not None and rest.shape != truth.shape[1:]:
        raise ValueError(f"a neutral mesh of shape {rest.shape} for vertices {truth.shape}")
    lips = regions.lips
    everything = regions.face if len(regions.face) else np.arange(truth.shape[1], dtype=np.int32)
    worst, mean = (
        lip_vertex_error(distances(predicted, truth, lips)), face_vertex_error(distances(predicted, truth, everything))
    )  # fmt: skip
    upper, lower = _dynamics(predicted, truth, regions.upper, rest), _dynamics(predicted, truth, lips, rest)
    return VertexScore(
        len(truth), 1, fps, *worst, *mean, *upper, *lower[1:],
        ldtw=lip_warping_distance(predicted[:, lips], truth[:, lips]),
        jitter=jitter(predicted[:, lips]),
        jitter_truth=jitter(truth[:, lips]),
        scs=None if encode is None or rest is None else _manner(encode, predicted, truth, rest),
        closures=None if rest is None else _closures(predicted, truth, regions, fps, rest, segments, metres),
        beats=None if audio is None else score_beats(predicted[:, lips], fps, audio),
        beats_truth=None if audio is None else score_beats(truth[:, lips], fps, audio),
    )  # fmt: skip


def pool_scores(scores: Iterable[VertexScore]) -> VertexScore:
    """One score of several sequences.

    LVE, FVE and jitter are means over all frames, as released; FDD, LDD, LDTW and SCS means over the sequences that
    have them; closures and beats are pooled counts. The unsigned FDD is absolute before either mean.

    Raises:
        ValueError: no scores, or different frame rates (jitter and beats depend on them).
    """
    each = tuple(scores)
    if not each or len({score.fps for score in each}) > 1:
        raise ValueError(f"{len(each)} scores at {sorted({score.fps for score in each})} frames per second")
    frames = [score.frames for score in each]
    means = {name: _mean([getattr(score, name) for score in each], frames) for name in BY_FRAMES}
    means |= {
        name: _mean([getattr(score, name) for score in each], [score.clips for score in each]) for name in BY_CLIPS
    }
    closures = [score.closures for score in each if score.closures is not None]
    return VertexScore(
        frames=sum(frames),
        clips=sum(score.clips for score in each),
        fps=each[0].fps,
        closures=pool(closures) if closures else None,
        beats=_sum([score.beats for score in each]),
        beats_truth=_sum([score.beats_truth for score in each]),
        **means,
    )


def _dynamics(
    predicted: Vertices, truth: Vertices, ids: NDArray[np.int32], rest: NDArray[np.floating[Any]] | None
) -> tuple[float | None, float | None, float | None]:
    """(signed squared, unsigned squared, unsigned plain) deviation of the dynamics of some vertices."""
    if rest is None or not len(ids):
        return None, None, None
    offsets = [np.subtract(sequence[:, ids], rest[ids], dtype=np.float64) for sequence in (predicted, truth)]
    signed, unsigned = dynamics_deviation(offsets[0], offsets[1], squared=True)
    return signed, unsigned, dynamics_deviation(offsets[0], offsets[1], squared=False)[1]


def _manner(encode: StyleEncoder, predicted: Vertices, truth: Vertices, rest: NDArray[np.floating[Any]]) -> float:
    flat = [(sequence - rest).reshape(len(sequence), -1) for sequence in (predicted, truth)]
    return style_cosine(encode, flat[0], flat[1])


def _closures(
    predicted: Vertices,
    truth: Vertices,
    regions: Regions,
    fps: float,
    rest: NDArray[np.floating[Any]],
    segments: Sequence[PhoneSegment] | None,
    metres: float,
) -> ClosureScore | None:
    if not len(regions.inner_upper):
        return None
    gaps = [
        metres * gap(vertices, regions.inner_upper, regions.inner_lower, regions.up)
        for vertices in (predicted, truth, np.asarray(rest)[None])
    ]
    return score_closures(gaps[0], gaps[1], fps, float(gaps[2][0]), segments)


def _mean(values: Sequence[float | None], weights: Sequence[int]) -> Any:
    given = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    if not given:
        return None
    return math.fsum(value * weight for value, weight in given) / sum(weight for _, weight in given)


def _sum(scores: Sequence[BeatScore | None]) -> BeatScore | None:
    given = [score for score in scores if score is not None]
    return sum(given, BeatScore()) if given else None
