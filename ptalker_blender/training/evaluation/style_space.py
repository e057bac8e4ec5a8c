"""The space of styles: between two of them, beyond one, and whether the three sources of a style agree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from .style_cast import STRIDE, Sentence
from .style_identity import unit
from .style_report import Row, Section
from .style_statistics import Estimate, mean_estimate, share_estimate
from .style_system import StyleSystem

Array = NDArray[np.float64]

STEPS = np.linspace(0.0, 1.0, 11)
STRENGTHS = np.linspace(0.0, 2.0, 9)
SLACK = 1e-3  # of the whole way: a step back smaller than this is rounding


def way(outputs: Array) -> Array:
    """How far along each output is, 0 at the first, 1 at the last: the share of the straight way between the two.

    Args:
        outputs: one motion per step, flattened [steps, N].
    """
    whole = outputs[-1] - outputs[0]
    length = float(whole @ whole)
    if length == 0.0:
        return np.zeros(len(outputs))
    return np.asarray((outputs - outputs[0]) @ whole / length)


def is_monotone(progress: Array) -> bool:
    """Whether progress [steps] never goes back."""
    return bool((np.diff(progress) > -SLACK).all() and progress[-1] > progress[0])


def walk(system: StyleSystem, lines: Sequence[Sentence], ends: Sequence[tuple[Array, Array]], steps: Array) -> Array:
    """Progress [pairs, steps] of the lips of all lines between (and beyond) pairs of codes [D]."""
    heard = [system.hear(line.samples) for line in lines]
    progress = []
    for start, end in ends:
        codes = start + steps[:, None] * (end - start)
        made = np.concatenate([system.say(line, codes)[:, ::STRIDE] for line in heard], axis=1)
        progress.append(way(system.lips(made).reshape(len(steps), -1).astype(np.float64)))
    return np.stack(progress)


def space_section(system: StyleSystem, lines: Sequence[Sentence], codes: Array, pairs: int, seed: int) -> Section:
    """Interpolation and strength.

    Args:
        system: the network.
        lines: what is said.
        codes: one code a performer [performers, D].
        pairs: how many pairs of performers to walk between, drawn.
        seed: of the drawing.
    """
    rng = np.random.default_rng((seed, 0x3A))
    every = list(combinations(range(len(codes)), 2))
    drawn = [every[i] for i in rng.choice(len(every), size=min(pairs, len(every)), replace=False)]
    between = walk(system, lines, [(codes[a], codes[b]) for a, b in drawn], STEPS)
    beyond = walk(system, lines, [(system.mean_style, code) for code in codes[:pairs]], STRENGTHS)
    uneven = np.diff(between, axis=1).max(1) * (len(STEPS) - 1)
    halves = beyond[:, len(STRENGTHS) // 2] / beyond[:, -1]
    pairs_basis, people_basis = f"{len(drawn)} pairs, {len(STEPS)} steps", f"{len(beyond)} performers"
    rows = (
        Row("interpolation: pairs whose way is monotone", _share(between, seed), "", pairs_basis),
        Row("interpolation: largest step over an even one", mean_estimate(uneven, seed), "", pairs_basis),
        Row("strength: styles whose way is monotone, 0 to 2", _share(beyond, seed), "", people_basis),
        Row("strength: share of the way to 2 that 1 has gone", mean_estimate(halves, seed), "", "0.5 is linear"),
    )
    note = f"on all lips of {len(lines)} lines; the way is the projection on the straight line between the two ends"
    return Section("between two styles, and strength 0 to 2", rows, (), (note,))


def _share(progress: Array, seed: int) -> Estimate:
    return share_estimate(np.array([float(is_monotone(one)) for one in progress]), seed)


def fusion_section(mean: Array, motion: Array, identity: Array, voice: Array, seed: int) -> Section:
    """Cosines of a library style's sources, seen from the mean manner.

    Args:
        mean: the mean manner [D].
        motion: codes [styles, D] of their performances.
        identity: codes [styles, D] of the same performers in the network's table.
        voice: codes [lines, D] of driving audio.
        seed: of the bootstrap.
    """
    performed, tabled = unit(motion, mean), unit(identity, mean)
    same = (performed * tabled).sum(1)
    cross = performed @ tabled.T
    others = np.array([np.delete(row, i).mean() for i, row in enumerate(cross)])
    heard = unit(voice, mean)
    found = (cross.argmax(0) == np.arange(len(motion))).astype(np.float64)
    basis, heard_basis = f"{len(motion)} library styles", f"{len(voice)} lines"
    rows = (
        Row("performance and identity, same performer", mean_estimate(same, seed), "", basis),
        Row("performance and identity, other performers", mean_estimate(others, seed), "", basis),
        Row("identity nearest to its own performance", share_estimate(found, seed), "", basis),
        Row("driving audio and performance", mean_estimate((heard @ performed.T).mean(1), seed), "", heard_basis),
        Row("driving audio and identity", mean_estimate((heard @ tabled.T).mean(1), seed), "", heard_basis),
    )
    note = "the lines were not spoken by these performers: a voice's code lies near the mean manner, its cosines near 0"
    return Section("cosine of the three sources of one style", rows, (), (note,))
