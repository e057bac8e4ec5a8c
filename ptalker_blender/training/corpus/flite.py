"""flite: statistical voices (slt, awb, rms) and a diphone voice (kal16), with the phone times they were made from."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from ...errors import UserError
from .phones import PhoneSegment, from_arpabet
from .voice import STRETCH_RANGE, Utterance, at_corpus_rate, require_program

PACKAGE: Final = "flite"
VOICES: Final = ("slt", "awb", "rms", "kal16")  # not kal: its 8 kHz wave lacks what separates s from f
# Mean pitch in Hz that these voices obey; awb and rms ignore the setting or take it badly.
_PITCH_RANGE_HZ: Final = {"slt": (140.0, 230.0), "kal16": (85.0, 150.0)}
_TIMEOUT_S: Final = 60.0


def parse_durations(printed: str) -> tuple[PhoneSegment, ...] | None:
    """Segments of flite's ``-psdur`` output, tokens ``phone:END_SECONDS``.

    None when a phone is unknown, or when the times restart: flite took the text for several sentences.
    """
    segments: list[PhoneSegment] = []
    start = 0.0
    for token in printed.split():
        name, _, end_text = token.rpartition(":")
        phone, end = from_arpabet(name), float(end_text)
        if phone is None or end < start:
            return None
        segments.append(PhoneSegment(phone, start, end))
        start = end
    return tuple(segments)


class FliteVoice:
    """One flite voice, one program run a sentence.

    Args:
        name: one of ``VOICES``.
    """

    def __init__(self, name: str) -> None:
        if name not in VOICES:
            raise UserError(f"flite voice {name!r}", f"one of {', '.join(VOICES)}", "choose one of these after flite:")
        self.phrases = None
        self._name = name
        self._program = require_program("flite", PACKAGE)

    def synthesise(self, text: str, rng: np.random.Generator) -> Utterance | None:
        """See ``Voice.synthesise``; None when flite splits the text, hangs, fails or says nothing."""
        settings = ["--setf", f"duration_stretch={rng.uniform(*STRETCH_RANGE):.3f}"]
        if self._name in _PITCH_RANGE_HZ:
            settings += ["--setf", f"int_f0_target_mean={rng.uniform(*_PITCH_RANGE_HZ[self._name]):.1f}"]
        with tempfile.TemporaryDirectory() as folder:
            wave = Path(folder) / "out.wav"
            command = [self._program, "-voice", self._name, *settings, "-psdur", "-t", text, "-o", str(wave)]
            try:
                done = subprocess.run(
                    command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
                )
            except subprocess.TimeoutExpired:
                return None
            if done.returncode != 0 or not wave.is_file():
                return None
            samples, rate = soundfile.read(wave, dtype="float32")
        segments = parse_durations(done.stdout)
        if not segments or not len(samples):
            return None
        return at_corpus_rate(samples, rate, segments, text, f"flite:{self._name}")

    def close(self) -> None:
        """Nothing is kept between sentences."""
