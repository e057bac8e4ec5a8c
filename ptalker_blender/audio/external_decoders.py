"""M4A, video sound tracks and whatever else libsndfile lacks: the ffmpeg program, or Blender's audaspace module."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .decoding import CannotDecode, Decoded, Span

_BLOCK = 1 << 17
_AU_HEAD = 24  # magic, data offset, data size, encoding, rate, channels: six big-endian 32-bit words


@contextmanager
def decode_ffmpeg(path: Path, span: Span) -> Iterator[Decoded]:
    """Decode the first audio track with the ffmpeg program, at its own rate and channels.

    The samples come through a pipe as a Sun AU stream, whose header is six words; nothing is written to disk.

    Raises:
        CannotDecode: ffmpeg is not installed, or does not know the file.
        UserError: no audio track, or truncated.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise CannotDecode("the ffmpeg program was not found")
    cut = ["-ss", f"{span.start:.6f}"] if span.start else []
    cut += ["-t", f"{span.end - span.start:.6f}"] if span.end is not None else []
    # Only plain files: a playlist in disguise must not make ffmpeg fetch anything.
    command = [program, "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe", *cut, "-i", f"file:{path}",
               "-map", "0:a:0",
               # Start at time 0 of the file: drops an encoder's lead-in, marked by a negative time, and
               # adds the silence before a track that starts late, so sound and picture agree.
               "-af", "aresample=async=1:first_pts=0", "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]  # fmt: skip
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages)
        try:
            assert process.stdout is not None
            yield _read_au(process, process.stdout, messages, path)
        finally:
            process.kill()
            process.communicate()


def _read_au(process: subprocess.Popen[bytes], stream: IO[bytes], messages: IO[bytes], path: Path) -> Decoded:
    head = stream.read(_AU_HEAD)
    if len(head) < _AU_HEAD:
        process.wait()
        raise _ffmpeg_refusal(path, messages)
    _, offset, _, _, rate, channels = struct.unpack(">6I", head)
    stream.read(offset - _AU_HEAD)

    def blocks() -> Iterator[NDArray[np.float32]]:
        frame_bytes = 4 * channels
        while data := stream.read(_BLOCK * frame_bytes):
            usable = len(data) - len(data) % frame_bytes
            yield np.frombuffer(data[:usable], ">f4").astype(np.float32).reshape(-1, channels)
        code, text = process.wait(), _messages(messages)
        if code or "partial file" in text or "truncat" in text.lower():
            raise UserError(f"{path.name} is damaged or truncated ({_last_line(text)})", "a complete audio file",
                            "copy or export it again")  # fmt: skip

    return Decoded(rate, blocks())


def _messages(messages: IO[bytes]) -> str:
    messages.seek(0)
    return messages.read().decode(errors="replace")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "no reason given"


def _ffmpeg_refusal(path: Path, messages: IO[bytes]) -> Exception:
    text = _messages(messages)
    if "matches no streams" in text:
        return UserError(f"{path.name} has no audio track", "a file with sound", "choose one that has the voice")
    return CannotDecode(f"ffmpeg: {_last_line(text)}")


@contextmanager
def decode_audaspace(path: Path, span: Span) -> Iterator[Decoded]:
    """Decode with ``aud``, the sound module that comes with Blender.

    Raises:
        CannotDecode: not running inside Blender, or audaspace does not know the file.
    """
    # The bpy wheels make `aud` a built-in module only once bpy was imported, hence the look at sys.modules first.
    if "aud" not in sys.modules and importlib.util.find_spec("aud") is None:
        raise CannotDecode("Blender's audaspace is not available here")
    aud: Any = importlib.import_module("aud")
    try:
        sound = aud.Sound(str(path))
        rate, _ = sound.specs
        if span.start or span.end is not None:
            sound = sound.limit(span.start, -1.0 if span.end is None else span.end)
        samples = np.asarray(sound.data(), np.float32)
    except aud.error as error:
        raise CannotDecode(f"audaspace: {error}") from error
    yield Decoded(round(rate), iter((samples.reshape(len(samples), -1),)))
