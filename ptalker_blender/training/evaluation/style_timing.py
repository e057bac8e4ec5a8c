"""In time and without seams: the lag of the output, the borders of its windows, and motion restyled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...engine.windows import CONTEXT, HOP
from ...motion.controls import ENGINE_FPS
from ..teacher.performer import Performer
from .correlation import agreement
from .style_cast import STRIDE, Sentence, spoken
from .style_identity import unit
from .style_own import lip_errors
from .style_report import Bar, Row, Section
from .style_statistics import mean_estimate
from .style_system import StyleSystem

Array = NDArray[np.float64]

LAG_BAR = Bar(20.0, at_least=False)  # P11: 0 +- 1 frame


def timing_section(
    system: StyleSystem, lines: Sequence[Sentence], cast: Sequence[Performer], codes: Array, seed: int
) -> Section:
    """Best lag against the own performer's motion, and the seams.

    Args:
        system: the network.
        lines: what is said.
        cast: performers.
        codes: their style codes [performers, D].
        seed: of the bootstrap over performers.
    """
    lags, agree = np.zeros((len(cast), len(lines))), np.zeros((len(cast), len(lines)))
    apart, still = np.zeros((len(cast), len(lines))), np.zeros((len(cast), len(lines)))
    for k, line in enumerate(lines):
        heard = system.hear(line.samples)
        for who, made in enumerate(system.say(heard, codes)):
            truth = spoken(line, cast[who], system.rig)[: heard.frames]
            found = agreement(system.opening(made), system.opening(truth), ENGINE_FPS)
            lags[who, k], agree[who, k] = found.best_lag_ms, found.r
            apart[who, k], still[who, k] = seam_jump(system, system.windows(heard, codes[who][None]))
    basis = f"{len(cast)} performers, {len(lines)} lines"
    shift = 1000.0 * system.network.config.lead_frames / ENGINE_FPS
    itself = np.abs(np.median(lags, axis=1) - shift)
    rows = (
        Row("best lag of the opening, mean (positive: late)", mean_estimate(lags.mean(1), seed), "ms", basis),
        Row("the network's own: mean of |median by performer|", mean_estimate(itself, seed), "ms", basis, LAG_BAR),
        Row("opening's r with the own performer's, no lag", mean_estimate(agree.mean(1), seed), "", basis),
        Row("seams: lips of two windows apart at the seam", mean_estimate(apart.mean(1), seed), "mm", basis),
        Row("seams: lips' own way in one frame, for scale", mean_estimate(still.mean(1), seed), "mm", basis),
    )
    note = f"the engine hands the output out {shift:g} ms late (lead_frames); the network's own lag is without it"
    return Section("in time with the sound, and across the windows' borders", rows, (), (note,))


def seam_jump(system: StyleSystem, windows: NDArray[np.float32]) -> tuple[float, float]:
    """(distance at the seams, way in one frame) of window outputs [W, F, 55]: mean largest lip vertex, mm.

    At each seam the last frame one window answers for is compared with what the next window says of it.
    """
    before, after = system.lips(windows[:-1, CONTEXT + HOP]), system.lips(windows[1:, CONTEXT])
    answered = system.lips(windows[:, CONTEXT : CONTEXT + HOP : STRIDE])
    following = system.lips(windows[:, CONTEXT + 1 : CONTEXT + HOP + 1 : STRIDE])
    way = np.sqrt(np.square(following - answered).sum(-1)).max(-1)
    if not len(before):
        return 0.0, float(way.mean())
    return lip_errors(before, after)[0], float(way.mean())


def restyle_section(
    system: StyleSystem, lines: Sequence[Sentence], cast: Sequence[Performer], codes: Array, seed: int
) -> Section:
    """The swap test: what performer i says in a motion, in the manner of performer i + 1, against i + 1's own motion.

    Args:
        system: a network that reads content from motion.
        lines: what is said.
        cast: performers.
        codes: their style codes [performers, D], from other sentences.
        seed: of the bootstrap over performers.
    """
    people = len(cast)
    own, swapped, untouched, heard_error = (np.zeros((people, len(lines))) for _ in range(4))
    wanted, left, kept_words = (np.zeros((people, len(lines))) for _ in range(3))
    seen = unit(codes, system.mean_style)
    for k, line in enumerate(lines):
        motions = [spoken(line, performer, system.rig) for performer in cast]
        lips = [system.lips(motion[::STRIDE]) for motion in motions]
        from_sound = system.say(system.hear(line.samples), codes)
        for who in range(people):
            to = (who + 1) % people
            again, changed = system.restyle(motions[who], codes[[who, to]])
            own[who, k] = lip_errors(system.lips(again[::STRIDE]), lips[who])[0]
            swapped[who, k] = lip_errors(system.lips(changed[::STRIDE]), lips[to])[0]
            untouched[who, k] = lip_errors(lips[who], lips[to])[0]
            said = system.lips(from_sound[to, : len(motions[to]) : STRIDE])
            heard_error[who, k] = lip_errors(said, lips[to][: len(said)])[0]
            manner = unit(system.motion_codes([changed[::STRIDE]])[0], system.mean_style)
            wanted[who, k], left[who, k] = manner @ seen[to], manner @ seen[who]
            kept_words[who, k] = same_content(system.motion_content(motions[who]), system.motion_content(changed))
    basis = f"{people} performers, {len(lines)} lines"

    def row(name: str, by_line: Array, unit_of: str = "mm") -> Row:
        return Row(name, mean_estimate(by_line.mean(1), seed), unit_of, basis)

    lower = mean_estimate(1 - swapped.mean(1) / untouched.mean(1), seed)
    rows = (
        row("own style: error of the motion read and said again", own),
        row("swapped: error to the new performer's own motion", swapped),
        row("the same line from sound, same style", heard_error),
        row("the motion left as it was", untouched),
        Row("swapped lower than left as it was by", lower, "", basis),
        row("swapped: cosine of its style code to the wanted one", wanted, ""),
        row("swapped: cosine of its style code to the one left", left, ""),
        row("swapped: cosine of its content to the content before", kept_words, ""),
    )
    return Section("a motion restyled: content from one performer's motion, manner from another's", rows)


def same_content(before: Array, after: Array) -> float:
    """Mean cosine over time of two content codes [T, D], each seen from its own mean."""
    a, b = before - before.mean(0), after - after.mean(0)
    size = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(1) / np.maximum(size, 1e-12)).mean())
