"""Mouth opening against real captured motion: the FACEGOOD takes, with loudness in the same harness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import AudioClip
from ...motion.motion import Motion
from ...motion.resample import resample_motion
from ..recorded.facegood_set import held_out
from .correlation import Agreement, agreement
from .facegood import FPS, Take
from .loudness import frame_rms, log_rms, smoothed

Curve = NDArray[np.float64]
Predictor = Callable[[AudioClip], Motion]
Opening = Callable[[Motion], Curve]

# The design's "fixed-gain loudness", as in the notes of the FACEGOOD set; the other variants are there to be fair.
FIXED_GAIN = "log_rms"
SMOOTHING_FRAMES = (0.0, 0.5, 1.0, 1.5, 2.0)


@dataclass(frozen=True)
class TakeScore:
    """One take: our agreement with the reference and that of every loudness variant.

    Attributes:
        name: of the take.
        ours: predicted opening against the opening channel.
        ours_mapped: predicted opening against the opening of all mapped channels on our head.
        loudness: by variant name, against the opening channel.
    """

    name: str
    ours: Agreement
    ours_mapped: Agreement
    loudness: Mapping[str, Agreement]

    @property
    def margin(self) -> float:
        """r of ours minus r of fixed-gain loudness, both at zero lag."""
        return self.ours.r - self.loudness[FIXED_GAIN].r

    @property
    def margin_strongest(self) -> float:
        """r of ours at zero lag minus the strongest r any loudness variant reaches at its own best lag on this take."""
        return self.ours.r - max(curve.best_r for curve in self.loudness.values())


def loudness_variants(audio: AudioClip, frames: int) -> Mapping[str, Curve]:
    """Loudness curves at 30 fps, [frames] each: RMS and log-RMS, plain and smoothed without delay."""
    rms = frame_rms(audio, FPS, frames)
    curves: dict[str, Curve] = {}
    for name, curve in (("rms", rms), ("log_rms", log_rms(rms))):
        for sigma in SMOOTHING_FRAMES:
            curves[name if sigma == 0 else f"{name}_smooth_{sigma:g}"] = smoothed(curve, sigma)
    return curves


def score_take(take: Take, motion: Motion, opening: Opening) -> TakeScore:
    """Score one predicted motion.

    Args:
        take: the recording with its reference.
        motion: prediction for the take's sound, any rate.
        opening: motion -> mouth opening [T], head motion ignored.
    """
    frames = len(take.weights)
    ours = opening(resample_motion(motion, FPS, frames))
    return TakeScore(
        name=take.name,
        ours=agreement(ours, take.opening, FPS),
        ours_mapped=agreement(ours, opening(take.controls), FPS),
        loudness={
            name: agreement(curve, take.opening, FPS) for name, curve in loudness_variants(take.audio, frames).items()
        },
    )


def evaluate_opening(takes: Sequence[Take], predict: Predictor, opening: Opening) -> tuple[TakeScore, ...]:
    """Predict and score every take."""
    return tuple(score_take(take, predict(take.audio), opening) for take in takes)


def opening_report(scores: Sequence[TakeScore]) -> dict[str, object]:
    """Plain numbers for JSON: takes, then the least favourable figures over those that no training run may see."""
    kept = [score for score in scores if held_out(score.name)]
    return {
        "reference": "mouth_stretch_c (FACEGOOD channel 74), 30 fps",
        "takes": [
            {
                "name": score.name,
                "held_out": held_out(score.name),
                "ours": _rounded(score.ours),
                "ours_mapped": _rounded(score.ours_mapped),
                "loudness": {name: _rounded(value) for name, value in score.loudness.items()},
                "margin": round(score.margin, 4),
                "margin_strongest": round(score.margin_strongest, 4),
            }
            for score in scores
        ],
        "lowest_r": round(min(score.ours.r for score in kept), 4),
        "lowest_margin": round(min(score.margin for score in kept), 4),
        "lowest_margin_strongest": round(min(score.margin_strongest for score in kept), 4),
        "largest_abs_lag_ms": round(max(abs(score.ours.best_lag_ms) for score in kept), 1),
    }


def opening_table(scores: Sequence[TakeScore]) -> str:
    """The same as text, with the fixed gain and the strongest loudness variant of each take."""
    lines = [
        "mouth opening against captured motion (FACEGOOD, 30 fps); lag in ms, positive = later than the reference",
        f"{'take':<12}{'ours r':>8}{'best':>7}{'lag':>7}{'mapped':>8}{'loud r':>8}{'best':>7}{'lag':>7}{'margin':>8}"
        "  strongest loudness at its best lag",
    ]
    for score in scores:
        loud = score.loudness[FIXED_GAIN]
        name, best = max(score.loudness.items(), key=lambda item: item[1].best_r)
        take = score.name if held_out(score.name) else f"{score.name} *"
        lines.append(
            f"{take:<12}{score.ours.r:8.3f}{score.ours.best_r:7.3f}{score.ours.best_lag_ms:7.1f}"
            f"{score.ours_mapped.r:8.3f}{loud.r:8.3f}{loud.best_r:7.3f}{loud.best_lag_ms:7.1f}{score.margin:8.3f}"
            f"  {name} {best.best_r:.3f} at {best.best_lag_ms:.1f} (margin {score.margin_strongest:+.3f})"
        )
    lines.append("* of the training split: not held out for weights whose card names FACEGOOD among their performers")
    return "\n".join(lines)


def _rounded(value: Agreement) -> dict[str, float]:
    return {name: round(number, 4) for name, number in asdict(value).items()}
