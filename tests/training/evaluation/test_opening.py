import numpy as np
import pytest

from ptalker_blender.audio.clip import SAMPLE_RATE, AudioClip
from ptalker_blender.motion.controls import INDEX, N_CONTROLS
from ptalker_blender.motion.motion import Motion
from ptalker_blender.training.evaluation.correlation import agreement
from ptalker_blender.training.evaluation.facegood import CHANNELS, FPS, OPENING_CHANNEL, Take, load_takes, to_controls
from ptalker_blender.training.evaluation.opening import (
    FIXED_GAIN,
    evaluate_opening,
    loudness_variants,
    opening_report,
    opening_table,
)

JAW = INDEX["jawOpen"]


def jaw(motion):
    return motion.values[:, JAW].astype(np.float64)


def syllables(t):
    """A slow opening curve, 0..1."""
    return 0.5 - 0.25 * (np.cos(2 * np.pi * 1.7 * t) + np.cos(2 * np.pi * 2.9 * t + 1.0))


@pytest.fixture(scope="module")
def take():
    frames = 600
    weights = np.zeros((frames, CHANNELS))
    weights[:, OPENING_CHANNEL] = 0.7 * syllables(np.arange(frames) / FPS)
    t = np.arange(20 * SAMPLE_RATE) / SAMPLE_RATE
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, len(t))
    audio = AudioClip((syllables(t) * noise).astype(np.float32))
    return Take("made", audio, weights, Motion(to_controls(weights, {JAW: (OPENING_CHANNEL,)}), FPS))


def late(seconds):
    def predict(audio):
        t = np.arange(round(audio.seconds * 50)) / 50
        values = np.zeros((len(t), N_CONTROLS), np.float32)
        values[:, JAW] = 0.4 * syllables(t - seconds)
        return Motion(values, 50.0)

    return predict


@pytest.mark.parametrize("delay", [-0.04, 0.0, 0.03, 0.08])
def test_a_late_prediction_has_its_delay_as_positive_lag(take, delay):
    (score,) = evaluate_opening([take], late(delay), jaw)
    assert score.ours.best_lag_ms == pytest.approx(1000 * delay, abs=3)
    assert score.ours.best_r > 0.99
    assert score.ours_mapped.r == pytest.approx(score.ours.r, abs=1e-4)


def test_margins_are_differences_at_zero_lag_and_to_the_best_lag(take):
    (score,) = evaluate_opening([take], late(0.03), jaw)
    assert score.margin == pytest.approx(score.ours.r - score.loudness[FIXED_GAIN].r)
    assert score.margin_strongest <= score.ours.r - score.loudness[FIXED_GAIN].best_r
    report = opening_report([score])
    assert report["lowest_margin"] == pytest.approx(score.margin, abs=1e-4)
    assert "made" in opening_table([score])


def test_controls_take_the_mean_of_their_channels():
    weights = np.zeros((2, CHANNELS))
    weights[:, [4, 5]] = [[0.2, 0.6], [1.5, 1.5]]
    values = to_controls(weights, {JAW: (4, 5)})
    assert values[:, JAW].tolist() == [pytest.approx(0.4), 1.0]
    assert np.count_nonzero(values) == 2


@pytest.mark.data
def test_loudness_agrees_with_the_published_measurement(data_dir):
    # README of the FACEGOOD data: log-RMS at zero lag .76 .77 .74 .78, best one frame later.
    takes = load_takes(data_dir)
    assert [len(take.weights) for take in takes] == [3295, 3360, 3356, 3377]
    curves = [agreement(loudness_variants(t.audio, len(t.weights))["log_rms"], t.opening, FPS) for t in takes]
    assert [round(c.r, 2) for c in curves] == [0.76, 0.77, 0.74, 0.78]
    assert all(-33.4 < c.best_lag_ms < 0 for c in curves)  # loudness is early, so the curve follows the sound
