"""Measure the audio resampler: the level of tones after conversion to 16 kHz, its delay and its speed.

python -m benchmarks.resampling [--plot OUT.png]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from ptalker_blender.audio.resample import resample
from ptalker_blender.files import atomic_write

RATE_OUT = 16_000
RATES = (44_100, 48_000)
TONES = (100, 1_000, 4_000, 6_000, 7_000, 7_250, 7_500, 7_750, 8_000, 8_250, 9_000, 12_000, 16_000, 20_000)


def level_db(hertz: float, rate: int) -> float:
    """Level in dB of a unit tone after resampling, away from the ends, whatever frequency it came out at."""
    out = resample(np.sin(2 * np.pi * hertz * np.arange(rate) / rate), rate, RATE_OUT).astype(np.float64)
    return float(20 * np.log10(np.sqrt(2 * np.mean(out[RATE_OUT // 4 : 3 * RATE_OUT // 4] ** 2)) + 1e-12))


def delay_samples(rate: int) -> float:
    """Return how late a click comes out, in output samples."""
    click = np.zeros(rate)
    click[rate // 2] = 1.0
    out = resample(click, rate, RATE_OUT).astype(np.float64)
    return float((np.arange(len(out)) * out).sum() / out.sum() - RATE_OUT / 2)


def seconds_per_minute(rate: int) -> float:
    """Return the time that one minute of audio takes."""
    audio = np.random.default_rng(0).standard_normal(60 * rate)
    start = time.perf_counter()
    resample(audio, rate, RATE_OUT)
    return time.perf_counter() - start


def main() -> None:
    """Print the table and, if asked, draw the response."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", type=Path, help="write the response as a PNG")
    plot = parser.parse_args().plot
    print("tone Hz   " + "".join(f"{rate:>12}" for rate in RATES))
    for hertz in TONES:
        print(f"{hertz:7d}   " + "".join(f"{level_db(hertz, rate):9.3f} dB" for rate in RATES))
    print("delay     " + "".join(f"{delay_samples(rate):12.1e}" for rate in RATES) + "  samples")
    print("per minute" + "".join(f"{seconds_per_minute(rate):12.2f}" for rate in RATES) + "  s")
    if plot is not None:
        draw(plot)


def draw(path: Path) -> None:
    """Draw the level of tones from 50 Hz to half of each input rate."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for rate in RATES:
        tones = np.arange(50, rate / 2, 50)
        axes.plot(tones / 1000, [level_db(hertz, rate) for hertz in tones], label=f"{rate / 1000:g} kHz to 16 kHz")
    axes.axvspan(8, max(RATES) / 2000, color="0.9", label="would alias")
    axes.set(xlabel="tone, kHz", ylabel="level, dB", ylim=(-140, 5))
    axes.legend()
    with atomic_write(path) as temporary:
        figure.savefig(temporary, dpi=120)


if __name__ == "__main__":
    main()
