"""The job that makes one take of a character's lines, and its form on the wire: motions in, keys out.

Standard library and numpy only: Blender imports this module.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import N_CONTROLS
from ..motion.reduce import KeyCurve
from .joining import Joined, Piece
from .key_frames import pack_keys, pack_tracks, unpack_keys, unpack_tracks
from .message_fields import Fields, arrays_of, lost_of, motion_of, texts_of
from .protocol import Message, ProtocolError

if TYPE_CHECKING:
    from ..rig.mapping import MotionLost

LINES, LINES_JOINED = "lines", "lines_joined"
_PIECES: Final = {"starts": "<i4", "counts": "<i4", "values": "<f4"}
_JOINED: Final = {"values": "<f4", "packed": "|u1", "overlaps": "<i4"}


@dataclass(frozen=True, eq=False)
class LinesJob:
    """Lines of one character that were performed, to be one take.

    Attributes:
        pieces: as for ``joining.join_lines``: at least one, all at one rate.
        seed: of what the face does between them.
        keys: one of ``motion.density.DENSITIES``.
        key_error: millimetres that the lips may be off where keys are left out.
        tables: mapping tables as JSON, one per object.
    """

    pieces: tuple[Piece, ...]
    seed: int
    keys: str
    key_error: float
    tables: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LinesJoined:
    """Job ``job`` is done.

    Attributes:
        job: its number.
        joined: of ``joining.join_lines``.
        packed: its motion as a take keeps it (``motion.packed``).
        keys: those of the head's angles; frames from the joined motion's first.
        tracks: for each table those of the object's own keys.
        lost: what the tables leave out.
    """

    job: int
    joined: Joined
    packed: bytes
    keys: tuple[KeyCurve, ...]
    tracks: tuple[tuple[KeyCurve, ...], ...]
    lost: MotionLost


def lines_job_message(job: int, work: LinesJob) -> Message:
    """Encode the request for job number ``job``."""
    fields = {name: getattr(work, name) for name in ("seed", "keys", "key_error")}
    fields |= {"job": job, "tables": list(work.tables), "fps": [piece.motion.fps for piece in work.pieces]}
    arrays = {
        "starts": np.array([piece.start for piece in work.pieces], np.int32),
        "counts": np.array([len(piece.motion.values) for piece in work.pieces], np.int32),
        "values": np.concatenate([piece.motion.values for piece in work.pieces]),
    }
    return Message(LINES, fields, arrays)


def decode_lines_job(message: Message) -> LinesJob:
    """Read the work from a message of ``LINES``.

    Raises:
        ProtocolError: something is missing, of the wrong type, or does not fit together.
    """
    f, arrays = Fields(message.fields), arrays_of(message, _PIECES)
    starts, counts, values = (arrays[name] for name in _PIECES)
    rates = f.get("fps", list)
    if starts.ndim != 1 or not len(starts) or not starts.shape == counts.shape == (len(rates),):
        raise ProtocolError("lines must be some, each with a start, a count and a rate")
    if (counts < 1).any() or values.shape != (int(counts.sum(dtype=np.int64)), N_CONTROLS):
        raise ProtocolError(f"the values of lines must be [frames, {N_CONTROLS}], with frames for each line")
    ends = np.cumsum(counts, dtype=np.int64)
    cut = (values[end - n : end] for n, end in zip(counts, ends, strict=True))
    pieces = (Piece(int(start), motion_of(part, fps)) for start, part, fps in zip(starts, cut, rates, strict=True))
    return LinesJob(
        tuple(pieces),
        seed=f.get("seed", int),
        keys=f.get("keys", str),
        key_error=f.get("key_error", float),
        tables=tuple(texts_of(f.get("tables", list), "tables")),
    )


def lines_joined_message(event: LinesJoined) -> Message:
    """Encode what came of a job."""
    joined = event.joined
    fields = {"job": event.job, "start": joined.start, "fps": joined.motion.fps, "lost": asdict(event.lost)}
    fields["tracks"] = [[curve.name for curve in track] for track in event.tracks]
    arrays: dict[str, NDArray[Any]] = {
        "values": joined.motion.values,
        "packed": np.frombuffer(event.packed, np.uint8),
        "overlaps": np.array(joined.overlaps, np.int32).reshape(-1, 2),
    }
    return Message(LINES_JOINED, fields, {**arrays, **pack_keys(event.keys), **pack_tracks(event.tracks)})


def decode_lines_joined(job: int, message: Message) -> LinesJoined:
    """Read what came of job number ``job`` from a message of ``LINES_JOINED``.

    Raises:
        ProtocolError: as ``decode_lines_job``.
    """
    f, arrays = Fields(message.fields), arrays_of(message, _JOINED)
    overlaps = arrays["overlaps"]
    if overlaps.ndim != 2 or overlaps.shape[1] != 2:
        raise ProtocolError("overlaps must be pairs")
    motion = motion_of(arrays["values"], f.get("fps", float))
    pairs = tuple((int(first), int(second)) for first, second in overlaps)
    names = [texts_of(track, "tracks") for track in f.get("tracks", list)]
    return LinesJoined(
        job,
        Joined(f.get("start", int), motion, pairs),
        arrays["packed"].tobytes(),
        unpack_keys(message.arrays),
        unpack_tracks(names, message.arrays),
        lost_of(f.get("lost", dict)),
    )
