"""The worker's part of finding a dialogue in its sound."""

from __future__ import annotations

from collections.abc import Callable

from ..audio.load import load_audio
from ..transcript.hear import Listener
from ..transcript.phones import SILENCE
from .word_messages import Ear, Spoken, WordsFound, WordsJob


def hear_closures(number: int, job: WordsJob, ear: Ear, progress: Callable[[str, float], None]) -> WordsFound:
    """Do a job without a text.

    Raises:
        UserError: as ``audio.load.load_audio``.
    """
    progress("Reading audio", 0.0)
    audio = load_audio(job.audio_path, job.audio_start, job.audio_end, speed=job.speed, keep_pitch=job.keep_pitch)
    progress("Listening", 0.0)
    heard = ear.hear_closures(audio, lambda _stage, fraction: progress("Listening", fraction))
    return WordsFound(number, (), tuple(Spoken(p.phone, p.start, p.end) for p in heard), ())


class WordFinder:
    """Keeps the aligner between jobs.

    Raises:
        UserError: pocketsphinx is not installed.
    """

    def __init__(self) -> None:
        self._listener = Listener()

    def find(self, number: int, job: WordsJob, progress: Callable[[str, float], None]) -> WordsFound:
        """Do one job.

        Raises:
            UserError: as ``audio.load.load_audio``.
        """
        progress("Reading audio", 0.0)
        audio = load_audio(job.audio_path, job.audio_start, job.audio_end, speed=job.speed, keep_pitch=job.keep_pitch)
        progress("Finding words", 0.0)
        heard = self._listener.hear(audio, job.text)
        words = tuple(Spoken(word.text, word.start, word.end) for word in heard.words)
        phones = tuple(Spoken(p.phone, p.start, p.end) for p in heard.phones if p.phone != SILENCE)
        progress("Finding words", 1.0)
        return WordsFound(number, words, phones, heard.notes)
