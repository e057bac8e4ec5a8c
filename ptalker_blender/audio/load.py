"""Files -> audio clips.

Level: samples keep the level of the file. Nothing is normalised, because a normalised whisper is no longer a whisper;
values beyond [-1, 1] (float files, filter overshoot) are clipped to it. Channels are averaged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .clip import SAMPLE_RATE, AudioClip
from .decoding import TIME_TOLERANCE, CannotDecode, Decoded, Decoder, Span
from .external_decoders import decode_audaspace, decode_ffmpeg
from .resample import StreamResampler
from .soundfile_decoder import decode_soundfile
from .speed import SPEEDS, play_as_tape, play_with_pitch_kept, rate_before

MIN_SECONDS = 0.1
RATES = (1_000, 768_000)  # a header that says anything else is damaged
DECODERS: tuple[Decoder, ...] = (decode_soundfile, decode_ffmpeg, decode_audaspace)
_FORMATS = "an audio file (wav, flac, ogg, opus, mp3; m4a and video sound need ffmpeg or Blender)"


def load_audio(
    path: Path | str,
    start: float | None = None,
    end: float | None = None,
    decoders: Sequence[Decoder] = DECODERS,
    *,
    speed: float = 1.0,
    keep_pitch: bool = False,
) -> AudioClip:
    """Read a file, or a part of it, as mono float32 at 16 kHz.

    Args:
        path: any file a decoder knows: any rate, sample depth and number of channels.
        start: first second wanted; None is the beginning. Only the part asked for is decoded.
        end: last second wanted; None is the end of the file.
        decoders: tried in turn; the default is libsndfile, the ffmpeg program, Blender's audaspace.
        speed: seconds of the file that one second of the clip plays.
        keep_pitch: whether the voice keeps its pitch at that speed.

    Raises:
        UserError: missing, unreadable, a directory, empty, truncated, not audio, without an audio track, holding NaN or
            infinite samples, shorter than 0.1 s, a range that is not inside the file, or a speed that is none.
    """
    file = Path(path)
    _check_file(file)
    span = _check_range(start, end)
    _check_speed(speed)
    as_tape = speed != 1.0 and not keep_pitch
    rate = rate_before(speed) if as_tape else SAMPLE_RATE
    reasons = []
    for decoder in decoders:
        try:
            with decoder(file, span) as decoded:
                samples = _to_rate(decoded, file, span, rate)
                if as_tape:
                    samples = play_as_tape(samples, rate, speed)
                elif speed != 1.0:
                    samples = play_with_pitch_kept(samples, speed)
                return AudioClip(_finish(samples, file))
        except CannotDecode as verdict:
            reasons.append(str(verdict))
    why = "; ".join(reasons)
    raise UserError(f"{file.name} is not audio that can be read here ({why})", _FORMATS, "export it as wav")


def _check_file(file: Path) -> None:
    name = file.name or str(file)
    try:
        if not file.exists():
            raise UserError(f"no file {file}", _FORMATS, "check the path")
        if file.suffix.lower() == ".raw":
            raise UserError(f"{name} does not say its rate and sample format", _FORMATS, "export it as wav")
        if not file.is_file():
            kind = "a folder" if file.is_dir() else "not a regular file"
            raise UserError(f"{name} is {kind}", _FORMATS, "give the path of one file")
        with file.open("rb") as stream:
            if not stream.read(1):
                raise UserError(f"{name} is empty", _FORMATS, "record or export it again")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"{name} cannot be opened ({reason})", "a readable file", "check its permissions") from error


def _check_range(start: float | None, end: float | None) -> Span:
    begin = 0.0 if start is None else float(start)
    finite = math.isfinite(begin) and (end is None or math.isfinite(end))
    if not finite or begin < 0 or (end is not None and begin >= end):
        shown = "the end" if end is None else f"{end:g}"
        found = f"the range {begin:g} to {shown} s is not a range"
        raise UserError(found, "0 <= start < end, in seconds", "correct the range")
    return Span(begin, end)


def _check_speed(speed: float) -> None:
    if not SPEEDS[0] <= speed <= SPEEDS[1]:  # false for NaN too
        raise UserError(
            f"a recording played {speed:g} times as fast",
            f"a speed from {SPEEDS[0]:g} to {SPEEDS[1]:g}",
            "play it nearer to its own speed",
        )


def _to_rate(decoded: Decoded, file: Path, span: Span, rate: int) -> NDArray[np.float32]:
    if not RATES[0] <= decoded.rate <= RATES[1]:
        raise UserError(f"{file.name} claims {decoded.rate} samples per second", f"{RATES[0]} to {RATES[1]}",
                        "export it again")  # fmt: skip
    stream, frames, parts = StreamResampler(decoded.rate, rate), 0, []
    for block in decoded.blocks:
        mono = block.mean(axis=1, dtype=np.float64)
        if not np.isfinite(mono).all():
            at = span.start + (frames + int(np.argmin(np.isfinite(mono)))) / decoded.rate
            raise UserError(f"{file.name} holds NaN or infinite samples (first at {at:.3f} s)", "finite samples",
                            "export it again as 16 or 24 bit")  # fmt: skip
        frames += len(mono)
        parts.append(stream.push(mono))
    if frames == 0 and span.start == 0:
        raise UserError(f"{file.name} holds no samples", _FORMATS, "record or export it again")
    reached = span.start + frames / decoded.rate
    if frames == 0 or (span.end is not None and reached < span.end - TIME_TOLERANCE - 1 / decoded.rate):
        what = f"ends before {span.start:g} s" if frames == 0 else f"ends at {reached:.3f} s"
        raise UserError(f"{file.name} {what}", "a range inside the file", "end no later than the file")
    return np.concatenate([*parts, stream.finish()])


def _finish(samples: NDArray[np.float32], file: Path) -> NDArray[np.float32]:
    if len(samples) < MIN_SECONDS * SAMPLE_RATE:
        raise UserError(f"{file.name} gives {len(samples) / SAMPLE_RATE:.3f} s of sound", f"at least {MIN_SECONDS} s",
                        "choose a longer clip or range")  # fmt: skip
    np.clip(samples, -1.0, 1.0, out=samples)
    return samples
