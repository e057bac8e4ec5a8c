"""Bilabial closures: does the mouth shut for p, b and m, and does it stay open otherwise?

Pure functions on an opening curve and a phone labelling; the definition is design.md section 8, and docs/evaluation.md
says how its words are read where they leave a choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..corpus.phones import SILENCE, PhoneSegment

BILABIALS = frozenset({"p", "b", "m"})
CLOSED_SHARE_OF_OPENING = 0.25  # of the clip's 95th-percentile opening above rest
OPENING_PERCENTILE = 95.0
TOLERANCE_SECONDS = 0.040  # a p, b or m is widened by this on both sides
LONGEST_FALSE_SECONDS = 0.4  # longer closed stretches are pauses, not mistaken bilabials
# A mouth whose 95th percentile lies this little above rest never opens; read as closed throughout it would score 1.
SMALLEST_OPENING = 1e-6


@dataclass(frozen=True)
class Stretch:
    """One closed stretch of the mouth, in seconds from the start of the clip."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Length of the stretch."""
        return self.end - self.start


@dataclass(frozen=True)
class ClosureScore:
    """Counts over one or more clips; scores add up, so pooling is ``sum``-like and figures come from the pooled counts.

    Attributes:
        met: p, b and m segments that a closed stretch meets.
        missed: p, b and m segments that none meets.
        false: short closed stretches inside speech that meet none.
        false_at_pauses: those of the false that overlap a silence (a mouth shut in a short pause, a little too long).
        hits: closed stretches that meet at least one (several phones can share one stretch).
        onset_errors: seconds, start of a stretch minus start of the first p, b or m it meets; one per hit.
        closed_seconds: closed time between the first and the last speech label.
        span_seconds: time between the first and the last speech label.
        clips: number of clips counted.
    """

    met: int = 0
    missed: int = 0
    false: int = 0
    false_at_pauses: int = 0
    hits: int = 0
    onset_errors: tuple[float, ...] = ()
    closed_seconds: float = 0.0
    span_seconds: float = 0.0
    clips: int = 0

    def __add__(self, other: ClosureScore) -> ClosureScore:
        return ClosureScore(
            self.met + other.met,
            self.missed + other.missed,
            self.false + other.false,
            self.false_at_pauses + other.false_at_pauses,
            self.hits + other.hits,
            self.onset_errors + other.onset_errors,
            self.closed_seconds + other.closed_seconds,
            self.span_seconds + other.span_seconds,
            self.clips + other.clips,
        )

    @property
    def recall(self) -> float:
        """met / (met + missed); nan without any p, b or m."""
        return _ratio(self.met, self.met + self.missed)

    @property
    def precision(self) -> float:
        """met / (met + false); nan when nothing was met and nothing is false."""
        return _ratio(self.met, self.met + self.false)

    @property
    def f1(self) -> float:
        """2 met / (2 met + missed + false), the harmonic mean of recall and precision."""
        return _ratio(2 * self.met, 2 * self.met + self.missed + self.false)

    @property
    def closed_share(self) -> float:
        """Share of the spoken span with the mouth closed: the guard against a mouth that is simply kept shut."""
        return _ratio(self.closed_seconds, self.span_seconds)

    def summary(self) -> dict[str, float | int | None]:
        """Plain numbers for JSON and tables; undefined ratios are None. Onset figures in milliseconds."""
        errors = 1000.0 * np.asarray(self.onset_errors)
        return {
            "clips": self.clips,
            "bilabials": self.met + self.missed,
            "met": self.met,
            "missed": self.missed,
            "false": self.false,
            "false_at_pauses": self.false_at_pauses,
            "hits": self.hits,
            "recall": _plain(self.recall),
            "precision": _plain(self.precision),
            "f1": _plain(self.f1),
            "onset_median_ms": _plain(float(np.median(errors))) if errors.size else None,
            "onset_median_abs_ms": _plain(float(np.median(np.abs(errors)))) if errors.size else None,
            "closed_share": _plain(self.closed_share),
        }


def closed_threshold(gap: ArrayLike, rest: float) -> float | None:
    """Gap at or under which the mouth counts as closed: rest + 25 % of the clip's 95th-percentile opening above rest.

    Args:
        gap: [T] inner-lip opening, any unit.
        rest: opening at zero controls, same unit.

    Returns:
        The threshold, or None for a clip in which the mouth never opens (then nothing counts as a closure).
    """
    opening = float(np.percentile(_curve(gap), OPENING_PERCENTILE)) - rest
    if opening <= SMALLEST_OPENING:
        return None
    return rest + CLOSED_SHARE_OF_OPENING * opening


