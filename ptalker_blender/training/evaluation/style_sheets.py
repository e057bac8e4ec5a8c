"""Pictures of the style figures: a line in five styles, how much of a performance is needed, the worst closures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import SAMPLE_RATE
from ...errors import UserError
from ...model.motion_style import PERFORMANCE_FPS
from ...motion.controls import ENGINE_FPS, INDEX
from ...motion.resample import resample_motion
from ...style.library import list_styles, load_style
from .recordings import labelled_sets
from .style_cast import load_sentences, split_pools
from .style_drawing import draw_wave, figure, save
from .style_faces import FaceDrawing
from .style_identity import LENGTHS
from .style_misses import draw_misses
from .style_report import StyleReport
from .style_run import StyleSettings
from .style_system import Controls, StyleSystem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES = ("neutral", "bright", "mumble", "stern", "wry")  # furthest apart to the eye
MOMENTS = 6
LONGEST = 4.0  # seconds of the line that are drawn
LINE_SET = "librivox"  # a real recording, where the data folder is there
SMILE = (INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"])
BROWS = INDEX["browInnerUp"]


def draw_sheets(
    folder: Path, system: StyleSystem, settings: StyleSettings, report: StyleReport, tell: Callable[[str], None]
) -> None:
    """Write the sheets.

    Args:
        folder: exists; files of the same names are replaced.
        system: the network.
        settings: of the run.
        report: its figures; the length curve is drawn where they are among them.
        tell: called with the name of each picture.

    Raises:
        UserError: matplotlib is not installed, or the style library holds fewer than two styles.
    """
    name, samples = the_line(settings)
    motions = said_in_styles(system, samples)
    tell("styles.png")
    save(folder / "styles.png", contact_sheet(FaceDrawing(system.head), name, motions, moments(system, motions)))
    tell("curves.png")
    save(folder / "curves.png", curves(system, name, samples, motions))
    if "length" in report.sections:
        tell("length.png")
        save(folder / "length.png", length_curve(report))
    if settings.data is not None:
        tell("worst_closures.png")
        draw_misses(folder, system, labelled_sets(settings.data))


def the_line(settings: StyleSettings) -> tuple[str, NDArray[np.float32]]:
    """(name, samples [S]) of the line that is drawn: a real recording, else a sentence of the corpus."""
    longest = int(LONGEST * SAMPLE_RATE)
    if settings.data is not None:
        clip = labelled_sets(settings.data)[LINE_SET][0]
        return clip.name, clip.audio.samples[:longest]
    line = split_pools(load_sentences(settings.corpora), settings.lines, settings.seed).lines[0]
    return f"{line.voice}: {line.text}", line.samples[:longest]


def said_in_styles(system: StyleSystem, samples: NDArray[np.float32]) -> Mapping[str, Controls]:
    """The line in the library's styles: name -> controls [T, 55]."""
    known = [style.name for style in list_styles()]
    names = [name for name in STYLES if name in known] or known[: len(STYLES)]
    if len(names) < 2:
        raise UserError(f"{len(names)} library styles", "two or more to compare", "record the library first")
    clips = [resample_motion(load_style(name).motion, PERFORMANCE_FPS).values for name in names]
    made = system.say(system.hear(samples), system.motion_codes(clips))
    return dict(zip(names, made, strict=True))


def moments(system: StyleSystem, motions: Mapping[str, Controls]) -> NDArray[np.int64]:
    """Frames worth seeing, in order: mouths open and shut in turn, evenly over the line."""
    opening = np.mean([system.opening(motion) for motion in motions.values()], axis=0)
    edges = np.linspace(0.05 * len(opening), 0.95 * len(opening), MOMENTS + 1).astype(int)
    picks = [
        a + int(opening[a:b].argmax() if k % 3 else opening[a:b].argmin())
        for k, (a, b) in enumerate(pairwise(edges.tolist()))
    ]
    return np.array(picks, np.int64)


def contact_sheet(
    drawing: FaceDrawing, name: str, motions: Mapping[str, Controls], frames: Sequence[int] | NDArray[np.int64]
) -> Figure:
    """Faces, a row a style and a column a moment."""
    sheet = figure(1.7 * len(frames), 2.15 * len(motions) + 0.4)
    grid = sheet.subplots(len(motions), len(frames), squeeze=False)
    for row, (style, motion) in zip(grid, motions.items(), strict=True):
        for axes, frame in zip(row, frames, strict=True):
            drawing.draw(axes, motion[frame])
            axes.set_title(f"{style}, {frame / ENGINE_FPS:.2f} s", fontsize=8)
    sheet.suptitle(name, fontsize=9)
    return sheet


def curves(system: StyleSystem, name: str, samples: NDArray[np.float32], motions: Mapping[str, Controls]) -> Figure:
    """Opening, smile, brows and nod of each style under the waveform."""
    sheet = figure(11.0, 8.0)
    wave, *rows = sheet.subplots(5, 1, sharex=True, height_ratios=(1, 3, 1.5, 1.5, 1.5))
    draw_wave(wave, samples)
    wave.set_title(name, loc="left", fontsize=9)
    for style, motion in motions.items():
        times = np.arange(len(motion)) / ENGINE_FPS
        tracks = (
            system.opening(motion),
            motion[:, SMILE].mean(1),
            motion[:, BROWS],
            np.rad2deg(motion[:, INDEX["headPitch"]]),
        )
        for axes, track in zip(rows, tracks, strict=True):
            axes.plot(times, track, linewidth=1.2, label=style)
    for axes, label in zip(rows, ("opening (mm)", "smile", "browInnerUp", "head pitch (degrees)"), strict=True):
        axes.set_ylabel(label, fontsize=8)
    rows[0].legend(fontsize=8, ncols=len(motions))
    rows[-1].set_xlabel("seconds")
    return sheet


def length_curve(report: StyleReport) -> Figure:
    """The three figures of the section ``length`` over the seconds of the reference, with their intervals."""
    rows = report.sections["length"].rows
    sheet = figure(9.0, 4.0)
    kinds = {
        "told apart (top-1)": "top-1",
        "cosine to the code of 10 s": "cosine",
        "own lower than wrong by": "own lower",
    }
    axes = sheet.subplots()
    for label, mark in kinds.items():
        chosen = [row.estimate for row in rows if mark in row.name]
        axes.plot(LENGTHS, [e.value for e in chosen], marker="o", label=label)
        axes.fill_between(LENGTHS, [e.low for e in chosen], [e.high for e in chosen], alpha=0.2, linewidth=0)
    axes.set(xlabel="seconds of the performance", ylim=(0, 1.03), xticks=LENGTHS)
    axes.set_title(f"how much of a performance the style needs ({rows[0].basis})", fontsize=9, loc="left")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return sheet
