"""How controls open the lips of the default head: one row of a linear rig, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import INDEX, N_BLENDSHAPES, N_CONTROLS
from .head import Head
from .linear import mouth_opening


@dataclass(frozen=True)
class LipRig:
    """Inner-lip gap = rest + row . controls, millimetres.

    Attributes:
        rest: gap with all controls at zero.
        row: [52] change of the gap per unit of each blendshape.
    """

    rest: float
    row: NDArray[np.float64]

    def gap(self, values: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Gap [T] in mm of controls [T, 52 or 55]."""
        return self.rest + values[:, :N_BLENDSHAPES] @ self.row

    @property
    def jaw(self) -> float:
        """Opening per unit of jawOpen, mm."""
        return float(self.row[INDEX["jawOpen"]])

    @property
    def close(self) -> float:
        """Closing per unit of mouthClose, mm, positive."""
        return float(-self.row[INDEX["mouthClose"]])


def lip_rig(head: Head) -> LipRig:
    """Measure a head: its gap is linear in the controls, so 53 poses tell all."""
    poses = np.zeros((1 + N_BLENDSHAPES, N_CONTROLS), np.float32)
    poses[1:, :N_BLENDSHAPES] = np.eye(N_BLENDSHAPES)
    gaps = 1000.0 * mouth_opening(head, poses)
    return LipRig(float(gaps[0]), gaps[1:] - gaps[0])
