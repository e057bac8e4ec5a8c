"""Motion: controls over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .controls import ENGINE_FPS, N_CONTROLS


@dataclass(frozen=True)
class Motion:
    """Controls over time; frame k is at k / fps seconds.

    Attributes:
        values: [T, 55] float32 in the order of ``controls.CONTROLS``; blendshapes 0..1, head angles in radians.
        fps: frames per second, e.g. 50.0 in the engine or 24000 / 1001 in a scene.
    """

    values: NDArray[np.float32]
    fps: float = ENGINE_FPS

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != N_CONTROLS or self.values.dtype != np.float32:
            raise ValueError(
                f"motion values must be float32 [T, {N_CONTROLS}], got {self.values.dtype} {self.values.shape}"
            )
        if not self.fps > 0:
            raise ValueError(f"fps must be positive, got {self.fps}")

    @property
    def seconds(self) -> float:
        """Duration covered by the frames."""
        return len(self.values) / self.fps
