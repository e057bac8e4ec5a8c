"""festival: diphone and HTS voices through one long-lived process, watched by a clock."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from ...errors import UserError
from .phones import PhoneSegment, from_arpabet
from .voice import STRETCH_RANGE, Utterance, at_corpus_rate, require_program

PACKAGES: Final = (
    "festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts festlex-cmu festlex-poslex"  # one apt line
)
VOICES: Final = ("ked_diphone", "kal_diphone", "cmu_us_slt_arctic_hts")
_TIMEOUT_S: Final = 60.0
_DONE: Final = b"PTALKER-DONE"


def parse_labels(text: str) -> tuple[PhoneSegment, ...] | None:
    """Segments of a festival label file (``END 100 phone`` rows after a ``#`` line); None when a phone is unknown."""
    segments: list[PhoneSegment] = []
    start = 0.0
    for row in text.splitlines():
        fields = row.split()
        if len(fields) < 3 or row.startswith("#"):
            continue
        phone, end = from_arpabet(fields[2]), float(fields[0])
        if phone is None or end < start:
            return None
        segments.append(PhoneSegment(phone, start, end))
        start = end
    return tuple(segments)


class FestivalVoice:
    """One festival voice; the process starts with the first sentence and again after it dies or hangs.

    Args:
        name: one of ``VOICES``.
        timeout_s: time for one sentence, after which the process is ended and the sentence given up.
    """

    def __init__(self, name: str, timeout_s: float = _TIMEOUT_S) -> None:
        if name not in VOICES:
            raise UserError(
                f"festival voice {name!r}", f"one of {', '.join(VOICES)}", "choose one of these after festival:"
            )
        self.phrases = None
        self._name, self._timeout_s = name, timeout_s
        self._program = require_program("festival", PACKAGES)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory()

    def synthesise(self, text: str, rng: np.random.Generator) -> Utterance | None:
        """See ``Voice.synthesise``; None when festival fails on the text, dies or hangs."""
        base = Path(self._folder.name) / "out"
        wave, labels = base.with_suffix(".wav"), base.with_suffix(".lab")
        # A failed sentence leaves the files of the one before: without this they would be read under the new text.
        wave.unlink(missing_ok=True)
        labels.unlink(missing_ok=True)
        if not self._evaluate(self._program_text(text, float(rng.uniform(*STRETCH_RANGE)), wave, labels)):
            return None
        if not wave.is_file() or not labels.is_file():
            return None
        samples, rate = soundfile.read(wave, dtype="float32")
        segments = parse_labels(labels.read_text(encoding="utf-8"))
        if not segments or not len(samples):
            return None
        return at_corpus_rate(samples, rate, segments, text, f"festival:{self._name}")

    def _program_text(self, text: str, stretch: float, wave: Path, labels: Path) -> bytes:
        spoken = text.replace("\\", "").replace('"', "")
        return (
            f"(voice_{self._name}) (Parameter.set 'Duration_Stretch {stretch:.3f}) (set! u nil) "
            f'(set! u (utt.synth (Utterance Text "{spoken}"))) (utt.save.wave u "{wave}" \'riff) '
            # Without the flush both sides wait for each other for ever.
            f'(utt.save.segs u "{labels}") (format t "{_DONE.decode()}\\n") (fflush nil)\n'
        ).encode()

    def _evaluate(self, program: bytes) -> bool:
        """Send Scheme to festival and wait for its reply; False when it died or took too long."""
        if self._process is None or self._process.poll() is not None:
            self._end_process()
            self._process = subprocess.Popen(
                [self._program, "--pipe"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("festival was started without pipes")
        try:
            process.stdin.write(program)
        except BrokenPipeError:
            self._end_process()
            return False
        deadline, received = time.monotonic() + self._timeout_s, b""
        while _DONE not in received:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(process.stdout.fileno(), 65536) if ready else b""
            if not chunk:
                self._end_process()
                return False
            received += chunk
        return True

    def _end_process(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None

    def close(self) -> None:
        """End festival and remove its files."""
        self._end_process()
        self._folder.cleanup()
