"""The phone set: symbols, their mouth-shape groups, segments in time. What ships and what trains agree on it here.

Forty classes: silence and the 39 ARPAbet phones of General American, lower case and without stress, as in CMUdict (Lee
and Hon, "Speaker-independent phone recognition using hidden Markov models", 1989, for the folding of the radio set).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

SILENCE: Final = "sil"
_ARPABET: Final = "aa ae ah ao aw ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z zh"
PHONES: Final[tuple[str, ...]] = (
    SILENCE,
    *_ARPABET.split(),
)
PHONE_INDEX: Final[Mapping[str, int]] = MappingProxyType({phone: k for k, phone in enumerate(PHONES)})

# Phones one mouth shape serves; the order is that of the prototype's figures, silence last.
VISEMES: Final[tuple[tuple[str, ...], ...]] = (
    ("p", "b", "m"),
    ("f", "v"),
    ("w",),
    ("uw", "uh", "ow", "ao"),
    ("aa", "ah", "ay", "aw"),
    ("ae", "eh", "ey"),
    ("iy", "ih", "y"),
    ("er", "r"),
    ("sh", "ch", "jh", "zh"),
    ("s", "z"),
    ("t", "d", "n", "l"),
    ("th", "dh"),
    ("k", "g", "ng", "hh"),
    ("oy",),
    (SILENCE,),
)
# VISEME_OF_PHONE[PHONE_INDEX[phone]] is the index of its group.
VISEME_OF_PHONE: Final[tuple[int, ...]] = tuple(
    next(k for k, group in enumerate(VISEMES) if phone in group) for phone in PHONES
)

# Names of the radio phone set (flite, festival), TIMIT closures and recognisers' fillers that ARPAbet does not have.
_ARPABET_EXTRAS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ax": "ah", "axr": "er", "ix": "ih", "ux": "uw", "dx": "t", "el": "l", "em": "m", "en": "n", "eng": "ng",
        "nx": "n", "hv": "hh", "q": SILENCE, "bcl": "b", "dcl": "d", "gcl": "g", "pcl": "p", "tcl": "t", "kcl": "k",
        "pau": SILENCE, "h#": SILENCE, "#h": SILENCE, "brth": SILENCE, "ssil": SILENCE, "sp": SILENCE, "spn": SILENCE,
        "nsn": SILENCE, "epi": SILENCE, "<eps>": SILENCE, "<sil>": SILENCE, "": SILENCE, "_": SILENCE,
    }
)  # fmt: skip


@dataclass(frozen=True)
class PhoneSegment:
    """One phone and the stretch of time it fills, ``start <= t < end``, in seconds."""

    phone: str
    start: float
    end: float


def from_arpabet(name: str) -> str | None:
    """The phone of an ARPAbet name: upper or lower case, with or without stress digit, radio set and TIMIT names too.

    ``+NOISE+`` fillers, pauses and the empty name are silence. Returns None for a name that is none of these.
    """
    bare = name.strip().lower()
    if bare.startswith(("+", "<")) and bare.endswith(("+", ">")):
        return SILENCE
    if bare not in _ARPABET_EXTRAS:
        bare = bare.rstrip("0123456789") or name.strip()
    return bare if bare in PHONE_INDEX else _ARPABET_EXTRAS.get(bare)


def tile(segments: Sequence[PhoneSegment], seconds: float) -> tuple[PhoneSegment, ...]:
    """Segments cut and filled so that they cover ``[0, seconds]`` without gap or overlap.

    Labels past the end of the wave are clipped, never scaled (flite's kal16 stops inside its last pause, and scaling
    shifted every boundary by 51 ms on average). Gaps become silence, neighbouring silences one, empty segments vanish.

    Args:
        segments: in order of start; an overlap goes to the earlier one.
        seconds: duration of the wave.
    """
    tiled: list[PhoneSegment] = []

    def append(phone: str, start: float, end: float) -> None:
        if end <= start:
            return
        if tiled and phone == SILENCE == tiled[-1].phone:
            tiled[-1] = PhoneSegment(SILENCE, tiled[-1].start, end)
        else:
            tiled.append(PhoneSegment(phone, start, end))

    now = 0.0
    for segment in segments:
        start = min(max(segment.start, now), seconds)
        append(SILENCE, now, start)
        end = min(max(segment.end, start), seconds)
        append(segment.phone, start, end)
        now = end
    append(SILENCE, now, seconds)
    return tuple(tiled)


def frame_labels(segments: Sequence[PhoneSegment], frames: int, fps: float, offset_s: float = 0.0) -> NDArray[np.int64]:
    """The phone at the centre of every frame.

    Frame k is centred at ``offset_s + k / fps``; a centre on a boundary belongs to the later segment. Where no segment
    lies, silence. Times are compared as whole microseconds, so no rounding error moves a centre across a boundary.

    Args:
        segments: in order of start, without overlap.
        frames: T.
        fps: frames a second.
        offset_s: time of the first frame's centre.

    Returns:
        int64 [T], indices into ``PHONES``.
    """
    labels = np.full(frames, PHONE_INDEX[SILENCE], np.int64)
    if not segments:
        return labels
    centres = _microseconds(offset_s + np.arange(frames) / fps)
    starts = _microseconds(np.array([s.start for s in segments]))
    ends = _microseconds(np.array([s.end for s in segments]))
    phones = np.array([PHONE_INDEX[s.phone] for s in segments], np.int64)
    at = np.searchsorted(starts, centres, side="right") - 1
    inside = (at >= 0) & (centres < ends[np.maximum(at, 0)])
    labels[inside] = phones[at[inside]]
    return labels


def _microseconds(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    whole: NDArray[np.int64] = np.rint(seconds * 1e6).astype(np.int64)
    return whole
