"""What a solution misses, measured on the vertices themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .motions import WantedMotion

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Residual:
    """See :class:`ptalker_blender.rig.solve.Solution`."""

    rms_mm: float
    worst_mm: float
    energy_percent: float


def measure(flat: Floats, weights: Floats, motion: WantedMotion, counted: NDArray[np.intp]) -> Residual:
    """Compare ``weights`` [T, K] times the keys ``flat`` [K, 3 n] with the motion of the n vertices ``counted``.

    Displacements are taken in float32, which leaves some 1e-7 of a displacement, and summed in float64.
    """
    keys, wanted_energy, missed_energy, worst = flat.astype(np.float32), 0.0, 0.0, 0.0
    for frames, wanted in motion.chunks(counted):
        wanted_energy += _energy(wanted)
        missed = wanted - weights[frames].astype(np.float32) @ keys
        missed_energy += _energy(missed)
        squares = np.square(missed.reshape(len(missed), -1, 3)).sum(axis=2)
        worst = max(worst, float(squares.max(initial=0)))
    entries = max(1, motion.n_frames * len(counted))
    rms_mm, worst_mm = (float(1e3 * np.sqrt(square)) for square in (missed_energy / entries, worst))
    if wanted_energy > 0:
        return Residual(rms_mm, worst_mm, 100 * missed_energy / wanted_energy)
    return Residual(rms_mm, worst_mm, float("inf") if missed_energy > 0 else 0.0)


def _energy(displacements: NDArray[np.float32]) -> float:
    return float(np.square(displacements).sum(dtype=np.float64))
