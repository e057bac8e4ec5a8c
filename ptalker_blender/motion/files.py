"""Motion files by their suffix."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from .livelink import read_livelink_csv
from .motion import Motion
from .npz import read_motion_npz

_VIDEO = frozenset({".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv"})
_EXPECTED = "a Live Link Face CSV or a motion npz"


def read_motion(path: Path | str) -> Motion:
    """Read a motion of 55 controls from a Live Link Face CSV or an npz.

    Raises:
        UserError: missing, a video, a format that is not read, or a damaged file.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix in _VIDEO:
        raise UserError(f"{file.name} is a video, not motion", _EXPECTED,
                        "record with the Live Link Face app, or run a face tracker that writes its CSV")  # fmt: skip
    if suffix == ".npy":
        raise UserError(f"{file.name} is a vertex sequence, which this version does not read yet", _EXPECTED,
                        "use a CSV or npz of controls")  # fmt: skip
    if suffix not in (".csv", ".npz"):
        raise UserError(f"{file.name} is not a motion file", _EXPECTED, "record with the Live Link Face app")
    return read_livelink_csv(file) if suffix == ".csv" else read_motion_npz(file)
