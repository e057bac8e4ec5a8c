"""What a solution misses, measured on the vertices themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .motions import WantedMotion


@dataclass(frozen=True)
class Residual:
    """See :class:`ptalker_blender.rig.solve.Solution`."""

    rms_mm: float
    worst_mm: float
    energy_percent: float


def measure(
    motion: WantedMotion, counted: NDArray[np.intp], reached: Callable[[slice], NDArray[np.float32]]
) -> Residual:
    """Compare what is ``reached(frames)`` [frames, 3 n] with the motion of the n vertices ``counted``."""
    wanted_energy, missed_energy, worst = 0.0, 0.0, 0.0
    for frames, wanted in motion.chunks(counted):
        missed = (wanted - reached(frames)).reshape(len(wanted), -1, 3)
        squares = np.square(missed).sum(axis=2)
        wanted_energy += float(np.square(wanted).sum(dtype=np.float64))
        missed_energy += float(squares.sum(dtype=np.float64))
        worst = max(worst, float(squares.max(initial=0)))
    points = max(1, motion.n_frames * len(counted))
    rms_mm, worst_mm = (float(1e3 * np.sqrt(square)) for square in (missed_energy / points, worst))
    if wanted_energy > 0:
        return Residual(rms_mm, worst_mm, 100 * missed_energy / wanted_energy)
    return Residual(rms_mm, worst_mm, float("inf") if missed_energy > 0 else 0.0)