def closed_stretches(gap: ArrayLike, fps: float, rest: float) -> tuple[Stretch, ...]:
    """Stretches of time in which the gap is at or under ``closed_threshold``.

    Frame k is at k / fps and the curve is read as it plays, straight between frames, so ends are interpolated
    crossings and do not depend on the frame rate; the last frame holds until T / fps.

    Args:
        gap: [T] inner-lip opening, any unit, finite.
        fps: frames per second, positive.
        rest: opening at zero controls, same unit as ``gap``.

    Raises:
        ValueError: for a curve that is empty, not one-dimensional or not finite.
    """
    threshold = closed_threshold(gap, rest)
    if threshold is None:
        return ()
    curve = _curve(gap)
    closed = np.concatenate(([False], curve <= threshold, [False])).astype(np.int8)
    edges = np.diff(closed)
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return tuple(
        Stretch(_crossing(curve, i, i - 1, threshold) / fps, _crossing(curve, j, j + 1, threshold) / fps)
        for i, j in zip(first, last, strict=True)
    )


def score_stretches(stretches: Sequence[Stretch], segments: Sequence[PhoneSegment]) -> ClosureScore:
    """Score closed stretches against the phone labels of one clip.

    Every p, b and m is counted by itself, also where two touch ("from Bath"): the definition says "its" segment, and
    one stretch may meet both. A stretch is inside speech when it begins after the start of the first speech label, ends
    before the end of the last, and does not lie wholly inside a pause widened by the same 40 ms. (Unwidened, a perfect
    mouth at 50 frames a second is false wherever it shuts for a pause.) A pause is 40 ms or more without speech label.

    Args:
        stretches: closed stretches, seconds.
        segments: normalised phones in order, seconds; ``SILENCE`` marks silence.
    """
    speech = [s for s in segments if s.phone != SILENCE]
    if not speech:
        return ClosureScore(clips=1)
    span = Stretch(speech[0].start, max(s.end for s in speech))
    pauses = _pauses(speech)
    bilabials = [s for s in speech if s.phone in BILABIALS]
    met = sum(any(_meets(stretch, phone) for stretch in stretches) for phone in bilabials)
    onsets: list[float] = []
    false = false_at_pauses = 0
    for stretch in stretches:
        phone = next((p for p in bilabials if _meets(stretch, p)), None)
        if phone is not None:
            onsets.append(stretch.start - phone.start)
        elif stretch.seconds < LONGEST_FALSE_SECONDS and _inside_speech(stretch, span, pauses):
            false += 1
            false_at_pauses += sum(_overlap(stretch, s.start, s.end) for s in speech) < stretch.seconds - 1e-9
    return ClosureScore(
        met=met,
        missed=len(bilabials) - met,
        false=false,
        false_at_pauses=false_at_pauses,
        hits=len(onsets),
        onset_errors=tuple(onsets),
        closed_seconds=sum(_overlap(s, span.start, span.end) for s in stretches),
        span_seconds=span.seconds,
        clips=1,
    )


def score_gap(gap: ArrayLike, fps: float, rest: float, segments: Sequence[PhoneSegment]) -> ClosureScore:
    """``score_stretches`` of ``closed_stretches``: the closure score of one clip's opening curve."""
    return score_stretches(closed_stretches(gap, fps, rest), segments)


def pool(scores: Iterable[ClosureScore]) -> ClosureScore:
    """The counts of several clips together."""
    total = ClosureScore()
    for score in scores:
        total = total + score
    return total


def _crossing(curve: NDArray[np.float64], inside: int, outside: int, threshold: float) -> float:
    """Frame position, between a closed frame and its open neighbour, at which the curve crosses the threshold."""
    if outside < 0:
        return 0.0
    if outside >= len(curve):
        return float(len(curve))
    share = (threshold - curve[inside]) / (curve[outside] - curve[inside])
    return float(inside + (outside - inside) * share)


def _meets(stretch: Stretch, phone: PhoneSegment) -> bool:
    return stretch.start <= phone.end + TOLERANCE_SECONDS and stretch.end >= phone.start - TOLERANCE_SECONDS


def _pauses(speech: Sequence[PhoneSegment]) -> tuple[Stretch, ...]:
    """Time between speech labels, labelled as silence or not; shorter gaps are no pauses but slips of the labels."""
    return tuple(
        Stretch(before.end, after.start)
        for before, after in pairwise(speech)
        if after.start - before.end >= TOLERANCE_SECONDS - 1e-9
    )


def _inside_speech(stretch: Stretch, span: Stretch, pauses: Sequence[Stretch]) -> bool:
    if stretch.start <= span.start or stretch.end >= span.end:
        return False
    return not any(
        stretch.start >= pause.start - TOLERANCE_SECONDS and stretch.end <= pause.end + TOLERANCE_SECONDS
        for pause in pauses
    )


def _overlap(stretch: Stretch, start: float, end: float) -> float:
    return max(0.0, min(stretch.end, end) - max(stretch.start, start))


def _curve(gap: ArrayLike) -> NDArray[np.float64]:
    curve = np.asarray(gap, dtype=np.float64)
    if curve.ndim != 1 or not curve.size or not np.isfinite(curve).all():
        raise ValueError(f"an opening curve must be finite, [T] with T > 0, got shape {curve.shape}")
    return curve


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
