"""The style library: each of the teacher's named performers, recorded for some seconds."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..engine.idle import IdleRates, idle_motion
from ..motion.controls import ENGINE_FPS, N_BLENDSHAPES
from ..motion.motion import Motion
from ..style.library import save_style
from ..style.performance import Performance
from .rehearsal import Rehearsal
from .teacher.performer import LIBRARY

SECONDS = 10.0
DESCRIPTIONS = {
    "neutral": "an even, friendly reader",
    "bright": "smiling and lively, brows up, quick nods",
    "mumble": "hardly opens the mouth, slow and slack",
    "stage": "wide, crisp articulation for the back row",
    "stern": "tight lips, lowered brows, a still head",
    "wry": "one-sided smile, one brow up, tilted head",
    "weary": "slack jaw, heavy lids, slow to close",
    "pout": "pushed-forward, rounded lips",
}


def record_style(rehearsal: Rehearsal, name: str, seed: int) -> Performance:
    """SECONDS of the named performer speaking sentences of the corpus, blinks and head drift included."""
    performer, frames = LIBRARY[name], int(SECONDS * ENGINE_FPS)
    pieces: list[NDArray[np.float32]] = []
    rng = np.random.default_rng((seed, 5))
    while sum(len(piece) for piece in pieces) < frames:
        utterance = rehearsal.utterances[rng.integers(len(rehearsal.utterances))]
        pieces.append(rehearsal.motion(utterance, performer, 1.0, round(utterance.seconds * ENGINE_FPS)))
    spoken = np.concatenate(pieces)[:frames]
    values = spoken + idle_motion(frames, IdleRates(performer.blinks, performer.gaze, performer.drift), seed)
    values[:, :N_BLENDSHAPES] = values[:, :N_BLENDSHAPES].clip(0, 1)
    return Performance(Motion(values.astype(np.float32), ENGINE_FPS), name)


def record_library(rehearsal: Rehearsal, folder: Path, seed: int) -> None:
    """Write NAME.npz of every named performer into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in LIBRARY:
        performance = record_style(rehearsal, name, seed)
        save_style(performance, DESCRIPTIONS[name], folder / f"{name}.npz", asdict(LIBRARY[name]))
