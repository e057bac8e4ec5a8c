"""Figures without a display, and the waveform that stands above curves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import SAMPLE_RATE
from ...errors import UserError
from ...files import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENVELOPE_STEP = 80  # samples per drawn point of the waveform, 5 ms


def figure(width: float, height: float) -> Figure:
    """A figure that needs no display."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError(
            "matplotlib is not installed", "it, to draw sheets", "install it with: pip install 'ptalker[plots]'"
        ) from error
    return Figure(figsize=(width, height), layout="constrained")


def save(path: Path, drawn: Figure) -> None:
    """Write a figure as PNG."""
    with atomic_write(path) as part:
        drawn.savefig(part, dpi=100)


def draw_wave(axes: Axes, samples: NDArray[np.float32], start: float = 0.0) -> None:
    """Envelope of samples that begin at ``start`` seconds."""
    blocks = samples[: len(samples) // ENVELOPE_STEP * ENVELOPE_STEP].reshape(-1, ENVELOPE_STEP)
    times = start + np.arange(len(blocks)) * ENVELOPE_STEP / SAMPLE_RATE
    axes.fill_between(times, blocks.min(axis=1), blocks.max(axis=1), color="0.4", linewidth=0)
    axes.set_ylabel("sound", fontsize=8)
