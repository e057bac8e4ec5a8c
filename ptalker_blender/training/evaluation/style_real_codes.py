"""What the codes of real captures hold, by probes, and how much of a real performance a style needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...model.motion_style import PERFORMANCE_FPS
from ...motion.controls import ENGINE_FPS
from ...motion.motion import Motion
from ...motion.resample import resample_motion
from .style_identity import LENGTHS, identify, unit
from .style_own import EVERY, lip_errors
from .style_probes import pooled, probe_row
from .style_real import Captures, cut, excerpts
from .style_report import Row, Section
from .style_statistics import bootstrap, mean_estimate, share_estimate
from .style_system import Controls, StyleSystem

Array = NDArray[np.float64]

LEAST_CLIPS = 5  # of a performer, one for each fold of a probe
LONGEST = max(LENGTHS)


def probes_real(system: StyleSystem, captures: Captures, seed: int) -> Section:
    """Performer from the style code (should be high) and from the motion's content (should be at chance), by clip."""
    names = [name for name, own in captures.clips.items() if len(own) >= LEAST_CLIPS]
    clips = [clip for name in names for clip in captures.clips[name]]
    who = np.repeat(np.arange(len(names)), [len(captures.clips[name]) for name in names])
    content = np.stack([pooled(system.motion_content(at_engine_rate(clip))) for clip in clips])
    rows = (
        probe_row("performer from the style code of motion", system.motion_codes(clips), who, seed),
        probe_row("performer from the content code of motion", content, who, seed),
        probe_row("performer from the motion itself (mean, deviation)", np.stack([*map(pooled, clips)]), who, seed),
    )
    notes = (
        f"{' and '.join(names)}: two performers and two systems, one speaking Mandarin, one making faces, so what they "
        "do differs as much as who they are",
    )
    return Section("what a linear probe reads from real captures", rows, (), notes)


def length_real(system: StyleSystem, captures: Captures, drawn: Array, seed: int) -> Section:
    """The first 1 to 10 s of real performances as the style.

    Args:
        system: the network.
        captures: real performers; those with two performances of 10 s or more are told apart.
        drawn: style codes [performers, clips, D] of drawn performers: their company, and wrong styles.
        seed: of the bootstraps.
    """
    pieces = {name: own for name, own in long_pieces(captures).items() if len(own) >= 2}
    codes = {
        n: [system.motion_codes([clip[: round(n * PERFORMANCE_FPS)] for clip in own]) for own in pieces.values()]
        for n in LENGTHS
    }
    halves = [len(own) // 2 for own in codes[LONGEST]]
    gallery = [own[:half].mean(0)[None] for own, half in zip(codes[LONGEST], halves, strict=True)]
    company = np.stack([*gallery, *drawn.mean(1)[:, None]])
    rows: list[Row] = []
    for n, every in codes.items():
        hits = [
            identify(own[half:], company, system.mean_style) == number
            for number, (own, half) in enumerate(zip(every, halves, strict=True))
        ]
        told = share_estimate(np.concatenate(hits).astype(np.float64), seed)
        rows.append(
            Row(f"{n} s: told right among them and {len(drawn)} drawn ones", told, "", f"{len(hits)} performers")
        )
    for n, every in codes.items():
        same = [
            (unit(short, system.mean_style) * unit(long, system.mean_style)).sum(-1)
            for short, long in zip(every, codes[LONGEST], strict=True)
        ]
        close = mean_estimate(np.concatenate(same), seed)
        rows.append(Row(f"{n} s: cosine to the code of {LONGEST} s", close, "", "by performance"))
    return Section(
        "how much of a real performance the style needs", (*rows, *lower_rows(system, captures, drawn, seed))
    )


def lower_rows(system: StyleSystem, captures: Captures, drawn: Array, seed: int) -> list[Row]:
    """Lip errors of each take in the style of n seconds of the speaker's other takes, against the drawn styles."""
    own: dict[int, list[float]] = {n: [] for n in LENGTHS}
    wrong: list[float] = []
    for number, take in enumerate(captures.takes):
        others = [c for k, t in enumerate(captures.takes) if k != number for c in cut(t.controls, float(LONGEST))]
        styles = [system.motion_codes([c[: round(n * PERFORMANCE_FPS)] for c in others[:2]]).mean(0) for n in LENGTHS]
        for samples, truth in excerpts(take):
            target, manners = system.lips(truth[::EVERY]), np.concatenate([np.stack(styles), drawn.mean(1)])
            errors = [
                lip_errors(system.lips(made[: len(truth) : EVERY]), target)[0]
                for made in system.say(system.hear(samples), manners)
            ]
            for n, error in zip(LENGTHS, errors, strict=False):
                own[n].append(float(error))
            wrong.append(float(np.mean(errors[len(LENGTHS) :])))
    apart = np.array(wrong)
    rows = []
    for n, found in own.items():
        errors_of_n = np.array(found)

        def lower(chosen: NDArray[np.int64], errors_of_n: Array = errors_of_n) -> float:
            return float(1 - errors_of_n[chosen].mean() / apart[chosen].mean())

        basis = f"{len(apart)} excerpts of one speaker, {len(drawn)} wrong performers"
        rows.append(Row(f"{n} s: own lower than wrong by", bootstrap((len(apart),), lower, seed), "", basis))
    return rows


def long_pieces(captures: Captures) -> Mapping[str, Sequence[Controls]]:
    """Performances of LONGEST seconds or more at 25 Hz, by performer."""
    spoken = [piece for take in captures.takes for piece in cut(take.controls, float(LONGEST))]
    pieces: dict[str, Sequence[Controls]] = {"facegood": spoken}
    for name, own in captures.clips.items():
        if name != "facegood":  # one capture each, cut into clips that follow one another
            pieces[name] = cut(Motion(np.concatenate(own), PERFORMANCE_FPS), float(LONGEST))
    least = LONGEST * PERFORMANCE_FPS
    return {name: [piece for piece in own if len(piece) >= least] for name, own in pieces.items()}


def at_engine_rate(clip: Controls) -> Controls:
    """A performance [P, 55] at 25 Hz as a motion [T, 55] at 50 Hz."""
    return np.asarray(resample_motion(Motion(clip, PERFORMANCE_FPS), ENGINE_FPS).values)
