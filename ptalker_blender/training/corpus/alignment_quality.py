"""Which forced alignments to believe: a measure of confidence, and the rules by which an utterance is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .phones import PHONE_INDEX, SILENCE, VISEME_OF_PHONE, PhoneSegment
from .read import frame_labels

_FPS = 100.0  # the aligner's own grid


@dataclass(frozen=True)
class AlignmentRules:
    """Bounds outside which an alignment is not believed.

    Attributes:
        least_agreement: share of the speech frames in which a recogniser that does not know the text hears the same
            viseme group. It is also the utterance's confidence.
        phones_per_second: slowest and fastest speech, pauses left out. Adults read at 10 to 15.
        longest_phone: seconds; an aligner that lost the thread parks in one phone.
        hurried_share: greatest share of phones of the three frames that the model's states need at least: an aligner
            that must get through a text that was not said hurries through it.
        least_speech: seconds of speech an utterance must hold.
    """

    least_agreement: float = 0.25
    phones_per_second: tuple[float, float] = (4.0, 22.0)
    longest_phone: float = 0.80
    hurried_share: float = 0.45
    least_speech: float = 0.30


def agreement(aligned: Sequence[PhoneSegment], heard: Sequence[PhoneSegment], seconds: float) -> float:
    """Share of the aligned speech frames (10 ms) in which what was heard is of the same viseme group; 0 without any."""
    frames = round(seconds * _FPS)
    wanted, found = (frame_labels(s, frames, _FPS, 0.5 / _FPS) for s in (aligned, heard))
    speech = wanted != PHONE_INDEX[SILENCE]
    groups = np.array(VISEME_OF_PHONE)
    return float((groups[wanted] == groups[found])[speech].mean()) if speech.any() else 0.0


def fault(aligned: Sequence[PhoneSegment], confidence: float, rules: AlignmentRules) -> str | None:
    """Why an alignment is not to be believed, in a few words that do not depend on the clip; None when it is."""
    lengths = np.array([s.end - s.start for s in aligned if s.phone != SILENCE])
    spoken = float(lengths.sum())
    if spoken < rules.least_speech:
        return "hardly any speech"
    slowest, fastest = rules.phones_per_second
    if not slowest <= len(lengths) / spoken <= fastest:
        return "impossible speaking rate"
    if lengths.max() > rules.longest_phone:
        return "a phone too long"
    if (lengths < 0.035).mean() > rules.hurried_share:
        return "hurried alignment"
    if confidence < rules.least_agreement:
        return "recogniser disagrees"
    return None
