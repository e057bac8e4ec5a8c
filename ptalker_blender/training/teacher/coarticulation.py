"""Overlapping dominance: neighbouring phones pull at the mouth at once (Cohen and Massaro 1993).

Each phone's pull is full within its segment and dies away exponentially outside it; a track is the mean of the targets
weighted by the pulls. Short phones between strong neighbours therefore undershoot, as they do in fast speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..corpus.phones import PhoneSegment
from .targets import BILABIALS, REST, SHORT_PAUSE, SHORT_PAUSE_SECONDS, TARGETS, TRACKS, Target

# Seconds over which a pull dies away before (anticipation) and after its segment. Rounding is anticipated much earlier
# than opening (Perkell and Matthies 1992).
BEFORE = {"gap": 0.036, "jaw": 0.055, "lips": 0.10, "labiodental": 0.025, "tongue": 0.03}
AFTER = {"gap": 0.040, "jaw": 0.06, "lips": 0.07, "labiodental": 0.03, "tongue": 0.03}
DIPHTHONG_TURN = 0.55  # share of a diphthong spent on its first target


@dataclass(frozen=True)
class Pull:
    """One target held over a stretch of time."""

    target: Target
    start: float
    end: float
    strength: float = 1.0


def pulls_of(segments: Sequence[PhoneSegment]) -> list[Pull]:
    """Targets in time: diphthongs split, long pauses at rest, short ones parted, silence around the utterance."""
    pulls = [Pull(REST, -60.0, segments[0].start)]
    for segment in segments:
        if segment.phone == "sil":
            first_or_last = segment is segments[0] or segment is segments[-1]
            short = segment.end - segment.start < SHORT_PAUSE_SECONDS and not first_or_last
            pulls.append(Pull(SHORT_PAUSE if short else REST, segment.start, segment.end))
            continue
        targets = TARGETS[segment.phone]
        turn = segment.start + DIPHTHONG_TURN * (segment.end - segment.start)
        edges = [segment.start, segment.end] if len(targets) == 1 else [segment.start, turn, segment.end]
        pulls += [Pull(t, a, b) for t, (a, b) in zip(targets, pairwise(edges), strict=True)]
    pulls.append(Pull(REST, segments[-1].end, segments[-1].end + 60.0))
    return pulls


def _group(track: str) -> str:
    return "lips" if track in ("round", "funnel", "spread") else track


def blend_tracks(pulls: Sequence[Pull], times: NDArray[np.float64], hold: float) -> dict[str, NDArray[np.float64]]:
    """Tracks [T] by name at the given times in seconds; `hold` widens every pull."""
    starts = np.array([p.start for p in pulls])[:, None]
    ends = np.array([p.end for p in pulls])[:, None]
    ahead, behind = np.maximum(starts - times, 0.0), np.maximum(times - ends, 0.0)
    weights = {}
    for group in BEFORE:
        decay = np.exp(-ahead / (BEFORE[group] * hold) - behind / (AFTER[group] * hold))
        lips = group == "lips"
        strength = np.array([p.target.lip_dominance if lips else p.target.open_dominance for p in pulls])
        weighted = decay * strength[:, None] + 1e-12
        weights[group] = weighted / weighted.sum(0)
    values = {track: np.array([getattr(p.target, track) for p in pulls]) for track in TRACKS}
    return {track: values[track] @ weights[_group(track)] for track in TRACKS}


def closure_pulse(
    segments: Sequence[PhoneSegment], times: NDArray[np.float64], hold: float, phones: frozenset[str] = BILABIALS
) -> NDArray[np.float64]:
    """1 while the lips must touch, 0 elsewhere, with ramps [T].

    The ramp begins about 40 ms before the segment, is at contact when the sound is stopped and opens on the release.
    """
    pulse = np.zeros(len(times))
    for segment in segments:
        if segment.phone in phones:
            rise = np.clip((times - (segment.start - 0.04 * hold)) / (0.045 * hold), 0, 1)
            fall = np.clip(((segment.end + 0.02 * hold) - times) / (0.04 * hold), 0, 1)
            pulse = np.maximum(pulse, _ease(np.minimum(rise, fall)))
    return pulse


def _ease(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x * x * (3 - 2 * x)
