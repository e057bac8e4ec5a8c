"""The job that gives a FLAME mesh its face keys, and its form on the wire.

Standard library and numpy only: Blender imports this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .message_fields import Fields, arrays_of, texts_of
from .protocol import Message, ProtocolError

BUILD_KEYS, KEYS_BUILT = "build_keys", "keys_built"
_MESH: Final = {"vertices": "<f8", "corners": "<i4", "sizes": "<i4"}
_BUILT: Final = {"deltas": "<f4", "follow": "<f4", "pivot": "<f8", "axes": "<f8"}


@dataclass(frozen=True, eq=False)
class BuildKeysJob:
    """A mesh to give face keys, as plain numbers.

    Attributes:
        vertices: float64 [V, 3] at rest, in any axes and units.
        corners: int32 [L], vertex of each polygon's corner.
        sizes: int32 [P], corners of each polygon.
    """

    vertices: NDArray[np.float64]
    corners: NDArray[np.int32]
    sizes: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class KeysBuilt:
    """Job ``job`` is done: keys of a mesh; the fields are those of ``rig.flame_mesh.FaceKeys``.

    Attributes:
        job: its number.
        names: K key names.
        deltas: float32 [K, V, 3], displacement at weight 1 in the axes and units the vertices were sent in.
        follow: float32 [V], share of the head's rotation.
        pivot: float64 [3], about which the head turns.
        axes: float64 [3, 3], rows: the face's left, up and front.
        notes: sentences for the artist.
    """

    job: int
    names: tuple[str, ...]
    deltas: NDArray[np.float32]
    follow: NDArray[np.float32]
    pivot: NDArray[np.float64]
    axes: NDArray[np.float64]
    notes: tuple[str, ...]


def build_keys_message(job: int, work: BuildKeysJob) -> Message:
    """Encode the request for job number ``job``."""
    return Message(BUILD_KEYS, {"job": job}, {name: getattr(work, name) for name in _MESH})


def decode_build_keys(message: Message) -> BuildKeysJob:
    """Read the work from a message of ``BUILD_KEYS``.

    Raises:
        ProtocolError: an array is missing, of the wrong type, or does not fit the others.
    """
    arrays = arrays_of(message, _MESH)
    vertices, corners, sizes = (arrays[name] for name in _MESH)
    if vertices.ndim != 2 or vertices.shape[1] != 3 or corners.ndim != 1 or sizes.ndim != 1:
        raise ProtocolError("a mesh is vertices [V, 3], corners [L] and sizes [P]")
    if len(corners) and not (corners.min() >= 0 and corners.max() < len(vertices)):
        raise ProtocolError(f"corners must be vertices from 0 to {len(vertices) - 1}")
    if (len(sizes) and sizes.min() < 3) or sizes.sum(dtype=np.int64) != len(corners):
        raise ProtocolError("sizes must be at least 3 and sum to the corners")
    return BuildKeysJob(vertices, corners, sizes)


def keys_built_message(event: KeysBuilt) -> Message:
    """Encode what came of a job."""
    texts = {"job": event.job, "names": list(event.names), "notes": list(event.notes)}
    return Message(KEYS_BUILT, texts, {name: getattr(event, name) for name in _BUILT})


def decode_keys_built(job: int, message: Message) -> KeysBuilt:
    """Read what came of job number ``job`` from a message of ``KEYS_BUILT``.

    Raises:
        ProtocolError: as ``decode_build_keys``.
    """
    f, arrays = Fields(message.fields), arrays_of(message, _BUILT)
    names = tuple(texts_of(f.get("names", list), "names"))
    count = len(arrays["follow"])
    wanted = {"deltas": (len(names), count, 3), "follow": (count,), "pivot": (3,), "axes": (3, 3)}
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise ProtocolError(f"{name} must be {list(shape)}, got {list(arrays[name].shape)}")
    return KeysBuilt(job, names, notes=tuple(texts_of(f.get("notes", list), "notes")), **arrays)
