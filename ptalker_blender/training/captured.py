"""The real captures' side of the teacher's table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..motion.controls import INDEX
from ..motion.livelink import read_livelink_csv
from .evaluation.facegood import FPS, OPENING_CHANNEL, load_takes
from .teacher.statistics import MotionStatistics, measure

ROM = "motion/arkit_captures/livelinkface_rom"


def captured_columns(data: Path) -> dict[str, MotionStatistics]:
    """Statistics of the FACEGOOD takes' opening channel and of the Live Link Face captures' blinks."""
    takes = [np.asarray(take.weights[:, OPENING_CHANNEL], np.float64) for take in load_takes(data)]
    captures = [read_livelink_csv(path) for path in sorted((data / ROM).glob("*.csv"))]
    lids = [motion.values[:, INDEX["eyeBlinkLeft"]].astype(np.float64) for motion in captures]
    columns = {"facegood": measure(takes, [], FPS)}
    if len({motion.fps for motion in captures}) > 1:
        raise ValueError("the captures of blinks are of different frame rates; they are pooled at one")
    if captures:
        columns["arkit"] = measure([], lids, captures[0].fps)
    return columns
