"""Rows of landmarks: the same share of a row's length is the same place on every face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .face import SIDES, Face
from .registration import along

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Row:
    """Vertices in a line, right to left.

    Attributes:
        ids: [n] vertex ids.
        share: [n] 0..1, share of the line's length.
    """

    ids: Ids
    share: Floats

    def read(self, values: Floats, share: Floats) -> Floats:
        """Interpolate vertex values [V, ...] at ``share`` [m]; [m, ...]."""
        table = values[self.ids].reshape(len(self.ids), -1)
        columns = [np.interp(share, self.share, table[:, k]) for k in range(table.shape[1])]
        return np.stack(columns, axis=1).reshape(len(share), *values.shape[1:])


def row(face: Face, ids: Ids) -> Row:
    """A row of one face."""
    return Row(np.asarray(ids, np.int64), along(face.vertices[ids]))


def lip_rows(face: Face) -> tuple[Row, Row]:
    """The contact edges with their corners, upper and lower."""
    return row(face, face.lip("upper")), row(face, face.lip("lower"))


def lid_rows(face: Face, side: str) -> tuple[Row, Row]:
    """The margins without the corners of the eye, upper and lower."""
    upper, lower = (row(face, face.landmarks[f"lid_{lid}_{side}"]) for lid in ("upper", "lower"))
    return upper, lower


def contact_rows(known: Face, target: Face) -> Iterator[tuple[Row, Row]]:
    """Pairs of rows that must move alike, of the known face and the target: lips that meet, lids that meet."""
    yield from zip(lip_rows(known), lip_rows(target), strict=True)
    for side in SIDES:
        yield from zip(lid_rows(known, side), lid_rows(target, side), strict=True)
