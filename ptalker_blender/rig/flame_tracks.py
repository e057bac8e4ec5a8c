"""Reads FLAME parameter tracks as common trackers and networks write them (see :mod:`.flame_layouts`).

npz and npy archives, also with dictionaries boxed in them, and pickles; nothing in a file is executed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from . import flame_layouts as layouts
from .flame_track import EYE_LEFT, EYE_RIGHT, JAW, NECK, ROOT, FlameTrack
from .safe_npz import read_npy, read_npz
from .safe_pickle import read_pickle
from .safe_pickle_values import ObjectArray

DEFAULT_FPS = 25.0  # of DiffPoseTalk and ARTalk, whose files name no rate
MAX_EXPRESSION, MAX_SHAPE = 100, 300

_EXPECTED = "FLAME parameters over time: exp [T, 50 or 100] and pose [T, 6], or expression, jaw_pose, neck_pose, ..."
_ADVICE = "export the track as npz with numpy.savez"
_DEGREES = {ROOT: 2 * math.pi + 0.5, NECK: 2.0, JAW: 1.5, EYE_LEFT: 2.0, EYE_RIGHT: 2.0}  # radians no head turns by
_JOINTS = {"root": (ROOT,), "neck": (NECK,), "jaw": (JAW,), "eyes": (EYE_LEFT, EYE_RIGHT),
           "eye_left": (EYE_LEFT,), "eye_right": (EYE_RIGHT,)}  # fmt: skip
_PARTS = ("the head", "the neck", "the jaw", "an eye", "an eye")
_MAX_FPS = 1000.0
_POSE_WIDTHS = (
    "3 (jaw), 6 (global, jaw), 9 (global, neck, jaw) or 15 (all joints) as rotation vectors, or 12 or 30 as rows of"
    " rotation matrices"
)
_CODE_WIDTH = f"{layouts.MOTION_WIDTH}: 100 of expression, 3 of the head, 3 of the jaw"


def read_flame_track(path: Path | str, fps: float | None = None) -> FlameTrack:
    """Read FLAME parameters over time.

    Args:
        path: .npz, .npy (one array of 106, or a dictionary) or .pkl.
        fps: frames per second; None: the file's, or 25 where it names none, which a note says.

    Raises:
        UserError: unreadable, no FLAME parameters, widths that are none of FLAME's, arrays of different lengths, angles
            in degrees, numbers that are not finite.
    """
    file = Path(path)
    found = _Fields(file.name, _content(file))
    expression, pose, notes = _frames(found)
    frames = len(expression)
    rate, assumed = _rate(found, fps)
    for joint, limit in _DEGREES.items():
        angle = float(np.linalg.norm(pose[:, joint], axis=1).max())
        if angle > limit:
            raise found.wrong(
                f"turns {_PARTS[joint]} by {angle:.1f} radians ({math.degrees(angle):.0f} degrees)",
                "angles in radians",
                "if these are degrees, multiply by pi / 180",
            )
    shape, more = _shape(found, frames)
    return FlameTrack(
        expression.astype(np.float32), pose.astype(np.float32), shape, rate, file.stem,
        (*assumed, *notes, *more, *found.left_out()),
    )  # fmt: skip


class _Fields:
    """The arrays of a file by their kind."""

    def __init__(self, file: str, content: Mapping[str, Any]) -> None:
        self.file, self._names = file, tuple(content)
        self._empty = {name for name, value in content.items() if _zero(value)}
        self._arrays: dict[str, tuple[str, Any]] = {}
        for kind, spellings in layouts.SPELLINGS.items():
            given = [name for name in content if name.lower() in spellings]
            if len(given) > 1:
                raise self.wrong(f"has {' and '.join(given)}, which mean the same", "one of them", "remove the other")
            if given:
                self._arrays[kind] = given[0], content[given[0]]

    def wrong(self, what: str, expected: str = _EXPECTED, advice: str = _ADVICE) -> UserError:
        return UserError(f"{self.file} {what}"[:400], expected, advice)

    def __contains__(self, kind: str) -> bool:
        return kind in self._arrays

    def listed(self) -> str:
        return ", ".join(sorted(self._names)[:12])[:160] or "nothing"

    def left_out(self) -> tuple[str, ...]:
        """What the file holds beyond a track; zeros move nothing and are not missed."""
        names = [name.lower() for name in self._names if name not in self._empty]
        things = sorted({layouts.LEFT_OUT[name] for name in names if name in layouts.LEFT_OUT})
        return (f"left out: {', '.join(things)}",) if things else ()

    def numbers(self, kind: str) -> NDArray[np.float64]:
        """An array of finite numbers, as it is."""
        name, value = self._arrays[kind]
        if isinstance(value, ObjectArray) and value.shape == ():
            value = value.items[0]
        array = np.asarray(value) if isinstance(value, int | float | list | tuple) else value
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "iuf":
            raise self.wrong(f"has a {name} that is no array of numbers")
        array = array.astype(np.float64)
        with np.errstate(over="ignore"):
            if not np.isfinite(array.astype(np.float32)).all():
                raise self.wrong(f"has a {name} with values that are no finite numbers")
        return array

    def rows(self, kind: str) -> NDArray[np.float64]:
        """An array [T, W]; a batch of one and further axes of the frames' numbers are flattened."""
        name, array = self._arrays[kind][0], self.numbers(kind)
        if array.ndim > 2 and array.shape[0] == 1:
            array = array[0]
        array = np.atleast_2d(array)
        # No components is an answer, no frames is none.
        if not len(array) or (array.size == 0 and kind not in ("expression", "shape")):
            raise self.wrong(f"has a {name} of shape {array.shape}")
        return array.reshape(len(array), int(np.prod(array.shape[1:])))

    def name(self, kind: str) -> str:
        return self._arrays[kind][0]


