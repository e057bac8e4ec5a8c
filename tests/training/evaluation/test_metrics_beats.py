"""Beats and onsets at known times, and chance."""

from pathlib import Path

import numpy as np
import pytest

from ptalker_blender.audio.clip import SAMPLE_RATE, AudioClip
from ptalker_blender.audio.load import load_audio
from ptalker_blender.rig.head import load_head
from ptalker_blender.training.evaluation.metrics_beats import BeatScore, motion_beats, onset_times, score_beats
from ptalker_blender.training.recorded.read import read_recorded

TIMES = np.array([0.30, 0.71, 1.05, 1.62, 2.01, 2.55])


def bursts(times: np.ndarray, seconds: float = 3.0, level: float = 0.3) -> AudioClip:
    """Bursts of noise that die away."""
    rng = np.random.default_rng(0)
    samples = np.zeros(round(seconds * SAMPLE_RATE))
    for time in times:
        first = round(time * SAMPLE_RATE)
        length = min(3200, len(samples) - first)
        samples[first : first + length] += level * rng.standard_normal(length) * np.exp(-np.arange(length) / 800)
    return AudioClip(np.clip(samples, -1, 1).astype(np.float32))


def halting(times: np.ndarray, fps: float, seconds: float = 3.0) -> np.ndarray:
    """Two lip vertices whose speed falls to a tenth at some times, [T, 2, 3]."""
    at = (np.arange(round(seconds * fps) - 1) + 0.5) / fps
    speed = 1.0 - 0.9 * np.exp(-(((at[:, None] - times) / 0.04) ** 2)).max(axis=1)
    lips = np.zeros((len(at) + 1, 2, 3))
    lips[1:, :, 1] = np.cumsum(speed)[:, None]
    return lips


@pytest.mark.parametrize("level", [0.02, 0.6])
def test_onsets_are_found_where_they_are(level: float) -> None:
    found = onset_times(bursts(TIMES, level=level))
    assert len(found) == len(TIMES)
    np.testing.assert_allclose(found, TIMES, atol=0.02)


def test_silence_and_a_steady_tone_have_none_or_one() -> None:
    assert len(onset_times(AudioClip(np.zeros(16_000, np.float32)))) == 0
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(32_000) / SAMPLE_RATE)
    assert len(onset_times(AudioClip(tone.astype(np.float32)))) <= 1


@pytest.mark.parametrize("fps", [25.0, 30.0, 50.0])
def test_beats_are_minima_of_speed(fps: float) -> None:
    np.testing.assert_allclose(motion_beats(halting(TIMES, fps), fps), TIMES, atol=0.6 / fps)
    assert len(motion_beats(np.zeros((50, 2, 3)), fps)) == 0


def test_a_motion_in_time_scores_one_and_a_late_one_nothing() -> None:
    voice = bursts(TIMES)
    exact = score_beats(halting(TIMES, 50.0), 50.0, voice)
    assert (exact.f1, exact.onsets, exact.beats) == (1.0, 6, 6)
    assert exact.chance < 0.5
    late = score_beats(halting(TIMES + 0.13, 50.0), 50.0, voice)
    assert late.f1 == 0.0
    near = score_beats(halting(TIMES + 0.05, 50.0), 50.0, voice)
    assert near.f1 == 1.0 and near.offset_ms == pytest.approx(50 + exact.offset_ms, abs=10)
    assert abs(exact.offset_ms) < 20 and late.offset_ms == pytest.approx(130, abs=25)


def test_dense_beats_are_met_by_chance_and_chance_says_so() -> None:
    dense = score_beats(halting(np.arange(0.1, 3, 0.14), 50.0), 50.0, bursts(TIMES))
    assert dense.onsets_met == 6 and dense.chance_onsets_met > 5.8
    assert dense.f1 - dense.chance < 0.15


def test_pooled_counts() -> None:
    # Recall (2 + 1) / 6, precision (2 + 1) / 4.
    pooled = BeatScore(4, 2, 2, 2, offsets=(0.01, 0.03)) + BeatScore(2, 1, 2, 1, offsets=(-0.02,))
    assert pooled.f1 == pytest.approx(2 * 0.5 * 0.75 / 1.25)
    assert pooled.offset_ms == pytest.approx(10)
    assert np.isnan(BeatScore().f1) and np.isnan(BeatScore().offset_ms)


@pytest.mark.data
def test_speech_has_some_onsets_a_second(data_dir: Path) -> None:
    voice = load_audio(sorted((data_dir / "speech" / "ljspeech").glob("*.flac"))[0])
    rate = len(onset_times(voice)) / voice.seconds
    assert 2.5 < rate < 8  # syllables of read English come at about 4 to 5 a second


@pytest.mark.data
def test_real_motion_keeps_time_with_its_own_voice_and_not_with_another(data_dir: Path) -> None:
    head, clips = load_head(), read_recorded("facegood", data_dir).clips[:2]
    lips = head.landmarks["lips"]
    moved = [np.tensordot(clip.motion[:][:, :52], head.key_deltas[:, lips], axes=1) for clip in clips]
    own = other = BeatScore()
    for motion, clip, wrong in zip(moved, clips, clips[::-1], strict=True):
        assert clip.audio is not None and wrong.audio is not None
        own += score_beats(motion, clip.fps, clip.audio)
        other += score_beats(motion, clip.fps, wrong.audio)
    assert own.f1 > own.chance + 0.05
    assert abs(other.f1 - other.chance) < 0.05
