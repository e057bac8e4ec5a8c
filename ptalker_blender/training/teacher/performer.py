"""A performer's manner: some twenty named parameters, drawn anew for each performer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from ..corpus.phones import PhoneSegment
from .prosody import Prosody


@dataclass(frozen=True)
class Performer:
    """One manner of speaking. Defaults are a neutral reader.

    Attributes:
        articulation: size of all mouth movement (0.6 mumbles, 1.35 enunciates).
        jaw_share: how much of the opening the jaw does; the rest is done by the lips.
        lead: seconds by which the mouth is ahead of the sound.
        hold: width of closures and plateaus.
        attack, release: seconds the mouth takes to open and to close; their difference is heard only in time order.
        rounding, spread: size of rounding (oo, w) and of spreading (ee).
        smile, smile_asymmetry: corners of the mouth while speaking; positive asymmetry is the left side.
        shift: sideways set of the mouth, positive to the left.
        upper_lip: activity of the upper lip.
        press: pressing of the lips in p, b and m.
        pucker: how far the lips are pushed forward all the time.
        parted: lip opening in pauses, millimetres.
        follow: how much the opening follows loudness.
        brow, brow_set, brow_asymmetry: eyebrow movement with the pitch, their resting place, left over right.
        squint, sneer: lower lids and nose.
        nod, tilt, turn: head movement with stress (gain), and its resting roll and yaw in radians.
        blinks: per minute.
        gaze, drift: size of eye and head wandering.
    """

    articulation: float = 1.0
    jaw_share: float = 0.5
    lead: float = 0.0
    hold: float = 1.0
    attack: float = 0.022
    release: float = 0.025
    rounding: float = 1.0
    spread: float = 1.0
    smile: float = 0.05
    smile_asymmetry: float = 0.0
    shift: float = 0.0
    upper_lip: float = 0.5
    press: float = 0.35
    pucker: float = 0.0
    parted: float = 0.3
    follow: float = 0.5
    brow: float = 0.5
    brow_set: float = 0.0
    brow_asymmetry: float = 0.0
    squint: float = 0.05
    sneer: float = 0.0
    nod: float = 0.5
    tilt: float = 0.0
    turn: float = 0.0
    blinks: float = 16.0
    gaze: float = 0.5
    drift: float = 0.5


# Lowest and highest value of each parameter.
RANGES: dict[str, tuple[float, float]] = {
    "articulation": (0.6, 1.35),
    "jaw_share": (0.15, 0.9),
    "lead": (-0.02, 0.03),
    "hold": (0.8, 1.4),
    "attack": (0.01, 0.05),
    "release": (0.01, 0.055),
    "rounding": (0.4, 1.6),
    "spread": (0.3, 1.7),
    "smile": (-0.25, 0.65),
    "smile_asymmetry": (-0.4, 0.4),
    "shift": (-0.25, 0.25),
    "upper_lip": (0.05, 1.0),
    "press": (0.0, 0.8),
    "pucker": (0.0, 0.35),
    "parted": (0.0, 2.0),
    "follow": (0.1, 0.9),
    "brow": (0.0, 1.3),
    "brow_set": (-0.6, 0.6),
    "brow_asymmetry": (-0.6, 0.6),
    "squint": (0.0, 0.55),
    "sneer": (0.0, 0.4),
    "nod": (0.0, 1.3),
    "tilt": (-0.14, 0.14),
    "turn": (-0.15, 0.15),
    "blinks": (6.0, 34.0),
    "gaze": (0.1, 1.0),
    "drift": (0.1, 1.0),
}


def draw_performer(rng: np.random.Generator) -> Performer:
    """A performer with every parameter drawn between its bounds, half-way between uniform and near-neutral."""
    neutral = asdict(Performer())
    drawn = {}
    for name, (low, high) in RANGES.items():
        triangular = rng.triangular(low, min(max(neutral[name], low), high), high)
        drawn[name] = float(rng.uniform(low, high) if rng.random() < 0.5 else triangular)
    return Performer(**drawn)


def draw_performers(count: int, seed: int) -> tuple[Performer, ...]:
    """The performers of a training run: the library's first, so that it is learned too, then drawn ones."""
    drawn = (draw_performer(np.random.default_rng((seed, 2, i))) for i in range(max(0, count - len(LIBRARY))))
    return (*LIBRARY.values(), *drawn)[:count]


