"""Own against wrong performance: the same line in the style of its own performer and of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..teacher.performer import Performer
from .style_cast import Sentence, spoken
from .style_report import Bar, Row, Section
from .style_statistics import Indices as Chosen
from .style_statistics import bootstrap
from .style_system import Controls, StyleSystem

Array = NDArray[np.float64]

OWN_BAR = Bar(0.10)
LARGEST = "largest lip vertex"
EVERY = 2  # frames of 50 Hz between two that are compared; an error's mean over a line does not need more


def lip_errors(made: Controls, truth: Controls) -> tuple[float, float]:
    """Lip vertex error of one motion: (mean over frames of the largest, mean of all) distances.

    Args:
        made: lip vertices' displacements [T, L, 3], mm.
        truth: likewise.
    """
    distance = np.sqrt(np.square(made - truth).sum(-1))
    return float(distance.max(1).mean()), float(distance.mean())


@dataclass(frozen=True)
class OwnErrors:
    """Lip vertex errors in mm; last axis: (largest vertex, mean vertex).

    Attributes:
        styled: [lines, styles, truths, 2], style i against the truth of performer j.
        no_style: [lines, truths, 2], the mean manner.
        voice: [lines, truths, 2], the manner of the driving audio.
        manners: [lines, performers, truths, 2], the teacher's performers against one another: what there is to gain.
    """

    styled: Array
    no_style: Array
    voice: Array
    manners: Array


def measure_own(system: StyleSystem, lines: Sequence[Sentence], cast: Sequence[Performer], codes: Array) -> OwnErrors:
    """Say every line in every style and compare with every performer's own motion.

    Args:
        system: the network.
        lines: sentences none of the performances holds.
        cast: performers.
        codes: their style codes [performers, D].
    """
    n = len(cast)
    styled, manners = np.zeros((len(lines), n, n, 2)), np.zeros((len(lines), n, n, 2))
    no_style, voice = np.zeros((len(lines), n, 2)), np.zeros((len(lines), n, 2))
    for k, line in enumerate(lines):
        heard = system.hear(line.samples)
        truths = [system.lips(spoken(line, who, system.rig)[: heard.frames : EVERY]) for who in cast]
        plain, *styles = system.lips(system.say(heard, np.concatenate([system.mean_style[None], codes]))[:, ::EVERY])
        own_voice = system.lips(system.say_own_voice(heard)[::EVERY])
        for j, truth in enumerate(truths):
            styled[k, :, j] = [lip_errors(made, truth) for made in styles]
            manners[k, :j, j] = manners[k, j, :j] = [lip_errors(other, truth) for other in truths[:j]] or 0.0
            no_style[k, j], voice[k, j] = lip_errors(plain, truth), lip_errors(own_voice, truth)
    return OwnErrors(styled, no_style, voice, manners)


def paired_errors(
    system: StyleSystem, lines: Sequence[Sentence], cast: Sequence[Performer], codes: Sequence[Array]
) -> Array:
    """Errors [sets, lines, performers] of sets of one code a performer [performers, D], largest lip vertex, mm."""
    errors = np.zeros((len(codes), len(lines), len(cast)))
    for k, line in enumerate(lines):
        heard = system.hear(line.samples)
        for j, who in enumerate(cast):
            truth = system.lips(spoken(line, who, system.rig)[: heard.frames : EVERY])
            made = system.lips(system.say(heard, np.stack([one[j] for one in codes]))[:, ::EVERY])
            errors[:, k, j] = [lip_errors(one, truth)[0] for one in made]
    return errors


def own_mean(errors: Array, lines: Chosen, people: Chosen) -> float:
    """Mean error [lines, styles, truths] of each drawn performer's own style."""
    return float(np.diagonal(errors, axis1=1, axis2=2)[np.ix_(lines, people)].mean())


def wrong_mean(errors: Array, lines: Chosen, people: Chosen) -> float:
    """Mean error of the drawn performers' truths under the styles of the other drawn performers; nan without any."""
    other = people[:, None] != people[None, :]  # a performer drawn twice is no wrong one of itself
    if not other.any():
        return float("nan")
    return float(errors[np.ix_(lines, people, people)].mean(0)[other].mean())


def own_section(errors: OwnErrors, seed: int) -> Section:
    """The figures with intervals over lines and performers together."""
    lines, people = errors.styled.shape[:2]
    basis = f"{people} performers, {lines} lines"
    rows = [
        row
        for which, name in enumerate((LARGEST, "mean lip vertex"))
        for row in _rows(OwnErrors(*(getattr(errors, f.name)[..., which] for f in fields(errors))), name, basis, seed)
    ]
    wins = wins_of(errors.styled[..., 0])
    share = bootstrap((lines, people), lambda a, b: float(wins[np.ix_(a, b)].mean()), seed)
    rows.append(Row("share of wrong performances that own beats", share, "", basis))
    return Section("the same line in its own performer's style and in others', default head", tuple(rows))


def _rows(errors: OwnErrors, name: str, basis: str, seed: int) -> list[Row]:
    """Rows of one kind of error, whose last axis is gone."""
    sizes = errors.styled.shape[:2]

    def own(a: Chosen, b: Chosen) -> float:
        return own_mean(errors.styled, a, b)

    def row(title: str, statistic: Callable[[Chosen, Chosen], float], unit: str = "", bar: Bar | None = None) -> Row:
        return Row(f"{title}, {name}", bootstrap(sizes, statistic, seed), unit, basis, bar)

    def lower(than: Callable[[Chosen, Chosen], float]) -> Callable[[Chosen, Chosen], float]:
        return lambda a, b: 1 - own(a, b) / than(a, b)

    wrong = partial(wrong_mean, errors.styled)
    plain, voice = partial(plain_mean, errors.no_style), partial(plain_mean, errors.voice)
    return [
        row("own performance", own, "mm"),
        row("wrong performances", wrong, "mm"),
        row("own lower than wrong by", lower(wrong), "", OWN_BAR if name == LARGEST else None),
        row("no style (mean manner)", plain, "mm"),
        row("own lower than no style by", lower(plain)),
        row("driving audio alone", voice, "mm"),
        row("own lower than driving audio by", lower(voice)),
        row("the performers themselves apart", partial(wrong_mean, errors.manners), "mm"),
    ]


def plain_mean(errors: Array, lines: Chosen, people: Chosen) -> float:
    """Mean error [lines, truths] of a manner that is the same for all performers."""
    return float(errors[np.ix_(lines, people)].mean())


def wins_of(errors: Array) -> Array:
    """Share [lines, truths] of the wrong styles whose error [lines, styles, truths] is above the own style's."""
    own = np.diagonal(errors, axis1=1, axis2=2)
    return np.asarray((errors > own[:, None, :]).sum(1) / (errors.shape[1] - 1))
