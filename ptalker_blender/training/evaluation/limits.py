"""What limits closures: the ruler, the decoder, the encoder or the data, told apart by giving each what it lacks.

From the labels to the score there are four steps: labels -> (teacher) -> motion -> ruler. Each system here knows more
than the network does and shares the rest with it:

* ruler: the teacher performs the labels. What it misses, no network can reach on these labels by this ruler.
* decoder: the content codes are read from that motion, so nothing has to be heard; then the network's own decoder.
* encoder: phone posteriors alone, closed where p, b and m together exceed a threshold, the best one for each set and
  for all sets. Thresholds and smoothing are chosen on the very recordings that are scored: an oracle, not a system, and
  no bound either, since a decoder sees more than one frame.
* network: as it is.

Corpora with exact labels stand beside the recordings: voices that were trained on and voices that were not tell what
more voices could bring.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...audio.clip import AudioClip
from ...model.mel import frames_in
from ...motion.controls import ENGINE_FPS
from ..corpus.read import CorpusEntry, read_corpus
from ..teacher.perform import perform
from ..teacher.performer import LIBRARY
from ..teacher.prosody import measure_prosody
from .closure_run import ClosureReport, evaluate_closures
from .closures import BILABIALS, Stretch, closed_stretches
from .recordings import LabelledClip
from .style_system import StyleSystem

Sets = Mapping[str, Sequence[LabelledClip]]
THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
SMOOTHING = 1.0  # frames; the best of 0, 0.7 and 1.0 on these recordings


@dataclass(frozen=True)
class Limits:
    """Reports by the system's name, and the threshold that was best over all sets."""

    reports: tuple[ClosureReport, ...]
    threshold: float

    def table(self) -> str:
        """F1 by set and system as text."""
        names = list(self.reports[0].by_set())
        lines = [f"{'closures, F1':<34}" + "".join(f"{name[:10]:>12}" for name in names)]
        lines += [_line(report, names) for report in self.reports]
        return "\n".join(lines)

    def as_json(self) -> dict[str, object]:
        """Plain numbers."""
        return {"threshold": self.threshold, **{report.name: report.as_json() for report in self.reports}}


def _line(report: ClosureReport, names: Sequence[str]) -> str:
    sets = report.by_set()
    return f"{report.name:<34}" + "".join(f"{sets[name].f1:12.3f}" for name in names)


def measure_limits(system: StyleSystem, sets: Sets) -> Limits:
    """All systems over labelled recordings, in the network's mean manner."""
    mean = system.mean_style[None]

    def of_motion(make: Callable[[LabelledClip], NDArray[np.float32]]) -> Callable[[LabelledClip], Sequence[Stretch]]:
        return lambda clip: closed_stretches(system.opening(make(clip)), ENGINE_FPS, system.rig.rest)

    def decoded(clip: LabelledClip) -> NDArray[np.float32]:
        made: NDArray[np.float32] = system.restyle(performed(clip, system), mean)[0]
        return made

    def network(clip: LabelledClip) -> NDArray[np.float32]:
        made: NDArray[np.float32] = system.say(system.hear(clip.audio.samples), mean)[0]
        return made

    heard = {clip.name: bilabial_share(system, clip.audio) for clips in sets.values() for clip in clips}
    by_threshold = [
        evaluate_closures("encoder", sets, lambda clip, t=threshold: above(heard[clip.name], t))  # type: ignore[misc]
        for threshold in THRESHOLDS
    ]
    best = int(np.argmax([report.by_set()["all"].f1 for report in by_threshold]))
    picked = {
        name: max(by_threshold, key=lambda report, n=name: report.by_set()[n].f1).clips[name]  # type: ignore[misc]
        for name in sets
    }
    return Limits(
        (
            evaluate_closures("ruler: teacher on the labels", sets, of_motion(lambda c: performed(c, system))),
            evaluate_closures("decoder: content from that motion", sets, of_motion(decoded)),
            replace(by_threshold[best], name="encoder: one threshold for all"),
            ClosureReport("encoder: best threshold by set", picked),
            evaluate_closures("network", sets, of_motion(network)),
        ),
        THRESHOLDS[best],
    )


def performed(clip: LabelledClip, system: StyleSystem) -> NDArray[np.float32]:
    """The neutral performer on a clip's own labels [T, 55]."""
    prosody = measure_prosody((clip.audio.samples * 32767).astype(np.int16))
    frames = frames_in(len(clip.audio.samples))
    return perform(clip.segments, prosody, LIBRARY["neutral"], system.rig, frames)


def bilabial_share(system: StyleSystem, audio: AudioClip) -> NDArray[np.float64]:
    """Posterior of p, b and m together [T], slightly smoothed."""
    columns = [k for k, phone in enumerate(system.network.config.phones) if phone in BILABIALS]
    shares = system.posteriors(system.hear(audio.samples))[:, columns].sum(1)
    smoothed: NDArray[np.float64] = gaussian_filter1d(shares, SMOOTHING)
    return smoothed


def above(share: NDArray[np.float64], threshold: float) -> tuple[Stretch, ...]:
    """Stretches of a share [T] at 50 Hz above a threshold, straight between frames as an opening curve is read."""
    # A curve that the ruler closes exactly where the share exceeds the threshold: 0.25 of its 95th percentile there.
    curve = np.interp(share, [0.0, threshold, 1.0], [1.0, 0.25, 0.0])
    highest = float(np.percentile(curve, 95.0))
    scaled = np.where(curve > 0.25, np.interp(curve, [0.25, max(highest, 0.26)], [0.25, 1.0]), curve)
    return closed_stretches(scaled, ENGINE_FPS, 0.0)


def corpus_sets(folders: Sequence[Path], most: int = 60) -> dict[str, tuple[LabelledClip, ...]]:
    """Utterances of corpora, evenly chosen from each, as sets named after their folders.

    Raises:
        UserError: a folder that is no corpus.
    """
    return {
        folder.name: tuple(
            LabelledClip(f"{folder.name}/{entry.id}", AudioClip(entry.samples()), entry.segments, entry.text)
            for entry in _evenly(read_corpus(folder), most)
        )
        for folder in folders
    }


def _evenly(entries: Sequence[CorpusEntry], most: int) -> list[CorpusEntry]:
    """At most `most` of them, from the first to the last: neighbours may share a speaker."""
    return [entries[k] for k in np.unique(np.linspace(0, len(entries) - 1, most).astype(int))] if entries else []
