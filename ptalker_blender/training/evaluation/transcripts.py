"""Transcripts in the closure figures: each clip's own text put to use, and whether others' texts are told from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...motion.motion import Motion
from ...rig.head import load_head
from ...rig.lips import lip_rig
from ...transcript.hear import Heard, Listener
from ...transcript.refine import refine
from ...transcript.words import spoken_words
from .closure_run import ClosureReport
from .closures import ClosureScore, pool
from .recordings import LabelledClip

# Sets whose labels are not the output of the aligner that finds the transcript: only they judge the alignment too.
# The others' (librivox, ljspeech) are 97-98 % identical with it, so that they judge the refinement alone.
OTHER_LABELS = ("praatio", "promo", "mfa")
WRONG_STEPS = (1, 3, 7)  # a wrong text is that of the clip so many places further on


class TranscriptStage:
    """Finds each clip's transcript once.

    Raises:
        UserError: pocketsphinx is not installed.
    """

    def __init__(self) -> None:
        self._listener = Listener()
        self._lips = lip_rig(load_head())
        self._heard: dict[tuple[str, str], Heard] = {}

    def hear(self, clip: LabelledClip, text: str) -> Heard:
        """What becomes of a text on a clip."""
        key = (clip.name, text)
        if key not in self._heard:
            self._heard[key] = self._listener.hear(clip.audio, text)
        return self._heard[key]

    def refine(self, motion: Motion, clip: LabelledClip) -> Motion:
        """The motion refined by the clip's own transcript, as ``Session`` does it."""
        return refine(motion, self.hear(clip, clip.transcript).phones, self._lips)


@dataclass(frozen=True)
class DetectionReport:
    """Which texts were believed.

    Attributes:
        right, right_ignored: clips with their own text; those of them whose text was ignored, with the reason.
        guessed: words whose pronunciation was guessed, with it.
        wrong, wrong_believed: pairs of a clip and another's text; those that were believed.
    """

    right: int
    right_ignored: Mapping[str, str]
    guessed: Mapping[str, str]
    wrong: int
    wrong_believed: Sequence[tuple[str, str]]

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "right": self.right,
            "right_ignored": dict(self.right_ignored),
            "guessed": dict(self.guessed),
            "wrong": self.wrong,
            "wrong_believed": [list(pair) for pair in self.wrong_believed],
        }

    def table(self) -> str:
        """The counts as text."""
        ignored = [f"  {name}: {reason}" for name, reason in self.right_ignored.items()]
        guessed = ", ".join(f"{word} ({phones})" for word, phones in self.guessed.items())
        return "\n".join(
            [
                f"own transcripts believed: {self.right - len(self.right_ignored)} of {self.right}",
                *ignored,
                f"other clips' transcripts ignored: {self.wrong - len(self.wrong_believed)} of {self.wrong}",
                *(f"  believed: {name}: {text}" for name, text in self.wrong_believed),
                f"pronunciations guessed: {guessed or 'none'}",
            ]
        )


def other_labels(report: ClosureReport) -> ClosureScore:
    """The pooled score of the sets whose labels are of another maker than the transcripts' aligner."""
    return pool(score for name, score in report.by_set().items() if name in OTHER_LABELS)


def detect(stage: TranscriptStage, sets: Mapping[str, Sequence[LabelledClip]]) -> DetectionReport:
    """Ask for every clip its own text and those of other clips; clips that say the same are no wrong pair."""
    clips = [clip for group in sets.values() for clip in group]
    heard = {clip.name: stage.hear(clip, clip.transcript) for clip in clips}
    pairs = [
        (clip, other.transcript)
        for i, clip in enumerate(clips)
        for other in (clips[(i + step) % len(clips)] for step in WRONG_STEPS)
        if spoken_words(other.transcript) != spoken_words(clip.transcript)
    ]
    return DetectionReport(
        right=len(clips),
        right_ignored={name: h.refused for name, h in heard.items() if h.refused},
        guessed={word: phones for h in heard.values() for word, phones in h.guessed},
        wrong=len(pairs),
        wrong_believed=[(clip.name, text) for clip, text in pairs if not stage.hear(clip, text).refused],
    )
