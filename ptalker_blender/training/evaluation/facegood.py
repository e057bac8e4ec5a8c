"""The FACEGOOD takes: paired sound and crafted facial weights, the reference for mouth opening.

Source: FACEGOOD-Audio2Face (MIT); 30 frames a second, 116 channels, described in the data folder.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import AudioClip
from ...audio.load import load_audio
from ...errors import UserError
from ...motion.controls import INDEX, N_CONTROLS
from ...motion.motion import Motion

FPS = 30.0
CHANNELS = 116
OPENING_CHANNEL = 74  # mouth_stretch_c, the mouth-opening channel


@dataclass(frozen=True)
class Take:
    """One take, cut to the frames that both sound and weights cover.

    Attributes:
        name: e.g. ``1114_2_01``.
        audio: the voice.
        weights: float64 [T, 116] at 30 fps, 0..1.
        controls: the channels that have a counterpart among our controls, as a motion at 30 fps.
    """

    name: str
    audio: AudioClip
    weights: NDArray[np.float64]
    controls: Motion

    @property
    def opening(self) -> NDArray[np.float64]:
        """The opening channel, [T]."""
        return self.weights[:, OPENING_CHANNEL]


def load_takes(data: Path) -> tuple[Take, ...]:
    """Read all takes under ``data/motion/facegood``.

    Raises:
        UserError: when none is there, or a weight file has another shape.
    """
    folder = data / "motion" / "facegood"
    files = sorted(folder.glob("bs_value_*.npy"))
    if not files:
        raise UserError(
            f"no FACEGOOD takes in {folder}", "bs_value_*.npy beside *.wav", "give the data folder with --data"
        )
    mapping = _read_mapping(folder / "channels_to_arkit52.csv")
    return tuple(_load_take(file, mapping) for file in files)


def _load_take(file: Path, mapping: dict[int, tuple[int, ...]]) -> Take:
    weights = np.load(file, allow_pickle=False)
    if weights.ndim != 2 or weights.shape[1] != CHANNELS:
        raise UserError(
            f"{file.name} holds an array of shape {weights.shape}", f"[T, {CHANNELS}]", "fetch the data set again"
        )
    name = file.stem.removeprefix("bs_value_")
    audio = load_audio(file.with_name(f"{name}.wav"))
    frames = min(len(weights), int(audio.seconds * FPS))
    weights = weights[:frames].astype(np.float64)
    return Take(name, audio, weights, Motion(to_controls(weights, mapping), FPS))


def to_controls(weights: NDArray[np.float64], mapping: dict[int, tuple[int, ...]]) -> NDArray[np.float32]:
    """Channel weights as controls: one that several channels share (sides, quarters of the lips) takes their mean.

    Args:
        weights: [T, 116].
        mapping: control index -> channel indices.

    Returns:
        float32 [T, 55]; controls without a channel stay 0.
    """
    values = np.zeros((len(weights), N_CONTROLS), dtype=np.float32)
    for control, channels in mapping.items():
        values[:, control] = np.clip(weights[:, channels].mean(axis=1), 0.0, 1.0)
    return values


def _read_mapping(path: Path) -> dict[int, tuple[int, ...]]:
    """Channels by control, the low-confidence guesses left out."""
    channels: dict[int, list[int]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["arkit52"] and row["confidence"] != "low":
                channels[INDEX[row["arkit52"]]].append(int(row["index"]))
    return {control: tuple(indices) for control, indices in channels.items()}
