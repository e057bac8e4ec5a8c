"""FLAME's parameters over time: what trackers and speech networks for FLAME write, in one form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .flame_file import JOINTS

ROOT, NECK, JAW, EYE_LEFT, EYE_RIGHT = range(len(JOINTS))


@dataclass(frozen=True)
class FlameTrack:
    """Expression and joints over time, and one identity; frame k is at k / fps seconds.

    Attributes:
        expression: float32 [T, E] coefficients of the expression components, E up to 100.
        pose: float32 [T, 5, 3], rotation vectors of ``JOINTS`` in radians, each relative to the joint's parent.
        shape: float32 [S] coefficients of the identity components, S up to 300, maybe 0.
        fps: frames per second.
        name: for messages, e.g. the file's.
        notes: what was assumed or left out in reading, a sentence each.
    """

    expression: NDArray[np.float32]
    pose: NDArray[np.float32]
    shape: NDArray[np.float32]
    fps: float
    name: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        arrays = (self.expression, self.pose, self.shape)
        if any(array.dtype != np.float32 for array in arrays) or self.expression.ndim != 2 or self.shape.ndim != 1:
            raise ValueError(f"a track is float32 [T, E], [T, 5, 3], [S], not {[array.shape for array in arrays]}")
        if self.pose.shape != (len(self.expression), len(JOINTS), 3):
            raise ValueError(f"pose {self.pose.shape} for {len(self.expression)} frames of expression")
        if not (len(self.expression) and self.fps > 0):
            raise ValueError(f"{len(self.expression)} frames at {self.fps} frames per second")

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.expression)

    @property
    def seconds(self) -> float:
        """Duration covered by the frames."""
        return self.frames / self.fps
