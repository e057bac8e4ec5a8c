"""A transcript put to work on a line: found in the sound, judged, and the motion refined by it."""

from __future__ import annotations

from ..audio.clip import AudioClip
from ..motion.motion import Motion
from ..rig.head import load_head
from ..rig.lips import lip_rig
from .hear import Heard, Listener
from .refine import refine


class TranscriptRefiner:
    """Keeps the aligner and the default head's lips between lines.

    Raises:
        UserError: pocketsphinx is not installed.
    """

    def __init__(self) -> None:
        self._listener = Listener()
        self._lips = lip_rig(load_head())

    def apply(self, motion: Motion, audio: AudioClip, text: str) -> tuple[Motion, Heard]:
        """The motion refined by a text, and what became of the text.

        A text that does not seem to be what is said changes nothing, and the notes say so.

        Args:
            motion: of the line, at 50 Hz.
            audio: the line.
            text: what is said in it, English.
        """
        heard = self._listener.hear(audio, text)
        return refine(motion, heard.phones, self._lips), heard
