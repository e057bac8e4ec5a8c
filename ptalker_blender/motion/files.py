"""Motion files by their suffix."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from .livelink import read_livelink_csv
from .motion import Motion
from .npz import read_motion_npz

_VIDEO = frozenset({".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv"})
_EXPECTED = "a Live Link Face CSV, a motion npz, or FLAME parameters as npz"


def read_motion(path: Path | str, flame: Path | str | None = None) -> Motion:
    """Read a motion of 55 controls from a Live Link Face CSV or an npz, or from FLAME parameters.

    Args:
        path: the file.
        flame: the user's FLAME model, needed for FLAME parameters only; None: that of ``PTALKER_FLAME``.

    Raises:
        UserError: missing, a video, a format that is not read, or a damaged file.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix in _VIDEO:
        raise UserError(f"{file.name} is a video, not motion", _EXPECTED,
                        "record with the Live Link Face app, or run a face tracker that writes its CSV")  # fmt: skip
    from ..rig.flame_source import is_flame_track

    if is_flame_track(file):
        # Imported here: fitting a face is of no concern to those who read a CSV.
        from ..rig.flame_motion import read_flame_motion

        return read_flame_motion(file, flame).motion
    if suffix == ".npy":
        raise UserError(f"{file.name} is a vertex sequence, which this version does not read yet", _EXPECTED,
                        "use a CSV or npz of controls")  # fmt: skip
    if suffix not in (".csv", ".npz"):
        raise UserError(f"{file.name} is not a motion file", _EXPECTED, "record with the Live Link Face app")
    return read_livelink_csv(file) if suffix == ".csv" else read_motion_npz(file)
