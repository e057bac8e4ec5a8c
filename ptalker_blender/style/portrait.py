"""A small picture of a style for menus: eyes, brows and mouth of the default head at the style's liveliest moment.

Drawn in lines by distance to the nearest one, and written without an image library: the worker's Python may have none.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import atomic_write
from ..motion.controls import CONTROLS, N_BLENDSHAPES
from ..motion.motion import Motion
from ..rig.head import Head

Floats = NDArray[np.float64]

SIZE = 128
_LINES = (
    "outer_lip_upper", "outer_lip_lower", "inner_lip_upper", "inner_lip_lower", "lid_upper_left", "lid_lower_left",
    "lid_upper_right", "lid_lower_right", "brow_left", "brow_right",
)  # fmt: skip
_WIDTH = 0.012  # of the picture
_INK = (232, 232, 232)  # menus are dark in most themes; the rim keeps it readable on light ones
_RIM = (40, 40, 40)
_IDLE = tuple(k for k, name in enumerate(CONTROLS) if name.startswith(("eyeBlink", "eyeLook", "head")))


def draw_portrait(head: Head, motion: Motion, size: int = SIZE) -> NDArray[np.uint8]:
    """Pixels [size, size, 4], first row on top, not premultiplied.

    Args:
        head: with the landmarks of our own heads.
        motion: of the style.
        size: of the picture.
    """
    values = liveliest(motion)
    moved = head.vertices + np.einsum("k,kvc->vc", values[:N_BLENDSHAPES], head.key_deltas, optimize=True)
    front = np.asarray(moved[:, :2], np.float64)
    lines = [_ordered(front[head.landmarks[name]]) for name in _LINES]
    lines.append(_hull(front[head.landmarks["face"]]))
    low, high = lines[-1].min(axis=0), lines[-1].max(axis=0)
    scale = (1.0 - 6 * _WIDTH) / (high - low).max()
    placed = [0.5 + (line - (low + high) / 2) * scale * [1, -1] for line in lines]
    ends = np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in placed])
    far = _distances(ends, size)
    edge = 1.0 / size
    ink, rim = (np.clip((width - far) / edge + 0.5, 0, 1) for width in (_WIDTH, 2 * _WIDTH))
    colour = ink[..., None] * _INK + (1 - ink[..., None]) * _RIM
    pixels = np.concatenate([colour, 255 * rim[..., None]], axis=2)
    return np.asarray(np.rint(pixels), np.uint8)


def liveliest(motion: Motion) -> NDArray[np.float32]:
    """Controls [55] of the frame that is furthest from rest, but for blinks, looks and turns of the head."""
    speaking = motion.values.copy()
    speaking[:, list(_IDLE)] = 0.0
    return np.asarray(speaking[int(np.argmax((speaking**2).sum(axis=1)))], np.float32)


def write_png(pixels: NDArray[np.uint8], path: Path | str) -> None:
    """Write pixels [H, W, 4] as a PNG; the file appears only when complete."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def _ordered(points: Floats) -> Floats:
    return points[np.argsort(points[:, 0])]


def _hull(points: Floats) -> Floats:
    """The closed convex outline (A. M. Andrew's monotone chain, 1979)."""
    ordered = points[np.lexsort(points.T[::-1])]
    halves: list[list[Any]] = []
    for sweep in (ordered, ordered[::-1]):
        chain: list[Any] = []
        for point in sweep:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        halves.append(chain[:-1])
    outline = np.array(halves[0] + halves[1])
    return np.concatenate([outline, outline[:1]])


def _turn(a: Floats, b: Floats, c: Floats) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _distances(ends: Floats, size: int) -> Floats:
    """Distance [size, size] of each pixel's centre from the nearest of the segments [N, 2, 2]; the picture is 0..1.

    Only what is near a line is looked at; elsewhere the distance is infinite.
    """
    at, reach = (np.arange(size) + 0.5) / size, 3 * _WIDTH
    nearest = np.full((size, size), np.inf)
    for start, end in ends:
        low, high = np.minimum(start, end) - reach, np.maximum(start, end) + reach
        columns, rows = (slice(*np.searchsorted(at, (low[axis], high[axis]))) for axis in (0, 1))
        pixels = np.stack(np.meshgrid(at[columns], at[rows]), axis=-1) - start
        along = end - start
        share = np.clip(pixels @ along / max(float(along @ along), 1e-12), 0, 1)
        here = np.linalg.norm(pixels - share[..., None] * along, axis=2)
        nearest[rows, columns] = np.minimum(nearest[rows, columns], here)
    return nearest
