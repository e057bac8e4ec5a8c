import numpy as np
import pytest

from ptalker_blender.audio.clip import SAMPLE_RATE, AudioClip
from ptalker_blender.training.evaluation.loudness import centred_rms, frame_rms, log_rms, smoothed


def burst(start, end, seconds=2.0, level=0.5):
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    samples = np.where((t >= start) & (t < end), level, 0.0) * np.where(np.arange(len(t)) % 2, 1, -1)
    return AudioClip(samples.astype(np.float32))


def test_a_window_belongs_to_its_own_frame():
    rms = frame_rms(burst(1.0, 1.0 + 1 / 30), 30.0, 60)
    assert rms[30] == pytest.approx(0.5, rel=0.01)
    assert rms[29] == pytest.approx(0.0, abs=0.03)
    assert rms[31] == pytest.approx(0.0, abs=0.03)


def test_centred_windows_are_symmetric_about_the_instant():
    rms = centred_rms(burst(0.99, 1.01), 50.0, 100, 0.02)
    assert int(np.argmax(rms)) == 50
    assert rms[50] == pytest.approx(0.5, rel=1e-3)
    assert rms[49] == pytest.approx(rms[51], abs=1e-3)


def test_frames_beyond_the_sound_are_silent():
    assert frame_rms(burst(0, 1, seconds=1.0), 30.0, 40)[35] == 0.0


def test_the_logarithm_is_floored():
    np.testing.assert_allclose(log_rms(np.array([0.0, 1e-6, 1.0])), np.log([1e-4, 1e-4, 1.0]))


def test_smoothing_keeps_place_and_mean():
    impulse = np.zeros(101)
    impulse[50] = 1.0
    curve = smoothed(impulse, 2.0)
    assert int(np.argmax(curve)) == 50
    assert curve.sum() == pytest.approx(1.0)
    assert smoothed(impulse, 0.0) is impulse
