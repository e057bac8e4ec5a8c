"""``ptalker bench``: speed and memory of this machine, warm, by part."""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .baking import blender_is_here, blender_on_stderr, scene_keys
from .measure import peak_rss_mb
from .options import add_engine_arguments, frame_rate

if TYPE_CHECKING:
    from ..audio.clip import AudioClip
    from ..motion.motion import Motion

T = TypeVar("T")
RUNS = 3
SOURCE_RATE = 48_000  # what a recorder writes, so that decoding includes resampling


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``bench``."""
    parser.add_argument("--seconds", metavar="N", type=_length, default=60.0, help="length of the audio (default 60)")
    parser.add_argument("--audio", metavar="FILE", help="use the first N seconds of FILE instead of a synthetic signal")
    parser.add_argument(
        "--fps", metavar="N", type=frame_rate, default=24.0, help="of the scene for the keys (default 24)"
    )
    parser.add_argument("--threads", metavar="N", type=_threads, help="of torch (default: its own choice)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_engine_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    figures = measure(args)
    if args.json:
        print(json.dumps(figures, indent=1))
        return 0
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {f'{value:.4g}' if isinstance(value, float) else '-' if value is None else value}")
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Run every part once to warm up, then three times, and take medians.

    Returns:
        seconds by part; ``network_rtf`` is seconds of network per second of audio; ``bake_seconds`` covers resampling,
        key reduction and writing the Action on the default head, None without bpy; ``audio_to_keys_seconds`` is
        their sum with decoding. ``load_seconds`` includes importing torch.
    """
    began = time.perf_counter()
    import torch

    from ..engine.request import Request
    from ..engine.session import Session

    if args.threads is not None:
        torch.set_num_threads(args.threads)
    session = Session(args.weights, args.device)
    load = time.perf_counter() - began
    clip, decode = _decode(args)
    motion, network = _timed(lambda: session.predict(Request(clip)))
    with blender_on_stderr():
        bake = _bake_seconds(motion, args.fps) if blender_is_here() else None
    return {
        "audio_seconds": clip.seconds,
        "threads": torch.get_num_threads(),
        "device": session.device,
        "load_seconds": load,
        "decode_seconds": decode,
        "network_seconds": network,
        "network_rtf": network / clip.seconds,
        "bake_seconds": bake,
        "audio_to_keys_seconds": None if bake is None else decode + network + bake,
        "peak_rss_mb": peak_rss_mb(),
        "runs": RUNS,
        "weights_sha256": session.weights_sha256,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def speech_like(seconds: float, rate: int = SOURCE_RATE, seed: int = 0) -> NDArray[np.float32]:
    """Make a signal with the rhythm and bands of speech, the same on every machine.

    A gliding harmonic tone and noise, in syllables of 4 Hz on average with pauses; no recording is needed to time a
    network whose cost does not depend on what is said.

    Returns:
        float32 [round(seconds * rate)] within [-1, 1].
    """
    count = round(seconds * rate)
    draw = np.random.default_rng(seed)
    time_axis = np.arange(count) / rate
    knots = np.arange(0.0, seconds + 0.25, 0.125)
    loudness = np.interp(time_axis, knots, draw.beta(0.6, 0.8, len(knots)))
    pitch = np.interp(time_axis, knots, draw.uniform(90.0, 220.0, len(knots)))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(k * phase) / k for k in range(1, 13))
    voiced = np.interp(time_axis, knots, draw.integers(0, 2, len(knots)).astype(float))
    noise = draw.standard_normal(count)
    signal = loudness * (0.25 * voiced * voice + 0.08 * (1 - voiced) * noise)
    samples: NDArray[np.float32] = np.clip(signal, -1.0, 1.0).astype(np.float32)
    return samples


def _decode(args: argparse.Namespace) -> tuple[AudioClip, float]:
    """The clip to perform, and the seconds that reading and resampling its file took."""
    import soundfile

    from ..audio.load import load_audio

    if args.audio is not None:
        return _timed(lambda: load_audio(args.audio, None, args.seconds))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech-like.wav"
        soundfile.write(path, speech_like(args.seconds), SOURCE_RATE)
        return _timed(lambda: load_audio(path))


def _bake_seconds(motion: Motion, fps: float) -> float:
    from ..rig.head import load_head
    from ..scene.actions import write_take
    from ..scene.document import new_document
    from ..scene.heads import add_head
    from ..scene.timing import effective_fps, set_rate

    scene = new_document()
    set_rate(scene, fps)
    head = add_head(load_head(), "Head")
    rate = effective_fps(scene)
    _, seconds = _timed(lambda: write_take(head, scene_keys(motion, rate, True), 1, "Bench", {}, head_motion=True))
    return seconds


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """Result of ``work`` and the median of its times after one warm-up run."""
    result, times = work(), []
    for _ in range(RUNS):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return result, statistics.median(times)


def _length(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 36_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a length from 0.1 to 36000 seconds")
    return value


def _threads(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of threads from 1 to 1024")
    return int(text)
