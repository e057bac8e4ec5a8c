"""Performances as Blender read them, and the jobs about manners alone: restyle a take, save a style.

A performance of the open file is sent as numbers, not as a path: the file may be unsaved, and the worker is no Blender.
Standard library and numpy only: Blender imports this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..motion.controls import N_CONTROLS
from .message_fields import Fields, is_number, texts_of
from .protocol import Message, ProtocolError

RESTYLE, SAVE_STYLE, STYLE_SAVED = "restyle", "save_style", "style_saved"
STYLE_KINDS = (RESTYLE, SAVE_STYLE)
FLAME_VERTICES = 5023
_CODES = {"values": "<f4", "vertices": "<f4", "rest": "<f4", "faces": "<i4"}


@dataclass(frozen=True, eq=False)
class SentMotion:
    """A performance as controls.

    Attributes:
        name: for messages and provenance.
        fps: frames per second.
        values: float32 [T, 55].
        source: where Blender read it, JSON values by name, so that it can be read there again.
    """

    name: str
    fps: float
    values: NDArray[np.float32]
    source: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SentMesh:
    """A performance as the vertices of a FLAME mesh, in FLAME's order; the worker solves it into controls.

    Attributes:
        name: as in ``SentMotion``.
        fps: as in ``SentMotion``.
        vertices: float32 [T, 5023, 3], in any axes and unit.
        rest: float32 [5023, 3], the mesh at rest; [0, 3] where nobody knows.
        faces: int32 [F, 3], FLAME's triangles.
        source: as in ``SentMotion``.
    """

    name: str
    fps: float
    vertices: NDArray[np.float32]
    rest: NDArray[np.float32]
    faces: NDArray[np.int32]
    source: Mapping[str, Any] = field(default_factory=dict)


SentPerformance = SentMotion | SentMesh


@dataclass(frozen=True, eq=False)
class Manner:
    """Whose manner, and how much of it; the fields are those of ``BakeJob``."""

    style: str = ""
    style_range: tuple[float, float] | None = None
    performance: SentPerformance | None = None
    mix: str | None = None
    mix_performance: SentPerformance | None = None
    mix_share: float = 0.5
    strength: float = 1.0
    seed: int = 0
    style_fps: float | None = None
    mix_fps: float | None = None


@dataclass(frozen=True, eq=False)
class RestyleJob:
    """A motion to be performed in another manner; the result is a ``Result`` without an audio hash.

    Attributes:
        source: who says it.
        manner: how; never that of a voice, since there is none.
        upper_face: "source" or "style", see ``Session.restyle``.
        weights: as in ``BakeJob``.
        device: as in ``BakeJob``.
        fps: rate of the motion sent back; None: the source's own, frame by frame.
        keys: as in ``BakeJob``.
        key_error: as in ``BakeJob``.
        tables: as in ``BakeJob``.
    """

    source: SentPerformance
    manner: Manner
    upper_face: str
    weights: str | None
    device: str
    fps: float | None
    keys: str | None
    key_error: float
    tables: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SaveStyleJob:
    """A performance to be written as a library style, with the code that the network draws from it.

    Attributes:
        manner: its performance; neither a mix nor a voice, which no file could tell again.
        path: NAME.npz, which is replaced only when complete.
        description: one line for the artist.
        weights: as in ``BakeJob``.
        device: as in ``BakeJob``.
        portrait: whether a small picture, NAME.png, is drawn beside it.
    """

    manner: Manner
    path: str
    description: str
    weights: str | None
    device: str
    portrait: bool = False


@dataclass(frozen=True)
class StyleSaved:
    """Job ``job`` is done: the style lies at ``path`` and lasts ``seconds``."""

    job: int
    path: str
    seconds: float


StyleJob = RestyleJob | SaveStyleJob


def summary(sent: SentPerformance | None) -> dict[str, Any] | None:
    """What provenance keeps of a performance: its name, length and hash, and where it was read."""
    if sent is None:
        return None
    array = sent.values if isinstance(sent, SentMotion) else sent.vertices
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return {"name": sent.name, "fps": sent.fps, "frames": len(array), "sha256": digest, "source": dict(sent.source)}


def pack_performances(**sent: SentPerformance | None) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Fields and arrays of performances by name; the inverse of `unpack_performance`."""
    texts: dict[str, Any] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for name, one in sent.items():
        if one is None:
            texts[name] = None
            continue
        texts[name] = {"name": one.name, "fps": one.fps, "source": dict(one.source)}
        for part in fields(one):
            if part.name in _CODES:
                arrays[f"{name}.{part.name}"] = np.asarray(getattr(one, part.name), _CODES[part.name])
    return texts, arrays