def _zero(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and not value.any()


def _frames(found: _Fields) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Expression [T, E], pose [T, 5, 3] and notes."""
    parts: dict[int, NDArray[np.float64]] = {}
    expression = None
    if "expression" in found:
        expression = found.rows("expression")
    elif "motion" in found:
        code = found.rows("motion")
        if code.shape[1] != layouts.MOTION_WIDTH:
            raise found.wrong(f"has {code.shape[1]} numbers a frame in {found.name('motion')}", _CODE_WIDTH)
        expression = code[:, : layouts.MOTION_EXPRESSION]
        parts[ROOT], parts[JAW] = np.split(code[:, layouts.MOTION_EXPRESSION :], 2, axis=1)
    if expression is not None and expression.shape[1] > MAX_EXPRESSION:
        raise found.wrong(f"has {expression.shape[1]} expression coefficients", f"at most {MAX_EXPRESSION}", "cut them")
    _read_joints(found, parts)
    if expression is None and JAW not in parts:
        raise found.wrong(f"has neither expression nor jaw (it has {found.listed()})")
    lengths = {len(array) for array in parts.values()} | (set() if expression is None else {len(expression)})
    frames = max(lengths) if expression is None else len(expression)
    if lengths - {1, frames}:
        counts = " and ".join(map(str, sorted(lengths)))
        raise found.wrong(f"has arrays of {counts} frames", "one length, or one frame that holds for all", "cut them")
    pose = layouts.empty_pose(frames)
    for joint, vectors in parts.items():
        pose[:, joint] = vectors
    notes = () if expression is not None else ("no expression: only joints move",)
    return (np.zeros((frames, 0)) if expression is None else expression), pose, notes


def _read_joints(found: _Fields, parts: dict[int, NDArray[np.float64]]) -> None:
    """Rotation vectors [T, 3] by joint, from arrays of one joint each and from a common one."""
    for kind, joints in _JOINTS.items():
        if kind in found:
            turned = _rotations(found, kind, len(joints))
            _take(found, parts, dict(zip(joints, np.moveaxis(turned, 1, 0), strict=True)))
    if "pose" in found:
        try:
            order, turned = layouts.pose_rotations(found.rows("pose"))
        except ValueError as error:
            raise found.wrong(f"has {error} in {found.name('pose')}", _POSE_WIDTHS) from error
        if order == (JAW,) and JAW in parts:
            order = (ROOT,)
        _take(found, parts, dict(zip(order, np.moveaxis(turned, 1, 0), strict=True)))


def _take(found: _Fields, parts: dict[int, NDArray[np.float64]], more: dict[int, NDArray[np.float64]]) -> None:
    if parts.keys() & more.keys():
        raise found.wrong("gives a joint's rotation twice", "each joint in one array", "remove one of them")
    parts.update(more)


def _rotations(found: _Fields, kind: str, joints: int) -> NDArray[np.float64]:
    try:
        return layouts.rotations(found.rows(kind), joints)
    except ValueError as error:
        widths = " or ".join(f"{joints * each} ({form})" for each, form in
                             ((3, "rotation vectors"), (6, "rows of matrices"), (9, "matrices")))  # fmt: skip
        raise found.wrong(f"has {error} in {found.name(kind)}", widths, _ADVICE) from error


def _shape(found: _Fields, frames: int) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    if "shape" not in found:
        return np.zeros(0, np.float32), ()
    rows = found.rows("shape")
    if rows.shape[1] > MAX_SHAPE or len(rows) not in (1, frames):
        raise found.wrong(
            f"has {found.name('shape')} of shape {rows.shape}", f"at most {MAX_SHAPE} coefficients, once", _ADVICE
        )
    varies = float(np.ptp(rows, axis=0).max(initial=0.0)) > 1e-4
    notes = ("the identity varies over time: its mean is used",) if varies else ()
    return rows.mean(axis=0).astype(np.float32), notes


def _rate(found: _Fields, fps: float | None) -> tuple[float, tuple[str, ...]]:
    if fps is None and "fps" not in found:
        return DEFAULT_FPS, (f"the file names no rate: {DEFAULT_FPS:g} frames per second assumed",)
    values = found.numbers("fps") if fps is None else np.array(fps, np.float64)
    if values.size != 1 or not 1.0 <= values.item() <= _MAX_FPS:
        raise found.wrong(
            f"has a rate of {values.ravel()[:3].tolist()}", f"1 to {_MAX_FPS:g} frames per second", "set fps"
        )
    return float(values.item()), ()


def _content(path: Path) -> dict[str, Any]:
    """Everything in the file by name; dictionaries in it are opened once."""
    if path.suffix.lower() in (".pt", ".pth"):
        raise UserError(f"{path.name} is a PyTorch file", _EXPECTED,
                        "save it with numpy.savez(path, motion=tensor.numpy(), fps=25)")  # fmt: skip
    try:
        with path.open("rb") as file:
            start = file.read(6)
    except OSError as error:
        raise UserError(f"{path.name} cannot be read ({error.strerror})", _EXPECTED, "check the path") from error
    if start.startswith(b"PK"):
        content: Any = read_npz(path)
    else:
        content = read_npy(path.read_bytes(), path.name) if start == b"\x93NUMPY" else read_pickle(path)
    if isinstance(content, np.ndarray):
        content = {"motion": content}
    if not isinstance(content, Mapping):
        raise UserError(f"{path.name} holds a {type(content).__name__} and no named arrays", _EXPECTED, _ADVICE)
    flat: dict[str, Any] = {}
    for key, value in content.items():
        inner = value.items[0] if isinstance(value, ObjectArray) and value.shape == () else value
        flat.update({str(k): v for k, v in inner.items()} if isinstance(inner, Mapping) else {str(key): inner})
    return flat
