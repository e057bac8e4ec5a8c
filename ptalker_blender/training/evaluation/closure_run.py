"""The closure ruler over the labelled recordings: predictions, loudness, and tools that give mouth cues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import AudioClip
from ...motion.controls import ENGINE_FPS
from ...motion.motion import Motion
from .closures import ClosureScore, Stretch, closed_stretches, pool, score_stretches
from .loudness import centred_rms
from .recordings import LabelledClip

Predictor = Callable[[AudioClip], Motion]
Opening = Callable[[Motion], NDArray[np.float64]]
Closer = Callable[[LabelledClip], Sequence[Stretch]]
LOUDNESS_WINDOW_SECONDS = 0.100  # the strongest of 20 to 200 ms on these recordings (docs/evaluation.md)


@dataclass(frozen=True)
class ClosureReport:
    """Scores of one system, clip by clip, by set.

    Attributes:
        name: of the system.
        clips: set -> (clip name, score), in order.
    """

    name: str
    clips: Mapping[str, tuple[tuple[str, ClosureScore], ...]]

    def by_set(self) -> dict[str, ClosureScore]:
        """Pooled counts of each set, then of all under ``all``."""
        sets = {name: pool(score for _, score in rows) for name, rows in self.clips.items()}
        return {**sets, "all": pool(sets.values())}

    def as_json(self) -> dict[str, object]:
        """Plain numbers: pooled sets, and every clip."""
        return {
            "sets": {name: score.summary() for name, score in self.by_set().items()},
            "clips": {name: score.summary() for rows in self.clips.values() for name, score in rows},
        }

    def table(self) -> str:
        """The sets as text."""
        lines = [
            f"closures, {self.name}",
            f"{'set':<12}{'clips':>6}{'p b m':>7}{'met':>6}{'false':>7}{'recall':>8}{'prec.':>8}{'F1':>8}"
            f"{'onset ms':>10}{'|onset|':>9}{'closed':>8}",
        ]
        lines += [_row(name, score) for name, score in self.by_set().items()]
        return "\n".join(lines)


def evaluate_closures(name: str, sets: Mapping[str, Sequence[LabelledClip]], close: Closer) -> ClosureReport:
    """Score one system.

    Args:
        name: of the system, for the table.
        sets: recordings by set, see ``labelled_sets``.
        close: clip -> closed stretches, e.g. from ``predicted_closures``.
    """
    return ClosureReport(
        name,
        {
            key: tuple((clip.name, score_stretches(close(clip), clip.segments)) for clip in clips)
            for key, clips in sets.items()
        },
    )


def predicted_closures(predict: Predictor, opening: Opening, rest: float) -> Closer:
    """Closed stretches of predicted motion.

    Args:
        predict: audio -> motion.
        opening: motion -> mouth opening [T], head motion ignored.
        rest: opening at zero controls.
    """

    def close(clip: LabelledClip) -> Sequence[Stretch]:
        motion = predict(clip.audio)
        return closed_stretches(opening(motion), motion.fps, rest)

    return close


def refined_closures(
    predict: Predictor, refine: Callable[[Motion, LabelledClip], Motion], opening: Opening, rest: float
) -> Closer:
    """Closed stretches of predicted motion refined by each clip's own transcript; the rest as `predicted_closures`."""

    def close(clip: LabelledClip) -> Sequence[Stretch]:
        motion = refine(predict(clip.audio), clip)
        return closed_stretches(opening(motion), motion.fps, rest)

    return close


def loudness_closures(window_seconds: float = LOUDNESS_WINDOW_SECONDS) -> Closer:
    """Closed stretches of fixed-gain loudness: opening = gain x RMS at 50 fps, rest 0. The gain cancels."""

    def close(clip: LabelledClip) -> Sequence[Stretch]:
        frames = round(clip.audio.seconds * ENGINE_FPS)
        return closed_stretches(centred_rms(clip.audio, ENGINE_FPS, frames, window_seconds), ENGINE_FPS, rest=0.0)

    return close


def cue_closures(stretches: Mapping[str, Iterable[Stretch]]) -> Closer:
    """Closed stretches that another tool gave, by clip name."""
    return lambda clip: tuple(stretches[clip.name])


def _row(name: str, score: ClosureScore) -> str:
    figures = score.summary()
    onset, onset_abs = figures["onset_median_ms"], figures["onset_median_abs_ms"]
    shown = [
        f"{'-' if value is None else format(value, '.0f'):>{width}}" for value, width in ((onset, 10), (onset_abs, 9))
    ]
    return (
        f"{name:<12}{score.clips:>6}{score.met + score.missed:>7}{score.met:>6}{score.false:>7}"
        f"{score.recall:8.3f}{score.precision:8.3f}{score.f1:8.3f}{shown[0]}{shown[1]}{score.closed_share:8.2f}"
    )
