"""The two ways to say how vertices should move: displacements per frame, or other keys times their weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]
Ids = NDArray[np.intp]

_CHUNK_BYTES = 32 * 1024 * 1024  # of displacements that are held at once


class WantedMotion(Protocol):
    """Displacements of V vertices over T frames, however they are stored."""

    @property
    def n_frames(self) -> int: ...  # noqa: D102

    @property
    def n_vertices(self) -> int: ...  # noqa: D102

    def check(self) -> None:
        """Raise ValueError for shapes and numbers that are not to be used."""

    def moved(self) -> NDArray[np.bool_]:
        """Which vertices may ever leave their place, [V]."""

    def products(self, flat: Floats, counted: Ids) -> Floats:
        """[T, K], the products of the motion with rows [K, 3 n] over the vertices ``counted`` [n]."""

    def chunks(self, counted: Ids) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Frames and their displacements [frames, 3 n] of the vertices ``counted``, in order."""


@dataclass(frozen=True)
class Offsets:
    """Displacements [T, V, 3]."""

    offsets: Array

    @property
    def n_frames(self) -> int:
        """T."""
        return len(self.offsets)

    @property
    def n_vertices(self) -> int:
        """V."""
        return self.offsets.shape[1]

    def check(self) -> None:
        """See :class:`WantedMotion`."""
        if self.offsets.ndim != 3 or self.offsets.shape[2] != 3:
            raise ValueError(f"offsets must be [T, V, 3], got {self.offsets.shape}")
        if not all(np.isfinite(self.offsets[part]).all() for part in _frames(len(self.offsets), self.n_vertices)):
            raise ValueError("offsets must be finite")

    def moved(self) -> NDArray[np.bool_]:
        """See :class:`WantedMotion`."""
        moved = np.zeros(self.n_vertices, np.bool_)
        for part in _frames(len(self.offsets), self.n_vertices):
            moved |= self.offsets[part].any(axis=(0, 2))
        return moved

    def products(self, flat: Floats, counted: Ids) -> Floats:
        """See :class:`WantedMotion`."""
        result = np.empty((self.n_frames, len(flat)))
        for part in _frames(self.n_frames, len(counted)):
            result[part] = self._part(part, counted).astype(np.float64) @ flat.T
        return result

    def chunks(self, counted: Ids) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """See :class:`WantedMotion`."""
        for part in _frames(self.n_frames, len(counted)):
            yield part, self._part(part, counted).astype(np.float32)

    def _part(self, part: slice, counted: Ids) -> Array:
        chosen = self.offsets[part][:, counted]
        return chosen.reshape(len(chosen), 3 * len(counted))


@dataclass(frozen=True)
class MixedKeys:
    """Keys [C, V, 3] times weights [T, C]."""

    keys: Array
    weights: Array

    @property
    def n_frames(self) -> int:
        """T."""
        return len(self.weights)

    @property
    def n_vertices(self) -> int:
        """V."""
        return self.keys.shape[1]

    def check(self) -> None:
        """See :class:`WantedMotion`."""
        if self.keys.ndim != 3 or self.keys.shape[2] != 3:
            raise ValueError(f"source keys must be [C, V, 3], got {self.keys.shape}")
        if self.weights.ndim != 2 or self.weights.shape[1] != len(self.keys):
            raise ValueError(f"controls must be [T, {len(self.keys)}], got {self.weights.shape}")
        if not (np.isfinite(self.keys).all() and np.isfinite(self.weights).all()):
            raise ValueError("source keys and controls must be finite")

    def moved(self) -> NDArray[np.bool_]:
        """See :class:`WantedMotion`."""
        moved: NDArray[np.bool_] = self.keys[self.weights.any(axis=0)].any(axis=(0, 2))
        return moved

    def products(self, flat: Floats, counted: Ids) -> Floats:
        """See :class:`WantedMotion`."""
        return self.weights.astype(np.float64) @ (self._flat(counted).astype(np.float64) @ flat.T)

    def chunks(self, counted: Ids) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """See :class:`WantedMotion`."""
        flat = self._flat(counted).astype(np.float32)
        for part in _frames(self.n_frames, len(counted)):
            yield part, self.weights[part].astype(np.float32) @ flat

    def _flat(self, counted: Ids) -> Array:
        return self.keys[:, counted].reshape(len(self.keys), 3 * len(counted))


def _frames(n_frames: int, n_vertices: int) -> Iterator[slice]:
    """Slices of frames that are small in memory."""
    step = max(1, _CHUNK_BYTES // (12 * max(1, n_vertices)))
    return (slice(start, min(start + step, n_frames)) for start in range(0, n_frames, step))
