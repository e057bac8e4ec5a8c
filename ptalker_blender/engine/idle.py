"""What a living face does besides speaking: blinks, gaze and the head's slow wandering, drawn from a seed.

A network trained on a mean error cannot learn when a person blinks, only how often; these are therefore generated, at
rates the style code gives (Talk3D replays them from a video instead, papers.md section 3.7). Blinks come as a renewal
process; a blink closes in 80 ms, stays shut for 40 and opens in 170. Every event depends on the seed and on the events
before it alone, so a longer clip begins like a shorter one (all but its last frame: a saccade takes three).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..motion.blinks import CLOSED, CLOSING, OPENING, blink_shape
from ..motion.controls import ENGINE_FPS, INDEX, N_CONTROLS

BLINKS_SCALE = (
    30.0  # the network's unit of blink rate, blinks per minute: training divides by it, the engine multiplies
)


@dataclass(frozen=True)
class IdleRates:
    """How lively the idle face is.

    Attributes:
        blinks: per minute.
        gaze: size of the eyes' wandering, about 0..1.
        drift: size of the head's wandering, about 0..1.
    """

    blinks: float
    gaze: float
    drift: float


def idle_motion(frames: int, rates: IdleRates, seed: int) -> NDArray[np.float32]:
    """Controls float32 [frames, 55] at 50 Hz to be added to the spoken motion.

    Args:
        frames: T.
        rates: how lively; a blink rate below 0.5 a minute counts as 0.5.
        seed: of every draw; a whole number from 0.
    """
    out = np.zeros((frames, N_CONTROLS), np.float32)
    blink_seed, gaze_seed, drift_seed = np.random.SeedSequence((seed, 0x1D1E)).spawn(3)
    lids = _blinks(frames, rates.blinks, np.random.default_rng(blink_seed))
    yaw, pitch = _gaze(frames, np.random.default_rng(gaze_seed))
    for side, inward in (("Left", -1.0), ("Right", 1.0)):
        out[:, INDEX[f"eyeBlink{side}"]] = lids
        out[:, INDEX[f"eyeLookIn{side}"]] = (rates.gaze * inward * yaw).clip(0)
        out[:, INDEX[f"eyeLookOut{side}"]] = (-rates.gaze * inward * yaw).clip(0)
        out[:, INDEX[f"eyeLookUp{side}"]] = (rates.gaze * pitch).clip(0)
        out[:, INDEX[f"eyeLookDown{side}"]] = (-rates.gaze * pitch).clip(0)
    for name, wander in zip(("headPitch", "headYaw", "headRoll"), _drift(frames, drift_seed), strict=True):
        out[:, INDEX[name]] = rates.drift * wander
    return out


def _blinks(frames: int, per_minute: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Lid closure [frames] 0..1: gamma-distributed intervals, never two blinks on top of each other."""
    lids, times = np.zeros(frames), np.arange(frames) / ENGINE_FPS
    length = math.ceil((CLOSING + CLOSED + OPENING) * ENGINE_FPS) + 2  # frames a blink may touch: cost stays linear
    mean = 60.0 / max(per_minute, 0.5)
    start = rng.gamma(2.5, mean / 2.5) * 0.6
    while start < frames / ENGINE_FPS:
        first = int(start * ENGINE_FPS)
        touched = slice(first, first + length)
        since = times[touched] - start
        lids[touched] = np.maximum(lids[touched], blink_shape(since))
        start += max(0.45, rng.gamma(2.5, mean / 2.5))
    return lids


def _gaze(frames: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Small saccades about the viewer: yaw (positive to the character's left) and pitch, within 0.35 and 0.25."""
    yaw, pitch = np.zeros(frames), np.zeros(frames)
    start = 0
    while start < frames:
        length = int(ENGINE_FPS * rng.uniform(0.4, 2.6))
        near = rng.random() < 0.55  # back to the viewer
        target = (0.0, 0.0) if near else (rng.normal(0, 0.12), rng.normal(0, 0.06))
        yaw[start : start + length], pitch[start : start + length] = target
        start += length
    kernel = np.ones(3) / 3  # a saccade takes about 40 ms
    edge = [np.convolve(np.pad(track, 1, mode="edge"), kernel, mode="valid") for track in (yaw, pitch)]
    return edge[0].clip(-0.35, 0.35), edge[1].clip(-0.25, 0.25)


def _drift(frames: int, seed: np.random.SeedSequence) -> list[NDArray[np.float64]]:
    """Three slow angles in radians: sums of incommensurate sines with drawn phases, so any length begins alike."""
    rng, times = np.random.default_rng(seed), np.arange(frames) / ENGINE_FPS
    angles = []
    for size in (0.020, 0.030, 0.016):
        hertz, phases = np.array([0.11, 0.23, 0.41]) * rng.uniform(0.85, 1.15, 3), rng.uniform(0, 2 * np.pi, 3)
        waves = np.sin(2 * np.pi * hertz * times[:, None] + phases) - np.sin(phases)
        angles.append(size * (waves @ np.array([0.6, 0.3, 0.2])))
    return angles
