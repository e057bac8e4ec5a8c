"""Speed: clicks land where they should, pitch goes with a tape and stays when it is kept."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from ptalker_blender.audio.clip import SAMPLE_RATE
from ptalker_blender.audio.load import load_audio
from ptalker_blender.audio.speed import play_as_tape, play_with_pitch_kept, rate_before
from ptalker_blender.errors import UserError

SPEEDS = [0.5, 0.8, 75 / 38, 1.25, 2.0]


def tone(hertz: float, seconds: float, rate: int = SAMPLE_RATE) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def pitch(samples: np.ndarray) -> float:
    """Strongest frequency of the middle of a sound."""
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 18))
    return float(spectrum.argmax() * SAMPLE_RATE / (1 << 18))


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_tape_takes_pitch_along(speed):
    rate = rate_before(speed)
    played = play_as_tape(tone(440.0, 2.0, rate), rate, speed)
    assert len(played) == pytest.approx(2.0 / speed * SAMPLE_RATE, abs=1)
    assert pitch(played) == pytest.approx(440.0 * speed, rel=2e-3)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("hertz", [90.0, 210.0])
def test_pitch_can_be_kept(speed, hertz):
    """A buzz, as a voice is: its pitch, its length and its level stay."""
    sound = sum(tone(hertz * k, 2.0) / k for k in range(1, 9)).astype(np.float32)
    played = play_with_pitch_kept(sound, speed)
    assert len(played) == round(len(sound) / speed)
    assert pitch(played) == pytest.approx(hertz, rel=0.01)
    inside = slice(len(played) // 8, -len(played) // 8)
    assert np.std(played[inside]) == pytest.approx(np.std(sound), rel=0.1)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("keep", [False, True])
def test_events_are_where_the_new_pace_puts_them(speed, keep):
    rate = SAMPLE_RATE if keep else rate_before(speed)
    rng, times = np.random.default_rng(0), (0.5, 1.0, 1.5)
    sound = np.zeros(2 * rate, np.float32)
    for time in times:  # bursts of noise of 60 ms
        at = slice(round((time - 0.03) * rate), round((time + 0.03) * rate))
        sound[at] = rng.normal(0, 0.2, at.stop - at.start)
    played = play_with_pitch_kept(sound, speed) if keep else play_as_tape(sound, rate, speed)
    power = np.square(played.astype(np.float64))
    for time in times:
        near = slice(round((time / speed - 0.1) * SAMPLE_RATE), round((time / speed + 0.1) * SAMPLE_RATE))
        centre = (np.arange(near.start, near.stop) * power[near]).sum() / power[near].sum() / SAMPLE_RATE
        assert centre == pytest.approx(time / speed, abs=0.010)


@given(st.integers(1, 9000), st.floats(0.1, 10.0))
@settings(max_examples=40, deadline=None)
def test_any_length_at_any_speed(length, speed):
    sound = np.random.default_rng(length).uniform(-0.5, 0.5, length).astype(np.float32)
    for played in (play_with_pitch_kept(sound, speed), play_as_tape(sound, SAMPLE_RATE, speed)):
        assert played.dtype == np.float32 and np.isfinite(played).all()
        assert len(played) == pytest.approx(length / speed, rel=1e-3, abs=1)


def test_load_at_a_speed(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(300.0, 3.0, 44_100), 44_100)
    fast, kept = load_audio(path, 0.5, 2.5, speed=1.25), load_audio(path, 0.5, 2.5, speed=1.25, keep_pitch=True)
    assert fast.seconds == pytest.approx(1.6, abs=1e-3) and kept.seconds == pytest.approx(1.6, abs=1e-3)
    assert pitch(fast.samples) == pytest.approx(375.0, rel=2e-3)
    assert pitch(kept.samples) == pytest.approx(300.0, rel=0.01)
    assert load_audio(path, speed=1.0).sha256() == load_audio(path).sha256()
    with pytest.raises(UserError, match="0 times as fast"):
        load_audio(path, speed=0.0)
    with pytest.raises(UserError, match="nan times"):
        load_audio(path, speed=float("nan"))
