"""The job that finds a dialogue in its sound, and its form on the wire: words and phones with their times.

Standard library only: Blender imports this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from .message_fields import Fields, is_number, texts_of
from .protocol import Message, ProtocolError

if TYPE_CHECKING:
    from ..audio.clip import AudioClip
    from ..transcript.phones import PhoneSegment

WORDS, WORDS_FOUND = "words", "words_found"


@dataclass(frozen=True)
class WordsJob:
    """A dialogue to be found in its sound; the fields are those of ``messages.BakeJob``.

    Without a text p, b and m alone are found, as the network of ``weights`` hears them.
    """

    audio_path: str
    text: str
    audio_start: float | None = None
    audio_end: float | None = None
    speed: float = 1.0
    keep_pitch: bool = False
    weights: str | None = None
    device: str = "auto"


@dataclass(frozen=True)
class Spoken:
    """A word (as the dictionary spells it) or a phone (ARPAbet, lower case), and its seconds into the line."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class WordsFound:
    """Job ``job`` is done; without words the dialogue does not seem to be what is said, and ``notes`` say why.

    Attributes:
        job: its number.
        words: in time, without the pauses.
        phones: in time, without the pauses.
        notes: sentences for the artist.
    """

    job: int
    words: tuple[Spoken, ...]
    phones: tuple[Spoken, ...]
    notes: tuple[str, ...]


class Ear(Protocol):
    """What is the worker needs of ``session.Session`` to hear closures."""

    def hear_closures(
        self, audio: AudioClip, progress: Callable[[str, float], None] | None = None
    ) -> tuple[PhoneSegment, ...]:
        """p, b and m in time."""
        ...


def words_job_message(job: int, work: WordsJob) -> Message:
    """Encode the request for job number ``job``."""
    return Message(WORDS, {"job": job, **asdict(work)})


def decode_words_job(message: Message) -> WordsJob:
    """Read the work from a message of ``WORDS``.

    Raises:
        ProtocolError: a field is missing or of the wrong type.
    """
    f = Fields(message.fields)
    return WordsJob(
        audio_path=f.get("audio_path", str),
        text=f.get("text", str),
        audio_start=f.get("audio_start", float, None),
        audio_end=f.get("audio_end", float, None),
        speed=f.get("speed", float),
        keep_pitch=f.get("keep_pitch", bool),
        weights=f.get("weights", str, None),
        device=f.get("device", str),
    )


def words_found_message(event: WordsFound) -> Message:
    """Encode what came of a job."""
    spans = {name: [[one.text, one.start, one.end] for one in getattr(event, name)] for name in ("words", "phones")}
    return Message(WORDS_FOUND, {"job": event.job, **spans, "notes": list(event.notes)})


def decode_words_found(job: int, message: Message) -> WordsFound:
    """Read what came of job number ``job`` from a message of ``WORDS_FOUND``.

    Raises:
        ProtocolError: as ``decode_words_job``.
    """
    f = Fields(message.fields)
    notes = tuple(texts_of(f.get("notes", list), "notes"))
    return WordsFound(job, spoken_of(message.fields, "words"), spoken_of(message.fields, "phones"), notes)


def spoken_of(fields: Mapping[str, Any], name: str) -> tuple[Spoken, ...]:
    """Words or phones from the JSON fields of a message.

    Raises:
        ProtocolError: they are none.
    """
    found = []
    for item in Fields(fields).get(name, list):
        right = isinstance(item, list) and len(item) == 3 and isinstance(item[0], str)
        if not (right and is_number(item[1]) and is_number(item[2])):
            raise ProtocolError(f"{name} must be names with two times, got {item!r}")
        found.append(Spoken(item[0], float(item[1]), float(item[2])))
    return tuple(found)
