"""Vertex sequences that stay on disk: a frame of BIWI is 70,110 numbers, and its training split 6 GB."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError

_ADVICE = "write it again with numpy.save"


@dataclass(frozen=True)
class StoredOffsets:
    """Offsets of a vertex sequence in an .npy from a neutral mesh, read (by memory map) when frames are asked for.

    Attributes:
        path: an .npy [T', V, 3] or [T', 3V] of float16, 32 or 64.
        rest: float32 [3V], the neutral mesh.
        frames: T, after ``step``.
        step: every how manieth stored frame is one of ours.
    """

    path: Path
    rest: NDArray[np.float32]
    frames: int
    step: int = 1

    @property
    def shape(self) -> tuple[int, ...]:
        """(T, 3V)."""
        return self.frames, len(self.rest)

    def __len__(self) -> int:
        return self.frames

    def __getitem__(self, frames: slice, /) -> NDArray[np.float32]:
        """Offsets float32 [n, 3V] of a slice.

        Raises:
            UserError: the file is gone, was changed, or holds numbers that are not finite.
            ValueError: a slice that runs backwards.
        """
        first, last, stride = frames.indices(self.frames)
        if stride < 1:
            raise ValueError(f"frames are read forwards, not by {stride}")
        stored = open_vertices(self.path, len(self.rest) // 3)
        # One past the last stored frame wanted; a whole number of steps may lie behind the end.
        block = stored[first * self.step : max(first, last) * self.step : stride * self.step]
        offsets = (block.reshape(len(block), len(self.rest)) - self.rest).astype(np.float32, copy=False)
        if not np.isfinite(offsets).all():
            raise UserError(f"{self.path.name} holds NaN or infinite values", "finite vertices", "leave the file out")
        return offsets

    def __array__(self, dtype: Any = None) -> NDArray[Any]:
        return self[:].astype(dtype or np.float32, copy=False)


def open_vertices(path: Path, vertices: int | None = None) -> NDArray[Any]:
    """A memory map of an .npy of vertices [T, V, 3] or [T, 3V].

    Args:
        path: the file.
        vertices: V, where it is known.

    Raises:
        UserError: missing, no array of floats, of another shape, or empty.
    """
    expected = "an .npy of vertices [T, V, 3] or [T, 3 V]" + (f" with V = {vertices:,}" if vertices else "")
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UserError(f"{path.name} cannot be read ({reason})"[:300], expected, _ADVICE) from error
    if not isinstance(stored, np.ndarray):
        raise UserError(f"{path.name} is an archive", expected, _ADVICE)
    shape = stored.shape
    fits = (len(shape) == 3 and shape[2] == 3) or (len(shape) == 2 and shape[1] > 0 and shape[1] % 3 == 0)
    right = fits and (vertices is None or int(np.prod(shape[1:])) == 3 * vertices)
    if stored.dtype.kind != "f" or not right or not len(stored):
        raise UserError(f"{path.name} holds {stored.dtype} of shape {shape}", expected, "check which data set it is of")
    return stored
