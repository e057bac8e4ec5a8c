"""Drawing the sheet: words, waveform, phones, opening curves, and the pictures on threads from their moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch
from PIL import Image

from ptalker_blender.audio.clip import SAMPLE_RATE, AudioClip
from ptalker_blender.files import atomic_write

from .filming import Row
from .labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.gridspec import SubplotSpec

PAPER, INK, FAINT, WAVE = "#17191d", "#e8e6e1", "#777b84", "#565b66"
COLOURS = ("#f2a65a", "#5ec4c9", "#c98bdb", "#a3c95e")
CLOSERS = ("p", "b", "m")
DPI = 100
WIDTH = 20.0  # inches
CURVES = 3.1  # inches of waveform and curves in a band
CAPTION = 0.34  # inches above a row of pictures
CROWDED = 0.013  # of a band's seconds between the middles of two phones
ENVELOPE_STEP = 80  # samples per drawn point of the waveform, 5 ms


@dataclass(frozen=True)
class Band:
    """A stretch of the line on one line of the sheet: seconds, and the columns of pictures that belong to it."""

    start: float
    end: float
    moments: tuple[float, ...]


def draw_sheet(
    path: Path, title: str, audio: AudioClip, labels: Labels, bands: Sequence[Band], rows: Sequence[Row]
) -> None:
    """Write a contact sheet.

    Args:
        path: the PNG, in a folder that exists.
        title: printed above it.
        audio: the line.
        labels: captions; may be empty.
        bands: stretches of the line from top to bottom; together their moments are those of the rows' pictures.
        rows: one or more takes of the line.

    Raises:
        ValueError: pictures and moments differ in number.
    """
    count = sum(len(band.moments) for band in bands)
    if any(len(row.pictures) != count for row in rows):
        raise ValueError(f"{count} moments but rows of {[len(row.pictures) for row in rows]} pictures")
    pictures = [[np.asarray(Image.open(picture)) for picture in row.pictures] for row in rows]
    height, width = pictures[0][0].shape[:2]
    across = max(len(band.moments) for band in bands)
    strip = WIDTH * 0.955 / across * height / width + CAPTION
    band_height = CURVES + len(rows) * strip
    figure = Figure(figsize=(WIDTH, 0.55 + len(bands) * band_height), dpi=DPI, facecolor=PAPER)
    top = 1 - 0.55 / figure.get_figheight()
    outer = figure.add_gridspec(len(bands), 1, left=0.03, right=0.985, top=top, bottom=0.005, hspace=0.0)
    figure.text(0.03, 1 - 0.34 / figure.get_figheight(), title, color=INK, fontsize=15, va="center")
    done = 0
    peak = max(float(np.max(row.opening)) for row in rows)
    for band, spot in zip(bands, outer, strict=True):
        shown = [row_pictures[done : done + len(band.moments)] for row_pictures in pictures]
        done += len(band.moments)
        _Band(figure, spot, band, strip).draw(audio, labels, rows, shown, peak)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=DPI, facecolor=PAPER)


class _Band:
    """One line of the sheet.

    Args:
        figure: to draw in.
        spot: the band's place.
        band: what it shows.
        strip: inches of a row of pictures with its caption.
    """

    def __init__(self, figure: Figure, spot: SubplotSpec, band: Band, strip: float) -> None:
        self.figure, self.spot, self.band, self.strip = figure, spot, band, strip

    def draw(
        self,
        audio: AudioClip,
        labels: Labels,
        rows: Sequence[Row],
        pictures: Sequence[Sequence[np.ndarray]],
        peak: float,
    ) -> None:
        """Draw the band; ``peak`` is the widest opening of the sheet, in metres."""
        grid = self.spot.subgridspec(1 + len(rows), 1, height_ratios=[CURVES, *[self.strip] * len(rows)], hspace=0.0)
        curves = grid[0].subgridspec(4, 1, height_ratios=[0.68, 0.9, 1.15, 0.38], hspace=0.0)
        wave, opening = (self._time_axes(curves[k]) for k in (1, 2))
        self._wave(wave, audio)
        self._captions(wave, opening, labels)
        self._openings(opening, rows, peak)
        for k, row in enumerate(rows):
            self._pictures(grid[1 + k], opening, row, pictures[k], COLOURS[k % len(COLOURS)], first=k == 0)

    def _time_axes(self, spot: SubplotSpec) -> Axes:
        axes = self.figure.add_subplot(spot, facecolor="none")
        axes.set_xlim(self.band.start, self.band.end)
        axes.tick_params(colors=FAINT, labelsize=8, length=2)
        for side in axes.spines.values():
            side.set_visible(False)
        return axes

    def _wave(self, axes: Axes, audio: AudioClip) -> None:
        samples = audio.samples
        blocks = samples[: len(samples) // ENVELOPE_STEP * ENVELOPE_STEP].reshape(-1, ENVELOPE_STEP)
        times = (np.arange(len(blocks)) + 0.5) * ENVELOPE_STEP / SAMPLE_RATE
        axes.fill_between(times, blocks.min(axis=1), blocks.max(axis=1), color=WAVE, linewidth=0)
        reach = 1.05 * max(1e-3, float(np.abs(samples).max()))
        axes.set_ylim(-reach, reach)
        axes.set_xticks([])
        axes.set_yticks([])
        for moment in self.band.moments:
            axes.axvline(moment, color=FAINT, linewidth=0.8, alpha=0.7)

    def _captions(self, wave: Axes, opening: Axes, labels: Labels) -> None:
        """Words above the waveform; phones between it and the curves, with p, b and m as shaded stretches."""
        above = wave.get_xaxis_transform()
        for word in labels.words:
            if self._inside(word.start, word.end):
                wave.text((word.start + word.end) / 2, 1.42, word.text, transform=above, color=INK, fontsize=13,
                          ha="center", va="bottom")  # fmt: skip
        raised, end = False, -1.0
        for phone in labels.phones:
            if phone.phone == "sil" or not self._inside(phone.start, phone.end):
                continue
            closer = phone.phone in CLOSERS
            centre = (phone.start + phone.end) / 2
            # Short neighbours would print over each other: every second one is raised.
            raised = not (raised or closer) and centre - end < CROWDED * (self.band.end - self.band.start)
            end = centre
            colour, weight = (INK, "bold") if closer else (FAINT, "normal")
            wave.text(centre, 1.20 if raised else 1.04, phone.phone, transform=above, color=colour, fontsize=9,
                      fontweight=weight, ha="center", va="bottom")  # fmt: skip
            if closer:
                for axes in (wave, opening):
                    axes.axvspan(phone.start, phone.end, color=INK, alpha=0.10, linewidth=0)

    def _inside(self, start: float, end: float) -> bool:
        return self.band.start <= (start + end) / 2 < self.band.end

    def _openings(self, axes: Axes, rows: Sequence[Row], peak: float) -> None:
        for row, colour in zip(rows, COLOURS, strict=False):
            axes.plot(np.arange(len(row.opening)) / row.fps, 1000 * row.opening, color=colour, linewidth=2.0)
        axes.set_ylim(-0.06 * 1000 * peak - 0.3, 1.08 * 1000 * peak + 0.3)
        axes.axhline(0.0, color=FAINT, linewidth=0.5)
        axes.set_ylabel("mouth, mm", color=FAINT, fontsize=9)
        axes.set_xticks([])
        axes.yaxis.set_major_locator(_few_ticks())
        for moment in self.band.moments:
            axes.axvline(moment, color=FAINT, linewidth=0.8, alpha=0.7)

    def _pictures(
        self, spot: SubplotSpec, opening: Axes, row: Row, pictures: Sequence[np.ndarray], colour: str, first: bool
    ) -> None:
        strip = spot.subgridspec(2, 1, height_ratios=[CAPTION, self.strip - CAPTION], hspace=0.0)
        caption = self.figure.add_subplot(strip[0])
        caption.axis("off")
        cells = strip[1].subgridspec(1, len(pictures), wspace=0.025)
        for moment, picture, cell in zip(self.band.moments, pictures, cells, strict=True):
            axes = self.figure.add_subplot(cell)
            axes.imshow(picture, aspect="auto", interpolation="lanczos")
            axes.set_xticks([])
            axes.set_yticks([])
            for side in axes.spines.values():
                side.set_color(colour)
                side.set_linewidth(1.2)
            if first:
                thread = ConnectionPatch(
                    (moment, 0.0), (0.5, 1.0), opening.get_xaxis_transform(), axes.transAxes, axesA=opening,
                    axesB=axes, color=FAINT, linewidth=0.8, alpha=0.7, clip_on=False,
                )  # fmt: skip
                self.figure.add_artist(thread)
        box = dict(facecolor=PAPER, edgecolor="none", pad=2.0)
        caption.text(0.0, 0.45, row.title, transform=caption.transAxes, color=colour, fontsize=14, va="center",
                     fontweight="bold", bbox=box, zorder=10)  # fmt: skip


def _few_ticks() -> object:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4, integer=True)
