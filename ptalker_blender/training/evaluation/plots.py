"""Pictures for the eye: the opening curve over the waveform, closed stretches shaded, p, b and m marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import SAMPLE_RATE
from ...errors import UserError
from ...files import atomic_write
from ..corpus.phones import PhoneSegment
from .closures import BILABIALS, TOLERANCE_SECONDS, closed_stretches, closed_threshold, score_stretches
from .recordings import LabelledClip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INCHES_PER_SECOND = 1.6
ENVELOPE_STEP = 80  # samples per drawn point of the waveform, 5 ms


def plot_closures(path: Path, clip: LabelledClip, gap: NDArray[np.float64], fps: float, rest: float) -> None:
    """Write a PNG of one clip.

    Args:
        path: the picture, in a folder that exists.
        clip: sound and phones.
        gap: [T] mouth opening, metres.
        fps: frames per second of ``gap``.
        rest: opening at zero controls, metres.

    Raises:
        UserError: when matplotlib is not installed.
    """
    figure = _figure(max(6.0, INCHES_PER_SECOND * clip.audio.seconds))
    wave, curve = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
    _draw_wave(wave, clip)
    _draw_opening(curve, gap, fps, rest)
    _draw_phones(curve, clip.segments)
    score = score_stretches(closed_stretches(gap, fps, rest), clip.segments)
    wave.set_title(
        f"{clip.name}: {score.met} of {score.met + score.missed} p/b/m met, {score.false} false", loc="left", fontsize=9
    )
    with atomic_write(path) as part:
        figure.savefig(part, dpi=90)


def _figure(width: float) -> Figure:
    """A figure that needs no display and no global state (pyplot keeps both)."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError(
            "matplotlib is not installed", "it, to draw plots", "install it with: pip install 'ptalker[plots]'"
        ) from error
    return Figure(figsize=(width, 4.0), layout="constrained")


def _draw_wave(axes: Axes, clip: LabelledClip) -> None:
    samples = clip.audio.samples
    blocks = samples[: len(samples) // ENVELOPE_STEP * ENVELOPE_STEP].reshape(-1, ENVELOPE_STEP)
    times = np.arange(len(blocks)) * ENVELOPE_STEP / SAMPLE_RATE
    axes.fill_between(times, blocks.min(axis=1), blocks.max(axis=1), color="0.4", linewidth=0)
    axes.set_ylabel("sound")
    axes.set_xlim(0.0, clip.audio.seconds)


def _draw_opening(axes: Axes, gap: NDArray[np.float64], fps: float, rest: float) -> None:
    axes.plot(np.arange(len(gap)) / fps, 1000.0 * gap, color="tab:blue", linewidth=1.2)
    threshold = closed_threshold(gap, rest)
    if threshold is not None:
        axes.axhline(1000.0 * threshold, color="tab:blue", linewidth=0.6, linestyle=":")
    for stretch in closed_stretches(gap, fps, rest):
        axes.axvspan(stretch.start, stretch.end, color="tab:blue", alpha=0.15, linewidth=0)
    axes.set_ylabel("opening (mm)")
    axes.set_xlabel("seconds")


def _draw_phones(axes: Axes, segments: Sequence[PhoneSegment]) -> None:
    """Every label in small grey; p, b and m as red bars with their tolerance as a thin line."""
    frame = axes.get_xaxis_transform()  # x in seconds, y in the height of the panel
    for segment in segments:
        middle, closure = 0.5 * (segment.start + segment.end), segment.phone in BILABIALS
        axes.text(
            middle, 0.93, segment.phone, transform=frame, fontsize=8 if closure else 5, ha="center", clip_on=True,
            color="tab:red" if closure else "0.5",
        )  # fmt: skip
        if closure:
            reach = (segment.start - TOLERANCE_SECONDS, segment.end + TOLERANCE_SECONDS)
            axes.plot(reach, (0.9, 0.9), transform=frame, color="tab:red", linewidth=0.7)
            axes.plot((segment.start, segment.end), (0.9, 0.9), transform=frame, color="tab:red", linewidth=3)
