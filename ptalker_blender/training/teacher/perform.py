"""Phones and prosody, in a performer's manner, to motion.

The lips are solved on the default head: the coarticulated inner-lip gap is met exactly by letting mouthClose undo what
the jaw and the other keys open, so a closure closes whatever the jaw does (jaw-lip compensation), and jaw and lips
share an opening as the performer's manner says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...motion.controls import ENGINE_FPS, INDEX, N_CONTROLS
from ...rig.lips import LipRig
from ..corpus.phones import PhoneSegment
from .coarticulation import blend_tracks, closure_pulse, pulls_of
from .performer import Performer
from .prosody import Prosody

Track = NDArray[np.float64]
LIP_RELAXED_MM = 3.0  # part of an opening that the lips make when the jaw does not


def perform(
    segments: Sequence[PhoneSegment], prosody: Prosody, performer: Performer, rig: LipRig, frames: int
) -> NDArray[np.float32]:
    """Motion [frames, 55] at 50 Hz; blinks, gaze and head drift are left to `engine.idle`.

    Args:
        segments: phones in seconds, ascending.
        prosody: of the same utterance.
        performer: the manner.
        rig: lips of the default head.
        frames: length of the motion; the face rests after the utterance.
    """
    times = np.arange(frames) / ENGINE_FPS
    mouth_times = times + performer.lead
    loudness, pitch = (_fit(track, frames) for track in (prosody.loudness, prosody.pitch))
    pulls = pulls_of(segments)
    tracks = blend_tracks(pulls, mouth_times, performer.hold)
    speaking = gaussian_filter1d(_speaking(segments, mouth_times), 4.0)
    size = performer.articulation * _loudness_factor(loudness, performer.follow)
    size = 1.0 + speaking * (size - 1.0)

    out = np.zeros((frames, N_CONTROLS))
    gap = _attack_release(tracks["gap"] * size, performer)
    gap = gap + (1.0 - speaking) * performer.parted
    touch = closure_pulse(segments, mouth_times, performer.hold)
    gap = gap * (1.0 - touch)
    _shape_lips(out, tracks, performer, touch, speaking)
    _open_mouth(out, gap, tracks["jaw"] * size, performer, rig)
    _upper_face(out, pitch, loudness, speaking, performer)
    _head(out, pitch, loudness, speaking, performer)
    out[:, : INDEX["headPitch"]] = out[:, : INDEX["headPitch"]].clip(0, 1)
    return out.astype(np.float32)


def _fit(track: Track, frames: int) -> Track:
    fitted: Track = np.pad(track, (0, max(0, frames - len(track))))[:frames]
    return fitted


def _speaking(segments: Sequence[PhoneSegment], times: Track) -> Track:
    """1 within speech, bridging short pauses."""
    spoken = np.zeros(len(times))
    for segment in segments:
        if segment.phone != "sil":
            spoken[(times >= segment.start - 0.08) & (times < segment.end + 0.12)] = 1.0
    return spoken


def _loudness_factor(loudness: Track, follow: float) -> Track:
    factor: Track = 1.0 - follow + follow * (0.45 + 0.8 * gaussian_filter1d(loudness, 2.0))
    return factor


def _attack_release(track: Track, performer: Performer) -> Track:
    """One-pole follower whose speed differs between opening and closing: the manner's order in time."""
    step = 1.0 / ENGINE_FPS
    rise, fall = (1.0 - math.exp(-step / seconds) for seconds in (performer.attack, performer.release))
    out, value = np.empty_like(track), float(track[0])
    for i, target in enumerate(track.tolist()):
        value += (rise if target > value else fall) * (target - value)
        out[i] = value
    # The follower lags by about its time constant; the mouth of a practised speaker does not.
    lag = 0.5 * (performer.attack + performer.release) * ENGINE_FPS
    positions = np.arange(len(track)) + lag
    moved: Track = np.interp(positions, np.arange(len(track)), out)
    return moved


