"""The part that ``predict`` and ``bake`` share: audio and style in, motion at 50 Hz out."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..engine.messages import VOICE, BakeJob
from .measure import Stopwatch, TerminalProgress
from .options import mix_share, transcript

if TYPE_CHECKING:
    from ..audio.clip import AudioClip
    from ..motion.motion import Motion
    from ..style.mix import Style


@dataclass(frozen=True)
class Heard:
    """What is performed: the line's audio, and the style; None: the audio's own."""

    audio: AudioClip
    style: Style | None


@dataclass(frozen=True)
class Performed:
    """Motion at 50 Hz with the hashes its provenance needs."""

    motion: Motion
    audio_sha256: str
    weights_sha256: str


def job_from(args: argparse.Namespace) -> BakeJob:
    """Collect the options of ``options.add_line_arguments``.

    Raises:
        UserError: the transcript is a file that cannot be read, or a share of a mix without one.
    """
    start, end = args.audio_range or (None, None)
    return BakeJob(
        audio_path=args.audio,
        audio_start=start,
        audio_end=end,
        style=VOICE if args.style is None else args.style,
        style_range=args.style_range,
        mix=args.mix,
        mix_share=mix_share(args),
        strength=args.strength,
        seed=args.seed,
        weights=None if args.weights is None else str(args.weights),
        device=args.device,
        text=None if args.text is None else transcript(args.text),
    )


def hear(args: argparse.Namespace, job: BakeJob, watch: Stopwatch) -> Heard:
    """Read what a job names; all that can be refused before torch is loaded, which takes seconds.

    Raises:
        UserError: the audio or the style cannot be used, or the folder of the weights is not there.
    """
    from ..audio.load import load_audio
    from ..engine.request import resolve_style
    from ..weights_path import weights_file

    weights_file(args.weights)
    with watch.part("audio"):
        audio = load_audio(job.audio_path, job.audio_start, job.audio_end)
    with watch.part("style"):
        return Heard(audio, resolve_style(job.style, job.style_range, args.flame, job.mix, job.mix_share))


def perform(args: argparse.Namespace, job: BakeJob, heard: Heard, watch: Stopwatch) -> Performed:
    """Perform a job in this process; what there is to say about its transcript goes to standard error.

    Raises:
        UserError: weights or device cannot be used.
    """
    with watch.part("loading"):
        from ..engine.request import Request
        from ..engine.session import Session

        session = Session(args.weights, job.device)
    progress = TerminalProgress()
    notes: list[str] = []
    request = Request(heard.audio, heard.style, job.strength, job.seed, job.text)
    try:
        with watch.part("network"):
            motion = session.predict(request, progress, notes.append)
    finally:
        progress.clear()
    for sentence in notes:
        print(f"ptalker: {sentence}", file=sys.stderr)
    return Performed(motion, heard.audio.sha256(), session.weights_sha256)
