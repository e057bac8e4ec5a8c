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
    from ..motion.motion import Motion


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


def perform(args: argparse.Namespace, job: BakeJob, watch: Stopwatch) -> Performed:
    """Perform a job in this process; what there is to say about its transcript goes to standard error.

    Raises:
        UserError: audio, style, weights or device cannot be used.
    """
    # Cheap checks first: a mistyped path should not wait for torch.
    from ..audio.load import load_audio
    from ..engine.request import resolve_style

    with watch.part("audio"):
        audio = load_audio(job.audio_path, job.audio_start, job.audio_end)
    with watch.part("style"):
        style = resolve_style(job.style, job.style_range, args.flame, job.mix, job.mix_share)
    with watch.part("loading"):
        from ..engine.session import Request, Session

        session = Session(args.weights, job.device)
    progress = TerminalProgress()
    notes: list[str] = []
    try:
        with watch.part("network"):
            motion = session.predict(Request(audio, style, job.strength, job.seed, job.text), progress, notes.append)
    finally:
        progress.clear()
    for sentence in notes:
        print(f"ptalker: {sentence}", file=sys.stderr)
    return Performed(motion, audio.sha256(), session.weights_sha256)