def as_vector(performer: Performer) -> NDArray[np.float64]:
    """Parameters scaled to 0..1 over their ranges [27], for probes."""
    values = []
    for field in fields(performer):
        low, high = RANGES[field.name]
        values.append((getattr(performer, field.name) - low) / (high - low))
    return np.array(values)


# The styles that ship, chosen to be told apart at a glance; `style_clips` describes and records them.
LIBRARY: dict[str, Performer] = {
    "neutral": Performer(),
    "bright": Performer(
        articulation=1.15, smile=0.6, spread=1.5, upper_lip=0.85, brow=1.2, brow_set=0.4, nod=1.0, press=0.2,
        blinks=20, squint=0.12, rounding=0.8, gaze=0.7, drift=0.8,
    ),
    "mumble": Performer(
        articulation=0.6, jaw_share=0.25, hold=0.85, attack=0.045, release=0.05, rounding=0.6, spread=0.4,
        smile=-0.03, upper_lip=0.1, press=0.1, brow=0.1, brow_set=-0.12, squint=0.15, nod=0.2, parted=1.0, blinks=12,
        gaze=0.3, drift=0.3, follow=0.3, turn=0.1,
    ),
    "stage": Performer(
        articulation=1.35, jaw_share=0.85, hold=1.3, attack=0.012, release=0.025, rounding=1.5, spread=1.3,
        upper_lip=0.7, press=0.7, brow=1.3, brow_set=0.15, nod=1.3, follow=0.85, lead=0.02, smile=0.1, blinks=14,
        drift=0.9,
    ),
    "stern": Performer(
        articulation=0.9, jaw_share=0.45, smile=-0.22, spread=0.6, press=0.8, brow=0.15, brow_set=-0.58,
        squint=0.42, sneer=0.3, nod=0.15, attack=0.012, release=0.012, blinks=7, upper_lip=0.2, gaze=0.15,
        drift=0.15, hold=1.25,
    ),
    "wry": Performer(
        articulation=0.9, smile=0.2, smile_asymmetry=0.38, shift=0.22, brow=0.7, brow_set=0.05,
        brow_asymmetry=0.55, tilt=0.12, turn=-0.08, squint=0.25, jaw_share=0.35, release=0.05, blinks=15, nod=0.5,
    ),
    "weary": Performer(
        articulation=0.75, jaw_share=0.75, attack=0.045, release=0.055, smile=-0.16, brow=0.25, brow_set=0.3,
        squint=0.5, parted=1.9, press=0.05, hold=0.85, nod=0.3, tilt=-0.13, blinks=28, spread=0.5, gaze=0.5,
        drift=0.7, lead=-0.02,
    ),
    "pout": Performer(
        pucker=0.33, rounding=1.6, spread=0.3, jaw_share=0.4, upper_lip=0.6, smile=-0.08, brow=0.6, brow_set=-0.2,
        nod=0.6, parted=0.5, turn=0.12, tilt=0.05, blinks=18,
    ),
}  # fmt: skip


def moved_by_voice(performer: Performer, segments: Sequence[PhoneSegment], prosody: Prosody) -> Performer:
    """The performer as the voice makes them: slow, lively speech is articulated more and lifts the brows.

    This is the part of a manner that the driving audio alone can tell.
    """
    spoken = [segment for segment in segments if segment.phone != "sil"]
    seconds = sum(segment.end - segment.start for segment in spoken)
    rate = len(spoken) / max(seconds, 0.1)  # phones per second; 13 is ordinary
    liveliness = float(np.std(prosody.pitch)) / 2.5
    size = np.clip(1.0 - 0.035 * (rate - 13.0) + 0.06 * (liveliness - 1.0), 0.75, 1.25)
    return replace(
        performer,
        articulation=performer.articulation * float(size),
        brow=performer.brow * float(np.clip(0.6 + 0.4 * liveliness, 0.5, 1.4)),
    )
