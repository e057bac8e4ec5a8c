"""Disentanglement: what a linear probe reads from each code, and the teacher's parameters read back from the style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from ..probes import linear_probe_accuracy, regression_r
from ..teacher.performer import Performer, as_vector
from .style_cast import STRIDE, Sentence, spoken
from .style_report import Row, Section
from .style_statistics import Estimate, wilson
from .style_system import Controls, StyleSystem

Array = NDArray[np.float64]

FOLDS = 5


def pooled(curves: Array | Controls) -> Array:
    """Mean and deviation over time [2 D] of codes or controls [T, D]; instance norm hides a manner from the mean."""
    return np.asarray(np.concatenate([curves.mean(0), curves.std(0)]), np.float64)


def probe_row(
    name: str, features: Array, labels: NDArray[np.int64], seed: int, groups: NDArray[np.int64] | None = None
) -> Row:
    """Cross-validated accuracy of a linear probe, with Wilson's interval over the clips.

    Args:
        name: of the row.
        features: [N, F].
        labels: [N].
        seed: of the folds.
        groups: [N]; clips of one group are never in both halves.
    """
    score = linear_probe_accuracy(features, labels, np.random.default_rng((seed, 0x9B)), FOLDS, groups)
    low, high = wilson(score.accuracy, len(labels))
    basis = f"chance {score.chance:.3f}, {len(features)} clips, {FOLDS} folds"
    return Row(name, Estimate(score.accuracy, low, high), "", basis)


def performer_section(
    system: StyleSystem, sentences: Sequence[Sentence], cast: Sequence[Performer], codes: Array, seed: int
) -> Section:
    """Performer from the style code (should be high), and from the content of their motion (should be at chance).

    Args:
        system: the network.
        sentences: each performer performs all of them; so sentences tell nothing of performers.
        cast: performers.
        codes: their style codes [performers, clips, D].
        seed: of the folds.
    """
    people, clips = codes.shape[:2]
    who = np.repeat(np.arange(people), clips)
    motions = [[spoken(s, performer, system.rig) for s in sentences] for performer in cast]
    flat = [motion for own in motions for motion in own]
    of_motion = np.repeat(np.arange(people), len(sentences))
    said = np.tile(np.arange(len(sentences)), people)
    raw = np.stack([pooled(motion) for motion in flat])
    content = np.stack([pooled(system.motion_content(motion)) for motion in flat])
    style = system.motion_codes([motion[::STRIDE] for motion in flat])
    rows = (
        probe_row("performer from the style code of motion", codes.reshape(len(who), -1), who, seed),
        probe_row("performer from the content code of motion", content, of_motion, seed, said),
        probe_row("performer from the motion itself (mean, deviation)", raw, of_motion, seed, said),
        probe_row("sentence from the style code of motion", style, said, seed, of_motion),
        probe_row("sentence from the content code of motion", content, said, seed, of_motion),
    )
    note = (
        "codes by frame are read by their mean and deviation over time; what is not asked for is never in both halves"
    )
    return Section("what a linear probe reads: the performer, and the words", rows, (), (note,))


def voice_row(name: str, features: Array, seed: int) -> Row:
    """Voice from features [voices, sentences, F]."""
    voices, sentences = features.shape[:2]
    labels = np.repeat(np.arange(voices), sentences)
    return probe_row(name, features.reshape(len(labels), -1), labels, seed)


def readback_section(codes: Array, raw: Array, cast: Sequence[Performer]) -> Section:
    """Each teacher parameter from the style code: r, cross-validated with no performer in both halves.

    Args:
        codes: [performers, clips, D].
        raw: the same clips as plain statistics of their controls [performers, clips, F]: what was there to be read.
        cast: the performers.
    """
    people, clips = codes.shape[:2]
    targets = np.repeat(np.stack([as_vector(performer) for performer in cast]), clips, axis=0)
    groups = np.repeat(np.arange(people), clips)
    found, plain = (np.asarray(regression_r(x.reshape(len(groups), -1), targets, groups)) for x in (codes, raw))
    rows = [
        Row(field.name, fisher(float(r), people), "", f"plain statistics of the clips: {p:.2f}")
        for field, r, p in zip(fields(Performer), found, plain, strict=True)
    ]
    for name, values in (("style code", found), ("plain statistics", plain)):
        rows.append(Row(f"median of the {len(values)}, {name}", Estimate(float(np.median(values)), np.nan, np.nan)))
    notes = (
        f"{people} performers, {clips} clips of 6 s each, told one by one; intervals by Fisher's z, a unit a performer",
        "plain statistics: mean, deviation and deviation of the change of each control",
    )
    return Section(
        "the teacher's parameters read back from an unseen performer's style code, r", tuple(rows), (), notes
    )


def clip_statistics(clip: Controls) -> Array:
    """Mean, deviation and deviation of the change [165] of a performance [P, 55]."""
    return np.concatenate([pooled(clip), np.diff(clip, axis=0).std(0)])


def fisher(r: float, units: int) -> Estimate:
    """A correlation with its 95 % interval by Fisher's z for ``units`` independent pairs."""
    z, half = np.arctanh(np.clip(r, -0.999999, 0.999999)), 1.959964 / np.sqrt(max(units - 3, 1))
    return Estimate(r, float(np.tanh(z - half)), float(np.tanh(z + half)))
