"""The style figures on real captures: the FACEGOOD speaker and the phone captures. Few performers, and said so.

Two spoken takes of one speaker (crafted after video, the only real sound with motion), one performer's range-of-motion
capture and one short capture. None of them is trained on; of the first two performers other takes may have been. What a
figure over three performers can show is that the code does not fail on real motion; it cannot show how well it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio.clip import SAMPLE_RATE
from ...model.motion_style import PERFORMANCE_FPS
from ...motion.controls import ENGINE_FPS
from ...motion.livelink import read_livelink_csv
from ...motion.motion import Motion
from ...motion.resample import resample_motion
from ..recorded.facegood_set import held_out
from .facegood import Take, load_takes
from .style_cast import REFERENCE_SECONDS
from .style_identity import hit_shares, identify
from .style_leak import FPS, LEAK_BAR, LEAST_OVERLAP, best_correlation
from .style_order import SHUFFLE_BAR, between_distances, shuffled
from .style_own import EVERY, OWN_BAR, lip_errors
from .style_report import Row, Section
from .style_statistics import Estimate, bootstrap, mean_estimate, share_estimate, sign_flip_p
from .style_system import Controls, StyleSystem

Array = NDArray[np.float64]

# alex_rom_3 and FACEGOOD's takes 01 and 02 are for training (configs/arkit_captures.csv, recorded/facegood_set.py).
CAPTURES = ("livelinkface_rom/alex_rom_4.csv", "llv/decoded/dao.csv")
EXCERPT_SECONDS = 8.0
EXCERPTS = 3  # of each take; the rest of the take's length would add time, not speakers


@dataclass(frozen=True)
class Captures:
    """Real performers.

    Attributes:
        takes: spoken, with sound.
        clips: performer -> performances [P, 55] at 25 Hz, in the order they were recorded.
    """

    takes: tuple[Take, ...]
    clips: Mapping[str, tuple[Controls, ...]]


def load_captures(data: Path) -> Captures:
    """Read what the data folder holds.

    Raises:
        UserError: a capture is missing or cannot be read.
    """
    takes = tuple(take for take in load_takes(data) if held_out(take.name))
    motions = {"facegood": [take.controls for take in takes]}
    for name in CAPTURES:
        performer = Path(name).stem.partition("_")[0]
        motions.setdefault(performer, []).append(read_livelink_csv(data / "motion" / "arkit_captures" / name))
    return Captures(takes, {name: tuple(c for m in own for c in cut(m)) for name, own in motions.items()})


def cut(motion: Motion, seconds: float = REFERENCE_SECONDS) -> list[Controls]:
    """A motion in clips of ``seconds`` at 25 Hz; a motion shorter than two of them in halves."""
    values = resample_motion(motion, PERFORMANCE_FPS).values
    count = max(2, int(len(values) / (seconds * PERFORMANCE_FPS)))
    return [np.ascontiguousarray(clip) for clip in np.array_split(values, count)]


def real_sections(system: StyleSystem, captures: Captures, drawn: Array, seed: int) -> dict[str, Section]:
    """All figures on the captures.

    Args:
        system: the network.
        captures: real performers.
        drawn: style codes [performers, clips, D] of drawn performers, as company for three real ones.
        seed: of draws and bootstraps.
    """
    codes = {name: system.motion_codes(clips) for name, clips in captures.clips.items()}
    return {
        "real own": own_real(system, captures, codes, drawn, seed),
        "real order": order_real(system, captures, codes, drawn, seed),
        "real identity": identity_real(codes, drawn, system.mean_style, seed),
        "real leak": leak_real(system, captures, seed),
    }


def own_real(system: StyleSystem, captures: Captures, codes: Mapping[str, Array], drawn: Array, seed: int) -> Section:
    """FACEGOOD excerpts in the style of the speaker's other takes, against everybody else's."""
    styles = np.concatenate([*(codes[n].mean(0)[None] for n in codes if n != "facegood"), drawn.mean(1)])
    rows_by_take = []
    for number, take in enumerate(captures.takes):
        others = [clip for k, t in enumerate(captures.takes) if k != number for clip in cut(t.controls)]
        own = system.motion_codes(others).mean(0)
        manners = np.concatenate([own[None], system.mean_style[None], styles])
        errors = []
        for samples, truth in excerpts(take):
            heard = system.hear(samples)
            target = system.lips(truth[::EVERY])
            made = [*system.say(heard, manners), system.say_own_voice(heard)]
            errors.append([lip_errors(system.lips(m[: len(truth) : EVERY]), target)[0] for m in made])
        mean = np.mean(errors, axis=0)
        rows_by_take.append((mean[0], mean[2:-1].mean(), mean[1], mean[-1]))
    table = np.array(rows_by_take)
    basis = f"{len(table)} takes of one speaker, {EXCERPTS} excerpts each; {len(styles)} wrong performers"

    def lower(column: int) -> Estimate:
        return bootstrap((len(table),), lambda i: float(1 - table[i, 0].mean() / table[i, column].mean()), seed)

    names = ("own performance (other takes)", "wrong performers", "no style (mean manner)", "driving audio alone")
    rows = [
        Row(f"{name}, largest lip vertex", mean_estimate(column, seed), "mm", basis)
        for name, column in zip(names, table.T, strict=True)
    ]
    rows += [
        Row("own lower than wrong by", lower(1), "", basis, OWN_BAR),
        Row("own lower than no style by", lower(2), "", basis),
        Row("own lower than driving audio by", lower(3), "", basis),
    ]
    notes = ("the truth is the mapped FACEGOOD channels; whether the weights were trained on takes is on their card",)
    return Section("the speaker's own performance against wrong ones, real motion", tuple(rows), (), notes)


def excerpts(take: Take) -> list[tuple[NDArray[np.float32], Controls]]:
    """EXCERPTS parts of a take, evenly spread: (samples [S], controls [T, 55] at 50 Hz)."""
    whole = resample_motion(take.controls, ENGINE_FPS).values
    length = round(EXCERPT_SECONDS * ENGINE_FPS)
    firsts = np.linspace(0, len(whole) - length, EXCERPTS + 2)[1:-1].astype(int)
    hop = int(SAMPLE_RATE / ENGINE_FPS)
    return [(take.audio.samples[f * hop : (f + length) * hop], whole[f : f + length]) for f in firsts]


def order_real(system: StyleSystem, captures: Captures, codes: Mapping[str, Array], drawn: Array, seed: int) -> Section:
    """Shuffled and reversed real clips, over the distance between real and between drawn performers."""
    rng = np.random.default_rng((seed, 0x0D))
    clips = [clip for own in captures.clips.values() for clip in own]
    flat = np.concatenate(list(codes.values()))
    names = list(codes)
    apart = [
        float(np.linalg.norm(codes[a][:, None] - codes[b][None], axis=-1).mean())
        for i, a in enumerate(names)
        for b in names[:i]
    ]
    among_drawn = between_distances(drawn)
    synthetic = float(among_drawn[~np.eye(len(drawn), dtype=bool)].mean())
    kinds = {"shuffled": [shuffled(c, rng) for c in clips], "backwards": [np.ascontiguousarray(c[::-1]) for c in clips]}
    rows = []
    basis = f"{len(clips)} clips of {len(names)} performers"
    for kind, changed in kinds.items():
        moved = np.linalg.norm(system.motion_codes(changed) - flat, axis=1)
        bar = SHUFFLE_BAR if kind == "shuffled" else None
        rows += [
            Row(f"{kind}: over between-performer, real", mean_estimate(moved / np.mean(apart), seed), "", basis, bar),
            Row(f"{kind}: over between-performer, drawn", mean_estimate(moved / synthetic, seed), "", basis),
        ]
    return Section("the shuffle test on real clips (interval over clips)", tuple(rows))


def identity_real(codes: Mapping[str, Array], drawn: Array, mean: Array, seed: int) -> Section:
    """First half of each performer's material as gallery, second half as queries."""
    names = list(codes)
    half = {name: len(own) // 2 for name, own in codes.items()}
    centroids = np.stack([codes[name][: half[name]].mean(0) for name in names])[:, None]
    company = drawn.mean(1)[:, None]
    hits: dict[str, list[Array]] = {"among the real performers": [], "among them and the drawn ones": []}
    for number, name in enumerate(names):
        queries = codes[name][half[name] :]
        for kind, gallery in zip(hits, (centroids, np.concatenate([centroids, company])), strict=True):
            hits[kind].append((identify(queries, gallery, mean) == number).astype(np.float64))
    counts = ", ".join(f"{name} {len(found)} clips" for name, found in zip(names, hits[next(iter(hits))], strict=True))
    rows = [
        Row(f"told right {kind}", share_estimate(np.concatenate(found), seed), "", f"{len(names)} performers, by clip")
        for kind, found in hits.items()
    ]
    halves = hit_shares(drawn[:, 1::2], drawn[:, ::2], mean)
    rows.append(
        Row("the drawn ones alone, for comparison", share_estimate(halves, seed), "", f"{len(drawn)} performers")
    )
    return Section(
        f"real performers told apart ({counts})", tuple(rows), (),
        ("three performers, recorded by two systems: told apart by system as much as by manner",),
    )  # fmt: skip


def leak_real(system: StyleSystem, captures: Captures, seed: int) -> Section:
    """The leak test with FACEGOOD references on FACEGOOD sound, excerpt by excerpt."""
    overlap = round(LEAST_OVERLAP * FPS)
    own, other = [], []
    for number, take in enumerate(captures.takes):
        pool = cut(captures.takes[(number + 1) % len(captures.takes)].controls)
        for part, (samples, _) in enumerate(excerpts(take)):
            seen, unseen = pool[2 * part], pool[2 * part + 1]
            codes = system.motion_codes([seen, unseen])
            a, b = (system.opening(m[:: int(ENGINE_FPS / FPS)]) for m in system.say(system.hear(samples), codes))
            with_seen, with_unseen = system.opening(seen), system.opening(unseen)
            own.append(0.5 * (best_correlation(a, with_seen, overlap) + best_correlation(b, with_unseen, overlap)))
            other.append(0.5 * (best_correlation(a, with_unseen, overlap) + best_correlation(b, with_seen, overlap)))
    difference = np.array(own) - np.array(other)
    basis = f"{len(own)} excerpts of one speaker, by excerpt"
    p = Estimate(sign_flip_p(difference, seed), float("nan"), float("nan"))
    rows = (
        Row("r with the reference's own mouth, best lag", mean_estimate(np.array(own), seed), "", basis),
        Row("difference to a performance not seen", mean_estimate(difference, seed), "", basis),
        Row("permutation test, p", p, "", basis, LEAK_BAR),
    )
    return Section("what of a real reference's words is in the output", rows)
