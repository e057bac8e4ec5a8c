"""Which forced alignments to believe: an aligner finds a place for any text, so whether it was said is asked apart.

Two questions: does a recogniser that does not know the text hear the same mouth shapes where the alignment puts them,
and could a speaker have said it in that time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .phones import PHONE_INDEX, SILENCE, VISEME_OF_PHONE, PhoneSegment, frame_labels

_FPS = 100.0  # the aligner's own grid
_GROUPS = np.array(VISEME_OF_PHONE)
_SILENT = VISEME_OF_PHONE[PHONE_INDEX[SILENCE]]


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
    wanted, found = _groups(aligned, seconds), _groups(heard, seconds)
    speech = wanted != _SILENT
    return float((wanted == found)[speech].mean()) if speech.any() else 0.0


def shared_speech(aligned: Sequence[PhoneSegment], heard: Sequence[PhoneSegment], seconds: float) -> float:
    """``agreement`` over the frames in which either has speech; 0 without any.

    A wrong text is often squeezed into a part of the line, where some of it fits; the rest of the line tells.
    """
    wanted, found = _groups(aligned, seconds), _groups(heard, seconds)
    speech = (wanted != _SILENT) | (found != _SILENT)
    return float((wanted == found)[speech].mean()) if speech.any() else 0.0


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
        return "it does not fit the sound's pace"
    if confidence < rules.least_agreement:
        return "recogniser disagrees"
    return None


def _groups(phones: Sequence[PhoneSegment], seconds: float) -> NDArray[np.int64]:
    labels = frame_labels(phones, round(seconds * _FPS), _FPS, 0.5 / _FPS)
    return np.asarray(_GROUPS[labels], np.int64)
