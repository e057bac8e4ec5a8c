"""The CSV of Epic's Live Link Face app, both ways.

Columns: Timecode, BlendShapeCount, 52 shapes in PascalCase, HeadYaw, HeadPitch, HeadRoll and six eye angles. Captures
differ in the order of the left and right jaw and mouth columns, so columns are found by name. A second layout is read
too: packets recorded from the app's stream, with frame_number and fps instead of a timecode.

Head angles are radians and are taken over unchanged (``docs/decisions.md`` on their signs). Eye angles repeat what
the eyeLook shapes say: they are ignored on reading and made from the shapes on writing, with the gains measured on
captures.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..files import atomic_write
from .controls import BLENDSHAPES, CONTROLS, INDEX, N_BLENDSHAPES
from .motion import Motion
from .timecode import Timing, from_seconds, from_timecodes, write_timecodes

_PASCAL = {name: name[0].upper() + name[1:] for name in CONTROLS}
# The app's own order has right before left for the jaw and the mouth.
_SWAPPED = {"JawLeft": "JawRight", "JawRight": "JawLeft", "MouthLeft": "MouthRight", "MouthRight": "MouthLeft"}
_SHAPE_COLUMNS = tuple(_SWAPPED.get(_PASCAL[name], _PASCAL[name]) for name in BLENDSHAPES)
_HEAD_COLUMNS = ("HeadYaw", "HeadPitch", "HeadRoll")  # not the order of the controls
_EYE_COLUMNS = tuple(f"{side}Eye{angle}" for side in ("Left", "Right") for angle in ("Yaw", "Pitch", "Roll"))
COLUMNS = ("Timecode", "BlendShapeCount", *_SHAPE_COLUMNS, *_HEAD_COLUMNS, *_EYE_COLUMNS)
_CHANNELS = len(COLUMNS) - 2
# Radians per unit of the shape, least squares over 8019 captured frames (r > 0.998). Yaw is positive to the
# character's right, pitch positive down.
_EYE_GAINS = {"In": 0.62, "Out": 0.58, "Down": 0.615, "Up": 0.46}
_EXPECTED = "a Live Link Face CSV (Timecode, BlendShapeCount, the 52 ARKit shapes, head and eye angles)"
_ADVICE = "export the take again from the Live Link Face app"


def read_livelink_csv(path: Path | str) -> Motion:
    """Read a capture; frames that the phone dropped are filled in by linear interpolation.

    Returns:
        Motion at the capture's rate. Shapes are clipped to 0..1: captures pass it by a little.

    Raises:
        UserError: missing, not text, a column missing, something that is not a number, or times that make no sense.
    """
    file = Path(path)
    header, rows = _read_rows(file)
    columns = {name.strip().lower(): i for i, name in enumerate(header)}
    missing = [_PASCAL[name] for name in BLENDSHAPES if name.lower() not in columns]
    if missing:
        shown = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" if len(missing) > 4 else "")
        raise _refusal(file, f"has no column {shown}")
    # Without a face in view the app writes the time and nothing else; such a row counts as a dropped frame.
    rows = [row for row in rows if len(row) >= len(header) or (len(row) > 2 and row[1].strip() != "0")]
    timing = _timing(file, rows, columns)
    values = np.zeros((len(timing.rows), len(CONTROLS)))
    for name, control in INDEX.items():
        column = columns.get(name.lower())
        if column is not None:
            values[:, control] = _column(file, rows, column, header[column])[timing.rows]
    values[:, :N_BLENDSHAPES] = values[:, :N_BLENDSHAPES].clip(0.0, 1.0)
    grid = np.arange(timing.frames[-1] + 1)
    filled = np.stack([np.interp(grid, timing.frames, channel) for channel in values.T], axis=1)
    return Motion(filled.astype(np.float32), timing.fps)


def write_livelink_csv(motion: Motion, path: Path | str) -> None:
    """Write ``motion`` as the app would have recorded it, from timecode 00:00:00:00.000 on; it reads back the same.

    Raises:
        ValueError: when there are fewer than two frames, since the rate is only told by the times.
    """
    if len(motion.values) < 2:
        raise ValueError(f"a Live Link Face CSV needs two frames, got {len(motion.values)}")
    of_column = {_PASCAL[name]: motion.values[:, INDEX[name]].astype(np.float64) for name in CONTROLS}
    of_column |= _eye_angles(motion.values.astype(np.float64))
    table = np.stack([of_column[name] for name in COLUMNS[2:]], axis=1)
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for time, row in zip(write_timecodes(len(table), motion.fps), table, strict=True):
            writer.writerow([time, _CHANNELS, *(f"{value:.10f}" for value in row)])


def _eye_angles(values: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    angles = {}
    for side, inward in (("Left", 1.0), ("Right", -1.0)):  # the left eye looks in to the character's right
        look = {way: values[:, INDEX[f"eyeLook{way}{side}"]] * gain for way, gain in _EYE_GAINS.items()}
        angles[f"{side}EyeYaw"] = inward * (look["In"] - look["Out"])
        angles[f"{side}EyePitch"] = look["Down"] - look["Up"]
        angles[f"{side}EyeRoll"] = np.zeros(len(values))
    return angles


def _read_rows(file: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.reader(stream) if any(cell.strip() for cell in row)]
    except FileNotFoundError as error:
        raise UserError(f"no file {file}", _EXPECTED, "check the path") from error
    except OSError as error:
        raise _refusal(file, f"cannot be opened ({error.strerror})") from error
    except (UnicodeDecodeError, ValueError, csv.Error) as error:
        raise _refusal(file, f"is not a text table ({error})") from error
    if len(rows) < 2:
        raise _refusal(file, "holds no frames")
    return rows[0], rows[1:]


def _timing(file: Path, rows: list[list[str]], columns: dict[str, int]) -> Timing:
    if "timecode" in columns:
        return from_timecodes([row[columns["timecode"]] for row in rows], file.name)
    if {"frame_number", "fps"} <= columns.keys():
        rate = _column(file, rows, columns["fps"], "fps")
        if not len(rate) or (rate <= 0).any():
            raise _refusal(file, "has a frame rate that is not positive")
        return from_seconds(_column(file, rows, columns["frame_number"], "frame_number") / rate, file.name)
    raise _refusal(file, "has no Timecode column")


def _column(file: Path, rows: list[list[str]], column: int, name: str) -> NDArray[np.float64]:
    try:
        numbers = np.array([float(row[column]) for row in rows])
    except (ValueError, IndexError) as error:
        raise _refusal(file, f"has something that is not a number in column {name.strip()} ({error})") from error
    if not np.isfinite(numbers).all():
        raise _refusal(file, f"has NaN or infinite values in column {name.strip()}")
    return numbers


def _refusal(file: Path, what: str) -> UserError:
    return UserError(f"{file.name} {what}", _EXPECTED, _ADVICE)
