"""Does the reference leak? The output must take the reference's manner and none of its words.

The mouth of the output is correlated, over lags, with the mouth of the performance its style came from, and with that
of another performance of the same performer, of other sentences, which the network never saw. Both share the manner;
only the first could share the words. The difference is tested by swapping the two (a paired permutation test).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from .style_cast import STRIDE, Sentence
from .style_own import lip_errors
from .style_report import Bar, Row, Section
from .style_statistics import Estimate, mean_estimate, sign_flip_p
from .style_system import Controls, StyleSystem

Array = NDArray[np.float64]

LEAK_BAR = Bar(0.05)
LEAST_OVERLAP = 1.0  # seconds of the shorter curve that a lag must leave
FPS = 25.0


def best_correlation(output: Array, reference: Array, overlap: int) -> float:
    """Largest Pearson correlation of two curves [A] and [B] over all lags that leave ``overlap`` frames or more.

    Every lag is normalised on its own overlapping part.

    Raises:
        ValueError: curves shorter than the overlap.
    """
    a, b = np.asarray(output, np.float64), np.asarray(reference, np.float64)[::-1]
    if min(len(a), len(b)) < overlap:
        raise ValueError(f"curves of {len(a)} and {len(b)} frames have no overlap of {overlap}")
    ones_a, ones_b = np.ones_like(a), np.ones_like(b)
    count = np.rint(fftconvolve(ones_a, ones_b))
    a, b = a - a.mean(), b - b.mean()  # for precision only: each lag's own means are taken out below
    sum_a, sum_b = fftconvolve(a, ones_b), fftconvolve(ones_a, b)
    square_a, square_b = fftconvolve(a * a, ones_b), fftconvolve(ones_a, b * b)
    cross = fftconvolve(a, b) - sum_a * sum_b / count
    spread = (square_a - sum_a**2 / count).clip(0) * (square_b - sum_b**2 / count).clip(0)
    valid = (count >= overlap) & (spread > 1e-9)
    return float((cross[valid] / np.sqrt(spread[valid])).max()) if valid.any() else 0.0


def leak_section(
    system: StyleSystem, lines: Sequence[Sentence], clips: Sequence[Sequence[Controls]], codes: Array, seed: int
) -> Section:
    """Correlate, test, and measure how far the output moves when only the reference's words change.

    Args:
        system: the network.
        lines: said in each style; their words are in none of the clips.
        clips: by performer, two or more performances [P, 55] at 25 Hz of different sentences.
        codes: their style codes [performers, clips, D].
        seed: of the permutations.
    """
    people = len(clips)
    own, other = np.zeros((people, len(lines))), np.zeros((people, len(lines)))
    moved, between = np.zeros((people, len(lines))), np.zeros((people, len(lines)))
    references = [[system.opening(clip) for clip in pair[:2]] for pair in clips]
    overlap = round(LEAST_OVERLAP * FPS)
    for k, line in enumerate(lines):
        heard = system.hear(line.samples)
        first, second = (system.say(heard, codes[:, c])[:, ::STRIDE] for c in (0, 1))
        for who in range(people):
            a, b = system.opening(first[who]), system.opening(second[who])
            seen, unseen = references[who]
            # Each output once with the reference it saw and once with the one it did not.
            own[who, k] = 0.5 * (best_correlation(a, seen, overlap) + best_correlation(b, unseen, overlap))
            other[who, k] = 0.5 * (best_correlation(a, unseen, overlap) + best_correlation(b, seen, overlap))
            moved[who, k] = lip_errors(system.lips(first[who]), system.lips(second[who]))[0]
            between[who, k] = lip_errors(system.lips(first[who]), system.lips(first[(who + 1) % people]))[0]
    difference = (own - other).mean(1)
    p = sign_flip_p(difference, seed)
    basis = f"{people} performers, {len(lines)} lines, two references each"
    rows = (
        Row("r with the reference's own mouth, best lag", mean_estimate(own.mean(1), seed), "", basis),
        Row("r with a performance not seen, best lag", mean_estimate(other.mean(1), seed), "", basis),
        Row("difference", mean_estimate(difference, seed), "", basis),
        Row("permutation test, p", Estimate(p, float("nan"), float("nan")), "", basis, LEAK_BAR),
        Row("output moved by the reference's words", mean_estimate(moved.mean(1), seed), "mm", basis),
        Row("output moved by another performer", mean_estimate(between.mean(1), seed), "mm", basis),
    )
    note = "bar: p above 0.05, the words the network saw cannot be told from others; see the difference's interval"
    return Section("what of the reference's words is in the output", rows, (), (note,))