def unpack_performance(message: Message, name: str) -> SentPerformance | None:
    """Read one of `pack_performances`; None where there is none.

    Raises:
        ProtocolError: a field or array is missing or does not fit.
    """
    texts = Fields(message.fields).get(name, dict, None)
    if texts is None:
        return None
    f = Fields(texts)
    head, source = (f.get("name", str), f.get("fps", float)), f.get("source", dict)
    if not head[1] > 0:
        raise ProtocolError(f"{name} must have a rate above 0, got {head[1]}")
    here = [part for part in _CODES if f"{name}.{part}" in message.arrays]
    found = {part: _array(message, f"{name}.{part}", _CODES[part]) for part in here}
    if "values" in found:
        values = found["values"]
        if values.ndim != 2 or values.shape[1] != N_CONTROLS or not np.isfinite(values).all():
            raise ProtocolError(f"{name} must be finite controls [T, {N_CONTROLS}], got {values.shape}")
        return SentMotion(*head, values, source)
    if set(found) != {"vertices", "rest", "faces"}:
        raise ProtocolError(f"{name} comes with neither controls nor vertices")
    vertices, rest, faces = found["vertices"], found["rest"], found["faces"]
    if vertices.shape[1:] != (FLAME_VERTICES, 3) or rest.shape not in ((0, 3), (FLAME_VERTICES, 3)):
        raise ProtocolError(f"{name} must be vertices [T, {FLAME_VERTICES}, 3], got {vertices.shape} and {rest.shape}")
    if faces.ndim != 2 or faces.shape[1] != 3 or (faces.size and not 0 <= faces.min() <= faces.max() < FLAME_VERTICES):
        raise ProtocolError(f"{name} must have triangles of its vertices")
    return SentMesh(*head, vertices, rest, faces, source)


def style_job_message(job: int, work: StyleJob) -> Message:
    """Encode the request for job number ``job``."""
    manner = work.manner
    sent = {"performance": manner.performance, "mix_performance": manner.mix_performance}
    plain = {part.name: getattr(manner, part.name) for part in fields(manner) if part.name not in sent}
    plain["style_range"] = None if manner.style_range is None else list(manner.style_range)
    own = {part.name: getattr(work, part.name) for part in fields(work) if part.name not in ("source", "manner")}
    if isinstance(work, RestyleJob):
        texts, arrays = pack_performances(source=work.source, **sent)
        return Message(RESTYLE, {"job": job, **plain, **own, "tables": list(work.tables), **texts}, arrays)
    texts, arrays = pack_performances(**sent)
    return Message(SAVE_STYLE, {"job": job, **plain, **own, **texts}, arrays)


def decode_style_job(message: Message) -> StyleJob:
    """Read the work from a message of ``STYLE_KINDS``.

    Raises:
        ProtocolError: something is missing, of the wrong type, or does not fit together.
    """
    f = Fields(message.fields)
    span = f.get("style_range", list, None)
    if span is not None and not (len(span) == 2 and all(map(is_number, span))):
        raise ProtocolError(f"style_range must be two numbers, got {span!r}")
    manner = Manner(
        style=f.get("style", str),
        style_range=None if span is None else (float(span[0]), float(span[1])),
        performance=unpack_performance(message, "performance"),
        mix=f.get("mix", str, None),
        mix_performance=unpack_performance(message, "mix_performance"),
        mix_share=f.get("mix_share", float),
        strength=f.get("strength", float),
        seed=f.get("seed", int),
        style_fps=f.get("style_fps", float, None),
        mix_fps=f.get("mix_fps", float, None),
    )
    weights, device = f.get("weights", str, None), f.get("device", str)
    if message.kind == SAVE_STYLE:
        path, text, portrait = f.get("path", str), f.get("description", str), f.get("portrait", bool)
        return SaveStyleJob(manner, path, text, weights, device, portrait)
    source = unpack_performance(message, "source")
    if source is None:
        raise ProtocolError("nothing to restyle")
    return RestyleJob(
        source,
        manner,
        f.get("upper_face", str),
        weights,
        device,
        f.get("fps", float, None),
        f.get("keys", str, None),
        f.get("key_error", float),
        tuple(texts_of(f.get("tables", list), "tables")),
    )


def style_saved_message(event: StyleSaved) -> Message:
    """Encode what came of a ``SaveStyleJob``."""
    return Message(STYLE_SAVED, {"job": event.job, "path": event.path, "seconds": event.seconds})


def decode_style_saved(job: int, message: Message) -> StyleSaved:
    """Read what came of a ``SaveStyleJob``.

    Raises:
        ProtocolError: a field is missing or of the wrong type.
    """
    f = Fields(message.fields)
    return StyleSaved(job, f.get("path", str), f.get("seconds", float))


def _array(message: Message, name: str, code: str) -> NDArray[Any]:
    array = message.arrays[name]
    if array.dtype != np.dtype(code):
        raise ProtocolError(f"{name} must come as {np.dtype(code)}")
    return array
