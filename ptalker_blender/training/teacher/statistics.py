"""How the teacher moves, beside how people move: the table that says where the teacher must be mended.

Openings are divided by their 95th percentile, so a rig's units do not matter. The real side is the FACEGOOD takes (made
by artists after video of one speaker) for speech, and the Live Link Face range-of-motion captures for blinks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

BANDS_HZ = ((0.3, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 15.0))
CLOSED = 0.25  # of the 95th percentile, design.md section 8
LONGEST_CLOSURE = 0.4  # seconds; longer ones are pauses
BLINK, OPEN_AGAIN = 0.5, 0.3


@dataclass(frozen=True)
class MotionStatistics:
    """Figures of an opening curve and a lid curve; nan where there is nothing to measure.

    Attributes:
        speed_median, speed_p95: of the opening, 95th percentiles of it per second.
        closures_per_minute, closure_seconds: short closed stretches and their median length.
        bands: share of the opening's variance per band of `BANDS_HZ`.
        blinks_per_minute, blink_interval: and the median interval in seconds.
    """

    speed_median: float
    speed_p95: float
    closures_per_minute: float
    closure_seconds: float
    bands: tuple[float, ...]
    blinks_per_minute: float
    blink_interval: float


def stretches(active: NDArray[np.bool_]) -> NDArray[np.int64]:
    """[N, 2] first and one-past-last frame of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]]).astype(np.int8)))
    return edges.reshape(-1, 2)


def blink_onsets(lids: NDArray[np.float64], fps: float) -> NDArray[np.float64]:
    """Times in seconds at which the lids close, with hysteresis so that a flutter counts once."""
    onsets, shut = [], False
    for i, value in enumerate(lids.tolist()):
        if not shut and value > BLINK:
            onsets.append(i / fps)
        shut = value > (OPEN_AGAIN if shut else BLINK)
    return np.array(onsets)


def measure(
    openings: Sequence[NDArray[np.float64]], lids: Sequence[NDArray[np.float64]], fps: float
) -> MotionStatistics:
    """Statistics pooled over clips.

    Args:
        openings: mouth opening per clip [T], any unit, 0 at rest; may be empty.
        lids: eyeBlink of one eye per clip [T]; may be empty.
        fps: frame rate of both.
    """
    speeds, closed, power = [], [], np.zeros(len(BANDS_HZ))
    for opening in openings:
        scaled = opening / np.percentile(opening, 95)
        speeds.append(np.abs(np.diff(scaled)) * fps)
        runs = stretches(scaled < CLOSED)
        seconds = (runs[:, 1] - runs[:, 0]) / fps
        closed.append(seconds[seconds < LONGEST_CLOSURE])
        spectrum = np.abs(np.fft.rfft((scaled - scaled.mean()) * np.hanning(len(scaled)))) ** 2
        hertz = np.fft.rfftfreq(len(scaled), 1 / fps)
        power += [spectrum[(hertz >= low) & (hertz < high)].sum() / len(scaled) for low, high in BANDS_HZ]
    minutes = sum(map(len, openings)) / fps / 60
    onsets = [blink_onsets(track, fps) for track in lids]
    intervals = np.concatenate([np.diff(times) for times in onsets] or [np.zeros(0)])
    lid_minutes = sum(map(len, lids)) / fps / 60
    nan = float("nan")
    pooled, lengths = np.concatenate(speeds or [np.zeros(0)]), np.concatenate(closed or [np.zeros(0)])
    return MotionStatistics(
        speed_median=float(np.median(pooled)) if len(pooled) else nan,
        speed_p95=float(np.percentile(pooled, 95)) if len(pooled) else nan,
        closures_per_minute=len(lengths) / minutes if minutes else nan,
        closure_seconds=float(np.median(lengths)) if len(lengths) else nan,
        bands=tuple(power / power.sum()) if power.sum() else (nan,) * len(BANDS_HZ),
        blinks_per_minute=sum(map(len, onsets)) / lid_minutes if lid_minutes else nan,
        blink_interval=float(np.median(intervals)) if len(intervals) else nan,
    )


def table(columns: Mapping[str, MotionStatistics]) -> list[str]:
    """Lines of a text table, one column per source."""
    rows = {name: list(asdict(stats).items()) for name, stats in columns.items()}
    labels: list[tuple[str, list[float]]] = []
    for i, (key, _) in enumerate(next(iter(rows.values()))):
        if key == "bands":
            for b, (low, high) in enumerate(BANDS_HZ):
                labels.append((f"opening power {low:g}-{high:g} Hz", [rows[name][i][1][b] for name in rows]))
        else:
            labels.append((key.replace("_", " "), [rows[name][i][1] for name in rows]))
    lines = [" " * 28 + "".join(f"{name:>14}" for name in rows)]
    return lines + [f"{label:<28}" + "".join(f"{value:>14.3f}" for value in values) for label, values in labels]
