"""Motion files by their suffix."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from .livelink import read_livelink_csv
from .motion import Motion
from .npz import read_motion_npz

_VIDEO = frozenset({".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv"})
_EXPECTED = "a Live Link Face CSV, a motion npz, FLAME parameters as npz, or FLAME vertices as npy"


def read_motion(path: Path | str, flame: Path | str | None = None, fps: float | None = None) -> Motion:
    """Read a motion of 55 controls from a Live Link Face CSV or an npz, or from FLAME parameters or vertices.

    Args:
        path: the file.
        flame: the user's FLAME model, needed for FLAME parameters and vertices only; None: that of ``PTALKER_FLAME``.
        fps: frames per second of FLAME parameters or vertices in an .npy, which names none; None: 25. No other file
            is asked about.

    Raises:
        UserError: missing, a video, a format that is not read, or a damaged file.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    unnamed = fps if suffix == ".npy" else None
    if suffix in _VIDEO:
        raise UserError(f"{file.name} is a video, not motion", _EXPECTED,
                        "record with the Live Link Face app, or run a face tracker that writes its CSV")  # fmt: skip
    if suffix not in (".csv", ".npz", ".npy"):
        raise UserError(f"{file.name} is not a motion file", _EXPECTED, "record with the Live Link Face app")
    from ..rig.flame_source import is_flame_track, is_vertex_sequence

    # Imported here: fitting a face is of no concern to those who read a CSV.
    if is_flame_track(file):
        from ..rig.flame_motion import read_flame_motion

        return read_flame_motion(file, flame, unnamed).motion
    if is_vertex_sequence(file):
        from ..rig.vertex_files import read_vertex_motion

        return read_vertex_motion(file, flame, unnamed).motion
    return read_livelink_csv(file) if suffix == ".csv" else read_motion_npz(file)
