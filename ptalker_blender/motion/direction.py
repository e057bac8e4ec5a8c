"""Directing a take without asking the network again: sizes, timing, smoothness, blinks and closures. numpy only.

Each setting is one number, or one per frame [T] where the artist animates it. Neutral settings, and frames at which
they are neutral, change nothing, to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from .blinks import with_blink_rate
from .controls import CONTROLS, HEAD_ANGLES, INDEX, N_BLENDSHAPES, N_CONTROLS
from .motion import Motion

if TYPE_CHECKING:
    from ..rig.lips import LipRig

Setting = float | NDArray[np.float64]
HEAD_LIMIT: Final = 0.6  # radians, as the engine's own


def _channels(*beginnings: str) -> tuple[int, ...]:
    return tuple(i for i, name in enumerate(CONTROLS) if name.startswith(beginnings))


EYES: Final = _channels("eyeBlink", "eyeLook")  # what a blink or a look is does not depend on how strongly one speaks
JAW: Final = (*_channels("jaw"), INDEX["mouthClose"])  # mouthClose is measured from the open jaw: it goes with it
LIPS: Final = tuple(i for i in _channels("mouth", "cheekPuff") if i != INDEX["mouthClose"])
MOUTH: Final = (*JAW, *LIPS, INDEX["tongueOut"])
UPPER: Final = _channels("brow", "eyeSquint", "eyeWide", "cheekSquint", "noseSneer")
HEAD: Final = tuple(INDEX[name] for name in HEAD_ANGLES)
_STANDS_OUT: Final = 0.05  # of a shape's range: a frame above or below both its neighbours by this is an event
_SIGMA_PER_FWHM: Final = 1.0 / (2.0 * np.sqrt(2.0 * np.log(2.0)))


@dataclass(frozen=True)
class Direction:
    """How a take is performed; the defaults are neutral.

    Attributes:
        intensity: size of everything but blinks and gaze, from rest.
        amplitude: size of what jaw, lips and tongue do, from rest; closed lips stay closed.
        balance: -1 moves the jaw alone, 1 the lips alone.
        lag: seconds by which the mouth comes after the sound; negative before it.
        smoothing: seconds, full width at half maximum of a Gaussian over all but blinks and gaze.
        upper_face: size of brows, cheeks, nose and squints.
        blink_rate: of the take's own: 0 none, up to 3.
        closures: 0..1, how far closures that the take approaches are shut.

    Raises:
        ValueError: a setting out of range, or not finite.
    """

    intensity: Setting = 1.0
    amplitude: Setting = 1.0
    balance: Setting = 0.0
    lag: Setting = 0.0
    smoothing: Setting = 0.0
    upper_face: Setting = 1.0
    blink_rate: Setting = 1.0
    closures: Setting = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = LIMITS[field.name]
            value = np.asarray(getattr(self, field.name))
            if not (np.isfinite(value).all() and (value >= low).all() and (value <= high).all()):
                raise ValueError(f"{field.name} must be from {low:g} to {high:g}")

    @property
    def neutral(self) -> bool:
        """Whether it changes nothing at any frame."""
        return all(_is(getattr(self, field.name), field.default) for field in fields(self))


LIMITS: Final[dict[str, tuple[float, float]]] = {
    "intensity": (0.0, 2.0), "amplitude": (0.0, 2.0), "balance": (-1.0, 1.0), "lag": (-0.5, 0.5),
    "smoothing": (0.0, 0.5), "upper_face": (0.0, 2.0), "blink_rate": (0.0, 3.0), "closures": (0.0, 1.0),
}  # fmt: skip
NEUTRAL: Final = Direction()


def direct(motion: Motion, direction: Direction, rig: LipRig | None = None, seed: int = 0) -> Motion:
    """A motion performed as directed.

    Args:
        motion: [T, 55] at any rate.
        direction: settings; those that are arrays are [T].
        rig: lips of the default head, for ``closures``.
        seed: of the blinks that come or go; a whole number from 0.

    Returns:
        Motion [T, 55]: shapes in 0..1 and head angles within +-0.6 wherever it was changed.

    Raises:
        ValueError: an array of another length, or ``closures`` without ``rig``.
    """
    frames = len(motion.values)
    for field in fields(direction):
        shape = np.shape(getattr(direction, field.name))
        if shape not in ((), (frames,)):
            raise ValueError(f"{field.name} must be one number or [{frames}], got {shape}")
    if direction.neutral or not frames:
        return motion
    values = motion.values
    if not _is(direction.blink_rate, 1.0):
        values = with_blink_rate(values, motion.fps, _per_frame(direction.blink_rate, frames), seed)
    if not _is(direction.smoothing, 0.0):
        values = _smoothed(values, motion.fps, direction.smoothing)
    values = _scaled(values, direction)
    if not _is(direction.lag, 0.0):
        values = _lagged(values, _per_frame(direction.lag, frames) * motion.fps)
    if not _is(direction.closures, 0.0):
        if rig is None:
            raise ValueError("closures need the lips of the default head")
        from ..rig.closing import assist_closures  # rig builds on motion

        values = assist_closures(values, motion.fps, direction.closures, rig)
    return replace(motion, values=values)


def source_spans(
    spans: Sequence[tuple[int, int]], direction: Direction, frames: int, fps: float
) -> list[tuple[int, int]]:
    """Frames (first, last) of a motion that its mouth shows in spans of the directed one, which ``lag`` moves.

    Args:
        spans: frames (first, last) of the directed motion.
        direction: as it was directed.
        frames: T of both.
        fps: frames per second.
    """
    at = _source_frames(_per_frame(direction.lag, frames) * fps)
    return [(int(np.floor(at[first])), int(np.ceil(at[last]))) for first, last in spans]


def needs_lips(direction: Direction) -> bool:
    """Whether ``direct`` wants ``rig``, which takes a while to measure."""
    return not _is(direction.closures, 0.0)


def _is(setting: Setting, value: object) -> bool:
    return bool(np.all(np.asarray(setting) == value))


def _per_frame(setting: Setting, frames: int) -> NDArray[np.float64]:
    return np.broadcast_to(np.asarray(setting, np.float64), (frames,))


def _scaled(values: NDArray[np.float32], direction: Direction) -> NDArray[np.float32]:
    """Sizes, one factor per channel, and per frame only where a setting is animated."""
    sizes = (direction.intensity, direction.amplitude, direction.balance, direction.upper_face)
    rows = len(values) if any(np.ndim(size) for size in sizes) else 1
    intensity, amplitude, balance, upper = (_per_frame(size, rows)[:, None] for size in sizes)
    gain = np.ones((rows, N_CONTROLS))
    gain *= intensity
    gain[:, EYES] = 1.0
    gain[:, MOUTH] *= amplitude
    gain[:, JAW] *= 1.0 - balance
    gain[:, LIPS] *= 1.0 + balance
    gain[:, UPPER] *= upper
    if (gain == 1.0).all():
        return values
    changed = (gain != 1.0).any(axis=0)
    result = values.copy()
    scaled = (values[:, changed] * gain[:, changed]).astype(np.float32)
    low = np.where(np.arange(N_CONTROLS) < N_BLENDSHAPES, 0.0, -HEAD_LIMIT).astype(np.float32)[changed]
    high = np.where(np.arange(N_CONTROLS) < N_BLENDSHAPES, 1.0, HEAD_LIMIT).astype(np.float32)[changed]
    result[:, changed] = np.where(gain[:, changed] == 1.0, values[:, changed], scaled.clip(low, high))
    return result


def _smoothed(values: NDArray[np.float32], fps: float, seconds: Setting) -> NDArray[np.float32]:
    """Averaged over a Gaussian whose width may change from frame to frame; the end poses are held beyond the ends."""
    wide = np.atleast_1d(np.asarray(seconds, np.float64)) * fps * _SIGMA_PER_FWHM  # frames
    moving = wide > 0.0
    reach = int(np.ceil(3.0 * wide.max()))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / np.where(moving, wide, 1.0)[:, None]) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    channels = np.array([i for i in range(N_CONTROLS) if i not in EYES])
    padded = np.pad(values[:, channels], ((reach, reach), (0, 0)), mode="edge")
    mean = np.zeros((len(values), len(channels)))
    for number in range(len(offsets)):
        mean += weights[:, number, None] * padded[number : number + len(values)]
    result = values.copy()
    result[:, channels] = np.where(moving[:, None], mean.astype(np.float32), values[:, channels])
    return result


def _lagged(values: NDArray[np.float32], frames: NDArray[np.float64]) -> NDArray[np.float32]:
    """The mouth shifted by ``frames`` [T]; the end poses are held.

    Between two frames a short closure or opening would be averaged away, so each frame that stands out over both its
    neighbours keeps its full height at the frame nearest to where it goes.
    """
    count = len(values)
    moving = frames != 0.0
    at = _source_frames(frames)
    low = np.minimum(at.astype(np.intp), max(count - 2, 0))
    share = (at - low)[:, None]
    mouth = values[:, MOUTH].astype(np.float64)
    mixed = (1.0 - share) * mouth[low] + share * mouth[np.minimum(low + 1, count - 1)]
    if (share % 1.0 != 0.0).any():
        _keep_events(mixed, mouth, np.interp(np.arange(count), at, np.arange(count)))
    result = values.copy()
    result[:, MOUTH] = np.where(moving[:, None], mixed.astype(np.float32), values[:, MOUTH])
    return result


def _source_frames(lag: NDArray[np.float64]) -> NDArray[np.float64]:
    """Which frame of the motion each frame of the lagged one shows [T]; ``lag`` [T] in frames."""
    at = np.maximum.accumulate(np.arange(len(lag)) - lag)  # time does not run backwards
    return np.asarray(at.clip(0, len(lag) - 1))


def _keep_events(mixed: NDArray[np.float64], source: NDArray[np.float64], lands: NDArray[np.float64]) -> None:
    """Give back, in place, their height to frames that stand out; ``lands`` [T] says where each frame goes."""
    inner, before, after = source[1:-1], source[:-2], source[2:]
    above = np.minimum(inner - before, inner - after) > _STANDS_OUT
    below = np.minimum(before - inner, after - inner) > _STANDS_OUT
    frame, channel = np.nonzero(above | below)
    mixed[np.rint(lands[frame + 1]).astype(np.intp), channel] = inner[frame, channel]
