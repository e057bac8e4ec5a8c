"""Does the style code hear time? The code of a clip against that of its own frames shuffled, and played backwards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .style_report import Bar, Row, Section
from .style_statistics import Estimate, Indices, bootstrap
from .style_system import Controls, StyleSystem

Array = NDArray[np.float64]

SHUFFLE_BAR = Bar(0.5)


def shuffled(clip: Controls, rng: np.random.Generator) -> Controls:
    """The clip's frames [P, 55] in a random order: the same poses, another time."""
    return np.ascontiguousarray(clip[rng.permutation(len(clip))])


def between_distances(codes: Array) -> Array:
    """Mean distance [performers, performers] between the clips' codes [performers, clips, D] of each two; 0 to oneself.

    Single clips are compared, not their means: the shuffled clip is a single one too.
    """
    apart = np.sqrt(np.square(codes[:, None, :, None] - codes[None, :, None, :]).sum(-1)).mean((2, 3))
    np.fill_diagonal(apart, 0.0)
    return np.asarray(apart)


def within_distances(codes: Array) -> Array:
    """Mean distance [performers] between two of a performer's clips; codes [performers, clips, D]."""
    clips = codes.shape[1]
    apart = np.sqrt(np.square(codes[:, :, None] - codes[:, None, :]).sum(-1))
    return np.asarray(apart.sum((1, 2)) / (clips * (clips - 1)))


def over_between(moved: Array, apart: Array, seed: int) -> Estimate:
    """Mean of ``moved`` [performers] over the mean between-performer distance, bootstrap over performers."""

    def ratio(chosen: Indices) -> float:
        pairs = apart[np.ix_(chosen, chosen)]
        other = chosen[:, None] != chosen[None, :]
        return float(moved[chosen].mean() / pairs[other].mean()) if other.any() else float("nan")

    return bootstrap((len(moved),), ratio, seed)


def order_section(system: StyleSystem, clips: Sequence[Sequence[Controls]], codes: Array, seed: int) -> Section:
    """Shuffle test on performers' clips.

    Args:
        system: the network.
        clips: by performer, equal numbers of performances [P, 55] at 25 Hz.
        codes: their style codes [performers, clips, D].
        seed: of the shuffling.
    """
    rng = np.random.default_rng((seed, 0x5F))
    flat = [clip for own in clips for clip in own]
    kinds = {
        "frames shuffled": [shuffled(clip, rng) for clip in flat],
        "played backwards": [np.ascontiguousarray(clip[::-1]) for clip in flat],
    }
    apart = between_distances(codes)
    basis = f"{len(clips)} performers, {len(clips[0])} clips each"
    rows = []
    for name, changed in kinds.items():
        moved = np.linalg.norm(system.motion_codes(changed).reshape(codes.shape) - codes, axis=-1).mean(1)
        bar = SHUFFLE_BAR if name == "frames shuffled" else None
        rows.append(Row(f"{name}: distance over between-performer", over_between(moved, apart, seed), "", basis, bar))
    floor = over_between(within_distances(codes), apart, seed)
    rows.append(Row("other sentences of the same performer, over between", floor, "", basis))
    return Section("the style code of a clip against that of its own frames in another order", tuple(rows))