def _shape_lips(out: Track, tracks: dict[str, Track], p: Performer, touch: Track, speaking: Track) -> None:
    """Rounding, spread, labiodentals, tongue and the set of the mouth, into `out`."""

    def put(name: str, values: Track) -> None:
        out[:, INDEX[name]] += values

    rounded = (tracks["round"] * p.rounding).clip(0, 1)
    spread = tracks["spread"] * p.spread * (1 - 0.7 * rounded)
    bite = tracks["labiodental"]
    put("mouthPucker", p.pucker + (0.85 - p.pucker) * rounded)
    put("mouthFunnel", 0.7 * tracks["funnel"] * p.rounding)
    put("mouthRollLower", 0.55 * bite + 0.12 * touch * p.press)
    put("mouthRollUpper", 0.10 * touch * p.press)
    put("mouthShrugLower", 0.15 * bite)
    put("tongueOut", 0.32 * tracks["tongue"])
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        corner = p.smile + sign * p.smile_asymmetry * (0.4 + 0.6 * speaking)
        put(f"mouthSmile{side}", np.maximum(corner, 0) * (0.6 + 0.4 * speaking) + 0.18 * spread)
        put(f"mouthFrown{side}", 1.3 * np.maximum(-corner, 0))
        put(f"mouthDimple{side}", 0.12 * spread + 0.1 * np.maximum(corner, 0))
        put(f"mouthStretch{side}", 0.42 * spread)
        put(f"mouthPress{side}", 0.55 * touch * p.press)
        put(f"mouthUpperUp{side}", 0.35 * bite + (0.35 * p.upper_lip) * tracks["funnel"])
        put(f"cheekSquint{side}", 0.6 * np.maximum(corner, 0))
        put(f"noseSneer{side}", np.full(len(spread), p.sneer))
    put("mouthLeft", np.full(len(spread), max(p.shift, 0)))
    put("mouthRight", np.full(len(spread), max(-p.shift, 0)))


def _open_mouth(out: Track, gap: Track, jaw: Track, p: Performer, rig: LipRig) -> None:
    """Meet the gap (mm) with jaw and lips, then undo the excess with mouthClose."""
    lips = (1.0 - p.jaw_share) * gap / LIP_RELAXED_MM / 4.0
    for side in ("Left", "Right"):
        out[:, INDEX[f"mouthLowerDown{side}"]] += (0.5 * lips).clip(0, 0.5)
        out[:, INDEX[f"mouthUpperUp{side}"]] += (0.4 * p.upper_lip * lips).clip(0, 0.4)
    jaw = jaw * (0.55 + 0.9 * p.jaw_share)
    out[:, INDEX["jawOpen"]] = gaussian_filter1d(jaw.clip(0, 1), 1.0)
    missing = gap - rig.gap(out)
    out[:, INDEX["jawOpen"]] += (missing / rig.jaw).clip(min=0)
    excess = rig.gap(out) - np.maximum(gap, rig.rest)
    out[:, INDEX["mouthClose"]] = (excess / rig.close).clip(0, 1)


def _upper_face(out: Track, pitch: Track, loudness: Track, speaking: Track, p: Performer) -> None:
    """Brows with the pitch, lids and nose as set."""
    lift = p.brow * gaussian_filter1d((pitch / 9.0).clip(-0.3, 1), 4.0)
    lift = lift + 0.25 * p.brow * gaussian_filter1d((loudness - 0.75).clip(min=0) * 4, 5.0) * speaking
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        level = p.brow_set + sign * p.brow_asymmetry * 0.5 + lift
        out[:, INDEX[f"browOuterUp{side}"]] = 0.8 * level.clip(0, 1)
        out[:, INDEX[f"browDown{side}"]] = (-level).clip(0, 1)
        out[:, INDEX[f"eyeSquint{side}"]] = p.squint
        out[:, INDEX[f"eyeWide{side}"]] = 0.15 * (lift * p.brow).clip(0, 1)
    out[:, INDEX["browInnerUp"]] = (p.brow_set + lift).clip(0, 1)


def _head(out: Track, pitch: Track, loudness: Track, speaking: Track, p: Performer) -> None:
    """Nods on stressed syllables over the performer's carriage of the head, radians."""
    stress = gaussian_filter1d((loudness - 0.6).clip(min=0) * speaking, 5.0)
    out[:, INDEX["headPitch"]] = p.nod * (0.22 * stress - 0.006 * gaussian_filter1d(pitch, 10.0)) - 0.02 * p.nod
    out[:, INDEX["headYaw"]] = p.turn * (0.5 + 0.5 * speaking) + 0.01 * p.nod * gaussian_filter1d(pitch, 14.0)
    out[:, INDEX["headRoll"]] = p.tilt * (0.6 + 0.4 * speaking)
