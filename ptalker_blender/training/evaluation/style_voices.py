"""The audio side: what the content codes say of words and voices, and what the audio style code says of either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import torch
from numpy.typing import NDArray

from ...errors import UserError
from ...model.mel import LogMel
from ...motion.controls import ENGINE_FPS
from ..constraints.time_contrast import retrieval
from ..corpus.bank import HELD_OUT_VOICE, VoiceBank
from ..corpus.phones import SILENCE, PhoneSegment
from ..teacher.performer import Performer
from .style_cast import Sentence, make_sentence, spoken
from .style_identity import hit_shares
from .style_order import between_distances, over_between, within_distances
from .style_report import Row, Section, missing_section
from .style_sounds import CHANGES
from .style_statistics import mean_estimate, share_estimate
from .style_system import StyleSystem

Array = NDArray[np.float64]

TWO_VOICES = (HELD_OUT_VOICE, "flite:slt")
GRID = 40  # points a sentence is read at when sentences of different lengths are compared


@dataclass(frozen=True)
class Pair:
    """One text in two voices."""

    first: Sentence
    second: Sentence


def speak_twice(texts: Sequence[str], seed: int) -> tuple[Pair, ...]:
    """Texts in the two voices, with exact phone times; a text that either voice has no times for is left out.

    Raises:
        UserError: flite is not installed, or speaks none of the texts.
    """
    pairs = []
    with VoiceBank({voice: 1.0 for voice in TWO_VOICES}) as bank:
        for k, text in enumerate(texts):
            made = [bank.get(v).synthesise(text, np.random.default_rng((seed, k, i))) for i, v in enumerate(TWO_VOICES)]
            whole = [make_sentence(m.text, m.voice, m.samples, m.segments) for m in made if m is not None]
            if len(whole) == 2:
                pairs.append(Pair(*whole))
    if len(pairs) < 2:
        raise UserError(f"{len(pairs)} of {len(texts)} texts in two voices", "two or more", "check flite by itself")
    return tuple(pairs)


def matched_frames(first: Sequence[PhoneSegment], second: Sequence[PhoneSegment]) -> tuple[NDArray[np.int64], ...]:
    """Frames at 50 Hz of the middles of the phones both sentences have, in order; silences left out."""
    spoken_a, spoken_b = ([s for s in segments if s.phone != SILENCE] for segments in (first, second))
    blocks = SequenceMatcher(None, [s.phone for s in spoken_a], [s.phone for s in spoken_b], autojunk=False)
    pairs = [(b.a + i, b.b + i) for b in blocks.get_matching_blocks() for i in range(b.size)]
    return tuple(
        np.array([int(0.5 * (side[p[which]].start + side[p[which]].end) * ENGINE_FPS) for p in pairs], np.int64)
        for which, side in enumerate((spoken_a, spoken_b))
    )


def on_grid(codes: Array, segments: Sequence[PhoneSegment]) -> Array:
    """Codes [T, D] of the spoken part at GRID even times: [GRID * D], so that lengths do not matter."""
    said = [s for s in segments if s.phone != SILENCE]
    times = np.linspace(said[0].start, said[-1].end, GRID) * ENGINE_FPS
    return np.asarray(codes[np.clip(np.rint(times).astype(int), 0, len(codes) - 1)].ravel())


def cosine_rows(a: Array, b: Array) -> Array:
    """Cosines [N] of rows of two arrays [N, D]."""
    size = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(1) / np.maximum(size, 1e-12))


def same_words_rows(name: str, codes: Sequence[tuple[Array, Array]], pairs: Sequence[Pair], seed: int) -> list[Row]:
    """Cosines of one kind of codes [T, D], by pair of voices, seen from their mean over everything."""
    rng = np.random.default_rng((seed, 0x2B))
    mean = np.concatenate([side for pair in codes for side in pair]).mean(0)
    same, other, grids = [], [], []
    for k, ((a, b), pair) in enumerate(zip(codes, pairs, strict=True)):
        at_a, at_b = matched_frames(pair.first.segments, pair.second.segments)
        a_codes = a[at_a.clip(max=len(a) - 1)] - mean
        same.append(cosine_rows(a_codes, b[at_b.clip(max=len(b) - 1)] - mean).mean())
        j = (k + 1 + int(rng.integers(len(pairs) - 1))) % len(pairs)
        elsewhere, _ = matched_frames(pairs[j].second.segments, pairs[j].second.segments)
        drawn = rng.choice(elsewhere, size=len(at_a)).clip(max=len(codes[j][1]) - 1)
        other.append(cosine_rows(a_codes, codes[j][1][drawn] - mean).mean())
        grids.append((on_grid(a - mean, pair.first.segments), on_grid(b - mean, pair.second.segments)))
    first, second = (np.stack(side) for side in zip(*grids, strict=True))
    likeness = (first @ second.T) / np.linalg.norm(first, axis=1)[:, None] / np.linalg.norm(second, axis=1)
    hits = (likeness.argmax(1) == np.arange(len(pairs))) * 1.0
    basis = f"{len(pairs)} texts, {TWO_VOICES[0]} and {TWO_VOICES[1]}"
    return [
        Row(f"{name}: same words, two voices, cosine", mean_estimate(np.array(same), seed), "", basis),
        Row(f"{name}: other words, two voices, cosine", mean_estimate(np.array(other), seed), "", basis),
        Row(f"{name}: the same sentence found in the other voice", share_estimate(hits, seed), "", basis),
    ]


def words_section(system: StyleSystem, texts: Sequence[str], seed: int) -> Section:
    """Content codes of the same words in two voices (P4), with the log-mel frames in the same harness."""
    title = "what is said, whoever says it: content codes of the same words in two voices"
    try:
        pairs = speak_twice(texts, seed)
    except UserError as error:
        return missing_section(title, str(error))
    content, mels = [], []
    for pair in pairs:
        heard = [system.hear(sentence.samples) for sentence in (pair.first, pair.second)]
        content.append((system.audio_content(heard[0]), system.audio_content(heard[1])))
        mels.append((log_mel(system.network.mel, pair.first), log_mel(system.network.mel, pair.second)))
    rows = [*same_words_rows("content", content, pairs, seed), *same_words_rows("log-mel", mels, pairs, seed)]
    return Section(title, tuple(rows), (), (f"a sentence is found by chance once in {len(pairs)}",))


@torch.inference_mode()
def log_mel(mel: LogMel, sentence: Sentence) -> Array:
    """Log-mel frames [T, 2M] of a sentence."""
    return np.asarray(mel(torch.from_numpy(sentence.samples)[None].to(mel.mean.device))[0].cpu().numpy(), np.float64)


def audio_style_section(
    system: StyleSystem, voices: Sequence[Sequence[Sentence]], codes: Array, changed: int, seed: int
) -> Section:
    """What moves the audio style code (P5): the voice and how it is used, not the words.

    Args:
        system: the network.
        voices: by voice, equal numbers of sentences.
        codes: their audio style codes [voices, sentences, D].
        changed: voices whose first sentence is also said otherwise.
        seed: of the bootstrap over voices.
    """
    basis = f"{len(voices)} voices, {codes.shape[1]} sentences each"
    within, apart = within_distances(codes), between_distances(codes)
    half = codes.shape[1] // 2
    hits = hit_shares(codes[:, half:], codes[:, :half], codes.mean((0, 1)))
    rows = [
        Row("other words over another voice, distance", over_between(within, apart, seed), "", basis),
        Row(f"voice told from {len(voices)} by the audio style code", share_estimate(hits, seed), "", basis),
    ]
    some = voices[:changed]
    plain = codes[: len(some), 0]
    for name, change in CHANGES.items():
        moved = np.stack([system.voice_code(system.hear(change(own[0].samples))) for own in some])
        share = np.linalg.norm(moved - plain, axis=1) / within.mean()
        rows.append(Row(f"{name}: moved, over other words", mean_estimate(share, seed), "", f"{len(some)} voices"))
    return Section("the driving audio's style code: voice and effort, or words", tuple(rows))


def retrieval_section(
    system: StyleSystem, lines: Sequence[Sentence], cast: Sequence[Performer], seconds: float, seed: int
) -> Section:
    """Frames of sound that find their moment in the motion's content, and back (P12, M5).

    Args:
        system: a network that reads content from motion.
        lines: the first ``seconds`` of each are used.
        cast: who performs them; intervals are over performers.
        seconds: no longer than the shortest line.
        seed: of the bootstrap.
    """
    frames = int(seconds * ENGINE_FPS)
    audio = np.stack([system.audio_content(system.hear(line.samples))[:frames] for line in lines])
    found: dict[int, list[float]] = {1: [], 5: []}
    for performer in cast:
        motion = np.stack([system.motion_content(spoken(line, performer, system.rig))[:frames] for line in lines])
        for k, shares in found.items():
            shares.append(retrieval(torch.from_numpy(audio), torch.from_numpy(motion), k))
    basis = f"{len(lines)} lines of {seconds:g} s, {len(cast)} performers, within one frame"
    names = {1: "frames found at once", 5: "frames found among the 5 nearest"}
    rows = tuple(Row(names[k], mean_estimate(np.array(shares), seed), "", basis) for k, shares in found.items())
    note = f"chance about {3 / (len(lines) * frames):.4f} at once"
    return Section("moments of sound found in the motion's content codes and back", rows, (), (note,))
