"""The worst missed closures on real speech, with what the network heard there: was it the ear or the mouth?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import SAMPLE_RATE
from ...files import atomic_write
from ...motion.controls import ENGINE_FPS
from ..corpus.phones import PhoneSegment
from .closures import BILABIALS, TOLERANCE_SECONDS, closed_stretches, closed_threshold, score_stretches
from .recordings import LabelledClip
from .style_drawing import draw_wave, figure, save
from .style_system import StyleSystem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

Array = NDArray[np.float64]

WORST = 3
AROUND = 0.6  # seconds either side that are drawn
HEARD = 0.5  # posterior of p, b and m together from which the sound counts as heard
UNSURE = 0.2


@dataclass(frozen=True)
class Miss:
    """A p, b or m that no closed stretch meets.

    Attributes:
        clip: the recording.
        phone: its label.
        gap: [T] opening in mm.
        posteriors: [T, K], at the frames of the sound they are of.
        threshold: opening in mm at which the mouth counts as closed.
        least: smallest opening in mm within the phone and its tolerance.
        heard: largest posterior of p, b and m together there.
        instead: phone with the largest mean posterior within the phone.
    """

    clip: LabelledClip
    phone: PhoneSegment
    gap: Array
    posteriors: Array
    threshold: float
    least: float
    heard: float
    instead: str

    @property
    def why(self) -> str:
        """Where the closure was lost, by the posteriors."""
        if self.heard >= HEARD:
            return "heard, not closed"
        return "half heard" if self.heard >= UNSURE else "not heard"

    @property
    def caption(self) -> str:
        """One line for the picture and the list."""
        return (
            f"{self.clip.name} at {self.phone.start:.2f} s: {self.phone.phone} stays {self.least:.1f} mm open "
            f"(closed: {self.threshold:.1f}); {self.why}: p/b/m {self.heard:.2f}, strongest {self.instead}"
        )


def find_misses(system: StyleSystem, clips: Sequence[LabelledClip]) -> list[Miss]:
    """All missed closures of clips said in the manner of their own voice, worst first."""
    misses = [miss for clip in clips for miss in _misses_of(system, clip)]
    return sorted(misses, key=lambda miss: miss.threshold - miss.least)


def _misses_of(system: StyleSystem, clip: LabelledClip) -> list[Miss]:
    line = system.hear(clip.audio.samples)
    gap = system.opening(system.say_own_voice(line))
    threshold = closed_threshold(gap, system.rig.rest)
    if threshold is None:
        return []
    posteriors = system.posteriors(line)
    phones = np.array(system.network.config.phones)
    stretches = closed_stretches(gap, ENGINE_FPS, system.rig.rest)
    found = []
    for phone in clip.segments:
        if phone.phone not in BILABIALS or score_stretches(stretches, [phone]).met:
            continue
        wide = _frames(phone.start - TOLERANCE_SECONDS, phone.end + TOLERANCE_SECONDS, len(gap))
        own = _frames(phone.start, phone.end, len(gap))
        together = posteriors[:, np.isin(phones, sorted(BILABIALS))].sum(1)
        instead = str(phones[posteriors[own].mean(0).argmax()])
        found.append(
            Miss(clip, phone, gap, posteriors, threshold, float(gap[wide].min()), float(together[wide].max()), instead)
        )
    return found


def _frames(start: float, end: float, count: int) -> NDArray[np.int64]:
    """Frames at 50 Hz from start to end in seconds, at least one, inside a clip of ``count``."""
    first, last = int(np.floor(start * ENGINE_FPS)), int(np.ceil(end * ENGINE_FPS))
    return np.asarray(np.unique(np.arange(first, last + 1).clip(0, count - 1)))


def summary(misses: Sequence[Miss], bilabials: int) -> str:
    """How many were missed, and where they were lost."""
    why = Counter(miss.why for miss in misses)
    counts = ", ".join(f"{why[kind]} {kind}" for kind in ("not heard", "half heard", "heard, not closed"))
    return f"{len(misses)} of {bilabials} p/b/m missed: {counts}"


def draw_misses(folder: Path, system: StyleSystem, sets: Mapping[str, Sequence[LabelledClip]]) -> None:
    """Write ``worst_closures.png`` and ``worst_closures.txt``.

    Args:
        folder: exists.
        system: the network.
        sets: labelled recordings by set.
    """
    clips = [clip for own in sets.values() for clip in own]
    misses = find_misses(system, clips)
    bilabials = sum(segment.phone in BILABIALS for clip in clips for segment in clip.segments)
    told = "\n".join([summary(misses, bilabials), *(miss.caption for miss in misses)])
    with atomic_write(folder / "worst_closures.txt") as part:
        part.write_text(told + "\n", encoding="utf-8")
    if not misses:
        return
    sheet = figure(11.0, 3.4 * len(misses[:WORST]))
    parts = np.atleast_1d(np.asarray(sheet.subfigures(len(misses[:WORST]), 1), object))
    for part_of, miss in zip(parts, misses[:WORST], strict=True):
        _draw_miss(part_of, miss, system.network.config.phones)
    save(folder / "worst_closures.png", sheet)


def _draw_miss(part: SubFigure, miss: Miss, phones: Sequence[str]) -> None:
    """Wave, opening with labels, and posteriors around one missed closure."""
    start, end = max(0.0, miss.phone.start - AROUND), miss.phone.end + AROUND
    wave, opening, ear = part.subplots(3, 1, sharex=True, height_ratios=(1, 2, 2))
    wave.set_title(miss.caption, loc="left", fontsize=8)
    samples = miss.clip.audio.samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
    draw_wave(wave, samples, start)
    times = np.arange(len(miss.gap)) / ENGINE_FPS
    inside = (times >= start) & (times <= end)
    opening.plot(times[inside], miss.gap[inside], color="tab:blue")
    opening.axhline(miss.threshold, color="tab:blue", linewidth=0.7, linestyle=":")
    opening.set_ylabel("opening (mm)", fontsize=8)
    for segment in miss.clip.segments:
        middle = 0.5 * (segment.start + segment.end)
        if start < middle < end:
            wanted = segment.phone in BILABIALS
            opening.text(middle, 0.9, segment.phone, transform=opening.get_xaxis_transform(), ha="center", fontsize=8,
                         color="tab:red" if wanted else "0.4")  # fmt: skip
            opening.axvline(segment.start, color="0.85", linewidth=0.6, zorder=0)
    for axes in (opening, ear):
        axes.axvspan(miss.phone.start, miss.phone.end, color="tab:red", alpha=0.12, linewidth=0)
    _draw_heard(ear, times[inside], miss.posteriors[inside], phones)
    ear.set(ylim=(0, 1.12), xlim=(start, end))
    ear.set_ylabel("heard", fontsize=8)


def _draw_heard(axes: Axes, times: Array, shares: Array, phones: Sequence[str]) -> None:
    """Posteriors [T, K] of the phones that win somewhere, and of p, b and m in red, named at their peaks."""
    wins = set(shares.argmax(1).tolist())
    for index, phone in enumerate(phones):
        wanted = phone in BILABIALS
        if not wanted and index not in wins:
            continue
        color = "tab:red" if wanted else f"C{9 - index % 7}"
        axes.plot(times, shares[:, index], color=color, linewidth=2.0 if wanted else 0.8)
        top = int(shares[:, index].argmax())
        if shares[top, index] > 0.05:
            axes.text(times[top], shares[top, index] + 0.02, phone, ha="center", fontsize=7, color=color, clip_on=True)
