"""Jobs about heads without keys, and their form on the wire: guess the points of a face, or build keys from them.

Standard library and numpy only: Blender imports this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .protocol import Message, ProtocolError

KIND, DONE = "face", "face_done"
_MESH = {"vertices": "<f8", "triangles": "<i4", "lumps": "<i4"}


@dataclass(frozen=True, eq=False)
class FaceJob:
    """A head to guess the points of, or to build keys for; the mesh is that of ``rig.marked_face.FaceMesh``.

    Attributes:
        vertices: float64 [V, 3].
        triangles: int32 [F, 3].
        lumps: int32 [V].
        roles: of each lump.
        names: of the points that are placed.
        points: float64 [N, 3], where they are.
        build: build keys, for which all points must be placed; else guess the points.
    """

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int32]
    lumps: NDArray[np.int32]
    roles: tuple[str, ...]
    names: tuple[str, ...]
    points: NDArray[np.float64]
    build: bool


@dataclass(frozen=True, eq=False)
class FaceDone:
    """Job ``job`` is done.

    Attributes:
        job: its number.
        point_names: of the points.
        points: float64 [N, 3] the guessed ones, or those that the keys were built from.
        names: K key names; none where only points were asked for.
        deltas: float32 [K, V, 3], displacement at weight 1 in the axes and unit of the mesh that was sent.
        notes: sentences for the artist.
    """

    job: int
    point_names: tuple[str, ...]
    points: NDArray[np.float64]
    names: tuple[str, ...]
    deltas: NDArray[np.float32]
    notes: tuple[str, ...]


def face_job_message(job: int, work: FaceJob) -> Message:
    """Encode the request for job number ``job``."""
    fields = {"job": job, "roles": list(work.roles), "names": list(work.names), "build": work.build}
    arrays = {name: np.asarray(getattr(work, name), code) for name, code in _MESH.items()}
    return Message(KIND, fields, {**arrays, "points": np.asarray(work.points, "<f8")})


def decode_face_job(message: Message) -> FaceJob:
    """Read the work from a message of ``KIND``.

    Raises:
        ProtocolError: something is missing, of the wrong type, or does not fit together.
    """
    arrays = {name: _array(message, name, code) for name, code in (*_MESH.items(), ("points", "<f8"))}
    vertices, triangles, lumps, points = arrays.values()
    roles, names = _texts(message, "roles"), _texts(message, "names")
    count, build = len(vertices), message.fields.get("build")
    if vertices.shape != (count, 3) or triangles.shape != (len(triangles), 3) or lumps.shape != (count,):
        raise ProtocolError("a head is vertices [V, 3], triangles [F, 3] and lumps [V]")
    if not _within(triangles, count) or not _within(lumps, len(roles)):
        raise ProtocolError("triangles must be of vertices, and lumps have roles")
    if points.shape != (len(names), 3):
        raise ProtocolError("points must be [N, 3] with as many names")
    if not isinstance(build, bool):
        raise ProtocolError("field 'build' must be bool")
    return FaceJob(vertices, triangles, lumps, roles, names, points, build)


def face_done_message(event: FaceDone) -> Message:
    """Encode what came of a job."""
    fields = {name: list(getattr(event, name)) for name in ("point_names", "names", "notes")}
    arrays = {"points": np.asarray(event.points, "<f8"), "deltas": np.asarray(event.deltas, "<f4")}
    return Message(DONE, {"job": event.job, **fields}, arrays)


def decode_face_done(job: int, message: Message) -> FaceDone:
    """Read what came of job number ``job`` from a message of ``DONE``.

    Raises:
        ProtocolError: as ``decode_face_job``.
    """
    point_names, names, notes = (_texts(message, name) for name in ("point_names", "names", "notes"))
    points, deltas = _array(message, "points", "<f8"), _array(message, "deltas", "<f4")
    if points.shape != (len(point_names), 3) or deltas.ndim != 3 or deltas.shape[::2] != (len(names), 3):
        raise ProtocolError("points must be [N, 3] and deltas [K, V, 3] with as many names")
    return FaceDone(job, point_names, points, names, deltas, notes)


def _array(message: Message, name: str, code: str) -> NDArray[Any]:
    array = message.arrays.get(name)
    if array is None or array.dtype != np.dtype(code):
        raise ProtocolError(f"{name} must come as {np.dtype(code)}")
    return array


def _texts(message: Message, name: str) -> tuple[str, ...]:
    items = message.fields.get(name)
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ProtocolError(f"field {name!r} must hold names")
    return tuple(items)


def _within(numbers: NDArray[Any], end: int) -> bool:
    return not len(numbers) or bool(numbers.min() >= 0 and numbers.max() < end)
