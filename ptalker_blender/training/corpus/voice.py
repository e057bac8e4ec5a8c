"""What a voice is: text in, 16 kHz samples with exact phone times out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ...audio.resample import resample
from ...errors import UserError
from .phones import PhoneSegment, tile

CORPUS_RATE: Final = 16_000
# Raised when the same seed no longer gives the same samples. 1: scipy's default filter, which folded what lies at 8 to
# 9 kHz back at -14 dB; 2: the engine's own filter, which real recordings pass through too.
SYNTHESIS_VERSION: Final = 2
# Speaking rate multipliers: slow reading to brisk talk without the synthesisers' artefacts at the extremes.
STRETCH_RANGE: Final = (0.85, 1.3)


@dataclass(frozen=True)
class Utterance:
    """One spoken sentence.

    Attributes:
        samples: float32 [S], mono at ``CORPUS_RATE``.
        segments: phones covering ``[0, S / CORPUS_RATE]`` without gap.
        text: what was said.
        voice: full voice name, such as ``flite:slt`` or ``espeak:en-us+f3``.
    """

    samples: NDArray[np.float32]
    segments: tuple[PhoneSegment, ...]
    text: str
    voice: str

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / CORPUS_RATE


class TextSource(Protocol):
    """Where sentences come from."""

    def draw(self, rng: np.random.Generator) -> str:
        """One sentence."""
        ...


class Voice(Protocol):
    """A speech synthesiser with one voice (or one family of voices, of which it draws a member).

    Attributes:
        phrases: sentences of its own, for a voice that does not speak the corpus's language; else None.
    """

    @property
    def phrases(self) -> TextSource | None:
        """See the class."""
        ...

    def synthesise(self, text: str, rng: np.random.Generator) -> Utterance | None:
        """Speak one sentence; None when this voice cannot give it exact times (another sentence should be drawn).

        The result depends on ``text`` and the state of ``rng`` alone, not on what was spoken before.
        Raises UserError when the program is missing.
        """
        ...

    def close(self) -> None:
        """End any process the voice keeps."""
        ...


def require_program(name: str, package: str) -> str:
    """The path of a program, or a UserError naming the Debian package that holds it."""
    path = shutil.which(name)
    if path is None:
        raise UserError(
            f"the speech synthesiser {name} is not installed", f"the program {name}", f"apt-get install {package}"
        )
    return path


def at_corpus_rate(
    samples: NDArray[np.float32], rate: int, segments: Sequence[PhoneSegment], text: str, voice: str
) -> Utterance:
    """The utterance at ``CORPUS_RATE``, its segments made to cover exactly its samples.

    Args:
        samples: [S]; resampled as every sound of the engine is.
        rate: of the samples, in Hz.
        segments: in order of start.
        text: what was said.
        voice: full voice name.
    """
    at_rate = resample(samples, rate, CORPUS_RATE)
    return Utterance(at_rate, tile(segments, len(at_rate) / CORPUS_RATE), text, voice)
